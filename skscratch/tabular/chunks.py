"""Split rows into chunks, so that intermediate results are small compared with a long table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

CHUNK_BYTES = 2 * 2**20  # several arrays of this size fit into the cache of a core, or nearly


def row_chunks(x: Any, extra_bytes: int = 0) -> Iterator[slice]:
    """Yield slices of the rows of x, each of about 2 MiB.

    Parameters
    ----------
    x : ndarray or sparse matrix of shape (n_samples, n_columns)
        Only its size is read.
    extra_bytes : int, default=0
        Bytes per row that are needed in addition to those of x.

    Yields
    ------
    slice
        Consecutive rows.

    Examples
    --------
    >>> import numpy as np
    >>> list(row_chunks(np.zeros((40_000, 10))))
    [slice(0, 26214, None), slice(26214, 40000, None)]
    """
    n = x.shape[0]
    length = max(CHUNK_BYTES * n // max(x.data.nbytes + extra_bytes * n, 1), 1)
    for start in range(0, n, length):
        yield slice(start, min(start + length, n))
