"""L-BFGS against scikit-learn's linear models, whose minimum is unique, and how a fit ends."""

import copy

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from skscratch.core import (
    BinaryLogLoss,
    Dense,
    Gradient,
    MulticlassLogLoss,
    Network,
    Objective,
    Patience,
    PoissonLoss,
    Rows,
    SquaredError,
    Tanh,
    gradcheck,
    lbfgs,
)

N, D, ALPHA = 90, 4, 2.0
PRECISE = {"tol": 1e-10, "max_iter": 2000}


def linear(loss, outputs, k=1, dtype=np.float64, label_smoothing=0.0):
    """An objective without hidden layer, and parameters."""
    objective = Objective(Network((Dense(outputs),), D), loss, ALPHA, label_smoothing)
    return objective, objective.network.init(k, np.random.default_rng(0), dtype)


def hidden(k=3):
    """An objective with a hidden layer, parameters, and rows."""
    objective = Objective(Network((Dense(6), Tanh(), Dense(1)), D), SquaredError(), alpha=0.1)
    X, y = make_regression(N, D, random_state=0)
    return objective, objective.network.init(k, np.random.default_rng(0)), Rows(X, y[:, None] / y.std(), None)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_logistic_regression(rng, weighted, container):
    """Our mean plus alpha |W|^2 / 2n is their C sum + |W|^2 / 2 with C = 1 / alpha."""
    X, y = make_classification(N, D, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0)
    w = rng.uniform(0.5, 3, N) if weighted else None
    theirs = LogisticRegression(C=1 / ALPHA, tol=1e-10, max_iter=1000).fit(X, y, sample_weight=w)
    objective, P = linear(BinaryLogLoss(), 1, k=2)
    history = lbfgs(objective, P, Rows(container(X), y[:, None].astype(float), w), **PRECISE)
    assert history.end == "no_improvement"
    for i in range(2):
        np.testing.assert_allclose(P.layers[0].W[i].T, theirs.coef_, atol=2e-5)
        np.testing.assert_allclose(P.layers[0].b[i], theirs.intercept_, atol=2e-5)


def test_multinomial_regression():
    X, y = make_classification(N, D, n_informative=4, n_redundant=0, n_classes=3, flip_y=0.2, random_state=0)
    theirs = LogisticRegression(C=1 / ALPHA, tol=1e-10, max_iter=1000).fit(X, y)
    objective, P = linear(MulticlassLogLoss(), 3)
    lbfgs(objective, P, Rows(X, np.eye(3)[y], None), **PRECISE)
    np.testing.assert_allclose(P.layers[0].W[0].T, theirs.coef_, atol=2e-5)
    np.testing.assert_allclose(
        objective.loss.predict(objective.network.predict(P, X))[0], theirs.predict_proba(X), atol=2e-5
    )


def test_ridge(rng):
    X, y = make_regression(N, D, n_targets=2, noise=10, bias=5, random_state=0)
    w = rng.uniform(0.5, 3, N)
    theirs = Ridge(ALPHA).fit(X, y, sample_weight=w)
    objective, P = linear(SquaredError(), 2)
    lbfgs(objective, P, Rows(X, y, w), **PRECISE)
    np.testing.assert_allclose(P.layers[0].W[0].T, theirs.coef_, rtol=1e-5)
    np.testing.assert_allclose(P.layers[0].b[0], theirs.intercept_, rtol=1e-5)


def test_poisson_regression(rng):
    X = rng.standard_normal((N, D))
    y = rng.poisson(np.exp(X @ [0.5, -0.3, 0.2, 0.0] + 0.5)).astype(float)
    theirs = PoissonRegressor(alpha=ALPHA / N, tol=1e-10, max_iter=1000).fit(X, y)
    objective, P = linear(PoissonLoss(), 1)
    lbfgs(objective, P, Rows(X, y[:, None], None), **PRECISE)
    np.testing.assert_allclose(P.layers[0].W[0, :, 0], theirs.coef_, rtol=1e-4)
    np.testing.assert_allclose(P.layers[0].b[0], theirs.intercept_, rtol=1e-4)


