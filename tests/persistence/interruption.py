"""Fits that are interrupted after an epoch and resumed from a checkpoint, and how they are compared."""

import warnings

import numpy as np
import sklearn
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skscratch.callbacks import Checkpoint

FITTED = (
    "loss_curves_", "validation_loss_curves_", "validation_scores_", "best_iter_", "n_iter_", "t_", "n_layers_",
    "n_outputs_", "n_features_in_", "loss_curve_", "best_loss_", "best_validation_score_",
)  # fmt: skip


class CrashError(Exception):
    """What interrupts a fit in the tests."""


class Crash:
    """A callback that interrupts a fit after so many tasks, counted over all members of L-BFGS."""

    def __init__(self, after):
        self.left = after

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.left -= context.task_name in ("epoch", "iteration")
        if self.left == 0:
            raise CrashError

    def teardown(self, estimator, context):
        pass


def fit(estimator, rows, *callbacks, **arguments):
    """Fit a copy of an estimator on rows (X, y, further arguments)."""
    X, y, more = rows
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return sklearn.clone(estimator).set_callbacks(*callbacks).fit(X, y, **more, **arguments)


def interrupt(estimator, rows, path, after, **arguments):
    """Fit with a checkpoint after each epoch, until the fit crashes; return whether it did."""
    try:
        fit(estimator, rows, Checkpoint(path), Crash(after), **arguments)
    except CrashError:
        return True
    return False


def assert_equal(model, expected, X):
    """Compare parameters, fitted attributes and predictions bit for bit."""
    assert_array_equal(model._model.parameters.values, expected._model.parameters.values, strict=True)
    for name in FITTED:
        assert_array_equal(getattr(model, name), getattr(expected, name), err_msg=name)
    for method in ("predict", "predict_proba", "predict_members"):
        if hasattr(expected, method):
            assert_array_equal(getattr(model, method)(X), getattr(expected, method)(X), err_msg=method, strict=True)
    if hasattr(expected, "feature_names_in_"):
        assert_array_equal(model.feature_names_in_, expected.feature_names_in_)
    assert model._state.seed == expected._state.seed
    assert np.isfinite(model._model.parameters.values).all()
