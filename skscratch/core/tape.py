"""A sequence of NumPy calls: recorded once for a batch size, and replayed for every batch.

In a small network a training step takes as long as Python needs to look up names, to slice arrays and to convert
numbers. All of this is done once, when the step is recorded. Replaying it repeats the calls on the same arrays.

>>> x, z = np.array([1.0, 2.0]), np.empty(2)
>>> do = Tape(x.dtype)
>>> do(np.multiply, x, 3, out=z)
>>> do(np.add, z, 1, out=z)
>>> do.replay()
>>> z
array([4., 7.])
>>> x[...] = 10
>>> do.replay()
>>> z
array([31., 31.])
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
# Whatever takes a function and its arguments: a tape, which records the call, or `run`, which makes it at once.
Do: TypeAlias = Callable[..., None]

# NumPy deprecates `out` as a positional argument of these two.
KEYWORD_OUT = (np.maximum, np.minimum)


class Tape:
    """Calls on arrays that exist.

    A number that changes from one replay to the next is an array without axes.

    Parameters
    ----------
    dtype : dtype
        Numbers among the arguments of a NumPy function become arrays of this dtype, once for all replays.
    """

    def __init__(self, dtype: DTypeLike):
        self.dtype = dtype
        self.calls: list[Callable[[], Any]] = []

    def __call__(self, f: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Record the call f(*arguments, **options)."""
        if isinstance(f, np.ufunc):
            arguments = tuple(np.array(a, self.dtype) if isinstance(a, (int, float)) else a for a in arguments)
            if "out" in options and f not in KEYWORD_OUT:  # faster by position
                arguments = (*arguments, options.pop("out"))
        self.calls.append(partial(f, *arguments, **options))

    def replay(self) -> None:
        """Make all calls, in the order in which they were recorded."""
        for call in self.calls:
            call()


def run(f: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Make a call at once, where it is made once only.

    >>> z = np.empty(2)
    >>> run(np.add, np.array([1.0, 2.0]), 1, out=z)
    >>> z
    array([2., 3.])
    """
    f(*arguments, **options)
