"""The lines that an estimator prints if `verbose` is set."""

from __future__ import annotations

import sys

from skscratch.core.history import Epoch


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
