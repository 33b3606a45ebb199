"""`max_time` ends a fit after the epoch in which it has passed, and the best epoch is kept."""

import numpy as np
import pytest
from helpers import SMALL, scores, two_classes
from numpy.testing import assert_array_equal

from skscratch.estimators import time_limit

X, y = two_classes(120)


@pytest.fixture
def time(monkeypatch):
    """A time that starts at 100 s and continues by 1 s each time it is read."""
    seconds = iter(range(100, 10_000))
    monkeypatch.setattr(time_limit, "monotonic", lambda: next(seconds))


@pytest.mark.parametrize("max_time, n_iter", [(0.5, 1), (3, 3), (4.5, 5), (7, 7), (8.5, 8), (1000, 8)])
def test_the_fit_ends_after_the_epoch_in_which_it_passes(Estimator, max_time, n_iter, time):
    model = Estimator(**SMALL, learning_rate="cosine", max_time=max_time)
    assert model.fit(X, y).n_iter_ == n_iter


def test_the_best_epoch_is_kept(Estimator, time):
    """That with the smallest validation loss of each member, which is not the last."""
    options = SMALL | {"max_iter": 30, "learning_rate_init": 0.3}
    model = Estimator(**options, max_time=12, learning_rate="cosine", early_stopping=True, scoring="loss").fit(X, y)
    assert model.n_iter_ == 12 > model.best_iter_.min()
    assert_array_equal(model.best_iter_, model.validation_loss_curves_.argmin(axis=0) + 1)


def test_without_a_limit_nothing_is_measured(Estimator, monkeypatch):
    monkeypatch.delattr(time_limit, "monotonic")
    Estimator(**SMALL).fit(X, y)
    with pytest.raises(NameError, match="monotonic"):
        Estimator(**SMALL, max_time=1.0).fit(X, y)


def test_a_limit_that_is_not_reached_changes_nothing(Estimator):
    expected = scores(Estimator(**SMALL).fit(X, y), X)
    assert_array_equal(scores(Estimator(**SMALL, max_time=1e9).fit(X, y), X), expected)


def test_no_warning_that_the_loss_had_not_converged(Estimator, time):
    Estimator(**SMALL, learning_rate="constant", max_time=8).fit(X, y)  # a warning would be an error


def test_members_of_lbfgs_have_equal_shares(Estimator, time):
    """Of 12 s for four members, the first ends after 3 s and the last after 12 s."""
    model = Estimator(**SMALL | {"max_iter": 50, "n_estimators": 4}, solver="lbfgs", tol=1e-12, max_time=12).fit(X, y)
    lengths = [len(np.unique(curve)) for curve in model.loss_curves_.T]
    assert lengths == [3, 3, 3, 3] and model.best_iter_.min() >= 1


def test_every_member_of_lbfgs_is_trained(Estimator):
    model = Estimator(**SMALL, solver="lbfgs", tol=1e-12, max_time=1e-9).fit(X, y)
    assert model.best_iter_.tolist() == [1, 1]


def test_partial_fit_has_no_limit(Estimator):
    model = Estimator(**SMALL, max_time=1e-9).partial_fit(X, y).partial_fit(X, y)
    assert model.n_iter_ == 2


@pytest.mark.parametrize("max_time", [0, -1, "60s", True, float("inf")])
def test_other_values(Estimator, max_time):
    with pytest.raises(
        ValueError, match=r"The 'max_time' parameter of .* must be a float in the range \(0, inf\) or None"
    ):
        Estimator(max_time=max_time).fit(X, y)
