"""Measure the memory of a training step and of a fit; each fit runs in its own process, and Linux reports its peak."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.usage.latency import traced_peak
from benchmarks.usage.measurement import Measurement
from skscratch.core.activations import Relu
from skscratch.core.batches import Rows
from skscratch.core.layers import Dense
from skscratch.core.losses import BinaryLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Gradient, Objective
from skscratch.core.optimizers import Adam, Update

STEP_BOUND_KB, FIT_OVERHEAD, MEMMAP_BOUND = 128, 64 * 2**20, 1e9
# A row of the default fit: its target, place in the order, a flag for each of eight members, and its share of the
# members' validation rows and of their raw scores.
BYTES_PER_ROW = 40
COLUMNS = 20


def measurements(repeats: int, rows: int = 1_000_000, gigabytes: float = 4.0) -> Iterator[Measurement]:
    """Yield the peaks of a step at several widths and batch sizes, of a fit on an array, and of a fit on a memmap.

    A peak is measured once, whatever `repeats` is.
    """
    for width, batch in [(64, 128), (64, 8192), (1024, 128)]:
        peak = step_peak(width, batch)
        name = f"tracemalloc peak of a step, width {width}, batch {batch}"
        yield Measurement(name, peak / 1024, "bound", STEP_BOUND_KB, "KB", 1)
    for dtype in ("float32", "float64"):
        bound = (4 * COLUMNS + BYTES_PER_ROW) * rows + FIT_OVERHEAD
        for model in ("same", "defaults"):
            peak = process_peak("fit", model, dtype, rows) / 1e6
            name = f"peak of fit above X, {rows:,} x {COLUMNS} {dtype}, {model}"
            yield Measurement(name, peak, "X in float32 + 40 bytes a row + 64 MB", bound / 1e6, "MB", 1)
    name = f"anonymous memory of fit on a memmap of {gigabytes:g} GB"
    yield Measurement(name, process_peak("memmap", gigabytes) / 1e6, "bound", MEMMAP_BOUND / 1e6, "MB", 1)


def step_peak(width: int, batch: int) -> int:
    """Return the peak of the bytes that one training step allocates, for two hidden layers and after a first step."""
    layers = (Dense(width), Relu(), Dense(width), Relu(), Dense(1))
    objective = Objective(Network(layers, COLUMNS), BinaryLogLoss(), alpha=1e-4)
    rng = np.random.default_rng(0)
    P = objective.network.init(1, rng, np.float32)
    x, y = rng.standard_normal((batch, COLUMNS), np.float32), np.float32(rng.integers(0, 2, (batch, 1)))
    chain, gradient = Adam().chain(1e-3), Gradient(objective, P, Rows(x.copy(), y.copy(), None))
    update = Update(chain, P, gradient.dP, chain.init(P))

    def step() -> None:
        gradient(x, y, None)
        update(1e-3)

    step()
    return traced_peak(step)


def process_peak(*arguments: object) -> float:
    """Run `benchmarks.usage.process_memory` in a new process and return the bytes that it prints."""
    command = [sys.executable, "-m", "benchmarks.usage.process_memory", *map(str, arguments)]
    root = Path(__file__).parents[2]
    return float(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout)
