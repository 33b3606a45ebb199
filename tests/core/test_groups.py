"""Threads change the time of a fit and nothing else."""

import threading

import numpy as np
import pytest

from skscratch.core import Adam, Dense, Dropout, Network, Objective, Relu, Rows, SquaredError, Trainer
from skscratch.core.groups import divide_members

K = 5


@pytest.mark.parametrize("k", [1, 2, 5, 8])
@pytest.mark.parametrize("groups", [1, 2, 3, 8])
def test_every_member_is_in_one_group(k, groups):
    slices = divide_members(k, groups)
    assert [i for members in slices for i in range(k)[members]] == list(range(k))
    sizes = [members.stop - members.start for members in slices]
    assert len(sizes) == min(k, groups)
    assert max(sizes) - min(sizes) <= 1


class RecordedError(SquaredError):
    """Squared error that records the threads in which gradients are computed, and of how many members."""

    seen: set = set()

    def gradient(self, z, y, out):
        self.seen.add((threading.current_thread().name, len(z)))
        return super().gradient(z, y, out)


def fit(threads, weights, dropout):
    """Train twice for 3 epochs; return the parameters and the losses."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 3)), rng.standard_normal((60, 2))
    w = {"none": None, "shared": rng.uniform(0, 2, 60), "by member": rng.integers(0, 3, (60, K)).astype(float)}[weights]
    network = Network((Dense(8), Relu(), Dropout(0.3), Dense(2)), 3)
    RecordedError.seen.clear()
    trainer = Trainer(
        Objective(network, RecordedError(), alpha=0.1),
        Adam().chain(0.01),
        np.random.default_rng(1),
        batch_size=16,
        dropout=dropout,
        threads=threads,
    )
    P = network.init(K, np.random.default_rng(2))
    histories = [trainer.run(P, Rows(x, y, w), 3, keep_best=False) for _ in range(2)]
    return P.values, np.array([history.loss for history in histories])


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("weights", ["none", "shared", "by member"])
@pytest.mark.parametrize("threads", [2, 3, 16])
def test_the_number_of_threads_changes_no_result(threads, weights, dropout, monkeypatch):
    monkeypatch.setattr(RecordedError, "seen", set())
    expected, expected_loss = fit(1, weights, dropout)
    assert RecordedError.seen == {("MainThread", K)}
    values, loss = fit(threads, weights, dropout)
    assert {size for _, size in RecordedError.seen} == {b.stop - b.start for b in divide_members(K, threads)}
    names = {name for name, _ in RecordedError.seen}
    assert "MainThread" in names
    assert len(names) > 1
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(loss, expected_loss)


def test_numbers_that_vanish_become_zero_and_not_subnormal():
    """The weights of a column of zeros get no gradient, and are initially smaller than float32's normal numbers."""
    network, x = Network((Dense(1),), 2), np.zeros((40, 2), np.float32)
    x[:, 0] = 1
    P = network.init(3, np.random.default_rng(0), np.float32)
    P.layers[0].W[:, 1] = 1e-39
    trainer = Trainer(
        Objective(network, SquaredError()), Adam().chain(0.1), np.random.default_rng(0), batch_size=10, shuffle=False
    )
    trainer.run(P, Rows(x, x[:, :1], None), 1, keep_best=False)
    tiny, moments = np.finfo(np.float32).tiny, trainer.state.arrays[0]
    assert moments.keys() == {"M", "V"}
    for array in (P.values, *moments.values()):
        assert (array != 0).any()
        assert not ((array != 0) & (np.abs(array) < tiny)).any()
    assert (P.layers[0].W[:, 1] == 0).all()
    assert (P.layers[0].W[:, 0] != 0).all()


def test_divergence_in_a_thread_has_one_warning():
    """NumPy's settings for overflow are those of a thread: pytest turns any warning of NumPy's into an error."""
    network = Network((Dense(1),), 1)
    x = np.full((40, 1), 1e6, np.float32)
    trainer = Trainer(
        Objective(network, SquaredError()), Adam().chain(1e30), np.random.default_rng(0), batch_size=10, threads=2
    )
    with pytest.warns(RuntimeWarning, match="^2 of 2 members diverged") as warned:
        trainer.run(network.init(2, np.random.default_rng(0), np.float32), Rows(x, x, None), 20)
    assert len(warned) == 1
