"""How rounds scale: constants measured on this machine, a simulation compared with measured fits, and a table.

A round of W tasks takes

    max(W / C, 1) (h s(b) + g) + a + c W + B / r,    g seconds to gather rows, B bytes that one machine sends

for h local steps of s(b) = s0 + s1 b seconds for batches of b rows, with C cores, latency a, c seconds of the scheduler
for each task, and r bytes in a second. An epoch of n rows ends with the evaluation of the validation rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isqrt
from os import cpu_count
from time import perf_counter
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

from skscratch.core.batches import Rows
from skscratch.core.schedules import ScheduleState
from skscratch.dask import DaskScratchMLPRegressor
from skscratch.dask.cluster import Cluster
from skscratch.dask.dealing import Piece
from skscratch.dask.executor import ClusterExecutor
from skscratch.dask.rounds import TASK_BATCH, Job, Task, Trained, train_round
from skscratch.dask.trainer import ROUND_SECONDS, ROUNDS_PER_EPOCH, STEPS, WORK_TO_WAIT
from skscratch.estimators import builders
from skscratch.tabular.columns import RawTable

COLUMNS, VALIDATION_ROWS = 20, 2**16
NETWORK_BYTES = 1.25e9  # of 10 Gbit/s in a second, for machines of the table
WORKERS, ROWS = (2, 4, 10, 30, 100, 300, 1000), (10**6, 10**7, 10**8, 10**9, 10**10)


@dataclass(frozen=True)
class Constants:
    """What was measured; seconds and bytes.

    Parameters
    ----------
    step, row : float
        s0 and s1: a training step takes s0 + s1 b for b rows.
    latency, task : float
        a and c: a round without work takes a + c W.
    state : int
        Bytes of parameters and optimizer state.
    rate : float
        Bytes in a second between two processes, pickled and unpickled.
    validation : float
        Seconds to evaluate a validation row.
    """

    step: float
    row: float
    latency: float
    task: float
    state: int
    rate: float
    validation: float


class Simulated(NamedTuple):
    """An epoch: tasks, rounds, seconds, the share of them that is not spent on steps, bytes that one machine sends."""

    tasks: int
    rounds: int
    seconds: float
    overhead: float
    bytes_per_round: float


def simulate(
    constants: Constants, n: int, workers: int, *, cores: float = np.inf, n_tasks: int | None = None,
    batch_size: int | None = None, sync_every: int | None = None, validation_rows: int = VALIDATION_ROWS,
) -> Simulated:  # fmt: skip
    """Predict the time of an epoch of n rows on so many workers with one thread each.

    >>> fast = Constants(1e-4, 1e-6, 0.02, 0.002, 10**6, 1e9, 1e-6)
    >>> one, ten = (simulate(fast, 10**8, workers) for workers in (1, 10))
    >>> 8 < one.seconds / ten.seconds < 10
    True
    """
    batch = batch_size or max(128, isqrt(2 * n))
    tasks = n_tasks or max(min(workers, batch // TASK_BATCH), 1)
    share, b = n / tasks, ceil(batch / tasks)
    per_row = constants.step / b + constants.row
    sent = 2 * constants.state * ceil(np.log2(tasks + 1))  # down a tree of copies, and up a tree of averages
    wait = constants.latency + constants.task * tasks + sent / constants.rate
    seconds = max(ROUND_SECONDS, WORK_TO_WAIT * wait)
    length = sync_every or max(min(seconds / per_row, share / ROUNDS_PER_EPOCH), STEPS * b)
    rounds = max(round(share / length), 1)
    work = share * per_row * max(tasks / min(workers, cores), 1)
    overhead = rounds * wait + validation_rows * constants.validation
    return Simulated(tasks, rounds, work + overhead, overhead / (work + overhead), sent)


def problem(k: int = 8) -> tuple[Job, Trained, Rows]:
    """Make the default network for a table of twenty columns, and some rows."""
    estimator = DaskScratchMLPRegressor(n_estimators=k, random_state=0)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, COLUMNS))
    y = X[:, 0] * X[:, 1] + np.abs(X[:, 2])
    model = estimator._unfitted().set_params(max_iter=1).fit(X[:4000], y[:4000])._model
    objective = builders.objective(estimator, model.network, model.loss)
    chain = builders.chain(estimator, builders.schedule(estimator, len(X)))
    x = model.encoder.transform(RawTable(X, [], [f"x{j}" for j in range(COLUMNS)], []), np.float32).x
    rows = Rows(x, model.target.encode(y, np.float32), None)
    job = Job(objective, chain, 128, True, False, (0, 0), ScheduleState())
    return job, Trained.start(model.parameters, chain.init(model.parameters)), rows


def measure(client: Client, repeats: int = 5) -> Constants:
    """Measure the constants; rounds of different kinds alternate, and medians are taken."""
    job, before, rows = problem()
    cluster = Cluster(client, 60.0)
    batches, tasks = (128, 1024), (1, 2, 4, 8)
    steps: dict[int, list[float]] = {b: [] for b in batches}
    rounds: dict[int, list[float]] = {t: [] for t in tasks}
    part, predicted = cluster.submit(_identity, rows), []
    for _ in range(repeats):
        for b in batches:
            work = Task([Piece(0, 0, 32 * b)], 0, (0.0, 0.1))
            steps[b].append(cluster.result(cluster.submit(_timed, _with_batch(job, b), before, work, rows)) / 32)
        for t in tasks:
            executor = ClusterExecutor(cluster, [part], t)
            small = [Task([Piece(0, 0, 16)], i, (0.0, 0.1)) for i in range(t)]
            start = perf_counter()
            trained = executor.run(_with_batch(job, 16), before, small)
            rounds[t].append(perf_counter() - start - trained.seconds)
        start = perf_counter()
        job.objective.network.predict(before.P, rows.x[:16_384])
        predicted.append((perf_counter() - start) / 16_384)
    (s128, s1024), times = (float(np.median(steps[b])) for b in batches), [float(np.median(rounds[t])) for t in tasks]
    per_row = (s1024 - s128) / (1024 - 128)
    task, latency = np.polyfit(tasks, times, 1)
    state = before.P.values.nbytes * 3
    step, rate, validation = s128 - 128 * per_row, _rate(cluster), float(np.median(predicted))
    return Constants(step, per_row, float(latency), float(task), state, rate, validation)


def main(processes: Sequence[int]) -> None:
    """Print the constants, measured and predicted times, and the table."""
    cores = cpu_count() or 1
    with LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        constants = measure(client)
    print(constants)
    print("\nprocesses   measured   predicted   (seconds of an epoch)")
    for workers in processes:
        with LocalCluster(workers, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
            now = measure(client, repeats=3)  # the machine may be busier than before
            measured, options = epoch_seconds(workers)
            predicted = simulate(now, workers=workers, cores=cores, **options).seconds
        print(f"{workers:9}{measured:11.2f}{predicted:12.2f}{predicted / measured - 1:+10.0%}")
    print_table(_on_network(constants))


def print_table(constants: Constants) -> None:
    """Print bytes and rounds of an epoch, and its efficiency against one worker, for numbers of rows and workers."""
    print("\nrows            workers   tasks   rounds per s   MB per round   seconds per epoch   efficiency")
    for n in ROWS:
        alone = simulate(constants, n, 1).seconds
        for workers in WORKERS:
            s = simulate(constants, n, workers)
            print(
                f"{n:<15,}{workers:8}{s.tasks:8}{s.rounds / s.seconds:15.2f}{s.bytes_per_round / 1e6:15.1f}"
                f"{s.seconds:20,.1f}{alone / s.seconds / workers:13.0%}"
            )


def epoch_seconds(workers: int, n: int = 120_000) -> tuple[float, dict[str, Any]]:
    """Measure an epoch of a fit, the median of five; return it with the options of the simulation."""
    x = da.random.default_rng(0).normal(size=(n, COLUMNS), chunks=(n // 16, COLUMNS))
    times: list[float] = []
    known = {"n_tasks": workers, "batch_size": 512, "sync_every": 12_000 // workers}
    model = DaskScratchMLPRegressor(max_iter=6, random_state=0, **known)
    model._observers = (lambda *_: lambda epoch: times.append(perf_counter()),)
    model.fit(x, x[:, 0] * x[:, 1])
    trained = model.t_ // model.n_iter_
    return float(np.median(np.diff(times))), {"n": trained, "validation_rows": n - trained, **known}


def _rate(cluster: Cluster, size: int = 2**24) -> float:
    """Measure how many bytes in a second reach the client from a worker."""
    times = []
    for _ in range(3):
        future = cluster.submit(np.zeros, size)
        while not future.done():
            pass
        start = perf_counter()
        cluster.result(future)
        times.append(perf_counter() - start)
    return 8 * size / float(np.median(times))


def _on_network(constants: Constants) -> Constants:
    """Limit the rate to that of a network."""
    return Constants(**{**vars(constants), "rate": min(constants.rate, NETWORK_BYTES)})


def _with_batch(job: Job, batch_size: int) -> Job:
    """Make the same job with another batch size."""
    return Job(**{**vars(job), "batch_size": batch_size})


def _timed(job: Job, before: Trained, task: Task, rows: Rows) -> float:
    """Return the seconds of a round in a worker."""
    return train_round(job, before, task, [rows]).seconds


def _identity(value: Any) -> Any:
    """Return the argument: a task that holds a value."""
    return value
