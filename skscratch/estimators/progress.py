"""What `verbose` prints."""

from __future__ import annotations

import sys

from skscratch.core.training import Epoch


class Progress:
    """A line after each epoch; on a terminal each overwrites the one before.

    Parameters
    ----------
    name : str
        Name of the estimator.
    max_iter : int
        Most epochs.
    """

    def __init__(self, name: str, max_iter: int):
        self.name, self.max_iter = name, max_iter

    def __call__(self, epoch: Epoch) -> None:
        """Print where the fit stands."""
        text = f"{self.name}: iteration {epoch.number}/{self.max_iter}, loss {epoch.history.loss[-1].mean():.6f}"
        if epoch.history.validation:
            text += f", held-out loss {epoch.history.validation[-1][-1].mean():.6f}"
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="", flush=True)
        else:
            print(text)

    def end(self) -> None:
        """Leave the line on a terminal."""
        if sys.stdout.isatty():
            print()
