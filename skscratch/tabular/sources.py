"""Sources of rows that need not fit into memory: they give the same numbered parts, as frames, in every pass.

A source is a Parquet file or folder by its path, a `pyarrow.dataset.Dataset`, a `polars.LazyFrame`, or an iterable of
frames that can be read again: a list, a function that returns an iterator, or an object whose `__iter__` starts anew.
Parquet files and lists can be read in any order; the others are always read from the beginning to the end.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skscratch.tabular.frames import column_names, is_frame, is_sparse_frame, require_distinct, select, take_rows

# Size of a part, for 8 bytes in each column, where the source does not consist of parts already.
PART_BYTES, PART_ROWS = 16 * 2**20, 2**16
BUFFER_BYTES = 2**18  # of each column of a Parquet file, not decoded


class Source(ABC):
    """Rows in numbered parts, which are the same in every pass.

    Attributes
    ----------
    head : dataframe
        A frame with the columns of the source, and without rows.
    """

    head: Any

    @property
    def names(self) -> list[Any]:
        """The names of the columns."""
        return column_names(self.head)

    @abstractmethod
    def frames(self, names: Sequence[Any], rng: np.random.Generator | None = None) -> Iterator[tuple[int, Any]]:
        """Read all rows once.

        Parameters
        ----------
        names : sequence
            The columns to read.
        rng : numpy.random.Generator, default=None
            Draws the order of the parts, where the source can be read in any order.

        Yields
        ------
        number, frame : int, dataframe
            A part, and its number from 0, which does not depend on the order.
        """


def find_source(X: Any) -> Source | None:
    """Return the source that X is, or None for an array, a frame and anything else.

    Parameters
    ----------
    X : object
        What a user passes to `fit` or `predict`.

    Returns
    -------
    Source or None

    Raises
    ------
    FileNotFoundError
        If X is a path, and there is no such file or folder.
    TypeError
        If X is an iterator, which can be read only once.
    ValueError
        If the file is not a Parquet file.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.tabular import find_source
    >>> find_source(np.zeros((2, 3))) is None
    True
    """
    if isinstance(X, np.ndarray) or is_frame(X) or issparse(X):
        return None
    if isinstance(X, (str, os.PathLike)):
        return ArrowSource(_open_parquet(Path(X)))
    if hasattr(X, "get_fragments"):
        return ArrowSource(X)
    if hasattr(X, "collect_schema"):
        return LazyFrameSource(X)
    if isinstance(X, (list, tuple)):
        return FrameSource(lambda: X, X) if X and is_frame(X[0]) else None
    if hasattr(X, "__next__"):
        raise TypeError(
            f"X must be readable several times, but a {type(X).__name__} can be read only once: pass a function that "
            "returns a new one, or a list of frames."
        )
    if callable(X):
        return FrameSource(X)
    is_array = any(hasattr(X, name) for name in ("shape", "__array__", "keys"))
    if is_array or not isinstance(X, Iterable) or not is_frame(next(iter(X), None)):
        return None
    return FrameSource(lambda: X)


class _RowGroup(NamedTuple):
    """Rows of a Parquet file that can be read without the others.

    Parameters
    ----------
    fragment : pyarrow.dataset.ParquetFileFragment
        The file.
    number : int
        Number of the row group in the file.
    n : int
        Number of rows.
    """

    fragment: Any
    number: int
    n: int

    def batches(self, names: Sequence[str], length: int, schema: Any) -> Iterator[Any]:
        """Read some columns in batches of so many rows, with the columns that the name of the folder holds.

        Only one batch is decoded at a time; the reader of a dataset would decode the whole row group.
        """
        import pyarrow as pa
        from pyarrow.dataset import get_partition_keys
        from pyarrow.parquet import ParquetFile

        folder = get_partition_keys(self.fragment.partition_expression)
        file = ParquetFile(self.fragment.open(), metadata=self.fragment.metadata, buffer_size=BUFFER_BYTES)
        options = {"columns": [name for name in names if name not in folder], "use_threads": False}
        for batch in file.iter_batches(length, row_groups=[self.number], **options):
            for name in set(folder).intersection(names):
                value = pa.scalar(folder[name], schema.field(name).type)
                batch = batch.append_column(name, pa.repeat(value, batch.num_rows))
            yield batch


class ArrowSource(Source):
    """A pyarrow dataset: Parquet files row group by row group, in any order; all else from beginning to end.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        The dataset.
    """

    def __init__(self, dataset: Any):
        self.dataset = dataset
        self.head = dataset.schema.empty_table()

    @cached_property
    def row_groups(self) -> list[_RowGroup] | None:
        """The row groups of all files; None if there are other files than Parquet, or if the dataset has a filter."""
        try:
            fragments = list(self.dataset.get_fragments())
        except ValueError:  # the dataset has a filter, which fragments would not apply
            return None
        if not all(hasattr(fragment, "row_groups") for fragment in fragments):
            return None
        groups = ((fragment, group) for fragment in fragments for group in fragment.row_groups)
        return [_RowGroup(fragment, group.id, group.num_rows) for fragment, group in groups]

    def frames(self, names: Sequence[Any], rng: np.random.Generator | None = None) -> Iterator[tuple[int, Any]]:
        from pyarrow import Table

        count, length = 0, _rows_in_part(len(names))
        try:
            for number, batch in self._batches(list(names), length, rng):
                yield number, Table.from_batches([_require_columns(batch, names, number).select(names)])
                count += 1
        except OSError as error:
            raise OSError(
                f"X could not be read after {count} parts: {error}; are all its files still there?"
            ) from error

    def _batches(self, names: list[Any], length: int, rng: np.random.Generator | None) -> Iterator[tuple[int, Any]]:
        if self.row_groups is None:
            yield from enumerate(self.dataset.to_batches(columns=names, batch_size=length, use_threads=False))
            return
        starts = list(accumulate((ceil(group.n / length) for group in self.row_groups), initial=0))
        for i in _order(len(self.row_groups), rng):
            yield from enumerate(self.row_groups[i].batches(names, length, self.dataset.schema), starts[i])


class LazyFrameSource(Source):
    """A lazy frame of polars, whose query runs again in each pass.

    Parameters
    ----------
    frame : polars.LazyFrame
        The query.
    """

    def __init__(self, frame: Any):
        if not hasattr(frame, "collect_batches"):
            raise TypeError(
                "X is a LazyFrame, which must have the method collect_batches, but this version of polars has none: "
                "install a newer polars, or pass the path of a Parquet file."
            )
        self.frame = frame
        self.head = frame.head(0).collect()

    def frames(self, names: Sequence[Any], rng: np.random.Generator | None = None) -> Iterator[tuple[int, Any]]:
        batches = self.frame.select(list(names)).collect_batches(chunk_size=_rows_in_part(len(names)))
        yield from enumerate(batches)


class FrameSource(Source):
    """Frames that a function returns, each of them a part.

    Parameters
    ----------
    read : callable
        Returns all frames, again in every call.
    parts : sequence of dataframe, default=None
        The same frames, where they can be read in any order.
    """

    def __init__(self, read: Callable[[], Iterable[Any]], parts: Sequence[Any] | None = None):
        self.read, self.parts = read, parts

    @cached_property
    def head(self) -> Any:
        """The columns of the first frame."""
        first = next(iter(self.read()), None)
        if first is None:
            raise ValueError("X must hold at least one frame, but it has none.")
        return take_rows(_require_frame(first, 0), np.arange(0))

    def frames(self, names: Sequence[Any], rng: np.random.Generator | None = None) -> Iterator[tuple[int, Any]]:
        expected = self.names
        if self.parts is None:
            numbered: Iterable[tuple[int, Any]] = enumerate(self.read())
        else:
            numbered = ((i, self.parts[i]) for i in _order(len(self.parts), rng))
        for number, frame in numbered:
            yield number, select(_require_columns(_require_frame(frame, number), expected, number), names)


def _rows_in_part(n_columns: int) -> int:
    """Return how many rows of so many columns are read at once."""
    return max(min(PART_ROWS, PART_BYTES // (8 * max(n_columns, 1))), 1)


def _order(n: int, rng: np.random.Generator | None) -> Any:
    return range(n) if rng is None else rng.permutation(n)


def _require_columns(frame: Any, expected: Sequence[Any], number: int) -> Any:
    """Return a part itself, if it has these columns and no others."""
    different = set(expected).symmetric_difference(column_names(frame))
    if different:
        raise ValueError(
            f"All parts of X must have the same columns, but part {number} (from 0) differs in "
            f"{sorted(map(str, different))}: give all parts the columns of the first."
        )
    return frame


def _require_frame(part: Any, number: int) -> Any:
    """Return the part itself, if it is a dense frame whose columns have different names."""
    if not is_frame(part):
        raise TypeError(
            f"X must give frames of pandas, polars or pyarrow, but part {number} (from 0) is a {type(part).__name__}: "
            "convert it to a frame, with y as one of its columns."
        )
    require_distinct(column_names(part))
    if is_sparse_frame(part):
        raise TypeError(
            f"X must give dense frames, but all columns of part {number} (from 0) are sparse: convert them with "
            "part.sparse.to_dense()."
        )
    return part


def _open_parquet(path: Path) -> Any:
    """Open a Parquet file, or a folder of them."""
    if not path.exists():
        raise FileNotFoundError(
            f"X must be data, or the path of a Parquet file or folder, but there is no file {str(path)!r}: check the "
            "path; for another file system pass a pyarrow Dataset."
        )
    try:
        import pyarrow.dataset
    except ImportError as error:
        raise ImportError(
            "X is a path, which is read with pyarrow, but pyarrow is not installed: pip install pyarrow, or pass a "
            "list of frames or a function that returns them."
        ) from error
    try:
        return pyarrow.dataset.dataset(path, format="parquet", partitioning="hive")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"X must be the path of a Parquet file or of a folder of them, but {str(path)!r} cannot be read as one "
            f"({error}): pass a pyarrow Dataset for other formats."
        ) from error
