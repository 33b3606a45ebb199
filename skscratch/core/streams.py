"""Rows that do not fit into memory: read in parts in every epoch, shuffled in a buffer, and divided into batches.

The buffer is filled with rows in the order in which they are read; then all of them are used in a random order, and it
is filled again. So a row stays near the rows that were read with it, unless the parts are read in another order in
every epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, prod

import numpy as np

from skscratch.core.batches import Batches, Rows
from skscratch.core.tape import Array

BUFFER = 64 * 2**20  # bytes of the rows in a buffer

# A generator, or None for the order of the source -> all parts, each once.
Parts = Callable[["np.random.Generator | None"], Iterator[Rows]]


@dataclass(frozen=True, eq=False)
class RowStream:
    """Rows that are read anew in each epoch.

    Parameters
    ----------
    n : int
        Number of rows in an epoch.
    parts : callable
        Generator or None -> iterator of `Rows`, which are all rows, each once; x is dense. It may draw the order of the
        parts from the generator.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import RowStream, Rows
    >>> y = np.arange(5.0)[:, None]
    >>> stream = RowStream(n=5, parts=lambda rng: (Rows(y[i:], y[i:], None).take(slice(2)) for i in (0, 2, 4)))
    >>> for block, batches in stream.batches(3).epoch(rng=None):
    ...     print([block.take(batch).y.ravel() for batch in batches])
    [array([0., 1., 2.]), array([3., 4.])]
    """

    n: int
    parts: Parts

    def with_target(self, f: Callable[[Array], Array]) -> RowStream:
        """Replace y by f(y)."""
        return replace(self, parts=lambda rng: (part.with_target(f) for part in self.parts(rng)))

    def first(self, m: int) -> Rows:
        """Return at most the first m rows, of the first part."""
        return next(self.parts(None)).first(m)

    def batches(self, batch_size: int) -> StreamBatches:
        """Divide the rows into batches."""
        return StreamBatches(self, batch_size)


@dataclass(frozen=True, eq=False)
class StreamBatches:
    """The rows of a stream in batches: all have the same size, except the last one of an epoch.

    Parameters
    ----------
    rows : RowStream
        The rows.
    batch_size : int
        Rows in a batch.
    """

    rows: RowStream
    batch_size: int

    def per_epoch(self) -> int:
        """Return the number of batches in an epoch."""
        return ceil(self.rows.n / self.batch_size)

    def epoch(self, rng: np.random.Generator | None) -> Iterator[tuple[Rows, list[slice]]]:
        """Yield blocks of rows and their batches as slices: shuffled, or without a generator as they are read."""
        buffer, filled = None, 0
        for part in self.rows.parts(rng):
            buffer, start = buffer or self._buffer(part), 0
            while start < part.n:
                m = min(part.n - start, buffer.n - filled)
                _copy(part.take(slice(start, start + m)), buffer.take(slice(filled, filled + m)))
                start, filled = start + m, filled + m
                if filled == buffer.n:
                    yield from self._shuffled(buffer, rng)
                    filled = 0
        if buffer is not None and filled:
            yield from self._shuffled(buffer.take(slice(filled)), rng)

    def _buffer(self, part: Rows) -> Rows:
        """Make memory for a whole number of batches of rows like those of a part."""
        x, y, w = part
        per_row = sum(a.itemsize * prod(a.shape[1:]) for a in part if a is not None)
        n = min(self.per_epoch(), max(BUFFER // per_row // self.batch_size, 1)) * self.batch_size
        return Rows(_empty(n, x), _empty(n, y), None if w is None else _empty(n, w))

    def _shuffled(self, rows: Rows, rng: np.random.Generator | None) -> Iterator[tuple[Rows, list[slice]]]:
        order = np.arange(rows.n) if rng is None else rng.permutation(rows.n)
        return Batches(rows, self.batch_size).blocks(order)


def _empty(n: int, like: Array) -> Array:
    return np.empty((n, *like.shape[1:]), like.dtype)


def _copy(rows: Rows, memory: Rows) -> None:
    """Write rows into memory of the same shape."""
    for values, out in zip(rows, memory, strict=True):
        if out is not None:
            out[...] = values
