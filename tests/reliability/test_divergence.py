"""Rates that are too large, wild outliers and huge targets: a fit is finite, and never useless in silence.

``DIVERGENCE=1 pytest -n 0 tests/reliability/test_divergence.py`` tries all cases, and not a part of them.
"""

import os
import warnings
from itertools import product

import numpy as np
import pytest
from helpers import ESTIMATORS, scores
from sklearn.metrics import log_loss, mean_gamma_deviance, mean_poisson_deviance, mean_squared_error

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core import Loss, Optimizer
from skscratch.exceptions import ColumnWarning
from skscratch.tabular import Scaler

ALL = bool(os.environ.get("DIVERGENCE"))
SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=8, random_state=0)
n = 200
rng = np.random.default_rng(0)
X = rng.normal(size=(n, 4))
y = 2 * X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=n)
FAR = 100 * rng.normal(size=(n, 4))
RATES = (1.0, 1e2, 1e4, 1e8, 1e12, 1e20, 1e38, 1e300) if ALL else (1e2, 1e8, 1e300)
SCHEDULES = ("flat_cosine", "adaptive") if ALL else ("flat_cosine",)
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)
each_solver = pytest.mark.parametrize("solver", [*Optimizer.names(), "lbfgs"])


def checked_fit(model, X, y, fit="fit"):
    """Fit, predict, and check that all is finite and that only this package has warned; return the warnings."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        getattr(model, fit)(X, y)
        predictions = [scores(model, rows) for rows in (X, FAR)]
        if hasattr(model, "predict_log_proba"):
            assert not np.isnan(model.predict_log_proba(FAR)).any()
    assert all(np.isfinite(p).all() for p in predictions)
    assert np.isfinite(model._model.parameters.values).all()
    messages = [str(warning.message) for warning in record if not issubclass(warning.category, ColumnWarning)]
    about_rates = [m for m in messages if "a smaller learning_rate_init or clip_norm may help." in m]
    others = [m for m in messages if m not in about_rates and "reached max_iter" not in m]
    assert not others and len(about_rates) <= 1
    return about_rates


def is_useless(model, X, y):
    """Whether predictions are far worse than a constant."""
    if isinstance(model, ScratchMLPClassifier):
        return log_loss(y, model.predict_proba(X)) > 3 * np.log(2)
    deviance = {"poisson": mean_poisson_deviance, "gamma": mean_gamma_deviance}.get(model.loss, mean_squared_error)
    return deviance(y, model.predict(X)) > 3 * deviance(y, np.full(n, y.mean()))


@each_solver
@each_estimator
def test_rates_that_are_too_large(Estimator, solver):
    target = y if Estimator is ScratchMLPRegressor else (y > 0).astype(int)
    silent = []
    rates = RATES if solver != "lbfgs" else RATES[:1]  # it has no rate
    for case in product(rates, ("float32", "float64"), (False, True), SCHEDULES):
        rate, dtype, early_stopping, schedule = case
        model = Estimator(**SMALL, solver=solver, learning_rate_init=rate, dtype=dtype)
        model.set_params(early_stopping=early_stopping, learning_rate=schedule)
        if not checked_fit(model, X, target) and is_useless(model, X, target):
            silent.append(case)
    assert silent == []


@each_estimator
def test_rates_that_are_too_large_in_partial_fit(Estimator):
    target = y if Estimator is ScratchMLPRegressor else (y > 0).astype(int)
    for rate in RATES:
        model, warned = Estimator(**SMALL, learning_rate_init=rate), []
        for _ in range(3):
            warned += checked_fit(model, X, target, "partial_fit")
        assert warned or not is_useless(model, X, target)


@each_solver
@pytest.mark.parametrize("loss", sorted(set(Loss.names()) - {"cosine"}))
def test_targets_and_outliers_of_y(solver, loss):
    positive = np.abs(y) + 0.1
    outliers = (1e6, 1e12, 1e30) if ALL else (1e6, 1e30)
    targets = [1e12 * positive, *(np.r_[positive[1:], outlier] for outlier in outliers)]
    for target in targets:
        model = ScratchMLPRegressor(loss, **SMALL, solver=solver, quantile=0.5 if loss == "quantile" else None)
        assert checked_fit(model, X, target) or not is_useless(model, X, target)


@each_solver
@pytest.mark.parametrize("scaling", [None, *Scaler.names()])
def test_outliers_of_x(solver, scaling):
    options = dict(SMALL, solver=solver, scaling=scaling)
    for outlier in (1e6, 1e12, 1e30, 1e300) if ALL else (1e6, 1e300):
        wild = X.copy()
        wild[0, 0] = outlier
        checked_fit(ScratchMLPClassifier(**options), wild, (y > 0).astype(int))
        for loss in ("squared_error", "poisson"):
            checked_fit(ScratchMLPRegressor(loss, **options), wild, np.abs(y))


@each_estimator
def test_a_usual_fit_does_not_warn(Estimator):
    """Also where rows are sorted by a class that is rare, so that the first rows are predicted badly."""
    target = np.r_[np.ones(260), np.zeros(3740)]
    noise = np.random.default_rng(1).normal(size=(4000, 4))
    for options in ({}, {"early_stopping": False}, {"solver": "lbfgs", "max_iter": 30, "tol": 1.0}):
        assert checked_fit(Estimator(**SMALL | options), noise, target) == []
