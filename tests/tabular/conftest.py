"""Fixtures for the tests of `skscratch.tabular`."""

import pytest
from sklearn.base import BaseEstimator

from skscratch.tabular import Scaler, find_categories, read_table


@pytest.fixture(params=[*Scaler.names(), None])
def scaling(request):
    """Every value of the hyperparameter `scaling`."""
    return request.param


@pytest.fixture
def read():
    """A function that reads X as the fit of a new estimator does."""

    def read_new(X, categorical_features="from_dtype"):
        return read_table(BaseEstimator(), X, find_categories(X, categorical_features), reset=True)

    return read_new
