"""Groups of members: each is trained by itself through the batches of an epoch, several at once in worker threads.

Members share nothing but the rows. So no group has to wait for another between batches, and every member becomes what
it would be in any other group. NumPy releases the GIL while it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.layers import Rngs
from skscratch.core.objective import Gradient, Objective
from skscratch.core.optimizers import Update
from skscratch.core.parameters import Parameters
from skscratch.core.tape import Array


@dataclass
class MemberGroup:
    """Some of the members, with all that is needed to train them.

    Parameters
    ----------
    members : slice
        Which of the k members.
    objective : Objective
        The objective function.
    P, dP : Parameters
        Their parameters, which are changed in place, and memory for the gradient.
    update : Update
        The step of the optimizer.
    rngs : sequence of numpy.random.Generator, optional
        A generator for each of them, where layers draw random numbers.
    """

    members: slice
    objective: Objective
    P: Parameters
    dP: Parameters
    update: Update
    rngs: Rngs
    gradients: dict[int, Gradient] = field(default_factory=dict, init=False, repr=False)
    bounds: Array | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.bounds = self.objective.network.bounds(self.P.values.dtype)

    def train(self, block: Rows, steps: Sequence[tuple[slice, float]], z: Array) -> Array:
        """Make a step for each batch of a block, at its learning rate; returns the sum of penalties (k,).

        The raw scores of each batch before its step are written into z (k, n, o).
        """
        x, y, w = block
        w = w if w is None or w.ndim == 1 else w[:, self.members]
        z = z[self.members]
        with np.errstate(over="ignore", invalid="ignore"):  # whether members diverged is checked after each epoch
            for batch, rate in steps:
                gradient = self._gradient(batch, block, w)
                z[:, batch] = gradient(x[batch], y[batch], None if w is None else w[batch])
                self.update(rate)
                self.P.project(self.bounds)
            self.update.flush()
        return sum((gradient.take_penalties() for gradient in self.gradients.values()), np.zeros(len(self.P.values)))

    def _gradient(self, batch: slice, block: Rows, w: Array | None) -> Gradient:
        """Record the gradient for batches of this size, once."""
        n = batch.stop - batch.start
        if n not in self.gradients:
            x = np.empty((n, block.x.shape[1]), block.x.dtype) if isinstance(block.x, np.ndarray) else block.x[batch]
            weights = None if w is None else np.ones((n, *w.shape[1:]), self.P.values.dtype)
            rows = Rows(x, np.empty((n, *block.y.shape[1:]), block.y.dtype), weights)
            self.gradients[n] = Gradient(self.objective, self.P, rows, self.dP, self.rngs)
        return self.gradients[n]


def divide_members(k: int, groups: int) -> list[slice]:
    """Divide k members into at most so many groups of about the same size.

    >>> divide_members(k=8, groups=3)
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """
    ends = [k * i // min(k, groups) for i in range(min(k, groups) + 1)]
    return [slice(*ends[i : i + 2]) for i in range(len(ends) - 1)]


@contextmanager
def worker_threads(n: int) -> Iterator[Callable[..., list[Any]]]:
    """Yield a `map` whose calls run at once in n threads, of which the first is the calling one.

    >>> with worker_threads(2) as map_groups:
    ...     map_groups(abs, [-1, -2])
    [1, 2]
    """
    with ThreadPoolExecutor(max(n - 1, 1)) as pool:  # a thread begins with the first call

        def map_groups(f: Callable[..., Any], items: Iterable[Any]) -> list[Any]:
            first, *others = items
            futures = [pool.submit(f, item) for item in others]
            return [f(first), *(future.result() for future in futures)]

        yield map_groups
