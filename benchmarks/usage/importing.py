"""How long `import skscratch` takes where scikit-learn has been imported, each time in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from benchmarks.usage.figures import Figure

SCRIPT = """
import sklearn
from time import perf_counter
start = perf_counter()
{statement}
print(perf_counter() - start)
"""
OURS, THEIRS = "import skscratch", "from sklearn.neural_network import MLPClassifier"
BOUND_MS = 50


def figures(repeats: int) -> Iterator[Figure]:
    """Milliseconds beside the bound, and beside scikit-learn's own network."""
    ms: dict[str, list[float]] = {OURS: [], THEIRS: []}
    for _ in range(repeats + 1):
        for statement, times in ms.items():
            command = [sys.executable, "-c", SCRIPT.format(statement=statement)]
            times.append(1e3 * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    ours, theirs = (float(np.median(times[1:])) for times in ms.values())  # the first reads from the disk
    yield Figure("import skscratch after sklearn", ours, "the bound", BOUND_MS, "ms", 1)
    yield Figure("import skscratch after sklearn", ours, "its neural_network", theirs, "ms")
