"""Fit an estimator on a Parquet file, and print the resident memory of this process over time.

    python -m benchmarks.resident PATH {regression,binary} [NAME=VALUE,...]

`benchmarks.out_of_core` starts a process for each fit, which does nothing else. Each line that is printed has the
seconds since the start and the bytes of VmRSS in /proc/self/status, which only Linux has. The target is the column "y".
"""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path
from threading import Event, Thread

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

ESTIMATORS = {"regression": ScratchMLPRegressor, "binary": ScratchMLPClassifier}
SECONDS = 0.1


def estimator(task: str, settings: str):
    """Make an estimator for a task with hyperparameters, written as in a call.

    >>> estimator("regression", "max_iter=1, verbose=True")
    ScratchMLPRegressor(max_iter=1, verbose=True)
    """
    call = ast.parse(f"f({settings})", mode="eval").body
    return ESTIMATORS[task](**{keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords})


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def watch(done: Event, start: float) -> None:
    """Print the resident memory again and again, until the event is set."""
    is_done = False
    while not is_done:
        print(f"{time.perf_counter() - start:.1f},{resident_bytes()}", flush=True)
        is_done = done.wait(SECONDS)


def main(path: str, task: str, settings: str = "") -> None:
    """Fit while a thread watches."""
    done, model = Event(), estimator(task, settings)
    thread = Thread(target=watch, args=(done, time.perf_counter()))
    thread.start()
    try:
        model.fit(path, "y")
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
