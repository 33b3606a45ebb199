"""Encode targets, decode predictions, and check the weights of rows.

A target of n rows becomes a float array (n, o): one column of 0 and 1 for two classes, a 0/1 column per class for more,
one per label for multilabel y, and standardised columns for regression. `decode` is the inverse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import issparse
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from skscratch.tabular.scaling import mean_and_std


def require_target(y: Any, estimator_name: str) -> None:
    """Raise scikit-learn's error if y is None."""
    if y is None:
        raise ValueError(f"This {estimator_name} estimator requires y to be passed, but the target y is None.")


@dataclass(frozen=True, eq=False)
class ClassTarget:
    """Classes, or sets of labels, and their encoding.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel"}
        Kind of y.
    classes_ : ndarray of shape (n_classes,)
        Sorted class labels; the numbers of the columns of y if it is multilabel.
    """

    kind: str
    classes_: np.ndarray

    @classmethod
    def fit(cls, y: Any, classes: Any = None) -> ClassTarget:
        """Find the classes.

        Parameters
        ----------
        y : {array-like, sparse matrix} of shape (n_samples,), (n_samples, 1) or (n_samples, n_labels)
            Strings, ints, bools or whole floats; an indicator matrix, dense or sparse, is multilabel.
        classes : array-like, default=None
            All classes, for `partial_fit`; by default those in y.

        Returns
        -------
        ClassTarget

        Raises
        ------
        ValueError
            If y is continuous, has several columns of classes, or has only one class.
        """
        y = read_labels(y)
        check_classification_targets(y)
        if y.ndim == 2:
            return cls("multilabel", _check_label_numbers(np.arange(_check_indicator(y).shape[1]), classes))
        found = np.unique(y if classes is None else read_labels(classes))
        if len(found) < 2:
            raise ValueError(
                f"y must hold two classes or more for a classifier, but it has {len(found)} class(es), "
                f"{found.tolist()}: pass rows of another class too."
            )
        return cls("binary" if len(found) == 2 else "multiclass", found)

    @property
    def n_outputs(self) -> int:
        """Number of columns of the encoded target."""
        return 1 if self.kind == "binary" else len(self.classes_)

    def encode(self, y: Any, dtype: DTypeLike = np.float64) -> np.ndarray:
        """Encode labels as 0/1 (n, o); for two classes, 1 is the second.

        Raises
        ------
        ValueError
            If y holds a class not in `classes_`, or another number of labels.
        """
        y = read_labels(y)
        if (y.ndim == 2) != (self.kind == "multilabel") or (y.ndim == 2 and y.shape[1] != self.n_outputs):
            raise ValueError(
                f"y must be {self.kind}, as it was at first, with classes {self.classes_.tolist()}, but an array of "
                f"shape {y.shape} was given."
            )
        if self.kind == "multilabel":
            return _check_indicator(y).astype(dtype)
        codes = _codes(y, self.classes_)
        if self.kind == "binary":
            return codes[:, None].astype(dtype)
        out = np.zeros((len(codes), len(self.classes_)), dtype=dtype)
        out[np.arange(len(codes)), codes] = 1
        return out

    def decode(self, p: np.ndarray) -> np.ndarray:
        """Decode probabilities (n, o) as labels (n,), or 0/1 (n, n_labels); a tie is the first class."""
        if self.kind == "multilabel":
            return (p > 0.5).astype(int)
        codes = (p[:, 0] > 0.5).astype(int) if self.kind == "binary" else p.argmax(axis=1)
        return np.take(self.classes_, codes)

    def widen(self, y: Any) -> ClassTarget:
        """Return the target itself: classes stay those of the first fit."""
        return self


