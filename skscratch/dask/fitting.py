"""The fit on a cluster: two passes over the parts, then epochs of rounds, then fitted attributes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import ceil
from typing import Any

import numpy as np

from skscratch.core.streams import RowStream
from skscratch.dask.cluster import Cluster, ClusterError
from skscratch.dask.collections import Parts, parts_of
from skscratch.dask.executor import ClusterExecutor
from skscratch.dask.partitions import Encoded, Encoding, Reading, describe, divide, encode, join, merge, summarise_part
from skscratch.dask.trainer import RoundTrainer
from skscratch.estimators import builders
from skscratch.estimators.attributes import fitted_attributes
from skscratch.estimators.base import warning_if_interrupted
from skscratch.estimators.building import build, encode_rows, resume
from skscratch.estimators.callbacks import fit_tasks
from skscratch.estimators.fitting import train
from skscratch.estimators.parts import learn, open_reader
from skscratch.estimators.reading import Given
from skscratch.estimators.results import fit_results
from skscratch.estimators.splitting import split_rows
from skscratch.estimators.state import TrainingState
from skscratch.estimators.time_limit import time_limits
from skscratch.persistence.checkpoints import RunningFit, read_checkpoint
from skscratch.tabular.summary import Summary

# Partitions whose rows are mixed with each other: enough for a mixture that resembles the table.
MIXED = 16
# Largest share of the variance of y between partitions that needs no warning; in a random order it is about P / n.
DIFFERENT = 0.1


def fit(estimator: Any, cluster: Cluster, X: Any, y: Any, sample_weight: Any, resume_from: Any) -> None:
    """Fit an estimator for Dask collections; all its attributes are set together at the end."""
    with warning_if_interrupted():
        _check(estimator)
        parts = parts_of(cluster, X, y, sample_weight)
        before = None if resume_from is None else read_checkpoint(resume_from, estimator._unfitted(), parts.meta)
        state = TrainingState.start(estimator.random_state) if before is None else before.estimator._state.copy()
        reading = Reading(*open_reader(estimator._unfitted(), parts.meta), state.seed)
        data = learn(reading.reader, reading.categorical, _summarise(cluster, reading, parts))
        model, table = (
            build(estimator, data, state) if before is None else (resume(before.estimator._model, data), None)
        )
        futures, sizes = _encode(estimator, cluster, reading, Encoding.of(model, data), parts)
        objective = builders.objective(estimator, model.network, model.loss, data.mean_weight)
        sample = encode_rows(model, data.training, table)
        rows = RowStream(sum(sizes), lambda rng: iter([sample]))  # the rows themselves stay on the cluster
        split = split_rows(estimator, objective, model, data, rows, state)
        if before is not None:
            before.continue_with([sample], split.validator)
        tasks = fit_tasks(estimator, Given(X, y, sample_weight), builders.max_iter(estimator, rows.n))
        running = RunningFit(estimator._unfitted(), data.reader, model, state, split, [sample])
        executor = ClusterExecutor(cluster, futures, estimator.n_tasks)
        options = {"executor": executor, "sizes": sizes, "seed": state.seed, "sync_every": estimator.sync_every}
        with _naming_the_checkpoint(running):
            state = train(
                estimator, objective, model, split, state,
                [*[partial(task, running) for task in tasks], *time_limits(estimator)], one_epoch=False,
                run=None if before is None else before.run, trainer_class=partial(RoundTrainer, **options),
            )  # fmt: skip
        results = fit_results(model, split, data, state.seed)
        attributes = fitted_attributes(data.reader, model, state, keep=False, **results)
        estimator._set({**attributes, "n_rounds_": executor.rounds}, tasks)


@contextmanager
def _naming_the_checkpoint(running: RunningFit) -> Iterator[None]:
    """Make a context that adds the path of the last checkpoint, if there is one, to errors of the cluster."""
    try:
        yield
    except ClusterError as error:
        if running.path is None:
            raise
        message = f"{str(error).rstrip('.')}; the fit continues with resume_from={os.fspath(running.path)!r}."
        raise ClusterError(message) from error


def _check(estimator: Any) -> None:
    """Check all hyperparameters, and that the fit can run on a cluster."""
    estimator._check(Given(None, None), None, False)
    if estimator.solver == "lbfgs":
        raise ValueError("solver must not be 'lbfgs' on a cluster, because it needs all rows at once; use 'adam'.")
    if estimator.warm_start:
        raise ValueError("warm_start must be False on a cluster, got True; continue with to_local() on rows in memory.")
    if estimator.scoring is not None and not isinstance(estimator.scoring, str):
        raise ValueError(
            f"scoring must be a name or None on a cluster, got {estimator.scoring!r}, which would need validation rows "
            "in the form of X; choose a name of scikit-learn's."
        )


def _summarise(cluster: Cluster, reading: Reading, parts: Parts) -> Summary:
    """Summarise all parts."""
    summary: Summary | None = cluster.merge(merge, cluster.each_part(summarise_part, parts.given, reading))
    if summary is None:
        raise ValueError(
            "X must hold a row with a weight above zero, but all partitions are empty or have weight zero."
        )
    return summary


def _encode(
    estimator: Any, cluster: Cluster, reading: Reading, encoding: Encoding, parts: Parts
) -> tuple[list[Any], list[int]]:
    """Encode all parts on the cluster, where they stay; return their futures and numbers of rows."""
    futures = cluster.each_part(encode, parts.given, reading, encoding)
    if estimator.mix_partitions and len(futures) > 1:
        futures = _mix(cluster, futures, reading.seed)
    described = cluster.results(cluster.map(describe, futures))
    share = between_parts(described)
    if share > DIFFERENT and estimator.shuffle:
        warnings.warn(
            f"The partitions of y should be alike, but {share:.0%} of its variance lies between them, as in a table "
            "that is sorted; set mix_partitions=True, because rows are shuffled within partitions only.",
            UserWarning,
            stacklevel=4,
        )
    return futures, [part.rows for part in described]


def _mix(cluster: Cluster, parts: list[Any], seed: int) -> list[Any]:
    """Divide the rows of parts anew at random: among groups of parts, which are random, too."""
    order = np.random.default_rng((seed, 3)).permutation(len(parts)).tolist()
    n_groups, mixed = ceil(len(parts) / MIXED), []
    for group in (order[i::n_groups] for i in range(n_groups)):
        g = len(group)
        shares = cluster.map(divide, [parts[i] for i in group], [g] * g, [(seed, 4, i) for i in group])
        mixed += cluster.map(join, [shares] * g, range(g))
    return mixed


def between_parts(described: Sequence[Encoded]) -> float:
    """Compute the share of the variance of y that lies between parts; the largest of its columns.

    >>> import numpy as np
    >>> parts = [Encoded(10, np.array([mean]), np.array([3.0])) for mean in (-1.0, 1.0)]
    >>> between_parts(parts)
    0.25
    """
    n = np.array([part.rows for part in described])
    mean, variance = (
        np.average([getattr(part, a) for part in described], axis=0, weights=n) for a in ("mean", "variance")
    )
    between = np.average([(part.mean - mean) ** 2 for part in described], axis=0, weights=n)
    total = between + variance
    return float((between / np.where(total > 0, total, 1)).max())
