"""Measure the time of a grid search over width and depth on the Titanic data frame, next to scikit-learn's pipeline."""

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
from benchmarks.usage.measurement import Measurement
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


def measurements(
    repeats: int,
    widths: Sequence[int] = WIDTHS,
    depths: Sequence[int] = DEPTHS,
    epochs: int = 50,
    folds: int = 5,
    jobs: int = 2,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Measurement]:
    """Yield the seconds of a whole search: with the same networks and epochs, with our defaults, in several processes.

    The worker processes inherit the limit of one BLAS thread from this process. The last measurement counts the BLAS
    threads without that limit: joblib then divides the processors among the workers.
    """
    table = sources()["titanic"]()
    sizes = [(width,) * depth for width in widths for depth in depths]
    same = {"hidden_layer_sizes": sizes}
    pipeline = models.pipeline(table, models.scikit_learn(epochs))
    pipeline_grid = {f"{pipeline.steps[-1][0]}__{name}": values for name, values in same.items()}

    def search(model: Any, grid: dict[str, Any], n_jobs: int = 1) -> Callable[[], object]:
        model = GridSearchCV(model, grid, cv=folds, n_jobs=n_jobs)
        return lambda: model.fit(table.X, table.y)

    default = ScratchMLPClassifier(random_state=0, **defaults)
    runs = {
        "same networks": search(models.ours(epochs), same),
        "our defaults": search(default, {"width": [*widths], "depth": [*depths]}),
        "parallel": search(models.ours(epochs), same, jobs),
        "scikit-learn": search(pipeline, pipeline_grid),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        Parallel(n_jobs=jobs)([delayed(_imported)() for _ in range(jobs)])  # starts the workers, which joblib reuses
        seconds = alternate(runs, repeats)
    name = f"search of {len(sizes)} networks, {folds} folds"
    reference = seconds["scikit-learn"]
    yield Measurement(f"{name}, {epochs} epochs", seconds["same networks"], "scikit-learn", reference, "s", 1 / 4)
    yield Measurement(f"{name}, our defaults", seconds["our defaults"], "scikit-learn", reference, "s")
    yield Measurement(
        f"{name}, {jobs} processes", seconds["parallel"], "one process", seconds["same networks"], "s", 1 / 1.7
    )

    threads = worker_threads(jobs)
    yield Measurement(f"BLAS threads of {jobs} processes, no limit set", threads, "processors", cpu_count(), "", 1)


def _imported() -> str:
    """Import the package in a worker process."""
    return ScratchMLPClassifier.__name__


def worker_threads(jobs: int) -> int:
    """Return the BLAS threads of all workers together, without the environment variables that limit them."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-c", WORKERS.format(jobs=jobs)]
    return int(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)
