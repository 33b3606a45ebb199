"""The state of training: random numbers, validation rows and curves with which a later fit continues."""

import numpy as np
import pytest
from helpers import STEADY, ignore_convergence, two_classes
from numpy.testing import assert_allclose, assert_array_equal

from skscratch.estimators.state import Curves, TrainingState, generator

X, y = two_classes(120)


@ignore_convergence
def test_dropout_continues_with_its_random_numbers(Estimator):
    options = dict(STEADY, batch_size=50, early_stopping=False, dropout=0.3)
    once, pieces = Estimator(**options, max_iter=4).fit(X, y), Estimator(**options)
    for _ in range(4):
        pieces.partial_fit(X, y)
    assert_allclose(pieces.loss_curve_, once.loss_curve_, rtol=1e-12)


@ignore_convergence
def test_the_same_rows_validate_again(Estimator):
    """Rows that a first fit has trained on could not validate a second."""
    model = Estimator(**STEADY, max_iter=1, warm_start=True, early_stopping=True, tol=1.0).fit(X, y)
    first = model._state.validation_rows
    assert first.shape == (2, 12)
    assert_array_equal(model.fit(X, y)._state.validation_rows, first)
    assert_array_equal(model.partial_fit(X, y)._state.validation_rows, first)


def test_generators_of_a_seed():
    """One for each purpose: the same numbers for the same seed, other numbers for another purpose or seed."""
    purposes = ["init", "split", "train"]
    draws = {(seed, name): generator(seed, name).random() for seed in (0, 1) for name in purposes}
    assert len(set(draws.values())) == 6
    assert all(generator(seed, name).random() == number for (seed, name), number in draws.items())
    with pytest.raises(ValueError):
        generator(0, "other")


def test_a_copy_draws_the_same_numbers_and_leaves_the_state_alone():
    state = TrainingState.start(0)
    first = state.copy().rng.random(5)
    assert_array_equal(state.copy().rng.random(5), first)
    assert_array_equal(state.rng.random(5), first)
    assert TrainingState.start(1).seed != state.seed == TrainingState.start(np.random.RandomState(0)).seed


@pytest.mark.parametrize("validated", [(True, False), (False, False)])
def test_curves_are_appended(validated):
    first, later = (
        Curves(np.full((n, 2), value), np.full((n, 2), value + 1), np.full(n, value + 2), flag)
        for n, value, flag in zip((3, 2), (10.0, 20.0), validated, strict=True)
    )
    both = first.followed_by(later)
    assert_array_equal(both.loss, [[10, 10]] * 3 + [[20, 20]] * 2)
    assert_array_equal(both.validation_loss, [[11, 11]] * 3 + [[21, 21]] * 2)
    assert_array_equal(both.scores, [12, 12, 12, 22, 22])
    assert both.validated is validated[0]
