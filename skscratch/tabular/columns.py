"""Read X of any kind: numeric columns become one float array, categorical columns become object arrays.

An array, a list or a sparse matrix without categories is checked by scikit-learn. A frame of pandas, polars or pyarrow,
and an array with categories, is read column by column. Fit decides which columns are categorical, by their types or by
`categorical_features`; afterwards the same columns are categorical, even if their type has changed (a single row may
have only missing values). In the result a missing number is NaN and a missing category is None.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skscratch.tabular.cells import (
    INSTEAD_OF_DATES,
    are_strings,
    explain_matrix,
    kind_of,
    none_for_missing,
    require_table,
    require_values,
    to_floats,
)
from skscratch.tabular.chunks import row_chunks
from skscratch.tabular.frames import (
    column_array,
    column_names,
    columns_of,
    is_frame,
    is_sparse_frame,
    require_distinct,
    type_name,
)

# Beginnings of the printed names of types in pandas (also Arrow-backed), polars and pyarrow
CATEGORY_TYPES = re.compile(r"(category|categorical|enum|string|string_view|large_string|str|object|dictionary)\b")
DATE_TYPES = re.compile(r"date|time|period|duration")


@dataclass(frozen=True, eq=False)
class RawTable:
    """The columns of X, split by kind.

    Parameters
    ----------
    numeric : ndarray or CSR of shape (n_samples, n_numeric)
        float32 or float64; NaN where a value is missing.
    categories : list of object ndarray of shape (n_samples,)
        One array per categorical column; None where a value is missing.
    numeric_names, category_names : list of str
        The names of the columns, or "x0", "x1", ... by position in X.
    """

    numeric: Any
    categories: list[np.ndarray]
    numeric_names: list[str]
    category_names: list[str]

    def __len__(self) -> int:
        n: int = self.numeric.shape[0]
        return n

    def take(self, rows: np.ndarray | slice) -> RawTable:
        """Return the table of the given rows, by index, mask or slice."""
        categories = [values[rows] for values in self.categories]
        return RawTable(self.numeric[rows], categories, self.numeric_names, self.category_names)

    def chunks(self) -> Iterator[RawTable]:
        """Yield the table in chunks of consecutive rows, counting several encoded columns for each category."""
        for rows in row_chunks(self.numeric, extra_bytes=64 * len(self.categories)):
            yield self.take(rows)


def concatenate_tables(tables: Sequence[RawTable]) -> RawTable:
    """Put tables with the same columns below each other."""
    first = tables[0]
    numbers = [table.numeric for table in tables]
    numeric = vstack(numbers, format="csr") if issparse(first.numeric) else np.concatenate(numbers)
    categories = [np.concatenate(columns) for columns in zip(*(table.categories for table in tables), strict=True)]
    return RawTable(numeric, categories, first.numeric_names, first.category_names)


def find_categories(X: Any, categorical_features: Any = "from_dtype") -> tuple[int, ...]:
    """Find the categorical columns of X, at fit; `read_table` gets the result.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        The training data; only types, names, shape and the cells of object columns are read.
    categorical_features : "from_dtype", None or array-like of bool, int or str
        "from_dtype" chooses the category, string and object columns of a frame, apart from object columns that hold
        nothing but numbers, and the columns of an array of objects that hold nothing but strings. None chooses none.
        Otherwise a mask of shape (n_features,), positions, or names of a frame's columns.

    Returns
    -------
    tuple of int
        Positions of the categorical columns, in order.

    Raises
    ------
    ValueError
        If `categorical_features` is none of these or does not fit X.
    """
    require_values(X, "X")
    if categorical_features is None:
        return ()
    if isinstance(categorical_features, str):
        if categorical_features != "from_dtype":
            raise _invalid_choice(categorical_features)
        return tuple(_from_types(X))
    shape: tuple[int, ...] = np.shape(X) if isinstance(X, (list, tuple)) else getattr(X, "shape", ())
    if len(shape) != 2:
        return ()  # read_table says what is wrong with X
    return _positions(np.asarray(categorical_features), shape[1], column_names(X) if is_frame(X) else None)


def _from_types(X: Any) -> Iterator[int]:
    """Yield the positions of the categorical columns of a frame, or of an array of objects."""
    if is_frame(X):
        yield from (j for j, column in enumerate(columns_of(X)) if _is_category(column))
    elif isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2:
        yield from (j for j, column in enumerate(X.T) if are_strings(column))


def _is_category(column: Any) -> bool:
    """Return whether a column has a type of categories; objects that are all numbers, such as Decimal, are none."""
    kind = type_name(column)
    if kind.startswith("object"):
        return kind_of(column_array(column)) == "categories"
    return CATEGORY_TYPES.match(kind) is not None


def read_table(estimator: Any, X: Any, categorical: tuple[int, ...], *, reset: bool) -> RawTable:
    """Check X against the estimator and split its columns by kind.

    Parameters
    ----------
    estimator : estimator
        `n_features_in_` and `feature_names_in_` are set on it if `reset`, else X is checked against them.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Never changed. A float array without categories is not copied.
    categorical : tuple of int
        The result of `find_categories` at fit.
    reset : bool
        True in fit, False afterwards.

    Returns
    -------
    RawTable

    Raises
    ------
    ValueError
        If X is a dict, a list of dicts or a series, or has other columns than at fit, two columns with one name, no
        rows, infinite values, or a column that cannot be read.
    """
    if type(X) is not np.ndarray:
        require_values(X, "X")
        require_table(X)
    X = _named(X)
    if not categorical and (not is_frame(X) or is_sparse_frame(X)):
        table = RawTable(_read_matrix(estimator, X, reset), [], _feature_names(estimator), [])
    else:
        table = _split(estimator, X, categorical, reset)
    _reject_infinity(table)
    return table


def check_columns(estimator: Any, X: Any, reset: bool) -> None:
    """Check number and names of the columns of X, or set `n_features_in_` and `feature_names_in_`; no row is read."""
    validate_data(estimator, _named(X), skip_check_array=True, reset=reset)


def _named(X: Any) -> Any:
    """Check that columns of a frame have different names; return X, a record batch of pyarrow as a table.

    scikit-learn does not read the names of a batch.
    """
    if is_frame(X):
        require_distinct(column_names(X))
    return type(X.schema.empty_table()).from_batches([X]) if type(X).__name__ == "RecordBatch" else X


def _read_matrix(estimator: Any, X: Any, reset: bool) -> Any:
    """Read one array or matrix of numbers; of a float array only the number of columns is checked.

    On a single row the other checks would take several times as long as a small network.
    """
    if not (type(X) is np.ndarray and X.ndim == 2 and X.size > 0 and X.dtype in (np.float64, np.float32)):
        if DATE_TYPES.match(str(getattr(X, "dtype", ""))):
            raise ValueError(f"X must be numeric, but it is an array of {X.dtype}, dates or times: {INSTEAD_OF_DATES}")
        options = {"accept_sparse": "csr", "dtype": [np.float64, np.float32], "ensure_all_finite": False}
        try:
            return validate_data(estimator, X, reset=reset, **options)
        except (ValueError, OverflowError, TypeError) as error:
            if explained := explain_matrix(X, error):
                raise explained from error
            raise
    if reset or hasattr(estimator, "feature_names_in_") or X.shape[1] != estimator.n_features_in_:
        return validate_data(estimator, X, reset=reset, skip_check_array=True)
    return X


def _split(estimator: Any, X: Any, categorical: tuple[int, ...], reset: bool) -> RawTable:
    """Read a frame, or an array with categories, column by column."""
    X = validate_data(estimator, _check_shape(estimator, X), skip_check_array=True, reset=reset)
    columns, names = columns_of(X), _feature_names(estimator)
    numbers = [j for j in range(len(columns)) if j not in set(categorical)]
    numeric = _stack([_read_numbers(columns[j], names[j]) for j in numbers], X.shape[0])
    categories = [_read_objects(columns[j], names[j]) for j in categorical]
    return RawTable(numeric, categories, [names[j] for j in numbers], [names[j] for j in categorical])


def _feature_names(estimator: Any) -> list[str]:
    """Return the names of the columns at fit, or "x0", "x1", ..."""
    names = getattr(estimator, "feature_names_in_", None)
    return list(_numbered(estimator.n_features_in_)) if names is None else names.tolist()


@lru_cache
def _numbered(d: int) -> tuple[str, ...]:
    return tuple(f"x{j}" for j in range(d))


def _check_shape(estimator: Any, X: Any) -> Any:
    """Return X as a frame or array of two dimensions, with a row and a column at least; lists become object arrays."""
    if is_frame(X):
        # raises scikit-learn's error for a frame without rows or columns
        check_array(np.broadcast_to(0.0, X.shape), ensure_all_finite=False, estimator=estimator)
        return X
    if issparse(X):
        raise ValueError(
            "X must be a DataFrame or an array when some of its columns are categorical, but it is a sparse matrix: "
            "one-hot encode the categories and set categorical_features=None, or pass X.toarray()."
        )
    dtype = None if hasattr(X, "dtype") else object
    return check_array(X, dtype=dtype, ensure_all_finite=False, estimator=estimator, input_name="X")


def _values(column: Any, name: str) -> np.ndarray:
    """Return a column as an array (n,) of any type; in an object array, every kind of missing value is None."""
    values = column_array(column)
    if values.ndim != 1:
        raise _unreadable(name, f"it has the nested type {type_name(column)}")
    return none_for_missing(values, name) if values.dtype == object else values


def _read_objects(column: Any, name: str) -> np.ndarray:
    """Return a categorical column as objects (n,), None where missing."""
    values = _values(column, name)
    return values if values.dtype == object else none_for_missing(values.astype(object), name)


def _read_numbers(column: Any, name: str) -> np.ndarray:
    """Return a numeric column as floats (n,), NaN where missing."""
    kind = type_name(column)
    if DATE_TYPES.match(kind) or (kind == "object" and kind_of(column_array(column)) == "dates"):
        raise ValueError(
            f"Column {name!r} of X must be numeric, but it has the type {kind} and holds dates or times: "
            f"{INSTEAD_OF_DATES}"
        )
    if kind.startswith("complex"):
        raise _unreadable(name, f"it has the type {kind} (Complex data not supported)")
    values = _values(column, name)
    try:
        return values if values.dtype == np.float32 else to_floats(values)
    except ValueError as error:
        raise _unreadable(name, f"it is not ({error})", ", list it in categorical_features,") from error


def _stack(columns: list[np.ndarray], n: int) -> np.ndarray:
    """Join columns to an array (n, m), float32 if all of them are."""
    single = bool(columns) and all(column.dtype == np.float32 for column in columns)
    out = np.empty((n, len(columns)), dtype=np.float32 if single else np.float64)
    for j, column in enumerate(columns):
        out[:, j] = column
    return out


def _reject_infinity(table: RawTable) -> None:
    """Raise an error that names the first column with an infinite number, if there is one."""
    for rows in row_chunks(table.numeric):
        x = table.numeric[rows]
        infinite = np.isinf(x.data if issparse(x) else x)
        if infinite.any():
            j = x.indices[infinite].min() if issparse(x) else np.flatnonzero(infinite.any(axis=0))[0]
            raise ValueError(
                f"X must be finite or NaN (missing), but column {table.numeric_names[j]!r} contains infinity: replace "
                "it, for instance by NaN."
            )


def _unreadable(name: str, problem: str, hint: str = "") -> ValueError:
    return ValueError(f"Column {name!r} of X must be numeric, but {problem}: convert it to numbers{hint} or drop it.")


def _invalid_choice(given: Any) -> ValueError:
    return ValueError(
        "categorical_features must be 'from_dtype', None, a mask of shape (n_features,), column positions or column "
        f"names, but {given!r} was given."
    )


def _positions(chosen: np.ndarray, d: int, names: list[Any] | None) -> tuple[int, ...]:
    """Return the sorted positions of columns given by mask, position or name, of d columns."""
    if chosen.ndim == 1 and chosen.size == 0:
        return ()
    if chosen.ndim == 1 and chosen.dtype == bool:
        if chosen.size != d:
            raise ValueError(
                f"categorical_features must have one entry per column when it is a mask, but it has {chosen.size} and "
                f"X has {d} columns."
            )
        return tuple(np.flatnonzero(chosen).tolist())
    if chosen.ndim == 1 and chosen.dtype.kind in "iu":
        if chosen.min() < 0 or chosen.max() >= d:
            raise ValueError(
                f"categorical_features must hold positions from 0 to {d - 1}, the columns of X, but {chosen.tolist()} "
                "was given."
            )
        return tuple(np.unique(chosen).tolist())
    if chosen.ndim == 1 and all(isinstance(name, str) for name in chosen):
        return tuple(sorted({_position(str(name), names) for name in chosen}))
    raise _invalid_choice(chosen.tolist())


def _position(name: str, names: list[Any] | None) -> int:
    """Return the position of the column with this name."""
    if names is None:
        raise ValueError(
            f"categorical_features holds the name {name!r}, but X must be a DataFrame to have names: give positions or "
            "a mask instead."
        )
    if name not in names:
        close = difflib.get_close_matches(name, list(map(str, names)), n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"its columns are {names}."
        raise ValueError(f"categorical_features holds {name!r}, which must be, but is not, a column of X; {hint}")
    return names.index(name)