@dataclass(frozen=True, eq=False)
class RegressionTarget:
    """Numbers and their standardisation: z = (y - shift) / scale.

    Parameters
    ----------
    shift, scale : ndarray of shape (n_outputs,)
        Encoding subtracts the first and divides by the second.
    low, high : ndarray of shape (n_outputs,)
        The range of y in training, to which predictions are clipped; infinite if they are not clipped.
    vector : bool
        Whether predictions have shape (n,) rather than (n, o).
    """

    shift: np.ndarray
    scale: np.ndarray
    low: np.ndarray
    high: np.ndarray
    vector: bool

    @classmethod
    def fit(cls, y: Any, sample_weight: np.ndarray | None = None, invariance: str = "affine") -> RegressionTarget:
        """Learn shift, scale and range.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 1) or (n_samples, n_outputs)
            Targets; a column is read as (n_samples,), with scikit-learn's warning.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights above zero.
        invariance : {"affine", "scale", "none"}, default="affine"
            Maps of y that the loss allows. "affine": subtract the mean, divide by the standard deviation, clip
            predictions to the range of y. "scale": divide by the mean (of y >= 0). "none": do not change y.

        Returns
        -------
        RegressionTarget
        """
        numbers, vector = read_numbers(y)
        shift, scale, limit = (np.full(numbers.shape[1], value) for value in (0.0, 1.0, np.inf))
        mean, std = mean_and_std(numbers, sample_weight)
        if invariance == "none":
            return cls(shift, scale, -limit, limit, vector)
        if invariance == "scale":
            return cls(shift, np.where(mean > 0, mean, 1.0), -limit, limit, vector)
        return cls(mean, np.where(std > 0, std, 1.0), numbers.min(axis=0), numbers.max(axis=0), vector)

    @property
    def n_outputs(self) -> int:
        """Number of columns of the encoded target."""
        return len(self.scale)

    def encode(self, y: Any, dtype: DTypeLike = np.float64) -> np.ndarray:
        """Encode targets as z (n, o).

        Raises
        ------
        ValueError
            If y is not finite or has another number of columns.
        """
        return np.asarray((self._numbers(y) - self.shift) / self.scale, dtype)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Decode z (n, o) as y = shift + scale z, float64 of shape (n,) or (n, o), clipped to [low, high]."""
        y: np.ndarray = np.clip(self.shift + self.scale * z.astype(np.float64), self.low, self.high)
        return y[:, 0] if self.vector else y

    def widen(self, y: Any) -> RegressionTarget:
        """Return the same target with a range that also contains y, for `partial_fit`."""
        numbers = self._numbers(y)
        low, high = np.minimum(self.low, numbers.min(axis=0)), np.maximum(self.high, numbers.max(axis=0))
        return replace(self, low=low, high=high)

    def _numbers(self, y: Any) -> np.ndarray:
        """Read y as float64 (n, o), with as many columns as in fit."""
        numbers, _ = read_numbers(y)
        if numbers.shape[1] != self.n_outputs:
            raise ValueError(
                f"y must have {self.n_outputs} column(s), as in the first fit, but it has {numbers.shape[1]}: pass the "
                "same outputs."
            )
        return numbers


def check_weights(sample_weight: Any, n: int, dtype: DTypeLike = np.float64) -> np.ndarray | None:
    """Check the weights of n rows.

    Parameters
    ----------
    sample_weight : None, float or array-like of shape (n_samples,)
        None stays None; a number is the weight of every row.
    n : int
        The number of rows.
    dtype : dtype, default=float64
        Precision of the result.

    Returns
    -------
    ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        If the shape is not (n,), a weight is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return None
    w = np.asarray(sample_weight, dtype=dtype)
    if w.ndim > 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, but sample_weight.shape == {w.shape}; ravel it.")
    w = np.full(n, w) if w.ndim == 0 else w
    if w.shape != (n,):
        raise ValueError(f"sample_weight.shape == {w.shape}, expected {(n,)}: pass one weight per row of X.")
    if not np.isfinite(w).all() or w.min() < 0:
        bad = w[~(np.isfinite(w) & (w >= 0))][0]
        raise ValueError(f"sample_weight must be finite and not negative, but it holds {bad}; 0 leaves a row out.")
    if not w.any():
        raise ValueError("sample_weight must be above zero in at least one row, but every weight is zero.")
    return w


