"""How much memory a step and a fit take; the fits in processes of their own, which Linux accounts for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.usage.figures import Figure
from benchmarks.usage.latency import traced_peak
from skscratch.core.activations import Relu
from skscratch.core.layers import Dense
from skscratch.core.losses import BinaryLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Adam
from skscratch.core.schedules import ScheduleState

STEP_BOUND, FIT_ROOM, MEMMAP_BOUND = 128 * 1024, 64 * 2**20, 1e9
COLUMNS = 20


def figures(repeats: int, rows: int = 1_000_000, gigabytes: float = 4.0) -> Iterator[Figure]:
    """A step at several widths and batches, a fit on rows in memory, and a fit on a file that is mapped into it."""
    for width, batch in [(64, 128), (64, 8192), (1024, 128)]:
        peak = step_peak(width, batch)
        yield Figure(
            f"tracemalloc peak of a step, width {width}, batch {batch}", peak / 1024, "the bound", 128, "KB", 1
        )
    for dtype in ("float32", "float64"):
        bound = 1.1 * 4 * COLUMNS * rows + FIT_ROOM
        for name in ("same", "defaults"):
            above = probe("fit", name, dtype, rows)
            what = f"peak of fit above X, {rows:,} x {COLUMNS} {dtype}, {name}"
            yield Figure(what, above / 1e6, "1.1 X in float32 + 64 MB", bound / 1e6, "MB", 1)
    what = f"anonymous memory of fit on a memmap of {gigabytes:g} GB"
    yield Figure(what, probe("memmap", gigabytes) / 1e6, "the bound", MEMMAP_BOUND / 1e6, "MB", 1)


def step_peak(width: int, batch: int) -> int:
    """Bytes allocated at once in one training step of a network of two hidden layers, after a first one."""
    layers = (Dense(width), Relu(), Dense(width), Relu(), Dense(1))
    objective = Objective(Network(layers, COLUMNS), BinaryLogLoss(), alpha=1e-4)
    rng = np.random.default_rng(0)
    P = objective.network.init(1, rng, np.float32)
    dP, work, optimizer = P.like(np.empty_like(P.values)), objective.allocate(P, batch), Adam().chain(1e-3)
    x, y = rng.standard_normal((batch, COLUMNS), np.float32), np.float32(rng.integers(0, 2, (batch, 1)))
    state, clock = optimizer.init(P), ScheduleState()

    def step() -> None:
        objective.gradient(P, x, y, None, work, dP)
        optimizer.step(P, dP, state, clock)

    step()
    return traced_peak(step)


def probe(*arguments: object) -> float:
    """What `benchmarks.usage.probes` prints in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.usage.probes", *map(str, arguments)]
    root = Path(__file__).parents[2]
    return float(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout)