def test_the_last_loss_is_that_of_the_parameters_which_are_a_minimum():
    objective, P, rows = hidden()
    history = lbfgs(objective, P, rows, tol=1e-7, max_iter=5000)
    gradient = Gradient(objective, P, rows)
    np.testing.assert_allclose(history.loss[-1], gradient.value(), rtol=1e-12)
    assert abs(gradient.dP.values).max() < 1e-4
    assert all((after <= before).all() for before, after in zip(history.loss, history.loss[1:], strict=False))
    assert gradcheck(objective, P.like(P.values + 0.1), *rows, rng=np.random.default_rng(0)) < 1e-7


def test_each_member_is_what_it_would_be_alone():
    objective, P, rows = hidden()
    starts = P.values.copy()
    history = lbfgs(objective, P, rows, max_iter=300)
    lengths = []
    for i, start in enumerate(starts):
        alone = P.like(start[None].copy())
        single = lbfgs(objective, alone, rows, max_iter=300)
        np.testing.assert_array_equal(alone.values[0], P.values[i])
        lengths.append(len(single.loss))
        np.testing.assert_array_equal([loss[i] for loss in history.loss[: lengths[i]]], np.ravel(single.loss))
        assert all(loss[i] == single.loss[-1] for loss in history.loss[lengths[i] :])
    assert len(history.loss) == max(lengths) > min(lengths)
    np.testing.assert_array_equal(history.best_epoch, lengths)


def test_limits():
    objective, P, rows = hidden()
    history = lbfgs(objective, P, rows, max_iter=4)
    assert history.end == "max_iter"
    assert len(history.loss) == 4
    objective, P, rows = hidden()
    history = lbfgs(objective, P, rows, max_fun=3)
    assert history.end == "max_iter"
    assert len(history.loss) <= 3


def test_a_smaller_decrease_of_the_loss_ends_the_fit_later():
    gradients = []
    for ftol in (1e-3, 1e-9, 1e-14):
        objective, P, rows = hidden(1)
        history = lbfgs(objective, P, rows, tol=1e-12, ftol=ftol, max_iter=5000)
        assert history.end == "no_improvement"
        gradient = Gradient(objective, P, rows)
        gradient.value()
        gradients.append(abs(gradient.dP.values).max())
    assert gradients[0] > 1e2 * gradients[1] and gradients[1] > 1e2 * gradients[2]


def test_initial_parameters_that_are_the_minimum():
    objective, P = linear(SquaredError(), 1)
    P.values[...] = 0
    history = lbfgs(objective, P, Rows(np.ones((3, D)), np.zeros((3, 1)), None))
    assert history.end == "no_improvement"
    np.testing.assert_array_equal(history.loss, [[0]])
    np.testing.assert_array_equal(P.values, 0)
    np.testing.assert_array_equal(history.best_epoch, 0)


def test_float32_and_inputs_that_are_read_only():
    X, y = make_regression(N, D, random_state=0)
    rows = Rows(X.astype(np.float32), (y[:, None] / y.std()).astype(np.float32), np.ones(N, np.float32))
    for array in rows:
        array.flags.writeable = False
    objective, P = linear(SquaredError(), 1, dtype=np.float32)
    lbfgs(objective, P, rows)
    assert P.values.dtype == np.float32
    np.testing.assert_allclose(P.layers[0].W[0].T, Ridge(ALPHA).fit(X, y / y.std()).coef_[None], rtol=1e-3)


def test_training_targets_are_used():
    """Labels are smoothed, as in the other solvers."""
    X, y = make_classification(N, D, n_informative=3, n_redundant=0, random_state=0)
    (smoothing, P), (other, Q) = linear(BinaryLogLoss(), 1, label_smoothing=0.2), linear(BinaryLogLoss(), 1)
    lbfgs(smoothing, P, Rows(X, y[:, None].astype(float), None), **PRECISE)
    lbfgs(other, Q, Rows(X, 0.8 * y[:, None] + 0.1, None), **PRECISE)
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-6)


