"""A round of tasks on a cluster: parameters are sent once, trained by each task, and averaged by a tree of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skscratch.core.batches import Rows
from skscratch.dask.cluster import Cluster
from skscratch.dask.rounds import TASK_BATCH, Job, Task, Trained, average, train_round


class ClusterExecutor:
    """Runs the tasks of a round on a cluster.

    Parameters
    ----------
    cluster : Cluster
        The cluster.
    parts : list of Future
        The encoded parts.
    n_tasks : int or "auto"
        Tasks in a round; "auto" is the number of threads of all workers.

    Attributes
    ----------
    rounds : int
        Number of rounds so far.
    """

    def __init__(self, cluster: Cluster, parts: list[Any], n_tasks: Any):
        self.cluster, self.parts, self.n_tasks, self.rounds = cluster, parts, n_tasks, 0

    def tasks(self, batch_size: int) -> int:
        """Return the number of tasks of an epoch with batches of this size."""
        if self.n_tasks != "auto":
            return int(self.n_tasks)
        return max(min(self.cluster.threads(), batch_size // TASK_BATCH), 1)

    def run(self, job: Job, before: Trained, tasks: Sequence[Task]) -> Trained:
        """Call `train_round` for each task, and average the results."""
        shared = self.cluster.submit(_pair, job, before)
        parts = [[self.parts[piece.part] for piece in task.pieces] for task in tasks]
        self.rounds += 1
        trained: Trained = self.cluster.merge(average, self.cluster.map(_train, tasks, parts, [shared] * len(tasks)))
        return trained


def _pair(job: Job, before: Trained) -> tuple[Job, Trained]:
    """Return the arguments: a task that has what all tasks of a round share."""
    return job, before


def _train(task: Task, parts: list[Rows], shared: tuple[Job, Trained]) -> Trained:
    """Call `train_round` with what all tasks share."""
    return train_round(*shared, task, parts)
