"""A search over width and depth on the raw frame of the Titanic: our estimator beside scikit-learn's pipeline."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from joblib import Parallel, cpu_count, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from benchmarks import VARIABLES, models
from benchmarks.tables import sources
from benchmarks.timing import alternate
from benchmarks.usage.figures import Figure
from skscratch import ScratchMLPClassifier

WIDTHS, DEPTHS = (32, 64, 128), (1, 2, 3)

WORKERS = """
from joblib import Parallel, delayed

def threads():
    import skscratch
    from threadpoolctl import threadpool_info
    return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

print(sum(Parallel(n_jobs={jobs})(delayed(threads)() for _ in range({jobs}))))
"""


def figures(
    repeats: int,
    widths: Sequence[int] = WIDTHS,
    depths: Sequence[int] = DEPTHS,
    epochs: int = 50,
    folds: int = 5,
    jobs: int = 2,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Figure]:
    """Seconds of the whole search: the same networks for as many epochs, also in several processes; our defaults.

    Workers inherit the one thread of this process; where there is no such limit, joblib gives each its share of the
    processors, which the last figure shows.
    """
    table = sources()["titanic"]()
    sizes = [(width,) * depth for width in widths for depth in depths]
    same = {"hidden_layer_sizes": sizes}
    pipeline = models.pipeline(table, models.scikit_learn(epochs))
    behind = {f"{pipeline.steps[-1][0]}__{name}": values for name, values in same.items()}

    def search(model: Any, grid: dict[str, Any], n_jobs: int = 1) -> Callable[[], object]:
        model = GridSearchCV(model, grid, cv=folds, n_jobs=n_jobs)
        return lambda: model.fit(table.X, table.y)

    default = ScratchMLPClassifier(random_state=0, **defaults)
    runs = {
        "same networks": search(models.ours(epochs), same),
        "our defaults": search(default, {"width": [*widths], "depth": [*depths]}),
        "parallel": search(models.ours(epochs), same, jobs),
        "scikit-learn": search(pipeline, behind),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        Parallel(n_jobs=jobs)([delayed(_imported)() for _ in range(jobs)])  # workers live on, their start is not meant
        seconds = alternate(runs, repeats)
    what = f"search of {len(sizes)} networks, {folds} folds"
    theirs = seconds["scikit-learn"]
    yield Figure(f"{what}, {epochs} epochs", seconds["same networks"], "scikit-learn", theirs, "s", 1 / 4)
    yield Figure(f"{what}, our defaults", seconds["our defaults"], "scikit-learn", theirs, "s")
    yield Figure(f"{what}, {jobs} processes", seconds["parallel"], "one", seconds["same networks"], "s", 1 / 1.7)

    threads = worker_threads(jobs)
    yield Figure(f"BLAS threads of {jobs} processes, no limit set", threads, "processors", cpu_count(), "", 1)


def _imported() -> str:
    """Something that needs the package in a worker."""
    return ScratchMLPClassifier.__name__


def worker_threads(jobs: int) -> int:
    """BLAS threads of so many of joblib's workers together, where no variable says how many there may be."""
    free = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-c", WORKERS.format(jobs=jobs)]
    return int(subprocess.run(command, env=free, check=True, stdout=subprocess.PIPE, text=True).stdout)
