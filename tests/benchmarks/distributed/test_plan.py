"""The simulation of epochs, against sums by hand and in its limits."""

import pytest

pytest.importorskip("distributed")

from benchmarks.distributed.plan import Constants, simulate  # noqa: E402

EXACT = Constants(step=1e-3, row=1e-5, latency=0.02, task=0.01, state=10**6, rate=1e9, validation=1e-6)


def test_an_epoch_by_hand():
    s = simulate(EXACT, 100_000, 2, n_tasks=2, batch_size=200, sync_every=10_000, validation_rows=1000)
    assert (s.tasks, s.rounds) == (2, 5)
    work = 500 * (1e-3 + 100 * 1e-5)  # 500 batches of 100 rows for each task
    overhead = 5 * (0.02 + 2 * 0.01 + 2 * 2e6 / 1e9) + 1000 * 1e-6
    assert s.seconds == pytest.approx(work + overhead)
    assert s.overhead == pytest.approx(overhead / (work + overhead))


def test_more_tasks_than_cores_share_them():
    two, four = (simulate(EXACT, 10**6, 4, cores=cores, n_tasks=4, batch_size=512).seconds for cores in (4, 2))
    assert four > 1.8 * two


def test_the_batch_limits_the_number_of_tasks():
    assert simulate(EXACT, 10**6, 1000).tasks == 1414 // 128
    assert simulate(EXACT, 10**10, 1000).tasks == 1000
    assert simulate(EXACT, 1000, 8).tasks == 1
