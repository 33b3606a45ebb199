"""The training loop, against scikit-learn's, and rule by rule with losses that are given beforehand."""

import copy
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skscratch.core import (
    Adam,
    Adaptive,
    Affine,
    BinaryLogLoss,
    Dense,
    Dropout,
    FlatCosine,
    FunctionOfProgress,
    Gradient,
    InverseScaling,
    MulticlassLogLoss,
    Network,
    Objective,
    Patience,
    Relu,
    Rows,
    Sgd,
    SquaredError,
    Tanh,
    Trainer,
    Zeros,
)

N, D, K = 25, 3, 3
NETWORK = Network((Dense(6), Tanh(), Dense(2)), D)


def draw(k=K, dtype=np.float64, network=NETWORK, weighted=False):
    """Parameters of k members, and rows."""
    rng = np.random.default_rng(1)
    x, y, w = rng.standard_normal((N, D)), rng.standard_normal((N, 2)), rng.uniform(0.5, 2, N) if weighted else None
    rows = Rows(*(a if a is None else a.astype(dtype) for a in (x, y, w)))
    return network.init(k, np.random.default_rng(0), dtype), rows


def trainer(chain=None, batch_size=10, loss=None, alpha=0.0, network=NETWORK, label_smoothing=0.0, **options):
    objective = Objective(network, loss or SquaredError(), alpha, label_smoothing)
    return Trainer(objective, chain or Adam().chain(0.01), np.random.default_rng(2), batch_size, **options)


class RecordedError(SquaredError):
    """Squared error that records the targets of every batch."""

    seen: list = []

    def gradient(self, z, y, out):
        self.seen.append(y[:, 0].copy())
        return super().gradient(z, y, out)


@pytest.fixture
def seen(monkeypatch):
    """The targets of every batch that `RecordedError` sees."""
    monkeypatch.setattr(RecordedError, "seen", [])
    return RecordedError.seen


def scripted(*epochs):
    """A `validate` that returns these metrics in turn; each entry has one number for each member."""
    metrics = iter(epochs)
    return lambda P: np.array([next(metrics)], float)


# The reference: scikit-learn.


