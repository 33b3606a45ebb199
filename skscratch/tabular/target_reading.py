"""Read and check y: labels or numbers, as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array, column_or_1d

from skscratch.tabular.cells import MISSING_TYPES, are_dates, brief, require_values
from skscratch.tabular.frames import column_array, columns_of, is_frame

# What NumPy says of a cell that has no float
NOT_A_NUMBER = ("could not convert", "cannot convert", "float() argument", "Cannot cast")


def require_target(y: Any, estimator_name: str) -> None:
    """Raise scikit-learn's error if y is None."""
    if y is None:
        raise ValueError(f"This {estimator_name} estimator requires y to be passed, but the target y is None.")


def read_labels(y: Any) -> np.ndarray:
    """Read labels (n,) of one kind and none missing, or columns of them (n, l), as a plain array."""
    require_values(y, "y")
    if issparse(y):
        y = y.toarray()
    if hasattr(y, "to_numpy"):
        y = y.to_numpy() if is_frame(y) else column_array(y)
    else:
        y = np.asarray(y, dtype=getattr(y, "dtype", object))
    if y.dtype == object:
        plain = np.array(y.tolist())  # lists and nullable columns give numbers and bools as objects
        y = plain if plain.dtype.kind in "biuf" else y
    if y.dtype == object and y.size and all(isinstance(label, int) for label in y.flat):
        raise ValueError(
            f"y must hold labels from {-(2**63)} to {2**64 - 1} if they are integers, but it holds "
            f"{brief(max(y.flat, key=abs))}: convert the labels to strings."
        )
    if y.dtype == object and not all(isinstance(label, str) for label in y.flat):
        raise ValueError(
            "y must hold labels of one kind, all strings or all numbers, and none missing, but it holds "
            f"{sorted({type(label).__name__ for label in y.flat})}: convert them, and drop rows without a label."
        )
    if y.dtype.kind in "fmM" and not np.isfinite(y).all():
        missing = "NaN or infinity" if y.dtype.kind == "f" else "NaT"
        raise ValueError(f"y must hold a label in every row, but contains {missing}: drop such rows.")
    return np.asarray(column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y)


def check_indicator(y: np.ndarray) -> np.ndarray:
    """Return y (n, l) itself, if it contains only 0 and 1."""
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"y must be one column of classes or an indicator matrix of 0 and 1, but it has {y.shape[1]} columns of "
            "other values: fit one classifier per column, as sklearn.multioutput.MultiOutputClassifier does."
        )
    return y


def class_codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the position of each label of y (n,) among the classes."""
    position = {label: i for i, label in enumerate(classes.tolist())}
    codes = np.fromiter((position.get(label, -1) for label in y.tolist()), np.intp, len(y))
    if (codes < 0).any():
        raise ValueError(
            f"y must hold no other classes than {classes.tolist()}, but it holds {y[codes < 0].tolist()[0]!r}: pass "
            "all classes to the first call of fit or partial_fit."
        )
    return codes


def check_numbers(y: Any) -> np.ndarray:
    """Read targets as finite float64 of shape (n,) or (n, o)."""
    require_values(y, "y")
    try:
        _reject_dates(y)
        y = check_array(y, dtype=np.float64, ensure_2d=False, ensure_all_finite=False, input_name="y")
    except (ValueError, OverflowError, TypeError) as error:
        if explained := _explain_numbers(error):
            raise explained from error
        raise
    if not np.isfinite(y).all():
        bad = y[~np.isfinite(y)][0]
        raise ValueError(f"y must be finite, but contains {'NaN' if np.isnan(bad) else 'infinity'}: drop such rows.")
    return np.asarray(y)


def read_numbers(y: Any) -> tuple[np.ndarray, bool]:
    """Read targets as finite float64 (n, o), and return whether they were one column."""
    y = check_numbers(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    return y.reshape(len(y), -1), y.ndim == 1


def _reject_dates(y: Any) -> None:
    """Raise a ValueError if y holds dates, times or durations, which NumPy would read as integers."""
    columns = columns_of(y) if is_frame(y) else [y]
    if any(are_dates(np.asarray(column_array(column))) for column in columns):
        raise ValueError(
            "y must be numeric, but it holds dates, times or durations: convert it to numbers, such as the days since "
            "a date, or with .dt.total_seconds()."
        )


def _explain_numbers(error: Exception) -> Exception | None:
    """Explain why y cannot be read as numbers; return None if nothing can be added."""
    text = str(error)
    if isinstance(error, TypeError) and any(f"'{name}'" in text for name in MISSING_TYPES):
        return ValueError("y must be finite, but contains a missing value: drop such rows.")
    if isinstance(error, OverflowError):
        text = "a number is beyond 1.8e308, the largest of float64"
    elif "setting an array element" in text:
        text = "its rows do not hold equally many values"
    elif not any(problem in text for problem in NOT_A_NUMBER):
        return None
    return ValueError(
        f"y must hold numbers for a regressor, but it does not ({text}): convert it, or use a classifier for classes."
    )
