"""Fixtures of the tests of files: those of the estimators' tests."""

import pytest
from helpers import ESTIMATORS


@pytest.fixture(name="Estimator", scope="module", params=ESTIMATORS, ids=lambda Estimator: Estimator.__name__)
def each_estimator(request):
    """Each of the two estimators: a test with this argument runs for both."""
    return request.param
