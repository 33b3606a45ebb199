"""Workers that are killed, clusters that change, and what is said when a fit cannot continue."""

import os
import signal
from threading import Timer
from time import sleep

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

import skscratch.dask.executor as executor
from skscratch.dask import ClusterError, DaskScratchMLPClassifier, DaskScratchMLPRegressor

OPTIONS = dict(width=8, depth=1, n_estimators=2, max_iter=4, random_state=0)
REPEATABLE = dict(OPTIONS, n_tasks=2, sync_every=300)
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def table(n=2000):
    x = np.random.default_rng(0).normal(size=(n, 4))
    return da.from_array(x, chunks=(n // 5, 4)), da.from_array(x[:, 0] * x[:, 1], chunks=n // 5)


def in_process():
    """A cluster of one thread in this process, which starts at once."""
    return LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address=":0")


@pytest.fixture
def rounds(monkeypatch):
    """Note epoch and rows of each round, and call functions before some of them, by epoch and round in it."""
    run, seen, before = executor.ClusterExecutor.run, [], {}

    def noted(self, job, start, tasks):
        epoch = job.seed[1]
        before.get((epoch, sum(e == epoch for e, _, _ in seen)), lambda: None)()
        trained = run(self, job, start, tasks)
        seen.append((epoch, trained.rows, len(tasks)))
        return trained

    monkeypatch.setattr(executor.ClusterExecutor, "run", noted)
    return seen, before


def rows_by_epoch(seen):
    return {epoch: sum(rows for e, rows, _ in seen if e == epoch) for epoch, _, _ in seen}


def test_a_killed_worker_costs_a_round_and_changes_nothing(client, rounds):
    seen, before = rounds
    expected = DaskScratchMLPRegressor(**REPEATABLE).fit(*table())
    assert len(seen) == 4 * 3
    seen.clear()

    def kill():
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    before[1, 1] = kill  # between two rounds of the second epoch
    before[2, 1] = lambda: Timer(0.01, kill).start()  # while a round runs
    model = DaskScratchMLPRegressor(**REPEATABLE).fit(*table())
    assert rows_by_epoch(seen) == dict.fromkeys(range(4), 1800)
    np.testing.assert_array_equal(model._model.parameters.values, expected._model.parameters.values)
    assert model.loss_curve_ == expected.loss_curve_


def test_a_cluster_that_grows_and_shrinks(rounds, monkeypatch):
    monkeypatch.setattr(executor, "TASK_BATCH", 8)
    seen, before = rounds
    with in_process() as cluster, Client(cluster) as client:

        def scale(n):
            cluster.scale(n)
            while len(client.nthreads()) != n:
                sleep(0.01)

        before[0, 1], before[1, 1] = (lambda: scale(3)), (lambda: scale(1))
        DaskScratchMLPRegressor(**OPTIONS, sync_every=300).fit(*table())
    assert rows_by_epoch(seen) == dict.fromkeys(range(4), 1800)
    assert [max(tasks for e, _, tasks in seen if e == epoch) for epoch in range(4)] == [1, 3, 1, 1]


def test_workers_that_die_from_a_partition():
    def die(x):
        os._exit(1)

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        with LocalCluster(1, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster):
            X, y = table()
            with pytest.raises(ClusterError, match="died while they ran it.*use smaller partitions"):
                DaskScratchMLPRegressor(**OPTIONS).fit(X.map_blocks(die, dtype=float, meta=np.zeros((0, 0))), y)


def test_no_worker_is_left(rounds):
    _, before = rounds
    with in_process() as cluster, Client(cluster):
        before[2, 0] = lambda: cluster.scale(0)
        model = DaskScratchMLPRegressor(**OPTIONS, n_tasks=1, worker_timeout=0.5)
        with pytest.raises(ClusterError, match="must have a worker to continue, but had none for 0.5 seconds"):
            model.fit(*table())
        assert not hasattr(model, "loss_curve_")


def test_the_scheduler_is_lost(rounds):
    _, before = rounds
    with in_process() as cluster, Client(cluster):
        before[2, 0] = lambda: Timer(0.02, cluster.close).start()
        with pytest.raises(ClusterError, match="scheduler must be reachable"):
            DaskScratchMLPRegressor(**dict(OPTIONS, max_iter=1000)).fit(*table())


def test_ctrl_c_keeps_the_best_epoch(client, rounds):
    _, before = rounds

    def interrupt():
        raise KeyboardInterrupt

    before[2, 1] = interrupt  # in the third epoch
    with pytest.warns(RuntimeWarning, match="interrupted in epoch 3: the best parameters so far are kept"):
        model = DaskScratchMLPRegressor(**REPEATABLE).fit(*table())
    assert model.n_iter_ == 2


def test_ctrl_c_in_the_first_epoch_leaves_the_estimator_unfitted(client, rounds):
    _, before = rounds

    def interrupt():
        raise KeyboardInterrupt

    before[0, 1], model = interrupt, DaskScratchMLPRegressor(**REPEATABLE)
    with pytest.raises(KeyboardInterrupt), pytest.warns(RuntimeWarning):
        model.fit(*table())
    assert not hasattr(model, "loss_curve_")


def test_no_client():
    with pytest.raises(ValueError, match="There must be a client of a Dask cluster"):
        DaskScratchMLPClassifier().fit(*table())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "lbfgs"}, "solver must not be 'lbfgs'"),
        ({"warm_start": True}, "warm_start must be False"),
        ({"scoring": lambda model, X, y: 0.0}, "scoring must be a name or None"),
        ({"n_tasks": 0}, "n_tasks"),
        ({"sync_every": "often"}, "sync_every"),
        ({"width": -1}, "width"),
    ],
)
def test_hyperparameters_are_checked_before_anything_is_computed(client, options, message):
    with pytest.raises(ValueError, match=message):
        DaskScratchMLPRegressor(**options).fit(*table())
