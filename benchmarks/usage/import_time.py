"""Measure the time to import an estimator after scikit-learn was imported, in a new process for each repetition."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from benchmarks.usage.measurement import Measurement

SCRIPT = """
import sklearn
from time import perf_counter
start = perf_counter()
{statement}
print(perf_counter() - start)
"""
OURS = "from skscratch import ScratchMLPClassifier"
SCIKIT_LEARN = "from sklearn.neural_network import MLPClassifier"
BOUND_MS = 50


def measurements(repeats: int) -> Iterator[Measurement]:
    """Yield the milliseconds next to the bound, and next to the import of scikit-learn's own network."""
    milliseconds: dict[str, list[float]] = {OURS: [], SCIKIT_LEARN: []}
    for _ in range(repeats + 1):
        for statement, times in milliseconds.items():
            command = [sys.executable, "-c", SCRIPT.format(statement=statement)]
            times.append(1e3 * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    # The first import of each reads files from the disk and is not counted.
    ours, scikit_learn = (float(np.median(times[1:])) for times in milliseconds.values())
    yield Measurement("import after sklearn", ours, "bound", BOUND_MS, "ms", 1)
    yield Measurement("import after sklearn", ours, "sklearn.neural_network", scikit_learn, "ms")
