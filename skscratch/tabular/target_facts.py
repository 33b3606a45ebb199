"""Facts of targets that are read in parts: the weights of classes, the moments of numbers."""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from skscratch.tabular.scaling import mean_and_std
from skscratch.tabular.target_reading import check_indicator, read_labels, read_numbers

CHUNK_ROWS = 2**20
_KINDS = {**dict.fromkeys("OUST", "strings"), "M": "dates", "m": "durations"}  # of labels that are no numbers


class ClassMass(NamedTuple):
    """The classes of some rows.

    Parameters
    ----------
    kind : {"classes", "multilabel"}
        Kind of y.
    classes : ndarray of shape (n_classes,)
        Sorted class labels; the numbers of the columns of y if it is multilabel.
    mass : ndarray of shape (n_classes,)
        The total weight of the rows of each class; of those with the label if y is multilabel.
    """

    kind: str
    classes: np.ndarray
    mass: np.ndarray

    @classmethod
    def of(cls, y: Any, sample_weight: np.ndarray | None = None) -> ClassMass:
        """Collect the classes of y (n,), or the labels of y (n, l), and their weights.

        Raises
        ------
        ValueError
            If y is continuous or has several columns of classes.
        """
        y = read_labels(y)
        check_classification_targets(y)
        if y.ndim == 2:
            w = np.ones(len(y)) if sample_weight is None else sample_weight
            return cls("multilabel", np.arange(y.shape[1]), w @ check_indicator(y).astype(np.float64))
        parts = [
            cls._of_classes(y[rows], None if sample_weight is None else sample_weight[rows])
            for rows in (slice(start, start + CHUNK_ROWS) for start in range(0, max(len(y), 1), CHUNK_ROWS))
        ]
        return reduce(cls.merge, parts)

    @classmethod
    def _of_classes(cls, y: np.ndarray, w: np.ndarray | None) -> ClassMass:
        """Collect the classes of a chunk of rows: their codes take more memory than y."""
        classes, codes = np.unique(y, return_inverse=True)
        return cls("classes", classes, np.bincount(codes, w, len(classes)).astype(np.float64))

    def mass_of(self, classes: np.ndarray) -> np.ndarray:
        """Return the total weight of each of these classes, which contain all that were found."""
        mass = np.zeros(len(classes))
        mass[np.searchsorted(classes, self.classes)] = self.mass
        return mass

    def merge(self, other: ClassMass) -> ClassMass:
        """Join the classes of these and of other rows.

        Raises
        ------
        ValueError
            If one has strings as labels and the other numbers, or another number of labels.
        """
        first, second = (_KINDS.get(classes.dtype.kind, "numbers") for classes in (self.classes, other.classes))
        same_labels = self.kind == "classes" or len(self.classes) == len(other.classes)
        if self.kind != other.kind or first != second or not same_labels:
            raise ValueError(
                f"y must be of one kind in all parts, but one part holds {self.classes[:3].tolist()} and another "
                f"{other.classes[:3].tolist()}: convert them to the same type."
            )
        classes, codes = np.unique(np.concatenate([self.classes, other.classes]), return_inverse=True)
        mass = np.bincount(codes, np.concatenate([self.mass, other.mass]), len(classes))
        return ClassMass(self.kind, classes, mass)


class Moments(NamedTuple):
    """Weight, mean, standard deviation and range of numbers y (n, o).

    Parameters
    ----------
    weight : float
        Total weight of the rows.
    mean, std, low, high : ndarray of shape (o,)
        Weighted mean and population standard deviation, smallest and largest number.
    vector : bool
        Whether y has shape (n,) rather than (n, o).
    """

    weight: float
    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray
    vector: bool

    @classmethod
    def of(cls, y: Any, sample_weight: np.ndarray | None = None) -> Moments:
        """Compute the moments of y (n,) or (n, o), with weights above zero."""
        numbers, vector = read_numbers(y)
        weight = float(len(numbers) if sample_weight is None else sample_weight.sum())
        mean, std = mean_and_std(numbers, sample_weight)
        return cls(weight, mean, std, numbers.min(axis=0), numbers.max(axis=0), vector)

    @property
    def extremes(self) -> np.ndarray:
        """The smallest and the largest number, as y (2,) or (2, o)."""
        y = np.stack([self.low, self.high])
        return y[:, 0] if self.vector else y

    def merge(self, other: Moments) -> Moments:
        """Compute the moments of these and of other rows [1]_.

        With share q of the other rows and difference d of the means, the mean is m + q d, and the variance
        (1 - q) s^2 + q s'^2 + q (1 - q) d^2.

        References
        ----------
        .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", 1983.
        """
        if len(self.mean) != len(other.mean):
            raise ValueError(
                f"y must have the same columns in all parts, but one part has {len(self.mean)} and another "
                f"{len(other.mean)}: pass the same outputs."
            )
        weight = self.weight + other.weight
        q, d = other.weight / weight, other.mean - self.mean
        terms = np.stack([np.sqrt(1 - q) * self.std, np.sqrt(q) * other.std, np.sqrt(q * (1 - q)) * d])
        peak = np.abs(terms).max(axis=0)  # squares of large values would overflow
        std = peak * np.sqrt(np.square(terms / np.where(peak > 0, peak, 1)).sum(axis=0))
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Moments(weight, self.mean + q * d, std, low, high, self.vector)
