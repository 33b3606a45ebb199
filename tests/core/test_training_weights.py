"""Weights of batches: what counts in the reported loss, batches without weight, and fits that may diverge."""

import numpy as np
import pytest

from skscratch.core.batches import Rows
from skscratch.core.layers import Dense
from skscratch.core.losses import SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Sgd
from skscratch.core.training import Trainer

NETWORK = Network((Dense(1),), n_inputs=2)


@pytest.fixture
def problem(rng):
    """A linear model of 6 rows: parameters and rows, the last two of them without weight."""
    w = np.array([1.0, 2.0, 3.0, 4.0, 0.0, 0.0])
    return NETWORK.init(1, rng), Rows(rng.normal(size=(6, 2)), rng.normal(size=(6, 1)), w)


def trainer(rate=0.1, alpha=0.3, **options):
    return Trainer(
        Objective(NETWORK, SquaredError(), alpha), Sgd().chain(rate), np.random.default_rng(0), 2, False, **options
    )


def losses(P, rows):
    """Loss of each row, by hand."""
    W, b = P.layers[0].W[0], P.layers[0].b[0]
    return ((rows.x @ W + b - rows.y) ** 2 / 2)[:, 0]


def test_a_batch_without_weight_makes_no_step_and_does_not_count(problem):
    P, rows = problem
    short = P.like(P.values.copy())
    whole = trainer().run(P, rows, 3, keep_best=False)
    without = trainer().run(short, rows.take(slice(4)), 3, keep_best=False)
    np.testing.assert_array_equal(P.values, short.values)
    np.testing.assert_allclose(whole.loss, without.loss, rtol=1e-14)


def test_rows_without_weight_train_nothing(problem):
    P, rows = problem
    start = P.values.copy()
    history = trainer().run(P, rows._replace(w=np.zeros(6)), 2)
    np.testing.assert_array_equal(P.values, start)
    assert [loss.tolist() for loss in history.loss] == [[0.0], [0.0]]


@pytest.mark.parametrize("rows_in_a_batch", [2, 6])
def test_members_with_weights_of_their_own(rows_in_a_batch, rng):
    """Each is trained as if it were alone with its weights, penalty and reported loss included."""
    P = NETWORK.init(3, rng)
    w = rng.uniform(1, 2, (6, 3)) * [[1, 0, 1]] * 3 + [[0, 1, 0]]
    w[0, 0] = w[3, 1] = 0
    rows = Rows(rng.normal(size=(6, 2)), rng.normal(size=(6, 1)), w)
    fit = Trainer(Objective(NETWORK, SquaredError(), 0.3), Sgd().chain(0.1), rng, rows_in_a_batch, False)
    start = P.values.copy()
    history = fit.run(P, rows, 3, keep_best=False)
    for i in range(3):
        alone = P.like(start[i : i + 1].copy())
        lonely = Trainer(Objective(NETWORK, SquaredError(), 0.3), Sgd().chain(0.1), rng, rows_in_a_batch, False)
        one = lonely.run(alone, rows._replace(w=w[:, i].copy()), 3, keep_best=False)
        np.testing.assert_allclose(P.values[i], alone.values[0], rtol=1e-12)
        np.testing.assert_allclose([loss[i] for loss in history.loss], np.ravel(one.loss), rtol=1e-12)


def test_a_member_learns_nothing_of_rows_without_weight(rng):
    P = NETWORK.init(2, rng)
    rows = Rows(rng.normal(size=(6, 2)), rng.normal(size=(6, 1)), np.ones((6, 2)))
    rows.w[2:4, 0] = 0
    other = rows._replace(y=rows.y + np.array([[0.0, 0, 9, 9, 0, 0]]).T)
    Q = P.like(P.values.copy())
    trainer().run(P, rows, 3, keep_best=False)
    trainer().run(Q, other, 3, keep_best=False)
    np.testing.assert_array_equal(P.values[0], Q.values[0])
    assert np.abs(P.values[1] - Q.values[1]).max() > 0.1


def test_loss_weights_choose_how_rows_count_in_the_reported_loss(problem):
    P, rows = problem
    expected = losses(P, rows)[:2].mean()

    def first_batch_alone(w, batches):
        assert batches == [slice(0, 2), slice(2, 4), slice(4, 6)]
        np.testing.assert_array_equal(w, rows.w)
        return np.array([1.0, 1, 0, 0, 0, 0])

    other = P.like(P.values.copy())
    history = trainer(alpha=0.0, loss_weights=first_batch_alone).run(P, rows, 1, keep_best=False)
    assert history.loss[0][0] == pytest.approx(expected, rel=1e-14)
    trainer(alpha=0.0).run(other, rows, 1, keep_best=False)
    np.testing.assert_array_equal(P.values, other.values)  # the steps are the same


def test_a_fit_may_be_left_to_diverge(problem):
    P, rows = problem
    other = P.like(P.values.copy())
    history = trainer(1e200).run(P, rows, 7, keep_best=False, keep_finite=False)
    assert (len(history.loss), history.end) == (7, "max_iter")
    assert not np.isfinite(P.values).any()
    with pytest.warns(RuntimeWarning, match="diverged"):
        history = trainer(1e200).run(other, rows, 7, keep_best=False)
    assert len(history.loss) < 7
    assert np.isfinite(other.values).all()
