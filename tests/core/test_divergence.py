"""The end of a run, rule by rule: what each member keeps, and what is said of it."""

import re
import warnings

import numpy as np
import pytest

from skscratch.core import Best, Dense, History, Network, Objective, Rows, RowStream, SquaredError
from skscratch.core.divergence import restore, restore_finite, warn_of_interruption

OBJECTIVE = Objective(Network((Dense(1),), 1), SquaredError(), alpha=3.0)
X = np.linspace(-1, 1, 20)[:, None]
ROWS = Rows(X, X.copy(), None)  # a member with weight W and bias 0 has the loss (W - 1)^2 m / 2, m the mean of X^2
MEAN_SQUARE = float(np.mean(X**2))


def member(*weights):
    """Parameters of members z = W x."""
    P = OBJECTIVE.network.init(len(weights), np.random.default_rng(0))
    P.values[...] = 0
    P.layers[0].W[:, 0, 0] = weights
    return P


def end(values, best, start, *, keep_best=True, losses=None, rows=ROWS):
    """End a run with these weights, present, best (of epoch 3) and initial; return those kept, history and warnings."""
    P, kept = member(*values), Best(member(*start).values)
    kept.update(member(*best).values, np.zeros((1, len(best))), 3)
    kept.values[...] = member(*best).values  # also where they are not finite
    history = History(loss=[np.ones(len(values))] * 4 + [np.array(losses or [1.0] * len(values))])
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        restore_finite(P, member(*start), OBJECTIVE, rows, history, kept, keep_best=keep_best)
    return P.layers[0].W[:, 0, 0].tolist(), history, [str(warning.message) for warning in record]


@pytest.mark.parametrize("keep_best", [True, False])
def test_finite_members(keep_best):
    kept, history, messages = end([0.5, 0.6], [0.9, 0.8], [0.0, 0.0], keep_best=keep_best)
    assert kept == ([0.9, 0.8] if keep_best else [0.5, 0.6])
    assert history.best_epoch.tolist() == ([3, 3] if keep_best else [5, 5])
    assert messages == [] and history.end == "max_iter"


@pytest.mark.parametrize("keep_best", [True, False])
def test_parameters_or_a_loss_that_are_not_finite(keep_best):
    kept, history, messages = end(
        [np.inf, 0.5, 0.7], [0.9, 0.8, 0.6], [0, 0, 0], keep_best=keep_best, losses=[1, np.nan, 1]
    )
    assert kept == [0.9, 0.8, 0.6 if keep_best else 0.7]
    assert history.best_epoch.tolist() == [3, 3, 3 if keep_best else 5]
    assert len(messages) == 1 and messages[0].startswith("2 of 3 members diverged: ") and "in epoch 5;" in messages[0]
    assert history.end == "max_iter"


def test_the_initial_parameters_if_the_best_have_no_finite_loss():
    """Their own loss is not that of an epoch: it is evaluated. With all members gone, the run has diverged."""
    kept, history, messages = end([0.5, 1e200], [1e200, np.nan], [0.25, 0.75])
    assert kept == [0.25, 0.75] and history.best_epoch.tolist() == [0, 0]
    assert messages[0].startswith("2 of 2 members diverged") and history.end == "diverged"


def test_the_best_epoch_if_the_last_has_no_finite_loss():
    kept, history, _ = end([1e200], [0.9], [0.0], keep_best=False)
    assert kept == [0.9] and history.best_epoch.tolist() == [3]


def test_members_that_are_worse_than_at_the_start():
    """The numbers are losses without the penalty, of the worst member; its parameters are kept."""
    kept, history, messages = end([0.5] * 3, [0.9, 11.0, 9.0], [0.0] * 3)
    assert kept == [0.9, 11.0, 9.0] and history.end == "max_iter"
    assert messages == [
        "2 of 3 members are worse than their initial parameters: the loss on 20 rows must fall, but it rose from "
        f"{MEAN_SQUARE / 2:.3g} to {50 * MEAN_SQUARE:.3g}; a smaller learning_rate_init or clip_norm may help."
    ]


@pytest.mark.parametrize(
    ("start", "loss", "warned"),
    [(1.0, 0.9, False), (1.0, 1.1, True), (-2.0, 2.9, False), (-2.0, 3.6, True)],
)
def test_how_much_worse(start, loss, warned):
    """More than twice the loss at the start (0, and 1.66), and more than 1."""
    weight = 1 + np.sqrt(2 * loss / MEAN_SQUARE)
    assert bool(end([weight], [weight], [start])[2]) == warned


def test_rows_in_parts_are_not_compared():
    stream = RowStream(20, lambda rng: iter([ROWS]))
    assert end([0.5], [50.0], [0.0], rows=stream)[2] == []
    assert end([0.5], [np.inf], [0.0], rows=stream)[2] != []


def test_interruption():
    with pytest.warns(RuntimeWarning, match=re.escape("The fit was interrupted in iteration 7: the best parameters")):
        warn_of_interruption("iteration", 7)


def test_restore_changes_the_members_that_diverged_only():
    P, best, history = member(0.5, 0.6), Best(member(0.9, 0.8).values), History(loss=[np.ones(2)] * 4)
    restore(P, history, best, keep_best=False, diverged=np.array([False, True]))
    assert P.layers[0].W[:, 0, 0].tolist() == [0.5, 0.8] and history.best_epoch.tolist() == [4, 0]


def test_a_sample_of_rows(rng):
    rows = Rows(np.arange(1000.0)[:, None], np.arange(1000.0)[:, None], np.arange(1000.0))
    assert rows.sample(1000) is rows
    x, y, w = rows.sample(100)
    np.testing.assert_array_equal(x, rows.sample(100).x)
    assert len(x) == 100 and (np.diff(w) >= 0).all() and (x == y).all() and (x[:, 0] == w).all()
    assert 400 < x.mean() < 600
