"""How time is taken: what is compared takes turns in one process, and the medians count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np

Runs = Mapping[str, Callable[[], object]]


def alternate(runs: Runs, repeats: int, calls: int = 1) -> dict[str, float]:
    """Median seconds of a call of each, from `repeats` turns of so many calls.

    A slow moment of the machine meets one turn of each, and not all turns of one.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = perf_counter()
            for _ in range(calls):
                run()
            seconds[name].append((perf_counter() - start) / calls)
    return {name: float(np.median(times)) for name, times in seconds.items()}
