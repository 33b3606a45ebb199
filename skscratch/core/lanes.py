"""Members in lanes: each lane is trained by a thread of its own, through the same batches as all others.

Members share nothing but the rows, so that lanes need not wait for each other between batches, and every member
becomes what it would be with any other number of lanes. NumPy lets go of the interpreter while it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.objective import Objective, Workspace
from skscratch.core.optimizers import Optimizer, OptimizerState
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Clock


@dataclass
class Lane:
    """Some of the members with all that training them needs.

    Parameters
    ----------
    members : slice
        Which of the k members.
    objective : Objective
        What is minimised.
    optimizer : Optimizer
        How.
    P : Parameters
        Theirs, changed in place.
    state : OptimizerState
        The optimizer's memory of them.
    sizes : set of int
        The sizes of batches.
    rngs : sequence of numpy.random.Generator, optional
        A generator for each of them, where layers draw at random.
    """

    members: slice
    objective: Objective
    optimizer: Optimizer
    P: Parameters
    state: OptimizerState
    sizes: set[int]
    rngs: Sequence[np.random.Generator] | None

    def __post_init__(self):
        self.dP = self.P.like(np.empty_like(self.P.values))
        self.work: dict[int, Workspace] = {size: self.objective.allocate(self.P, size) for size in self.sizes}

    def train(self, block: Rows, steps: Sequence[tuple[slice, Clock]], z: np.ndarray) -> np.ndarray:
        """A step for each batch of a block; raw scores from before it go into z (k, n, o) -> sum of penalties (k,)."""
        penalty = np.zeros(len(self.P.values))
        rows = block if block.w is None or block.w.ndim == 1 else block._replace(w=block.w[:, self.members])
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is looked for after each epoch
            for batch, clock in steps:
                x, y, w = rows.take(batch)
                s = self.work[len(y)]
                z[self.members, batch] = self.objective.gradient(self.P, x, y, w, s, self.dP, self.rngs)
                self.optimizer.step(self.P, self.dP, self.state, clock)
                penalty += s.penalty * len(y)
            self.optimizer.flush(self.P, self.state)
        return penalty


def members_of(k: int, lanes: int) -> list[slice]:
    """k members in at most so many lanes, as equal as can be.

    >>> members_of(k=8, lanes=3)
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """
    ends = [k * i // min(k, lanes) for i in range(min(k, lanes) + 1)]
    return [slice(*ends[i : i + 2]) for i in range(len(ends) - 1)]


@contextmanager
def threads(lanes: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """A `map` that runs one call in each of so many threads; the builtin one where there is a single lane."""
    if lanes == 1:
        yield map
    else:
        with ThreadPoolExecutor(lanes) as pool:
            yield pool.map
