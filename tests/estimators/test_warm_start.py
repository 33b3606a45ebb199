"""A warm start continues with the parameters, the optimizer state and the random numbers of the fit before."""

import numpy as np
import pytest
from helpers import STEADY, ignore_convergence, scores, two_classes
from numpy.testing import assert_allclose, assert_array_equal

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

X, y = two_classes(120)


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("batch_size", ["auto", 50])
def test_twice_ten_epochs_are_twenty(Estimator, solver, batch_size):
    """It continues with the optimizer state, the schedule state and the random numbers of the first fit."""
    options = dict(STEADY, solver=solver, batch_size=batch_size, learning_rate_init=1e-3, early_stopping=False)
    warm = Estimator(**options, max_iter=10, warm_start=True).fit(X, y)
    assert warm.best_iter_.tolist() == [10, 10]  # so slow that each epoch is the best so far
    warm.fit(X, y)
    once = Estimator(**options, max_iter=20).fit(X, y)
    assert once.best_iter_.tolist() == [20, 20]
    assert_allclose(warm.loss_curve_, once.loss_curve_, rtol=1e-12)
    assert_allclose(scores(warm, X), scores(once, X), rtol=1e-10)
    assert warm.t_ == once.t_ == 20 * 120
    assert warm.n_iter_ == 10 and len(warm.loss_curve_) == 20


@ignore_convergence
def test_a_cold_start_forgets(Estimator):
    options = dict(STEADY, max_iter=10)
    model = Estimator(**options).fit(X, y)
    first = scores(model, X)
    assert_array_equal(scores(model.fit(X, y), X), first)
    assert len(model.loss_curve_) == 10


def test_a_warm_start_gets_better(Estimator):
    model = Estimator(width=8, depth=1, max_iter=5, warm_start=True, random_state=0).fit(X, y)
    losses = [model.best_loss_]
    for _ in range(5):
        losses.append(model.fit(X, y).best_loss_)
    assert losses[-1] < 0.8 * losses[0]
    assert sorted(losses)[::-1] == losses


@ignore_convergence
def test_lbfgs_continues(Estimator):
    model = Estimator(width=8, depth=1, solver="lbfgs", max_iter=3, tol=0.0, warm_start=True, random_state=0).fit(X, y)
    first = model.best_loss_
    assert model.fit(X, y).best_loss_ < first and len(model.loss_curve_) == 6


@ignore_convergence
def test_a_warm_start_with_other_data():
    model = ScratchMLPClassifier(**STEADY, max_iter=2, warm_start=True).fit(X, y)
    model.fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="X has 3 features, but ScratchMLPClassifier is expecting 4 features"):
        model.fit(X[:, :3], y)
    with pytest.raises(ValueError, match=r"y must hold no other classes than \[0, 1\], but it holds 2"):
        model.fit(X, y + 1)
    with pytest.raises(ValueError, match="must have 1 column"):
        ScratchMLPRegressor(**STEADY, max_iter=2, warm_start=True).fit(X, y).fit(X, np.c_[y, y])


@ignore_convergence
def test_a_failed_fit_leaves_the_curves(Estimator):
    model = Estimator(**STEADY, max_iter=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="dropout must be 0"):
        model.set_params(n_estimators=3, solver="lbfgs", dropout=0.5).fit(X, y)
    model.set_params(n_estimators=2, solver="adam", dropout=0.0).fit(X, y)
    assert model.loss_curves_.shape == (2, 2)