def test_validation_chooses_the_iteration_of_each_member():
    objective, P, rows = hidden(k=2)
    calls, seen = iter([(3, 0), (1, 0), (2, 0), (0, 4), (0, 5), *[(9, 9)] * 200]), []

    def validate(members):
        """Compute the metric of both members; one is trained after the other."""
        seen.append(members.values.copy())
        return np.array([next(calls)], float)

    history = lbfgs(objective, P, rows, validate=validate, max_iter=3)
    np.testing.assert_array_equal(history.best_epoch, [2, 1])  # 3 1 2 for the first, 4 5 9 for the second
    np.testing.assert_array_equal(P.values, [seen[1][0], seen[3][1]])
    np.testing.assert_array_equal(np.concatenate(history.validation), [[3, 4], [1, 5], [2, 9]])


def test_members_with_different_weights(rng):
    """Each is fitted as if it were alone with its weights."""
    objective, P, rows = hidden(k=2)
    start, w = P.values.copy(), rng.integers(0, 3, (len(rows.y), 2)).astype(float)
    lbfgs(objective, P, rows._replace(w=w), max_iter=5)
    for i in range(2):
        alone = P.like(start[i : i + 1].copy())
        lbfgs(objective, alone, rows._replace(w=w[:, i].copy()), max_iter=5)
        np.testing.assert_allclose(P.values[i], alone.values[0], rtol=1e-9)


def test_a_member_that_needs_no_iteration_is_evaluated_once():
    objective, P, rows = hidden(k=2)
    lbfgs(objective, P.like(P.values[:1]), rows, **PRECISE)  # the first has converged
    history = lbfgs(objective, P, rows, tol=1e-3, validate=lambda members: np.array([[2.0, 1.0]]))
    assert history.validation[0].tolist() == [[2.0, 1.0]] and len(history.validation) == len(history.loss)
    assert history.best_epoch.tolist() == [0, 1]


def test_patience_is_used_with_validation():
    """Each member counts from zero."""
    objective, P, rows = hidden(k=2)
    patience, numbers = Patience(3, 0.5), []
    watch = {"validate": lambda members: np.ones((1, 2)), "callbacks": [lambda epoch: numbers.append(epoch.number)]}
    history = lbfgs(objective, P, rows, tol=0.0, patience=patience, **watch)
    assert history.end == "no_improvement"
    assert numbers == [1, 2, 3, 4, 5] * 2
    assert patience.count is None
    np.testing.assert_array_equal(history.best_epoch, 1)


def test_patience_is_not_used_without_validation():
    objective, P, rows = hidden(k=2)
    assert len(lbfgs(objective, P, rows, patience=Patience(0, np.inf), max_iter=9).loss) == 9


def test_callbacks_see_each_iteration_and_end_the_fit():
    objective, P, rows = hidden(k=2)
    numbers, rates = [], set()

    def callback(epoch):
        numbers.append(epoch.number)
        rates.add(epoch.rate)
        assert epoch.parameters.values.shape[0] == 1
        assert len(epoch.history.loss) == epoch.number
        return epoch.number == 3

    history = lbfgs(objective, P, rows, callbacks=[callback, lambda epoch: None])
    assert numbers == [1, 2, 3, 1, 2, 3]
    assert rates == {1.0}
    assert history.end == "callback"
    assert len(history.loss) == 3


@pytest.mark.parametrize("validated", [False, True])
def test_a_run_is_resumed_with_the_members_that_are_trained(validated):
    """From any iteration, the result is the same bit for bit; trained members are not trained again."""
    objective, P, rows = hidden(k=3)
    start, states, calls = P.values.copy(), [], []

    def validate(Q):
        return objective.loss_sum(objective.network.predict(Q, rows.x), rows.y, rows.w)[None]

    def run(P, callback, **options):
        more = {"validate": validate if validated else None, "patience": Patience(2, 1e-3)}
        return lbfgs(objective, P, rows, max_iter=6, callbacks=[callback], **more, **options)

    expected = run(P, lambda epoch: states.append(copy.deepcopy(epoch.run_state())))
    for state in states[::4]:
        resumed, trained = P.like(start.copy()), len(state.histories)
        history = run(resumed, lambda epoch: calls.append(epoch.number), resume=state)
        np.testing.assert_array_equal(resumed.values, P.values)
        np.testing.assert_array_equal(history.loss, expected.loss)
        np.testing.assert_array_equal(history.best_epoch, expected.best_epoch)
        assert calls.count(1) == 3 - trained
        calls.clear()
    assert {len(state.histories) for state in states[::4]} == {0, 1, 2}


