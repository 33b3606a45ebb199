"""Which epoch is best, and when to stop: against the definitions, epoch by epoch."""

import numpy as np
import pytest
from sklearn.datasets import make_regression
from sklearn.neural_network import MLPRegressor

from skscratch.core import Best, Patience

NAN, INF = np.nan, np.inf


def best_of(epochs):
    """After epochs of metrics (m, k), the best epoch of each member; the values of epoch e are e."""
    k = np.shape(epochs)[-1]
    best = Best(np.zeros((k, 2)))
    for number, metrics in enumerate(epochs, 1):
        best.update(np.full((k, 2), float(number)), np.array(metrics, float), number)
    np.testing.assert_array_equal(best.values, np.repeat(best.epoch[:, None], 2, axis=1))
    return list(best.epoch)


def test_every_member_has_its_own_best_epoch():
    assert best_of([[[3, 1]], [[2, 2]], [[2.5, 0.5]], [[9, 9]]]) == [2, 3]


def test_the_first_of_equals_is_kept():
    assert best_of([[[1, 1]], [[1, 1]]]) == [1, 1]


def test_later_metrics_decide_ties_and_only_ties():
    assert best_of([[[0, 0, 0], [5, 5, 5]], [[0, 0, 1], [4, 6, 4]]]) == [2, 1, 1]
    assert best_of([[[1], [5], [2]], [[1], [5], [1]]]) == [2]
    assert best_of([[[1], [5]], [[0], [9]]]) == [2]


def test_an_epoch_that_is_not_finite_is_never_best():
    assert best_of([[[3, NAN, INF]], [[NAN, NAN, 4]], [[-INF, 7, 5]]]) == [1, 3, 2]
    assert best_of([[[NAN, 1], [1, NAN]]]) == [0, 0]


def test_parameters_that_are_not_finite_are_never_best():
    best = Best(np.zeros((2, 2)))
    best.update(np.array([[1.0, NAN], [1.0, 1.0]]), np.ones((1, 2)), 1)
    np.testing.assert_array_equal(best.values, [[0, 0], [1, 1]])
    np.testing.assert_array_equal(best.epoch, [0, 1])


def test_values_are_copied():
    start, later = np.zeros((1, 2)), np.ones((1, 2))
    best = Best(start)
    start[...] = 5
    np.testing.assert_array_equal(best.values, 0)
    best.update(later, np.zeros((1, 1)), 1)
    later[...] = 5
    np.testing.assert_array_equal(best.values, 1)
    np.testing.assert_array_equal(start, 5)


def ends_at(losses, epochs, tol=0.0):
    """The epoch, from 1, after which patience is exceeded; None where it never is."""
    patience = Patience(epochs, tol)
    return next((i for i, loss in enumerate(losses, 1) if patience.is_exceeded(np.atleast_1d(float(loss)))), None)


def test_more_epochs_than_patience_without_improvement():
    assert ends_at([1, 2, 2, 2, 2], epochs=2) == 4
    assert ends_at([1, 2, 2, 0.5, 2, 2, 2], epochs=2) == 7
    assert ends_at([3, 2, 1, 0], epochs=0) is None
    assert ends_at([1, 1.5], epochs=0) == 2
    assert ends_at([1, 2, 3, 4] * 100, epochs=INF) is None


def test_an_improvement_must_exceed_tol_over_the_best():
    assert ends_at([1, 0.95, 0.9, 0.85], epochs=1, tol=0.1) == 3
    assert ends_at([1, 0.75, 0.5, 0.25], epochs=0, tol=0.25) is None  # an improvement of exactly tol is one
    assert ends_at([1, 1, 1], epochs=1, tol=0.0) is None  # as scikit-learn counts at tol=0
    assert ends_at([1, 5, 0.95, 0.9], epochs=2, tol=0.1) == 4  # the best is the best, counted or not


def test_a_loss_that_is_not_finite_is_no_improvement():
    assert ends_at([1, NAN, NAN], epochs=1) == 3
    assert ends_at([NAN, NAN, 1, 2, 2], epochs=1) == 2
    assert ends_at([NAN, 1, 2, 2], epochs=1) == 4


def test_all_members_must_have_exceeded_their_patience():
    patience = Patience(1, 0.0)
    exceeded = [
        patience.is_exceeded(np.array(losses, float)) for losses in [(1, 1), (2, 0.9), (2, 0.8), (2, 1), (2, 1)]
    ]
    assert exceeded == [False, False, False, False, True]
    np.testing.assert_array_equal(patience.count, [4, 2])


def test_a_reset_counts_anew_but_keeps_the_best():
    patience = Patience(1, 0.0)
    patience.reset()
    assert [patience.is_exceeded(np.array([loss])) for loss in (1.0, 2.0, 2.0)] == [False, False, True]
    patience.reset()
    assert [patience.is_exceeded(np.array([loss])) for loss in (1.5, 1.5)] == [False, True]


@pytest.mark.parametrize(("tol", "n_iter_no_change"), [(1e-2, 3), (0.5, 2), (1e-3, 1)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_count_is_that_of_scikit_learn(tol, n_iter_no_change):
    X, y = make_regression(60, 4, noise=5, random_state=0)
    options = {"solver": "sgd", "learning_rate_init": 0.02, "max_iter": 150, "random_state": 0, "batch_size": 10}
    mlp = MLPRegressor(hidden_layer_sizes=(5,), tol=tol, n_iter_no_change=n_iter_no_change, **options).fit(X, y / 50)
    assert mlp.n_iter_ < 150
    assert ends_at(mlp.loss_curve_, n_iter_no_change, tol) == mlp.n_iter_
