"""Rows in batches: gathered in the order of the epoch, a block at a time, and cut into views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

# Bytes of x gathered at once: one gather serves many batches, and memory stays bounded however long the table is.
BLOCK = 2 * 2**20


class Rows(NamedTuple):
    """x (n, d), ndarray or CSR; y (n, o); weights w (n,), or (n, k) where members have their own, or None for ones.

    With weights of its own a member can leave out rows, of weight zero, by which it is judged afterwards; where all
    other weights are one, booleans take a quarter of the memory.
    """

    x: Any
    y: np.ndarray
    w: np.ndarray | None

    def take(self, rows: np.ndarray | slice) -> Rows:
        """Some of the rows: a copy for indices, views for a slice."""
        if isinstance(rows, slice):
            return Rows(self.x[rows], self.y[rows], None if self.w is None else self.w[rows])
        return Rows(_take(self.x, rows), _take(self.y, rows), None if self.w is None else _take(self.w, rows))

    def of_member(self, i: int) -> Rows:
        """The rows as member i sees them."""
        return self if self.w is None or self.w.ndim == 1 else self._replace(w=self.w[:, i : i + 1])


def _take(a: Any, rows: np.ndarray) -> Any:
    """Rows of an array or CSR; np.take copies narrow rows two to four times as fast as an index does."""
    return np.take(a, rows, axis=0, mode="clip") if isinstance(a, np.ndarray) else a[rows]


@dataclass(frozen=True, eq=False)
class Batches:
    """Batches of a table's rows.

    Parameters
    ----------
    rows : Rows
        The table.
    batch_size : int
        Rows in a batch; the last batch of an epoch may be shorter and is kept.

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

    def sizes(self, n: int) -> set[int]:
        """The sizes of batches in an epoch of n rows, at most two."""
        return {self.batch_size, n % self.batch_size or self.batch_size} if n > self.batch_size else {n}

    def per_epoch(self, n: int) -> int:
        """The number of batches in an epoch of n rows."""
        return -(-n // self.batch_size)

    def blocks(self, order: np.ndarray | None) -> Iterator[tuple[Rows, list[slice]]]:
        """Gathered rows of about 2 MB in the given order, each with its batches as slices.

        Without an order the rows come as they stand and nothing is copied.
        """
        if order is None:
            yield self.rows, self._slices(len(self.rows.y))
            return
        per_block = max(BLOCK // max(self._bytes_per_row(), 1) // self.batch_size, 1) * self.batch_size
        for start in range(0, len(order), per_block):
            some = order[start : start + per_block]
            yield self.rows.take(some), self._slices(len(some))

    def _slices(self, n: int) -> list[slice]:
        return [slice(start, min(start + self.batch_size, n)) for start in range(0, n, self.batch_size)]

    def _bytes_per_row(self) -> int:
        x = self.rows.x
        return x.shape[1] * x.dtype.itemsize if isinstance(x, np.ndarray) else x.data.nbytes // max(x.shape[0], 1)