def test_the_best_so_far():
    """Of the second of three members in its second iteration."""
    objective, P, rows = hidden(k=3)
    start, seen = P.values.copy(), []
    lbfgs(objective, P, rows, max_iter=4, callbacks=[lambda epoch: seen.append(copy.deepcopy(epoch.run_state()))])
    state = seen[5]
    for all_members, k in ((False, 2), (True, 3)):
        values, history = state.best_so_far(all_members=all_members)
        np.testing.assert_array_equal(values[0], P.values[0])
        np.testing.assert_array_equal(values[1], state.best.values[0])
        np.testing.assert_array_equal(values[2:], start[2:k])
        assert history.best_epoch.tolist() == [4, 2, 0][:k] and np.shape(history.loss) == (4, k)


class CtrlCError(SquaredError):
    """Squared error whose tenth gradient is interrupted as by Ctrl-C."""

    calls = 0

    def gradient(self, z, y, out):
        type(self).calls += 1
        if type(self).calls == 10:
            raise KeyboardInterrupt
        return super().gradient(z, y, out)


@pytest.mark.parametrize("in_callback", [False, True])
def test_an_interrupted_fit_keeps_the_best_so_far(in_callback, monkeypatch):
    """Ctrl-C while the second of three members is trained: the third keeps its initial parameters."""
    objective, P, rows = hidden()
    start, seen = P.values.copy(), []
    monkeypatch.setattr(CtrlCError, "calls", 0)

    def watch(epoch):
        seen.append(epoch.parameters.values[0].copy())
        if in_callback and len(seen) == 7:
            raise KeyboardInterrupt

    objective = objective if in_callback else Objective(objective.network, CtrlCError(), objective.alpha)
    with pytest.warns(RuntimeWarning, match="interrupted in iteration .: the best parameters so far") as record:
        history = lbfgs(objective, P, rows, max_iter=5, tol=0.0, callbacks=[watch])
    assert len(record) == 1
    assert history.end == "interrupted"
    second = len(seen) - 5
    assert second >= 2
    np.testing.assert_array_equal(P.values, [seen[4], seen[-1], start[2]])
    np.testing.assert_array_equal(history.best_epoch, [5, second, 0])
    assert len(history.loss) == 5
    assert len({loss[2] for loss in history.loss}) == 1


def test_an_interrupt_before_the_first_iteration(monkeypatch):
    objective, P, rows = hidden()
    start, expected = P.values.copy(), objective.network.predict(P, rows.x)
    monkeypatch.setattr(CtrlCError, "calls", 9)
    with pytest.warns(RuntimeWarning, match="interrupted in iteration 1:"):
        history = lbfgs(Objective(objective.network, CtrlCError()), P, rows)
    np.testing.assert_array_equal(P.values, start)
    np.testing.assert_allclose(history.loss, [CtrlCError().value(expected, rows.y).mean(axis=1)])


def test_a_member_that_diverges_keeps_its_start_and_does_not_harm_the_others():
    objective, P, rows = hidden()
    P.values[1] = 1e200
    start = P.values.copy()
    with pytest.warns(RuntimeWarning, match="1 of 1 members diverged"):
        history = lbfgs(objective, P, rows, max_iter=20)
    np.testing.assert_array_equal(P.values[1], start[1])
    assert (history.best_epoch[[0, 2]] == 20).all()
    assert history.end == "max_iter"
    with pytest.warns(RuntimeWarning, match="1 of 1 members diverged"):
        assert lbfgs(objective, P.like(P.values[1:2]), rows).end == "diverged"