def class_weights(
    class_weight: Any, classes: np.ndarray, y: Any, sample_weight: np.ndarray | None = None
) -> np.ndarray | None:
    """Multiply the weights of rows by the weights of their classes.

    Parameters
    ----------
    class_weight : None, "balanced" or dict of class to float
        "balanced" gives class c the weight n / (K n_c), with n and n_c the total weight of all rows and of those of
        class c, and K the number of classes that have any; classes missing from a dict have weight 1.
    classes : ndarray of shape (n_classes,)
        All classes.
    y : array-like of shape (n_samples,)
        The class of each row.
    sample_weight : ndarray of shape (n_samples,), default=None
        The weights of rows; None means 1.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        None if there are neither.

    Raises
    ------
    ValueError
        If a key is no class, a weight is negative, all rows get weight zero, or y is multilabel.
    """
    if class_weight is None:
        return sample_weight
    y = read_labels(y)
    if y.ndim == 2:
        raise ValueError("class_weight must be None when y is multilabel: weight the rows with sample_weight instead.")
    codes = _codes(y, classes)
    w = np.ones(len(codes)) if sample_weight is None else sample_weight
    if isinstance(class_weight, dict):
        factors = _factors(class_weight, classes)
    elif isinstance(class_weight, str) and class_weight == "balanced":
        mass = np.bincount(codes, w, minlength=len(classes))
        factors = np.divide(mass.sum(), np.count_nonzero(mass) * mass, out=np.zeros_like(mass), where=mass > 0)
    else:
        raise ValueError(f"class_weight must be None, 'balanced' or a dict of class to weight, got {class_weight!r}.")
    weights: np.ndarray = w * factors[codes]
    if not weights.any():
        raise ValueError("class_weight must leave a weight above zero to some row, but with it every weight is zero.")
    return weights


def _factors(class_weight: dict[Any, float], classes: np.ndarray) -> np.ndarray:
    """Read the weights (K,) of the classes from a dict."""
    labels = classes.tolist()
    for label, weight in class_weight.items():
        if label not in labels:
            raise ValueError(f"class_weight holds {label!r}, which must be, but is not, one of the classes {labels}.")
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"class_weight must be finite and not negative, but class {label!r} has {weight!r}.")
    return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)


def read_labels(y: Any) -> np.ndarray:
    """Read labels (n,) of one kind and none missing, or columns of them (n, l), as a plain array."""
    if issparse(y):
        y = y.toarray()
    y = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y, dtype=getattr(y, "dtype", object))
    if y.dtype == object:
        plain = np.array(y.tolist())  # lists and nullable columns give numbers and bools as objects
        y = plain if plain.dtype.kind in "biuf" else y
    if y.dtype == object and not all(isinstance(label, str) for label in y.flat):
        raise ValueError(
            "y must hold labels of one kind, all strings or all numbers, and none missing, but it holds "
            f"{sorted({type(label).__name__ for label in y.flat})}: convert them, and drop rows without a label."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y must hold a label in every row, but contains NaN or infinity: drop such rows.")
    return np.asarray(column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y)


def _check_indicator(y: np.ndarray) -> np.ndarray:
    """Return y (n, l) itself, if it contains only 0 and 1."""
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"y must be one column of classes or an indicator matrix of 0 and 1, but it has {y.shape[1]} columns of "
            "other values: fit one classifier per column, as sklearn.multioutput.MultiOutputClassifier does."
        )
    return y


def _codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the position of each label of y (n,) among the classes."""
    position = {label: i for i, label in enumerate(classes.tolist())}
    codes = np.fromiter((position.get(label, -1) for label in y.tolist()), np.intp, len(y))
    if (codes < 0).any():
        raise ValueError(
            f"y must hold no other classes than {classes.tolist()}, but it holds {y[codes < 0].tolist()[0]!r}: pass "
            "all classes to the first call of fit or partial_fit."
        )
    return codes


def _check_label_numbers(numbers: np.ndarray, classes: Any) -> np.ndarray:
    """Return the numbers of the labels, if `classes` is None or equal to them, as multilabel y requires."""
    if classes is not None and not np.array_equal(np.sort(classes), numbers):
        raise ValueError(
            f"classes must be the column numbers 0 to {len(numbers) - 1} when y is multilabel, not {classes!r}."
        )
    return numbers


def read_numbers(y: Any) -> tuple[np.ndarray, bool]:
    """Read targets as float64 (n, o), and return whether they were one column."""
    y = check_array(y, dtype=np.float64, ensure_2d=False, ensure_all_finite=False, input_name="y")
    if not np.isfinite(y).all():
        bad = y[~np.isfinite(y)][0]
        raise ValueError(f"y must be finite, but contains {'NaN' if np.isnan(bad) else 'infinity'}: drop such rows.")
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    return y.reshape(len(y), -1), y.ndim == 1
