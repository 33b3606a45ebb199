"""Encode targets and decode predictions.

A target of n rows becomes a float array (n, o): one column of 0 and 1 for two classes, a 0/1 column per class for more,
one per label for multilabel y, and standardised columns for regression. `decode` is the inverse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from skscratch.tabular.target_facts import ClassMass, Moments
from skscratch.tabular.target_reading import check_indicator, class_codes, read_labels, read_numbers


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
        y : ClassMass, or {array-like, sparse matrix} of shape (n_samples,), (n_samples, 1) or (n_samples, n_labels)
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
        facts = y if isinstance(y, ClassMass) else ClassMass.of(y)
        if facts.kind == "multilabel":
            return cls("multilabel", _check_label_numbers(facts.classes, classes))
        found = facts.classes if classes is None else np.unique(read_labels(classes))
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
            return check_indicator(y).astype(dtype)
        codes = class_codes(y, self.classes_)
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
        y : Moments, or array-like of shape (n_samples,), (n_samples, 1) or (n_samples, n_outputs)
            Targets; a column is read as (n_samples,), with scikit-learn's warning.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights above zero; not used with Moments, which are weighted already.
        invariance : {"affine", "scale", "none"}, default="affine"
            Maps of y that the loss allows. "affine": subtract the mean, divide by the standard deviation, clip
            predictions to the range of y. "scale": divide by the mean (of y >= 0). "none": do not change y.

        Returns
        -------
        RegressionTarget
        """
        _, mean, std, low, high, vector = y if isinstance(y, Moments) else Moments.of(y, sample_weight)
        shift, scale, limit = (np.full(len(mean), value) for value in (0.0, 1.0, np.inf))
        if invariance == "none":
            return cls(shift, scale, -limit, limit, vector)
        if invariance == "scale":
            return cls(shift, np.where(mean > 0, mean, 1.0), -limit, limit, vector)
        return cls(mean, np.where(std > 0, std, 1.0), low, high, vector)

    @property
    def n_outputs(self) -> int:
        """Number of columns of the encoded target."""
        return len(self.scale)

    def encode(self, y: Any, dtype: DTypeLike = np.float64) -> np.ndarray:
        """Encode targets as z (n, o).

        Raises
        ------
        ValueError
            If y is not finite, has another number of columns, or is too large for this precision.
        """
        y, limit = self._numbers(y), float(np.finfo(dtype).max ** 0.25)
        with np.errstate(over="ignore"):
            z = 2 * ((y / 2 - self.shift / 2) / self.scale)  # half of each number: a difference may overflow
        if not (np.abs(z) <= limit).all():
            raise ValueError(
                f"y must be at most {limit:.2g} times as large as the standard deviation or the mean in the first fit, "
                f"or as 1 with the cosine loss, but it holds {y[~(np.abs(z) <= limit)][0]}: rescale it, or use "
                "dtype='float64'."
            )
        return np.asarray(z, dtype)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Decode z (n, o) as y = shift + scale z, finite, clipped to [low, high], float64 of shape (n,) or (n, o)."""
        y = np.clip(self.numbers(z), self.low, self.high)
        return y[:, 0] if self.vector else y

    def numbers(self, z: np.ndarray) -> np.ndarray:
        """Compute shift + scale z, finite float64 of shape (n, o): the inverse of `encode`."""
        largest = np.finfo(np.float64).max
        with np.errstate(over="ignore"):
            y: np.ndarray = np.clip(self.shift + self.scale * z.astype(np.float64), -largest, largest)
        return y

    def decode_difference(self, z: np.ndarray) -> np.ndarray:
        """Decode a difference of two z, or their standard deviation: scale z, finite and of the shape of `decode`."""
        with np.errstate(over="ignore"):
            y: np.ndarray = np.minimum(self.scale * z.astype(np.float64), np.finfo(np.float64).max)
        return y[:, 0] if self.vector else y

    def slopes(self, z: np.ndarray) -> np.ndarray:
        """Compute the derivative (n, o) of `decode` at z (n, o): scale, and 0 where the prediction is clipped."""
        y = self.numbers(z)
        return np.where((self.low <= y) & (y <= self.high), self.scale, 0.0)

    def widen(self, y: Any) -> RegressionTarget:
        """Return the same target with a range that also contains y, or its `Moments`, for `partial_fit`."""
        numbers = self._numbers(y.extremes if isinstance(y, Moments) else y)
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


def _check_label_numbers(numbers: np.ndarray, classes: Any) -> np.ndarray:
    """Return the numbers of the labels, if `classes` is None or equal to them, as multilabel y requires."""
    if classes is not None and not np.array_equal(np.sort(classes), numbers):
        raise ValueError(
            f"classes must be the column numbers 0 to {len(numbers) - 1} when y is multilabel, not {classes!r}."
        )
    return numbers
