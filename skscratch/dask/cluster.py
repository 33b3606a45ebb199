"""Tasks on a Dask cluster: how they are submitted, merged and waited for, and what is said when they fail.

Every task is pure, has no worker of its own and depends on tasks only. When a worker dies, the scheduler computes again
what was lost. The client holds nothing that a worker needs, except for one round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import dask
from distributed import CancelledError, Client, KilledWorker, default_client, wait
from distributed import TimeoutError as DaskTimeoutError

# How many times an exception in a task leads to another attempt.
RETRIES = 3
# Results that one task merges.
FAN_IN = 8
# Seconds between two looks at the cluster while the client waits.
LOOK_SECONDS = 2.0


class ClusterError(RuntimeError):
    """The cluster cannot continue: no workers, no scheduler, or workers that die.

    Examples
    --------
    >>> from skscratch.dask import ClusterError
    >>> issubclass(ClusterError, RuntimeError)
    True
    """


class Cluster:
    """The tasks of one fit.

    Parameters
    ----------
    client : distributed.Client
        The client of the cluster.
    worker_timeout : float
        Seconds for which the cluster may be without a worker.
    """

    def __init__(self, client: Client, worker_timeout: float):
        self.client, self.worker_timeout = client, worker_timeout

    def threads(self) -> int:
        """Return how many tasks can run at the same time now: the threads of all workers."""
        return sum(self.client.nthreads().values())

    def submit(self, f: Callable[..., Any], *arguments: Any) -> Any:
        """Submit one call as a task; futures among the arguments are its dependencies."""
        with _large_arguments():
            return self.client.submit(f, *arguments, pure=False, retries=RETRIES)

    def map(self, f: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
        """Submit a call for each tuple of arguments."""
        with _large_arguments():
            return self.client.map(f, *columns, pure=False, retries=RETRIES)

    def compute(self, delayed: Sequence[Any]) -> list[Any]:
        """Compute delayed values on the cluster, where they stay as long as their futures exist."""
        with _large_arguments():
            futures: list[Any] = self.client.compute(list(delayed), retries=RETRIES)
        return futures

    def each_part(self, f: Callable[..., Any], given: Sequence[Sequence[Any]], *shared: Any) -> list[Any]:
        """Compute ``f(*shared, number, X, y, w)`` for each part of a table."""
        constants = [dask.delayed(value, traverse=False) for value in shared]
        call = dask.delayed(f, pure=False, traverse=False)
        return self.compute([call(*constants, number, *part) for number, part in enumerate(given)])

    def merge(self, f: Callable[[list[Any]], Any], futures: list[Any]) -> Any:
        """Merge results by a tree of tasks, and return the last one.

        The order in which they are merged depends on their number only.
        """
        while len(futures) > 1:
            groups = [futures[start : start + FAN_IN] for start in range(0, len(futures), FAN_IN)]
            futures = self.map(f, groups)
        return self.result(futures[0])

    def results(self, futures: Sequence[Any]) -> list[Any]:
        """Wait for several results."""
        return [self.result(future) for future in futures]

    def result(self, future: Any) -> Any:
        """Wait for a result.

        Raises
        ------
        ClusterError
            If no worker or no scheduler is left, or the workers that ran the task died.
        """
        seen = monotonic()
        while True:
            try:
                wait(future, timeout=LOOK_SECONDS)
                return future.result(timeout=self.worker_timeout)
            except DaskTimeoutError:
                if future.status == "error":  # the task raised this exception
                    raise
                if self.client.status == "running" and self.client.nthreads():
                    seen = monotonic()
                elif self.client.status != "running":
                    raise ClusterError(_LOST_SCHEDULER) from None
                elif monotonic() - seen > self.worker_timeout:
                    raise ClusterError(_NO_WORKER.format(self.worker_timeout)) from None
            except KilledWorker as error:
                raise ClusterError(_KILLED_WORKER) from error
            except CancelledError as error:
                raise ClusterError(_LOST_SCHEDULER) from error


def default_cluster(worker_timeout: float) -> Cluster:
    """Find the cluster of the current client.

    Raises
    ------
    ValueError
        If there is none.
    """
    try:
        return Cluster(default_client(), worker_timeout)
    except ValueError:
        raise ValueError(
            "There must be a client of a Dask cluster to fit on it, but there is none; make one with "
            "distributed.Client() or Client(address) before."
        ) from None


def _large_arguments() -> Any:
    """Make a context without dask's warning of large arguments: parameters are sent on purpose."""
    return dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})


_NO_WORKER = (
    "The cluster must have a worker to continue, but had none for {:g} seconds; start workers, or set a longer "
    "worker_timeout."
)
_LOST_SCHEDULER = (
    "The scheduler must be reachable for the whole fit, but the connection to it was lost or the tasks were cancelled; "
    "connect a client to a running scheduler and fit again."
)
_KILLED_WORKER = (
    "A task must end on one of four workers, but all four died while they ran it, which usually means that a partition "
    "takes more memory than a worker has; use smaller partitions (X.repartition) or workers with more memory."
)
