"""Fitted attributes: counts, learning curves, and that all of them are those of the last fit."""

import numpy as np
import pandas as pd
from helpers import STEADY, ignore_convergence, two_classes
from numpy.testing import assert_allclose, assert_array_equal

from skscratch import ScratchMLPClassifier

X, y = two_classes(120)


def test_counts_and_types(Estimator):
    model = Estimator(width=8, depth=1, n_estimators=2, max_iter=8, random_state=0).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 8 and model.t_ == 8 * 120
    assert model.n_layers_ == 3 and model.n_outputs_ == 1
    assert model.out_activation_ == ("logistic" if Estimator is ScratchMLPClassifier else "identity")
    assert all(isinstance(loss, float) for loss in model.loss_curve_)
    assert model.loss_ == model.loss_curve_[-1] and model.best_loss_ == min(model.loss_curve_)


@ignore_convergence
def test_all_curves_have_a_row_for_each_epoch(Estimator):
    """An epoch without validation rows is NaN, whether epochs with them come before or afterwards."""
    model = Estimator(**STEADY, max_iter=2, early_stopping=False, warm_start=True).fit(X, y)
    assert model.validation_loss_curves_ is model.validation_loss_curve_ is model.validation_scores_ is None
    curves = [model.loss_curves_]
    for early_stopping in (True, True, False):
        model.set_params(early_stopping=early_stopping).fit(X, y)
        curves.append(model.loss_curves_[-2:])
    model.partial_fit(X, y)
    assert_array_equal(model.loss_curves_[:8], np.concatenate(curves))
    assert model.loss_curves_.shape == model.validation_loss_curves_.shape == (9, 2)
    assert_allclose(model.loss_curve_, model.loss_curves_.mean(axis=1))
    assert_allclose(model.validation_loss_curve_, model.validation_loss_curves_.mean(axis=1))
    validated = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0], bool)
    assert_array_equal(np.isfinite(model.validation_loss_curve_), validated)
    assert_array_equal(np.isfinite(model.validation_scores_), validated)
    assert model.best_validation_score_ == np.nanmax(model.validation_scores_)


@ignore_convergence
def test_a_fit_counts_its_own_rows(Estimator):
    """L-BFGS counts none, whatever was fitted before."""
    model = Estimator(**STEADY, max_iter=2).partial_fit(X, y).set_params(solver="lbfgs").fit(X, y)
    assert model.t_ == Estimator(**STEADY, max_iter=2, solver="lbfgs").fit(X, y).t_ == 0


@ignore_convergence
def test_names_of_an_earlier_frame_do_not_stay(Estimator):
    model = Estimator(**STEADY, max_iter=1).fit(pd.DataFrame(X, columns=[*"abcd"]), y)
    assert list(model.feature_names_in_) == [*"abcd"]
    model.fit(X[:, :2], y)
    assert not hasattr(model, "feature_names_in_") and model.n_features_in_ == 2
