"""The cells of object arrays and of lists: numbers, missing values and categories, and what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse

MISSING_TYPES = ("NoneType", "NAType", "NaTType")  # by name, since pandas is not imported
INSTEAD_OF_DATES = (
    "convert it to numbers that may matter, such as the days since a date, the month and the day of the week, or drop "
    "it."
)


def kind_of(values: np.ndarray) -> str:
    """Return what the cells of objects (n,) are, apart from missing values: "numbers", "dates" or "categories".

    Numbers are int, float, Decimal, Fraction and NumPy's; truth values are categories. Without any value, or with
    values of several kinds, they are categories.

    >>> from fractions import Fraction
    >>> kind_of(np.array([1, Decimal("2.5"), Fraction(1, 3), None], dtype=object))
    'numbers'
    >>> kind_of(np.array([1, "2"], dtype=object)), kind_of(np.array([None, None], dtype=object))
    ('categories', 'categories')
    """
    first = next((cell for cell in values if not _is_missing(cell)), None)  # of strings nothing else is read
    kind = _kind(type(first))
    if kind == "categories":
        return kind
    others = {_kind(cell) for cell in set(map(type, values.tolist())) if cell.__name__ not in MISSING_TYPES}
    return kind if others == {kind} else "categories"


def _kind(cell: type) -> str:
    # first, since timedelta64 is an integer for NumPy; Period of pandas by name, since pandas is not imported
    if issubclass(cell, (date, time, timedelta, np.datetime64, np.timedelta64)) or cell.__name__ == "Period":
        return "dates"
    return "numbers" if issubclass(cell, (Real, Decimal)) and not issubclass(cell, bool) else "categories"


def are_dates(values: np.ndarray) -> bool:
    """Return whether an array holds dates, times or durations, of NumPy or as objects.

    >>> are_dates(np.array(["2020-01-01"], dtype="M8[D]")), are_dates(np.array([[timedelta(1)], [None]], dtype=object))
    (True, True)
    >>> are_dates(np.array([1.0]))
    False
    """
    return values.dtype.kind in "mM" or (values.dtype == object and kind_of(values.ravel()) == "dates")


def are_strings(values: np.ndarray) -> bool:
    """Return whether objects (n,) are strings, apart from missing values; False without any value.

    >>> are_strings(np.array(["1", None, "b"], dtype=object)), are_strings(np.array([1, "b"], dtype=object))
    (True, False)
    """
    cells = (cell for cell in values if not _is_missing(cell))
    return isinstance(next(cells, None), (str, bytes)) and all(isinstance(cell, (str, bytes)) for cell in cells)


def _is_missing(cell: Any) -> bool:
    return type(cell).__name__ in MISSING_TYPES or (isinstance(cell, float) and cell != cell)


def none_for_missing(values: np.ndarray, name: str) -> np.ndarray:
    """Replace NaN, NaT and pandas.NA among objects (n,) by None, also within tuples.

    Raises
    ------
    TypeError
        If a cell of the column `name` is not hashable.
    """
    cells = values.tolist()
    try:
        distinct = set(cells)
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} of X must hold numbers or categories such as strings, but a cell is a list, a dict, a "
            f"signaling NaN or similar ({error}): split it into several columns, or replace it."
        ) from error
    clean = {cell: _clean(cell) for cell in distinct}
    out = np.empty(len(cells), dtype=object)  # np.array would make columns of tuples
    out[:] = [clean[cell] for cell in cells]
    return out


def _clean(cell: Any) -> Any:
    """Return None for a missing value; in a tuple, NaN would differ from another NaN, as after pickling."""
    if isinstance(cell, tuple):
        return tuple(map(_clean, cell))
    # only NaN and NaT differ from themselves
    return None if type(cell).__name__ in MISSING_TYPES or cell != cell else cell


def to_floats(values: Any) -> np.ndarray:
    """Convert to float64.

    Raises
    ------
    ValueError
        If a value is no real number, such as a duration, or beyond the range of float64.
    """
    array = np.asarray(values)
    if array.dtype.kind == "c":
        raise ValueError("it holds complex numbers")
    if are_dates(array):
        raise ValueError("it holds dates, times or durations")
    try:
        return array.astype(np.float64, copy=False)
    except OverflowError as error:
        raise ValueError("a number is beyond 1.8e308, the largest of float64") from error
    except TypeError as error:
        raise ValueError(str(error)) from error


def brief(value: Any) -> str:
    """Write a value, shortened where it is very long.

    >>> brief("a"), brief(10**400), brief(10**9999)
    ("'a'", '100000000000000000000000000000000000000000...', 'an int of 33216 bits')
    """
    if isinstance(value, int) and value.bit_length() > 10_000:  # Python refuses to write it
        return f"an int of {value.bit_length()} bits"
    text = repr(value)
    return f"{text[:42]}..." if isinstance(value, int) and len(text) > 45 else text


def require_values(values: Any, what: str) -> None:
    """Raise an error for collections that are computed later, and for masks that would be ignored.

    Parameters
    ----------
    values : object
        X, y or weights.
    what : str
        Their name.

    Raises
    ------
    TypeError
        If they are of Dask, or a LazyFrame of polars.
    ValueError
        If they are an array with masked values.
    """
    library = type(values).__module__.partition(".")[0]
    if library in ("dask", "dask_expr"):
        raise TypeError(
            f"{what} must be in memory, but a Dask {type(values).__name__} was given: use the estimators of "
            f"skscratch.dask, or pass {what}.compute()."
        )
    if library == "polars" and type(values).__name__ == "LazyFrame":
        raise TypeError(f"{what} must be in memory, but a {type(values).__name__} was given: pass {what}.collect().")
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"{what} must not be a masked array with masked values, since masks are not read: "
            + ("pass X.filled(np.nan), which marks missing values." if what == "X" else "leave out the masked rows.")
        )


def require_table(X: Any) -> None:
    """Raise a ValueError if X is a dict, a list of dicts, or a series of pandas or polars.

    >>> require_table([{"age": 30.0}])
    Traceback (most recent call last):
        ...
    ValueError: X must be a table of rows and columns, but it is a list of dicts: pass pandas.DataFrame(X).
    """
    given, hint = f"of type {type(X).__name__}", "pandas.DataFrame([X]) for one row, or "
    if isinstance(X, (list, tuple)) and X and isinstance(X[0], Mapping):
        given, hint = f"a {type(X).__name__} of dicts", "pandas.DataFrame(X)"
    elif isinstance(X, Mapping) and not issparse(X):  # a sparse DOK matrix is a dict
        hint += "pandas.DataFrame(X) for columns"
    elif hasattr(X, "to_frame"):
        hint += "X.to_frame() for one column"
    else:
        return
    raise ValueError(f"X must be a table of rows and columns, but it is {given}: pass {hint}.")


def explain_matrix(X: Any, error: Exception) -> Exception | None:
    """Explain why an array or a list is no matrix of numbers; return None if nothing can be added."""
    if issparse(X) or hasattr(X, "iloc"):
        return None
    if isinstance(error, OverflowError):
        return ValueError("X must hold numbers below 1.8e308, the largest of float64, but one is larger: rescale it.")
    try:
        cells = np.asarray(X, dtype=object)
    except ValueError:
        return None  # rows of different lengths
    if cells.ndim != 2:
        return None
    dates = [j for j, column in enumerate(cells.T) if kind_of(column) == "dates"]
    if dates:
        return ValueError(f"X must be numeric, but its column {dates[0]} holds dates or times: {INSTEAD_OF_DATES}")
    texts = [j for j, column in enumerate(cells.T) if any(isinstance(cell, (str, bytes)) for cell in column)]
    if not texts:
        return None
    example = next(cell for cell in cells[:, texts[0]] if isinstance(cell, (str, bytes)))
    shown = str(texts) if len(texts) <= 10 else "the positions of such columns"
    return ValueError(
        f"X must hold numbers where it has no column names, but column {texts[0]} holds {str(example)!r} ({error}): "
        f"set categorical_features={shown}, or pass a DataFrame."
    )
