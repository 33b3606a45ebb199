"""The lines that an estimator prints if `verbose` is set: losses to stdout, the progress of a long pass to stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from skscratch.core.training import Epoch

# Seconds after which a pass prints its first line, and the longest time between two lines.
FIRST, LONGEST = 2.0, 60.0


class Progress:
    """A callback that prints a line after each epoch; on a terminal each line overwrites the last one.

    Parameters
    ----------
    name : str
        Name of the estimator.
    max_iter : int
        Maximum number of epochs.
    """

    def __init__(self, name: str, max_iter: int):
        self.name, self.max_iter = name, max_iter

    def __call__(self, epoch: Epoch) -> None:
        """Print the number of the epoch and its losses."""
        text = f"{self.name}: iteration {epoch.number}/{self.max_iter}, loss {epoch.history.loss[-1].mean():.6f}"
        if epoch.history.validation:
            text += f", validation loss {epoch.history.validation[-1][-1].mean():.6f}"
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="", flush=True)
        else:
            print(text)

    def end(self) -> None:
        """End the line on a terminal."""
        if sys.stdout.isatty():
            print()


def watched(
    parts: Iterator[tuple[int, Any]], text: str, n: int | None = None, now: Callable[[], float] = time.monotonic
) -> Iterator[tuple[int, Any]]:
    """Yield numbered parts, and print to stderr how many of their rows were read, if it takes more than two seconds.

    On a terminal each line overwrites the last one; elsewhere the time between two lines doubles.

    Parameters
    ----------
    parts : iterator of (int, dataframe)
        The parts.
    text : str
        What the pass is for.
    n : int, default=None
        Number of all rows, if it is known.
    now : callable
        Returns the time in seconds.
    """
    start, due, wait, rows, terminal = now(), FIRST, FIRST, 0, sys.stderr.isatty()
    for number, frame in parts:
        yield number, frame
        rows += len(frame)
        if (elapsed := now() - start) >= due:
            _print_rows(text, rows, n, elapsed, terminal)
            wait = FIRST if terminal else min(2 * wait, LONGEST)
            due = elapsed + wait
    if due > FIRST:
        _print_rows(text, rows, n, now() - start, terminal)
        print(end="\n" if terminal else "", file=sys.stderr)


def _print_rows(text: str, rows: int, n: int | None, seconds: float, terminal: bool) -> None:
    of_all = "" if n is None else f" of {n:,}"
    line = f"{text}: {rows:,}{of_all} rows, {rows / seconds:,.0f} rows/s"
    print(f"\r\033[K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)
