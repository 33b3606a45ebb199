"""Compare a fit in memory with fits on clusters of several processes: losses, times, and bytes in a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

import dask.array as da
import dask.dataframe as dd
from distributed import Client, LocalCluster

from benchmarks.generated import GENERATED
from benchmarks.methods import OURS, Method, variant
from benchmarks.results import Fit, measure
from benchmarks.tables import Split, Table, split
from skscratch.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor
from skscratch.dask.options import DEFAULTS

PARTITIONS = 16
TEST_ROWS = 20_000
COLUMNS = ("table", "method", "n", "random_state", "rmse", "error", "log_loss", "fit_s")

Load: TypeAlias = Callable[[int], tuple[Table, Split]]


class OnCluster:
    """An estimator for rows in memory that is fitted on a cluster; it notes what its rounds need.

    Parameters
    ----------
    model : estimator
        For Dask collections.
    """

    def __init__(self, model: Any):
        self.model, self.local = model, None

    def fit(self, X: Any, y: Any) -> None:
        """Fit on sixteen partitions, and time the epochs."""
        times = [perf_counter()]
        self.model._observers = (lambda *_: lambda epoch: times.append(perf_counter()),)
        partitions = dd.from_pandas(X.reset_index(drop=True), npartitions=PARTITIONS)
        rows = tuple(partitions.map_partitions(len).compute())
        self.model.fit(partitions, da.from_array(y, chunks=(rows,)))
        self.local = self.model.to_local()
        self.classes_ = getattr(self.local, "classes_", None)
        self.rounds = self.model.n_rounds_
        self.seconds_per_round = (times[-1] - times[1]) / max(self.rounds * (len(times) - 2) / (len(times) - 1), 1)

    def predict(self, X: Any) -> Any:
        """Predict in memory."""
        return self.local.predict(X)

    def predict_proba(self, X: Any) -> Any:
        """Predict in memory."""
        return self.local.predict_proba(X)

    @property
    def bytes_per_task(self) -> int:
        """Parameters and both moments of Adam, there and back."""
        return 2 * 3 * self.local._model.parameters.values.nbytes


def on_cluster(
    processes: int, settings: Mapping[str, Any], made: list[OnCluster], table: Table, seed: int
) -> OnCluster:
    """Make an estimator with a task for each process, and note it in a list."""
    model = DaskScratchMLPClassifier() if table.classes else DaskScratchMLPRegressor()
    known = {name: value for name, value in settings.items() if name in model.get_params()}
    made.append(OnCluster(model.set_params(random_state=seed, **{"n_tasks": processes, **known})))
    return made[-1]


def compare(
    tables: Mapping[str, Load], processes: Sequence[int], seeds: int, settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield a row for each table, seed, and number of processes; 0 processes are a fit in memory."""
    in_memory = variant({name: value for name, value in settings.items() if name not in DEFAULTS})
    for seed in range(seeds):
        for load in tables.values():
            table, rows = load(seed)
            yield _row(in_memory, 0, table, rows, seed, [])
            for workers in processes:
                made: list[OnCluster] = []
                method = Method(in_memory.package, partial(on_cluster, workers, settings, made))
                with LocalCluster(workers, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster):
                    yield _row(method, workers, table, rows, seed, made)


def _row(method: Method, workers: int, table: Table, rows: Split, seed: int, made: list[OnCluster]) -> dict[str, Any]:
    """Measure one fit."""
    result = measure(f"{workers} processes" if workers else OURS, method, table, rows, Fit(seed, rows.y.size, seed))
    cells = asdict(result)
    fitted = made[0] if made and not result.note else None
    return {
        **{name: cells[name] for name in COLUMNS},
        "rounds": fitted.rounds if fitted else 0,
        "seconds_per_round": round(fitted.seconds_per_round, 4) if fitted else 0.0,
        "bytes_per_task": fitted.bytes_per_task if fitted else 0,
        "note": result.note,
    }


def generated(name: str, n: int) -> Load:
    """Return a function from a seed to a generated table of n rows, and other rows for the test."""

    def load(seed: int) -> tuple[Table, Split]:
        table, test = GENERATED[name](n, seed).table, GENERATED[name](TEST_ROWS, 1000 + seed).table
        return table, Split(table.X, table.y, test.X, test.y)

    return load


def stored(load: Callable[[], Table]) -> Load:
    """Return a function from a seed to a table and its split."""
    return lambda seed: (table := load(), split(table, seed, float("inf")))
