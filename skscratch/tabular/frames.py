"""Frames of pandas, polars and pyarrow: names, columns, types and rows, in the same way for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse


def is_frame(X: Any) -> bool:
    """Return whether X is a frame of pandas (iloc), polars (get_columns) or pyarrow (column_names)."""
    return any(hasattr(X, name) for name in ("iloc", "get_columns", "column_names")) and len(_shape(X)) == 2


def is_sparse_frame(X: Any) -> bool:
    """Return whether every column of a pandas frame is sparse, with zeros in most rows, as in a sparse matrix."""
    return hasattr(X, "iloc") and X.shape[1] > 0 and all(map(_is_sparse, X.dtypes))


def _is_sparse(dtype: Any) -> bool:
    return str(dtype).startswith("Sparse") and dtype.fill_value == 0


def column_names(X: Any) -> list[Any]:
    """Return the names of the columns of a frame."""
    return list(X.columns if hasattr(X, "iloc") or hasattr(X, "get_columns") else X.column_names)


def require_distinct(names: Sequence[Any]) -> None:
    """Raise a ValueError if two columns have the same name.

    >>> require_distinct(["a", "b", "a"])
    Traceback (most recent call last):
        ...
    ValueError: The columns of X must have different names, but several have the name 'a': rename or drop some.
    """
    if len(set(names)) < len(names):
        repeated = [name for name, times in Counter(names).items() if times > 1]
        shown = ", ".join(map(repr, repeated[:5]))
        raise ValueError(
            f"The columns of X must have different names, but several have the name {shown}: rename or drop some."
        )


def columns_of(X: Any) -> list[Any]:
    """Return the columns of a frame (series) or of an array (n, d)."""
    if hasattr(X, "iloc"):
        return [column for _, column in X.items()]
    if hasattr(X, "get_columns"):
        columns: list[Any] = X.get_columns()
        return columns
    return list(X.columns if hasattr(X, "column_names") else X.T)


def type_name(column: Any) -> str:
    """Return the printed name of the type of a column."""
    return str(column.type if _is_arrow(column) else column.dtype).lower()


def column_array(column: Any) -> np.ndarray:
    """Return a column of any kind as an array (n,), or with more dimensions if its type is nested.

    A column of categories holds its values, not their codes.
    """
    if _is_arrow(column):
        kind = column.type
        # to_numpy would read a missing category as one of the others
        values = column.cast(kind.value_type) if str(kind).startswith("dictionary") else column
        return np.asarray(values.to_numpy(zero_copy_only=False))
    if type(column).__module__.startswith("polars") and type_name(column).endswith("int128"):
        column = column.cast(float)  # NumPy has no such type
    return np.asarray(column.to_numpy()) if hasattr(column, "to_numpy") else column


def select(X: Any, names: Sequence[Any]) -> Any:
    """Return a frame of some of the columns of X, in this order."""
    return X[list(names)] if hasattr(X, "iloc") else X.select(list(names))


def number_of_rows(X: Any) -> int:
    """Return the number of rows of a frame, an array, a list or a sparse matrix.

    >>> number_of_rows([[1, 2], [3, 4], [5, 6]])
    3
    """
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def take_rows(X: Any, rows: np.ndarray) -> Any:
    """Take rows of X by position; the result is of the same kind: a frame, an array, a list or a sparse matrix.

    >>> take_rows([[1, 2], [3, 4]], np.array([1]))
    [[3, 4]]
    """
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if hasattr(X, "column_names"):
        return X.take(rows)
    if isinstance(X, (list, tuple)):
        return [X[i] for i in rows]
    return (X.tocsr() if issparse(X) else X)[rows]


def _is_arrow(column: Any) -> bool:
    """Return whether a column is of pyarrow; a series of pandas would need long to say that it has no such method."""
    return type(column).__module__.partition(".")[0] == "pyarrow"


def _shape(X: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = getattr(X, "shape", ())
    return shape
