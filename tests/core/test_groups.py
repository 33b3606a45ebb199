"""Threads change the time of a fit and nothing else."""

import threading

import numpy as np
import pytest
from skscratch.core.lanes import members_of

from skscratch.core.activations import Relu
from skscratch.core.batches import Rows
from skscratch.core.layers import Dense, Dropout
from skscratch.core.losses import SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Adam
from skscratch.core.training import Trainer

K = 5


@pytest.mark.parametrize("k", [1, 2, 5, 8])
@pytest.mark.parametrize("lanes", [1, 2, 3, 8])
def test_every_member_is_in_one_lane(k, lanes):
    members = members_of(k, lanes)
    assert [i for some in members for i in range(k)[some]] == list(range(k))
    sizes = [some.stop - some.start for some in members]
    assert len(sizes) == min(k, lanes)
    assert max(sizes) - min(sizes) <= 1


class RecordedError(SquaredError):
    """Squared error that writes down the threads in which it is asked for gradients."""

    seen: set = set()

    def gradient(self, z, y, out):
        self.seen.add((threading.current_thread().name, len(z)))
        return super().gradient(z, y, out)


def fit(threads, weights, dropout, seen):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 3)), rng.standard_normal((60, 2))
    w = {"none": None, "shared": rng.uniform(0, 2, 60), "own": rng.integers(0, 3, (60, K)).astype(float)}[weights]
    network = Network((Dense(8), Relu(), Dropout(0.3), Dense(2)), 3)
    seen.clear()
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
@pytest.mark.parametrize("weights", ["none", "shared", "own"])
@pytest.mark.parametrize("threads", [2, 3, 16])
def test_the_number_of_threads_changes_no_result(threads, weights, dropout, monkeypatch):
    monkeypatch.setattr(RecordedError, "seen", set())
    (values, loss), (expected, expected_loss) = (fit(t, weights, dropout, RecordedError.seen) for t in (1, threads))
    assert {size for _, size in RecordedError.seen} == {b.stop - b.start for b in members_of(K, threads)}
    assert "MainThread" not in {name for name, _ in RecordedError.seen}
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)


def test_what_dies_is_zero_and_not_subnormal():
    """The weights of a column of zeros get no gradient, and start below what float32 has normal numbers for."""
    network, x = Network((Dense(1),), 2), np.zeros((40, 2), np.float32)
    x[:, 0] = 1
    P = network.init(3, np.random.default_rng(0), np.float32)
    P.layers[0].W[:, 1] = 1e-39
    trainer = Trainer(
        Objective(network, SquaredError()), Adam().chain(0.1), np.random.default_rng(0), batch_size=10, shuffle=False
    )
    trainer.run(P, Rows(x, x[:, :1], None), 1, keep_best=False)
    tiny = np.finfo(np.float32).tiny
    moments = [s for parts in trainer.state[0].stages for _, states in parts for s in states if hasattr(s, "M")]
    for a in (P.values, *(s.M for s in moments), *(s.V for s in moments)):
        assert not ((a != 0) & (np.abs(a) < tiny)).any()
    assert moments and (P.layers[0].W[:, 1] == 0).all() and (P.layers[0].W[:, 0] != 0).all()


def test_divergence_in_a_thread_warns_of_nothing_but_itself():
    """NumPy's settings for overflow are those of a thread: pytest turns any warning of NumPy's into an error."""
    network = Network((Dense(1),), 1)
    x = np.full((40, 1), 1e6, np.float32)
    trainer = Trainer(
        Objective(network, SquaredError()), Adam().chain(1e30), np.random.default_rng(0), batch_size=10, threads=2
    )
    with pytest.warns(RuntimeWarning, match="^The fit of 2 of 2 networks diverged"):
        trainer.run(network.init(2, np.random.default_rng(0), np.float32), Rows(x, x, None), 20)
