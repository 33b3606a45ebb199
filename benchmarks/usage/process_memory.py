"""Fit a model and print the peak of this process's memory; `benchmarks.usage.memory` starts a process for each fit.

    python -m benchmarks.usage.process_memory fit {same,defaults} {float32,float64} ROWS
    python -m benchmarks.usage.process_memory memmap GIGABYTES

The numbers are from /proc, which only Linux has: VmRSS is the resident memory, VmHWM its peak, and RssAnon the part of
the resident memory that does not belong to a file.
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
    """Return the peak of the resident bytes in a fit of one epoch on ROWS x 20 numbers, minus those before the fit."""
    X = np.empty((int(rows), COLUMNS), dtype)
    for chunk in np.array_split(X, 100):  # in chunks, so that the temporary arrays are small
        chunk[...] = np.random.default_rng(0).standard_normal(chunk.shape)
    y = X[:, 0] > 0
    model = models.ours(1, scaling="robust") if name == "same" else ScratchMLPClassifier(max_iter=1)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    model.fit(X, y)
    return status("VmHWM") - before


def memmap(gigabytes: str) -> int:
    """Return the peak of the anonymous bytes in a fit of one epoch on a memory-mapped file of GIGABYTES of float32."""
    rows = int(float(gigabytes) * 1e9 / 4 / MAPPED_COLUMNS)
    y = np.random.default_rng(0).integers(0, 2, rows)
    model = models.ours(1, (32,), scaling=None, batch_size=min(4096, rows))
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(4 * MAPPED_COLUMNS * rows)  # a sparse file of zeros, which uses no disk space
        X = np.memmap(file.name, np.float32, "r", shape=(rows, MAPPED_COLUMNS))
        with sampled("RssAnon") as samples:
            model.fit(X, y)
    return max(samples)


def status(name: str) -> int:
    """Return the bytes of one line of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@contextmanager
def sampled(name: str, seconds: float = 0.005) -> Iterator[list[int]]:
    """Yield a list to which a thread appends `status(name)` every few milliseconds."""
    samples, done = [status(name)], Event()

    def watch() -> None:
        while not done.wait(seconds):
            samples.append(status(name))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print({"fit": fit, "memmap": memmap}[sys.argv[1]](*sys.argv[2:]))
