"""Peaks of memory of this process, for `benchmarks.usage.memory`, which starts a process for each.

    python -m benchmarks.usage.probes fit {same,defaults} {float32,float64} ROWS
    python -m benchmarks.usage.probes memmap GIGABYTES

Linux says in /proc how much memory a process has: all of it that is resident (VmRSS) and was at most (VmHWM), and the
part that no file stands behind (RssAnon).
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np

from benchmarks import models
from skscratch import ScratchMLPClassifier

COLUMNS = 20
MAPPED_COLUMNS = 100


def fit(name: str, dtype: str, rows: str) -> int:
    """Bytes at the peak of one epoch on ROWS x 20 numbers, above those that were there before."""
    X = np.empty((int(rows), COLUMNS), dtype)
    for block in np.array_split(X, 100):  # so that making them is no peak of its own
        block[...] = np.random.default_rng(0).standard_normal(block.shape)
    y = X[:, 0] > 0
    model = models.ours(1, scaling="robust") if name == "same" else ScratchMLPClassifier(max_iter=1)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
    model.fit(X, y)
    return status("VmHWM") - before


def memmap(gigabytes: str) -> int:
    """Bytes of anonymous memory at the peak of one epoch on a file of GIGABYTES of float32."""
    rows = int(float(gigabytes) * 1e9 / 4 / MAPPED_COLUMNS)
    y = np.random.default_rng(0).integers(0, 2, rows)
    model = models.ours(1, (32,), scaling=None, batch_size=min(4096, rows))
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(4 * MAPPED_COLUMNS * rows)  # a file of zeros that takes no room on the disk
        X = np.memmap(file.name, np.float32, "r", shape=(rows, MAPPED_COLUMNS))
        with largest("RssAnon") as peak:
            model.fit(X, y)
    return max(peak)


def status(name: str) -> int:
    """Bytes, from a line of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@contextmanager
def largest(name: str, seconds: float = 0.005) -> Iterator[list[int]]:
    """A list that a thread adds `status(name)` to, every few milliseconds."""
    seen, done = [status(name)], Event()

    def watch() -> None:
        while not done.wait(seconds):
            seen.append(status(name))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print({"fit": fit, "memmap": memmap}[sys.argv[1]](*sys.argv[2:]))