@pytest.mark.parametrize("solver", ["adam", "sgd", "nesterov"])
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_fit_equals_that_of_scikit_learn(task, solver):
    """Weights and loss curve of several epochs, from equal weights, rows in order, a short last batch."""
    if task == "regression":
        X, y = make_regression(50, D, n_targets=2, random_state=0)
        y, MLP, loss = y / 100, MLPRegressor, SquaredError()
        targets = y
    else:
        X, y = make_classification(
            50,
            D,
            n_informative=3,
            n_redundant=0,
            n_classes=2 + (task == "multiclass"),
            n_clusters_per_class=1,
            random_state=0,
        )
        MLP, loss = MLPClassifier, BinaryLogLoss() if task == "binary" else MulticlassLogLoss()
        targets = y[:, None].astype(float) if task == "binary" else np.eye(3)[y]
    mlp = MLP(
        hidden_layer_sizes=(6,),
        activation="tanh",
        solver="adam" if solver == "adam" else "sgd",
        nesterovs_momentum=solver == "nesterov",
        alpha=0.5,
        batch_size=16,
        learning_rate_init=0.05,
        max_iter=1,
        warm_start=True,
        shuffle=False,
        n_iter_no_change=100,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(X, y)
        network = Network((Dense(6), Tanh(), Dense(targets.shape[1])), D)
        P = network.init(1, np.random.default_rng(0))
        dense = [p for p in P.layers if isinstance(p, Affine)]
        for ours, W, b in zip(dense, mlp.coefs_, mlp.intercepts_, strict=True):
            ours.W[0], ours.b[0] = W, b
        mlp.set_params(max_iter=8).fit(X, y)
    chain = Adam().chain(0.05) if solver == "adam" else Sgd(0.9, solver == "nesterov").chain(0.05)
    ours = trainer(chain, 16, loss, 0.5, network, shuffle=False)
    history = ours.run(P, Rows(X, targets, None), 8, keep_best=False)
    for p, W, b in zip(dense, mlp.coefs_, mlp.intercepts_, strict=True):
        np.testing.assert_allclose(p.W[0], W, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(p.b[0], b, rtol=1e-8, atol=1e-12)
    if task != "regression":  # there scikit-learn's curve has the mean over outputs, not the sum
        np.testing.assert_allclose(np.ravel(history.loss), mlp.loss_curve_[-8:], rtol=1e-10)


def test_a_network_without_hidden_layer_finds_least_squares():
    network = Network((Dense(2),), D)
    P, rows = draw(network=network)
    trainer(Sgd(0.9).chain(0.2), N, network=network).run(P, rows, 500)
    solution, *_ = np.linalg.lstsq(np.column_stack([rows.x, np.ones(N)]), rows.y, rcond=None)
    for i in range(K):
        np.testing.assert_allclose(P.layers[0].W[i], solution[:-1], atol=1e-6)
        np.testing.assert_allclose(P.layers[0].b[i], solution[-1], atol=1e-6)


# Rows and batches.


def test_every_row_is_seen_once_an_epoch_in_a_new_order(seen):
    P, rows = draw()
    trainer(loss=RecordedError()).run(P, rows, 4)
    assert [len(batch) for batch in seen] == [10, 10, 5] * 4
    epochs = [np.concatenate(seen[start : start + 3]) for start in range(0, 12, 3)]
    for targets in epochs:
        np.testing.assert_array_equal(np.sort(targets), np.sort(rows.y[:, 0]))
    assert len({tuple(targets) for targets in epochs}) == 4


@pytest.mark.parametrize(("batch_size", "shuffle"), [(10, False), (25, True), (1000, True)])
def test_rows_in_their_order(seen, batch_size, shuffle):
    """Without shuffling, and where one batch holds all rows; no random number is drawn then."""
    P, rows = draw()
    fit = trainer(loss=RecordedError(), batch_size=batch_size, shuffle=shuffle)
    fit.run(P, rows, 2)
    np.testing.assert_array_equal(np.concatenate(seen), np.tile(rows.y[:, 0], 2))
    assert fit.rng.random() == np.random.default_rng(2).random()


def test_the_order_can_be_given(seen, rng):
    P, rows = draw()
    orders = [rng.permutation(N) for _ in range(3)]
    fit, remaining = trainer(loss=RecordedError()), iter(orders)
    fit.run(P, rows, 3, order=lambda: next(remaining))
    np.testing.assert_array_equal(np.concatenate(seen), np.concatenate([rows.y[order, 0] for order in orders]))
    assert fit.rng.random() == np.random.default_rng(2).random()


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
def test_inputs_are_not_changed(container, weighted):
    P, rows = draw(weighted=weighted)
    kept = [None if a is None else a.copy() for a in rows]
    for array in rows:
        if array is not None:
            array.flags.writeable = False
    trainer(alpha=0.1).run(P, rows._replace(x=container(rows.x)), 2)
    for array, before in zip(rows, kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_sparse_rows_train_as_dense_ones():
    (P, rows), (Q, _) = draw(), draw()
    trainer(alpha=0.1).run(P, rows, 5)
    trainer(alpha=0.1).run(Q, rows._replace(x=sparse.csr_array(rows.x)), 5)
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("batch_size", [1, 24])
def test_batches_of_one_row(batch_size):
    P, rows = draw()
    history = trainer(Sgd().chain(0.05), batch_size).run(P, rows, 20)
    assert (history.loss[-1] < history.loss[0]).all()


def test_a_single_row_is_learned():
    P, rows = draw()
    history = trainer(Sgd().chain(0.2)).run(P, rows.take(slice(0, 1)), 200)
    assert (history.loss[-1] < 1e-10).all()


def test_training_from_zero_weights():
    """From all zero only the last biases have a gradient: they become the mean."""
    network = Network((Dense(6, Zeros()), Relu(), Dense(2, Zeros())), D)
    P, rows = draw(network=network)
    trainer(Sgd().chain(0.5), N, network=network).run(P, rows, 100)
    assert (P.layers[0].W == 0).all()
    np.testing.assert_allclose(P.layers[2].b, np.tile(rows.y.mean(axis=0), (K, 1)), rtol=1e-6)


# Members, weights, precision.


@pytest.mark.parametrize("chain", [Adam().chain(0.01), Sgd(0.9).chain(0.05, clip_norm=0.3)])
def test_members_train_as_they_would_alone(chain):
    P, rows = draw(weighted=True)
    starts = P.values.copy()
    history = trainer(chain, alpha=0.1).run(P, rows, 10)
    for i in range(K):
        alone = P.like(starts[i : i + 1].copy())
        single = trainer(chain, alpha=0.1).run(alone, rows, 10)
        np.testing.assert_allclose(alone.values[0], P.values[i], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(np.ravel(single.loss), [loss[i] for loss in history.loss], rtol=1e-12)
        assert single.best_epoch[0] == history.best_epoch[i]
    np.testing.assert_array_equal(draw(1)[0].values[0], starts[0])


@pytest.mark.parametrize("chain", [Adam().chain(0.01), Sgd(0.9).chain(0.05)])
def test_weighted_equals_repeated_in_one_batch(chain):
    (P, rows), (Q, _) = draw(), draw()
    w = np.arange(N) % 3 + 1
    weighted = trainer(chain, N, alpha=0.3).run(P, rows._replace(w=w.astype(float)), 20)
    repeated = trainer(chain, 1000, alpha=0.3).run(Q, rows.take(np.repeat(np.arange(N), w)), 20)
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(weighted.loss, repeated.loss, rtol=1e-10)


def test_the_loss_of_an_epoch():
    """The mean over batches before their steps: at a rate of 0, the mean over all rows and of the penalties."""
    P, rows = draw(weighted=True)
    squares = np.array([sum((p.W[i] ** 2).sum() for p in P.layers if isinstance(p, Affine)) for i in range(K)])
    values = SquaredError().value(NETWORK.predict(P, rows.x), rows.y)
    history = trainer(Sgd().chain(0.0), alpha=0.7, shuffle=False).run(P, rows, 1)
    shares = sum(len(w) / N / w.sum() for w in (rows.w[:10], rows.w[10:20], rows.w[20:]))
    expected = np.average(values, axis=1, weights=rows.w) + 0.7 / 2 * squares * shares
    np.testing.assert_allclose(history.loss[0], expected, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_float32_stays_float32(weighted):
    P, rows = draw(dtype=np.float32, weighted=weighted)
    scores = []
    fit = trainer(Adam().chain(0.01, clip_norm=1.0), alpha=0.1)
    history = fit.run(P, rows, 3, callbacks=[lambda epoch: scores.append(NETWORK.predict(epoch.parameters, rows.x))])
    assert {P.values.dtype, *(z.dtype for z in scores)} == {np.dtype(np.float32)}
    Q, wide = draw(weighted=weighted)
    trainer(Adam().chain(0.01, clip_norm=1.0), alpha=0.1).run(Q, wide, 3)
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-3, atol=1e-4)
    assert history.loss[0].dtype == np.float64
    kept = [array for arrays in fit.state.arrays for array in arrays.values()]
    assert [array.dtype for array in kept] == [np.dtype(np.float32)] * 2


def test_targets_are_smoothed_for_training():
    (P, rows), (Q, _) = draw(), draw()
    y = (rows.y > 0).astype(float)
    smoothed = trainer(loss=BinaryLogLoss(), label_smoothing=0.2).run(P, rows._replace(y=y), 3)
    by_hand = trainer(loss=BinaryLogLoss()).run(Q, rows._replace(y=0.8 * y + 0.1), 3)
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-12)
    np.testing.assert_allclose(smoothed.loss, by_hand.loss, rtol=1e-12)


def test_dropout_while_training_if_asked_for():
    network = Network((Dense(6), Tanh(), Dropout(0.5), Dense(2)), D)
    results = []
    for dropout in (True, True, False):
        P, rows = draw(network=network)
        trainer(network=network, dropout=dropout, shuffle=False).run(P, rows, 3)
        results.append(P.values)
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.allclose(results[0], results[2])
    Q, rows = draw()
    trainer(shuffle=False).run(Q, rows, 3)
    np.testing.assert_array_equal(results[2], Q.values)


# Schedules, history, callbacks.


def test_progress_is_the_share_of_steps_done():
    P, rows = draw()
    progress = []
    schedule = FunctionOfProgress(lambda t: progress.append(t) or 1.0)
    trainer(Sgd().chain(0.01, schedule=schedule)).run(P, rows, 4)
    np.testing.assert_allclose(list(dict.fromkeys(progress)), np.arange(12) / 12)


@pytest.mark.parametrize("diverged", [1.0, np.nan, np.inf])
def test_a_flat_rate_starts_to_decay_when_no_validation_metric_improves(diverged):
    """The mean of the finite members counts; it is best in epoch 3, so that the rate starts to decay after 7."""
    first = [4.0, 3.0, 2.0, *[2.5] * 20]
    validate = scripted(*([c, c + i % 2, diverged] for i, c in enumerate(first)))
    rates = []
    fit = trainer(Adam().chain(0.01, FlatCosine(patience=4)))
    history = fit.run(*draw(), 20, validate=validate, callbacks=[lambda epoch: rates.append(epoch.rate)])
    assert len(history.loss) == 14 and history.end == "max_iter"
    steps = 3  # in an epoch of 25 rows in batches of 10
    t = (np.arange(1, 15) * steps - 1) / (14 * steps)  # progress at the last step of each epoch
    np.testing.assert_allclose(rates[7:], 0.01 * (1 + np.cos(np.pi * (2 * t[7:] - 1))) / 2)
    assert rates[:7] == [0.01] * 7


def test_without_validation_rows_the_plan_does_not_change():
    history = trainer(Adam().chain(0.0, FlatCosine(patience=4))).run(
        *draw(), 20
    )  # a rate of zero: the loss never improves
    assert len(history.loss) == 20


def test_inverse_scaling_counts_the_rows_of_completed_epochs():
    """By hand, with all rows in one batch."""
    P, rows = draw()
    Q = P.like(P.values.copy())
    fit = trainer(Sgd().chain(0.3, schedule=InverseScaling(0.5)), N)
    rates = []
    fit.run(P, rows, 4, callbacks=[lambda epoch: rates.append(epoch.rate)], keep_best=False)
    gradient = Gradient(fit.objective, Q, rows)
    for epoch in range(4):
        gradient.value()
        Q.values -= 0.3 / np.sqrt(epoch * N + 1) * gradient.dP.values
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-12)
    np.testing.assert_allclose(rates, 0.3 / np.sqrt(np.arange(1, 5) * N + 1))
    assert fit.schedule_state.rows == 4 * N


def test_history():
    P, rows = draw()
    seen = []

    def callback(epoch):
        seen.append((epoch.number, len(epoch.history.loss), len(epoch.history.validation), epoch.parameters is P))

    validate = scripted(*([3, 1, 2], [2, 1, 3], [4, 4, 4]))
    history = trainer().run(P, rows, 3, validate=validate, callbacks=[callback])
    assert seen == [(1, 1, 1, True), (2, 2, 2, True), (3, 3, 3, True)]
    assert history.end == "max_iter"
    assert np.shape(history.loss) == (3, K)
    np.testing.assert_array_equal(history.validation, [[[3, 1, 2]], [[2, 1, 3]], [[4, 4, 4]]])
    np.testing.assert_array_equal(history.best_epoch, [2, 1, 1])


def test_no_epochs():
    P, rows = draw()
    start = P.values.copy()
    history = trainer().run(P, rows, 0)
    assert history.loss == []
    np.testing.assert_array_equal(P.values, start)
    np.testing.assert_array_equal(history.best_epoch, 0)


def test_a_callback_ends_the_fit_after_all_have_been_called():
    P, rows = draw()
    calls = []
    callbacks = [lambda epoch: epoch.number == 3, lambda epoch: calls.append(epoch.number)]
    history = trainer().run(P, rows, 10, callbacks=callbacks)
    assert history.end == "callback"
    assert calls == [1, 2, 3]
    assert len(history.loss) == 3


def test_running_again_continues_from_the_same_state():
    """Two runs of two epochs equal one of four: parameters, optimizer state and random numbers."""
    (P, rows), (Q, _) = draw(), draw()
    whole, parts = trainer(), trainer()
    whole.run(P, rows, 4, keep_best=False)
    for _ in range(2):
        parts.run(Q, rows, 2, keep_best=False)
    np.testing.assert_array_equal(P.values, Q.values)
    assert parts.state.t == whole.state.t == 12
    assert parts.schedule_state.rows == whole.schedule_state.rows == 4 * N


# The best epoch.


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_is_resumed_after_every_epoch(validated, threads):
    """With dropout, patience, a schedule that plans fewer epochs, and several worker threads: bit for bit."""
    network = Network((Dense(6), Tanh(), Dropout(0.2), Dense(2)), D)
    states, options = [], {"epochs": 12, "patience": Patience(5, 1e-3)}

    def run(P, callbacks, **more):
        validate = scripted(*[(loss, loss + i) for i, loss in enumerate((5, 3, 2, 2, 2.5, 4, 1, 3, 3, 3, 3, 3))])
        chain = Adam().chain(0.05, FlatCosine(0.5, patience=2))
        done = 0 if "resume" not in more else len(more["resume"].history.loss)
        for _ in range(done if validated else 0):
            validate(P)
        new = trainer(chain, network=network, dropout=True, threads=threads)
        return new.run(P, rows, validate=validate if validated else None, callbacks=callbacks, **options, **more)

    P, rows = draw(2, network=network)
    start = P.values.copy()
    expected = run(P, [lambda epoch: states.append(copy.deepcopy(epoch.run_state()))])
    assert len(states) == len(expected.loss) < 12 if validated else len(states) == 12
    for state in states:
        resumed = P.like(start.copy())
        options["patience"] = Patience(0, np.inf)  # that of the state is used
        history = run(resumed, [], resume=state)
        np.testing.assert_array_equal(resumed.values, P.values)
        np.testing.assert_array_equal(history.loss, expected.loss)
        np.testing.assert_array_equal(history.best_epoch, expected.best_epoch)
        assert history.end == expected.end


def test_the_state_of_another_run_is_refused():
    states = []
    P, rows = draw()
    trainer().run(P, rows, epochs=1, callbacks=[lambda epoch: states.append(epoch.run_state())])
    with pytest.raises(ValueError, match=r"^resume must be the state of a run with the transformations \('ScaleByRate"):
        trainer(Sgd().chain(0.1)).run(P, rows, epochs=2, resume=states[0])
    with pytest.raises(ValueError, match=r"and parameters of shape \(1, 38\), got .* and \(3, 38\); pass the state"):
        trainer().run(draw(1)[0], rows, epochs=2, resume=states[0])
    with pytest.raises(ValueError, match=r"and parameters of shape \(4, 38\), got .* and \(3, 38\)"):
        trainer().run(draw(4)[0], rows, epochs=2, resume=states[0])


def snapshots_of(*metrics, **options):
    """The parameters at the start and after each epoch, those at the end, and the history."""
    P, rows = draw(len(metrics[0]))
    taken = [P.values.copy()]
    take = [lambda epoch: taken.append(epoch.parameters.values.copy())]
    history = trainer().run(P, rows, len(metrics), validate=scripted(*metrics), callbacks=take, **options)
    return np.array(taken), P.values, history


def test_the_best_epoch_of_each_member_is_restored():
    taken, end, history = snapshots_of([5, 5], [1, 4], [2, 3], [3, 2], [4, 6])
    np.testing.assert_array_equal(history.best_epoch, [2, 4])
    np.testing.assert_array_equal(end, [taken[2, 0], taken[4, 1]])


def test_of_equal_epochs_the_first_is_kept():
    taken, end, history = snapshots_of([1, 2], [1, 1], [1, 1])
    np.testing.assert_array_equal(history.best_epoch, [1, 2])
    np.testing.assert_array_equal(end, [taken[1, 0], taken[2, 1]])


def test_the_last_epoch_is_kept_without_keep_best():
    taken, end, history = snapshots_of([1, 4], [2, 3], [3, 5], keep_best=False)
    np.testing.assert_array_equal(history.best_epoch, [3, 3])
    np.testing.assert_array_equal(end, taken[3])


def test_without_validation_the_training_loss_chooses():
    P, rows = draw()
    taken = []
    history = trainer(Sgd().chain(0.3), 2).run(P, rows, 8, callbacks=[lambda epoch: taken.append(P.values.copy())])
    best = np.argmin(history.loss, axis=0)
    assert len(set(best)) > 1
    np.testing.assert_array_equal(history.best_epoch, best + 1)
    np.testing.assert_array_equal(P.values, [taken[e][i] for i, e in enumerate(best)])


# Patience.


def test_patience_counts_the_training_loss_without_validation():
    """As in scikit-learn: more than `epochs` epochs, none of them better by `tol`."""
    P, rows = draw()
    history = trainer(Sgd().chain(1e-9)).run(P, rows, 50, patience=Patience(3, tol=0.1))
    assert history.end == "no_improvement"
    assert len(history.loss) == 5


def test_patience_counts_the_first_metric_with_validation():
    P, rows = draw(2)
    validate = scripted([2, 2], [1, 3], [1, 1], [1, 1], [1, 2], [1, 3], [0, 0])
    history = trainer().run(P, rows, 7, validate=validate, patience=Patience(2, tol=0.5))
    assert history.end == "no_improvement"
    assert len(history.validation) == 6  # the second member has improved in the third


def test_patience_does_not_count_the_second_metric():
    """It falls in each epoch; the first one does not."""
    P, rows = draw(2)
    metrics = iter([[1, 1], [9 - i, 9 - i]] for i in range(9))
    history = trainer().run(P, rows, 9, validate=lambda P: np.array(next(metrics), float), patience=Patience(2, 0.5))
    assert history.end == "no_improvement" and len(history.validation) == 4


def test_without_patience_all_epochs_are_run():
    P, rows = draw()
    assert len(trainer(Sgd().chain(0.0)).run(P, rows, 30).loss) == 30


def test_an_adaptive_rate_shrinks_until_it_is_too_small():
    P, rows = draw(1)
    rates, rate = [], 3e-5
    history = trainer(Sgd().chain(rate, schedule=Adaptive())).run(
        P, rows, 100, validate=lambda P: np.ones((1, 1)), patience=Patience(1, 0.5),
        callbacks=[lambda epoch: rates.append(epoch.rate)],
    )  # fmt: skip
    assert history.end == "no_improvement"
    # The first epoch improves; then every second one exceeds the patience.
    np.testing.assert_allclose(rates, rate * 0.2 ** np.array([0, 0, 0, 1, 1, 2, 2, 3, 3]))
    assert rates[-1] < 1e-6 < rates[-3]  # scikit-learn's bound


def test_other_rates_do_not_shrink():
    P, rows = draw(1)
    fit = trainer(Sgd().chain(0.01))
    fit.run(P, rows, 9, validate=lambda P: np.ones((1, 1)), patience=Patience(1, 0.5))
    assert fit.schedule_state.plateaus == 0


# Divergence, interruption, errors.


def test_divergence_of_all_members_ends_the_fit_with_a_warning():
    P, rows = draw()
    start = P.values.copy()
    with pytest.warns(RuntimeWarning, match=r"^3 of 3 members diverged.* in epoch \d+; .*clip_norm") as record:
        history = trainer(Sgd().chain(1e30)).run(P, rows, 50)
    assert len(record) == 1
    assert history.end == "diverged"
    assert len(history.loss) < 50
    assert np.isfinite(P.values).all()
    np.testing.assert_array_equal(P.values[history.best_epoch == 0], start[history.best_epoch == 0])


@pytest.mark.parametrize("keep_best", [True, False])
def test_divergence_after_good_epochs(keep_best):
    """The rate is huge from the fourth epoch on: the parameters before it are kept."""
    P, rows = draw(network=Network((Dense(2),), D))
    taken = []
    schedule = FunctionOfProgress(lambda t: 0.0005 if t < 0.5 else 1e308)
    fit = trainer(Sgd().chain(100.0, schedule=schedule), N, network=Network((Dense(2),), D))
    with pytest.warns(RuntimeWarning, match="3 of 3 members diverged"):
        history = fit.run(P, rows, 6, keep_best=keep_best, callbacks=[lambda epoch: taken.append(P.values.copy())])
    assert history.end == "diverged"
    finite = [values for values in taken if np.isfinite(values).all()]
    assert len(finite) >= 3
    np.testing.assert_array_equal(history.best_epoch, 3)
    np.testing.assert_array_equal(P.values, finite[2])


@pytest.mark.parametrize("keep_best", [True, False])
@pytest.mark.parametrize("chain", [Adam().chain(0.01), Sgd(0.9).chain(0.05, clip_norm=0.3)])
def test_one_member_that_diverges_does_not_harm_the_others(chain, keep_best):
    P, rows = draw()
    Q, _ = draw()
    P.values[1] = 1e200
    start = P.values.copy()
    with pytest.warns(RuntimeWarning, match="^1 of 3 members diverged") as record:
        history = trainer(chain).run(P, rows, 8, keep_best=keep_best)
    assert len(record) == 1
    trainer(chain).run(Q, rows, 8, keep_best=keep_best)
    np.testing.assert_array_equal(P.values[[0, 2]], Q.values[[0, 2]])
    np.testing.assert_array_equal(P.values[1], start[1])
    assert history.end == "max_iter"
    assert len(history.loss) == 8
    assert history.best_epoch[1] == 0


def test_an_infinite_loss_of_finite_parameters_is_divergence():
    network = Network((Dense(2),), D)
    P, rows = draw(network=network)
    P.values[2] = 1e200
    with pytest.warns(RuntimeWarning, match="1 of 3 members diverged"):
        history = trainer(Sgd().chain(0.01), network=network).run(P, rows, 2, keep_best=False)
    assert (P.values[2] == 1e200).all()
    np.testing.assert_array_equal(history.best_epoch, [2, 2, 0])


def test_one_member_that_diverges_does_not_count_for_patience():
    P, rows = draw()
    P.values[1] = 1e200
    with pytest.warns(RuntimeWarning, match="1 of 3"):
        history = trainer(Sgd().chain(1e-9)).run(P, rows, 50, patience=Patience(3, tol=0.1))
    assert history.end == "no_improvement"
    assert len(history.loss) == 5


@pytest.mark.parametrize("keep_best", [True, False])
@pytest.mark.parametrize("when", [1, 3])
def test_an_interrupted_fit_keeps_the_best_so_far(when, keep_best):
    """Ctrl-C in the middle of an epoch: steps have been made since the last epoch ended."""
    P, rows = draw()
    taken = [P.values.copy()]

    class CtrlCError(SquaredError):
        calls = 0

        def gradient(self, z, y, out):
            type(self).calls += 1
            if type(self).calls == 3 * when:
                raise KeyboardInterrupt
            return super().gradient(z, y, out)

    with pytest.warns(RuntimeWarning, match=f"interrupted in epoch {when}: the best parameters so far are kept"):
        history = trainer(loss=CtrlCError()).run(
            P, rows, 10, callbacks=[lambda epoch: taken.append(P.values.copy())], keep_best=keep_best
        )
    assert history.end == "interrupted"
    assert len(history.loss) == when - 1
    np.testing.assert_array_equal(history.best_epoch, np.argmin(history.loss, axis=0) + 1 if when > 1 else 0)
    np.testing.assert_array_equal(P.values, [taken[e][i] for i, e in enumerate(history.best_epoch)])


def test_other_errors_are_not_hidden():
    P, rows = draw()
    with pytest.raises(ZeroDivisionError):
        trainer().run(P, rows, 3, callbacks=[lambda epoch: 1 / 0])
