"""Rows in batches: gathered in the order of the epoch, a block at a time, and cut into views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skscratch.core.tape import Array

# Bytes of x gathered at once: one gather serves many batches, and memory stays bounded however long the table is.
BLOCK = 2 * 2**20


class Rows(NamedTuple):
    """x (n, d), ndarray or CSR; y (n, o); weights w (n,), or (n, k) where members have their own, or None for ones.

    With weights of its own a member can leave out its validation rows, which then have weight zero; where all
    other weights are one, booleans take a quarter of the memory.
    """

    x: Any
    y: Array
    w: Array | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    def with_target(self, f: Callable[[Array], Array]) -> Rows:
        """Replace y by f(y)."""
        return self._replace(y=f(self.y))

    def first(self, m: int) -> Rows:
        """Return at most the first m rows."""
        return self.take(slice(m))

    def sample(self, m: int) -> Rows:
        """Return all rows, or m of more than m: drawn at random, since rows are often sorted, but always the same."""
        if self.n <= m:
            return self
        return self.take(np.sort(np.random.default_rng(0).integers(0, self.n, m)))

    def batches(self, batch_size: int) -> Batches:
        """Divide the rows into batches."""
        return Batches(self, batch_size)

    def take(self, rows: Array | slice) -> Rows:
        """Take some of the rows: a copy for indices, views for a slice."""
        if isinstance(rows, slice):
            return Rows(self.x[rows], self.y[rows], None if self.w is None else self.w[rows])
        return Rows(_take(self.x, rows), _take(self.y, rows), None if self.w is None else _take(self.w, rows))

    def of_member(self, i: int) -> Rows:
        """Take the rows with the weights of member i."""
        return self if self.w is None or self.w.ndim == 1 else self._replace(w=self.w[:, i : i + 1])


def _take(a: Any, rows: Array) -> Any:
    """Take rows of an array or CSR; np.take copies narrow rows two to four times as fast as an index does."""
    return np.take(a, rows, axis=0, mode="clip") if isinstance(a, np.ndarray) else a[rows]


@dataclass(frozen=True, eq=False)
class Batches:
    """The rows of a table in batches.

    Parameters
    ----------
    rows : Rows
        The table.
    batch_size : int
        Rows in a batch; the last batch of an epoch may be shorter.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.batches import Batches, Rows
    >>> batches = Batches(Rows(x=np.zeros((5, 1)), y=np.arange(5.0)[:, None], w=None), batch_size=2)
    >>> for block, slices in batches.blocks(order=np.array([4, 3, 2, 1, 0])):
    ...     print([block.take(batch).y.ravel() for batch in slices])
    [array([4., 3.]), array([2., 1.]), array([0.])]
    """

    rows: Rows
    batch_size: int

    def per_epoch(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-self.rows.n // self.batch_size)

    def epoch(self, rng: np.random.Generator | None) -> Iterator[tuple[Rows, list[slice]]]:
        """Yield the blocks of an epoch: in an order drawn by a generator, or in that of the table."""
        return self.blocks(None if rng is None else rng.permutation(self.rows.n))

    def blocks(self, order: Array | None) -> Iterator[tuple[Rows, list[slice]]]:
        """Gather rows in the given order, in blocks of about 2 MB; yields each block and its batches as slices.

        Without an order, the one block is the table itself, and nothing is copied.
        """
        if order is None:
            yield self.rows, self._slices(self.rows.n)
            return
        per_block = max(BLOCK // max(self._bytes_per_row(), 1) // self.batch_size, 1) * self.batch_size
        for start in range(0, len(order), per_block):
            positions = order[start : start + per_block]
            yield self.rows.take(positions), self._slices(len(positions))

    def _slices(self, n: int) -> list[slice]:
        return [slice(start, min(start + self.batch_size, n)) for start in range(0, n, self.batch_size)]

    def _bytes_per_row(self) -> int:
        x = self.rows.x
        return x.shape[1] * x.dtype.itemsize if isinstance(x, np.ndarray) else x.data.nbytes // max(x.shape[0], 1)
