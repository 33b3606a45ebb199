"""Fixtures of the estimators' tests."""

import pytest
from helpers import ESTIMATORS
from sklearn.datasets import make_classification


@pytest.fixture(name="Estimator", scope="module", params=ESTIMATORS, ids=lambda Estimator: Estimator.__name__)
def each_estimator(request):
    """Each of the two estimators: a test with this argument runs for both."""
    return request.param


@pytest.fixture(scope="session")
def data():
    """X, y of 300 training rows and X_val, y_val of 100 validation rows, with noise in y."""
    X, y = make_classification(400, 5, n_informative=3, flip_y=0.3, random_state=0)
    return X[:300], y[:300], X[300:], y[300:]
