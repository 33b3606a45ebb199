"""Rows in blocks: whatever is computed of one block is small beside a long table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

BLOCK = 2 * 2**20  # bytes: several such arrays stay in a core's cache, or nearly


def row_blocks(x: Any, more: int = 0) -> Iterator[slice]:
    """Slices of the rows of x, a dense or sparse matrix (n, m) that has `more` bytes a row beside it.

    >>> import numpy as np
    >>> list(row_blocks(np.zeros((40_000, 10))))
    [slice(0, 26214, None), slice(26214, 40000, None)]
    """
    n = x.shape[0]
    rows = max(BLOCK * n // max(x.data.nbytes + more * n, 1), 1)
    for start in range(0, n, rows):
        yield slice(start, min(start + rows, n))
