"""A stream gives every row once, in full batches, in any order of its parts; trained in order, it equals its rows."""

import numpy as np
import pytest

from skscratch.core import BinaryLogLoss, Dense, Network, Objective, Rows, RowStream, Sgd, SquaredError, Trainer
from skscratch.core import streams as streams_module


def table(n, weighted=True):
    """Row i is i in x, y and w."""
    i = np.arange(n, dtype=float)
    return Rows(np.repeat(i[:, None], 3, axis=1), i[:, None], i.copy() if weighted else None)


def stream_of(rows, sizes, permuted=False):
    """A stream of consecutive parts of these sizes."""
    stops = np.cumsum(sizes)
    parts = [rows.take(slice(stop - size, stop)) for size, stop in zip(sizes, stops, strict=True)]

    def read(rng):
        order = range(len(parts)) if rng is None or not permuted else rng.permutation(len(parts))
        return (parts[i] for i in order)

    return RowStream(rows.n, read)


def batches_of(stream, batch_size, rng=None):
    """The batches of an epoch, each as rows of its own."""
    return [block.take(batch) for block, slices in stream.batches(batch_size).epoch(rng) for batch in slices]


@pytest.fixture(params=[1, 40 * 12, 40 * 30, 40 * 1000])
def buffer_bytes(request, monkeypatch):
    """Memory for some of the rows of 40 bytes: less than a batch, a batch, several, all."""
    monkeypatch.setattr(streams_module, "BUFFER", request.param)
    return request.param


@pytest.mark.parametrize("sizes", [[47], [20, 20, 7], [1] * 47, [40, 0, 7]])
@pytest.mark.parametrize("weighted", [True, False])
def test_every_row_once_in_full_batches(sizes, weighted, buffer_bytes):
    stream = stream_of(table(47, weighted), sizes)
    batches = batches_of(stream, 10, np.random.default_rng(0))
    assert [batch.n for batch in batches] == [10, 10, 10, 10, 7]
    assert len(batches) == stream.batches(10).per_epoch()
    y = np.concatenate([batch.y[:, 0] for batch in batches])
    assert sorted(y) == list(range(47))
    for batch in batches:
        np.testing.assert_array_equal(batch.x, np.repeat(batch.y, 3, axis=1))
        if weighted:
            np.testing.assert_array_equal(batch.w, batch.y[:, 0])
        else:
            assert batch.w is None


def test_without_a_generator_in_order(buffer_bytes):
    batches = batches_of(stream_of(table(47), [20, 20, 7]), 10)
    np.testing.assert_array_equal(np.concatenate([batch.y[:, 0] for batch in batches]), np.arange(47))


def test_a_row_leaves_the_buffer_before_later_rows_enter_it(monkeypatch):
    monkeypatch.setattr(streams_module, "BUFFER", 40 * 20)
    y = np.concatenate(
        [batch.y[:, 0] for batch in batches_of(stream_of(table(60), [60]), 10, np.random.default_rng(0))]
    )
    for start in range(0, 60, 20):
        assert sorted(y[start : start + 20]) == list(range(start, start + 20))
    assert list(y) != list(range(60))


def test_parts_are_permuted_by_the_generator(monkeypatch):
    monkeypatch.setattr(streams_module, "BUFFER", 1)
    batches = batches_of(stream_of(table(60), [10] * 6, permuted=True), 10, np.random.default_rng(0))
    firsts = [min(batch.y[:, 0]) for batch in batches]
    assert sorted(firsts) == [0, 10, 20, 30, 40, 50] != firsts


def test_epochs_have_different_orders():
    stream, rng = stream_of(table(47), [20, 27]), np.random.default_rng(0)
    first, second = (np.concatenate([batch.y for batch in batches_of(stream, 10, rng)]) for _ in range(2))
    assert not np.array_equal(first, second)


def trained(rows, objective, **options):
    """Parameters and history after three epochs."""
    P = objective.network.init(k=2, rng=np.random.default_rng(0))
    trainer = Trainer(objective, Sgd().chain(rate=0.05), np.random.default_rng(1), batch_size=10, **options)
    return P.values, trainer.run(P, rows, epochs=3)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_training_in_order_equals_training_on_the_rows(rng, smoothing):
    x = rng.normal(size=(47, 3))
    rows = Rows(x, (x[:, :1] > 0) * 1.0, rng.random(47))
    objective = Objective(Network((Dense(1),), 3), BinaryLogLoss(), alpha=0.1, label_smoothing=smoothing)
    expected, expected_history = trained(rows, objective, shuffle=False)
    values, history = trained(stream_of(rows, [20, 20, 7]), objective, shuffle=False)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_allclose(history.loss, expected_history.loss, rtol=1e-12)


def test_shuffled_training_uses_the_rows_of_the_stream(rng):
    x = rng.normal(size=(400, 2))
    rows = Rows(x, x @ [[1.0], [2.0]], None)
    objective = Objective(Network((Dense(1),), 2), SquaredError())
    values, history = trained(stream_of(rows, [100] * 4, permuted=True), objective)
    np.testing.assert_allclose(values[:, :2], [[1, 2], [1, 2]], atol=0.05)
    assert history.loss[-1].max() < history.loss[0].min()


def test_a_member_that_diverges_is_found_by_the_first_rows(rng):
    x = rng.normal(size=(40, 2))
    rows = Rows(x, x @ [[1.0], [2.0]], None)
    objective = Objective(Network((Dense(1),), 2), SquaredError())
    P = objective.network.init(k=1, rng=np.random.default_rng(0))
    start = P.values.copy()
    trainer = Trainer(objective, Sgd().chain(rate=1e200), np.random.default_rng(1), batch_size=10)
    with pytest.warns(RuntimeWarning, match="diverged"):
        trainer.run(P, stream_of(rows, [20, 20]), epochs=2)
    np.testing.assert_array_equal(P.values, start)
