"""Measure times of several functions that alternate in one process, and return medians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np

Runs = Mapping[str, Callable[[], object]]


def alternate(runs: Runs, repeats: int, calls: int = 1, timer: Callable[[], float] = perf_counter) -> dict[str, float]:
    """Return the median seconds per call of each function over `repeats` repetitions of `calls` calls.

    The functions alternate, so that a slow moment of the machine affects one repetition of each function, and not all
    repetitions of one function. With `time.process_time` as the timer, other processes have no effect; the times of all
    threads are added.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = timer()
            for _ in range(calls):
                run()
            seconds[name].append((timer() - start) / calls)
    return {name: float(np.median(times)) for name, times in seconds.items()}
