"""Inverse links: functions from the raw scores of a network to predictions, one for each kind of target.

Every loss has one (see `skscratch.core.losses`). Letters: z raw scores, y targets, p probabilities; k members, n
samples, o outputs.

>>> InverseLogit().predict(np.array([[[0.0], [2.0]]])).round(3)
array([[[0.5  ],
        [0.881]]])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, log_expit

from skscratch.core.tape import Array

MAX_EXPONENT = 88.0


class InverseLink(ABC):
    """A function from raw scores to predictions.

    Attributes
    ----------
    increasing : bool
        Whether no prediction decreases when a raw score increases; needed by ``monotonic_cst`` only.
    """

    name: ClassVar[str]
    increasing: ClassVar[bool] = False

    @abstractmethod
    def predict(self, z: Array) -> Array:
        """Compute the mean, quantile or probability (k, n, o) for raw scores z (k, n, o)."""

    def gradient(self, z: Array, v: Array) -> Array:
        """Compute d/dz of the sum of v p (k, n, o), for z and v (k, n, o): v times the Jacobian of `predict`.

        Needed by ``input_gradients`` only.
        """
        raise TypeError(
            f"{type(self).__name__} must have a method gradient(z, v) for derivatives of predictions, but has none; "
            "write it as in skscratch.core.inverse_links."
        )


class ClassInverseLink(InverseLink):
    """A function from raw scores to probabilities, and what follows from it about classes."""

    @abstractmethod
    def log_probabilities(self, z: Array) -> Array:
        """Compute log p, precise where p would round to 0 or 1."""

    @abstractmethod
    def is_right(self, z: Array, y: Array) -> Array:
        """Compare predicted with true classes: (k, n) booleans from z (k, n, o) and y (n, o) or (k, n, o)."""

    @abstractmethod
    def strata(self, y: Array) -> Array | None:
        """Number the classes (n,) of encoded targets y (n, o); None where a row has several labels."""

    @abstractmethod
    def n_classes(self, o: int) -> int:
        """Return how many classes a column of y, or all o columns together, stand for."""


class InverseIdentity(InverseLink):
    """z itself."""

    name = "identity"
    increasing = True

    def predict(self, z: Array) -> Array:
        return z

    def gradient(self, z: Array, v: Array) -> Array:
        return v.copy()


class InverseLog(InverseLink):
    """exp(min(z, 88)), for targets that are not negative: at most 1.7e38, half of the largest number of float32."""

    name = "exp"
    increasing = True

    def predict(self, z: Array) -> Array:
        return np.exp(np.minimum(z, MAX_EXPONENT))

    def gradient(self, z: Array, v: Array) -> Array:
        """v exp(z), 0 beyond 88."""
        return v * self.predict(z) * (z < MAX_EXPONENT)


@dataclass(frozen=True)
class InverseIncrements(InverseLink):
    """p_1 = z_1, p_j = p_(j-1) + log(1 + exp(z_j)): numbers in ascending order, for quantiles that never cross.

    Parameters
    ----------
    n : int
        How many numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import InverseIncrements
    >>> InverseIncrements(3).predict(np.array([[[5.0, 0.0, -20.0]]])).round(3)
    array([[[5.   , 5.693, 5.693]]])
    """

    n: int
    name = "increments"
    increasing = True

    def predict(self, z: Array) -> Array:
        softplus = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
        return np.matmul(np.where(self._is_first, z, softplus), np.triu(np.ones((self.n, self.n), z.dtype)))

    def gradient(self, z: Array, v: Array) -> Array:
        """The sum of v_j, v_(j+1), ..., v_n, times 1 / (1 + exp(-z_j)) for j > 1."""
        slopes: Array = np.where(self._is_first, 1, expit(z))
        return slopes * np.matmul(v, np.tril(np.ones((self.n, self.n), v.dtype)))

    @property
    def _is_first(self) -> Array:
        return np.arange(self.n) == 0


class InverseLogit(ClassInverseLink):
    """p = 1 / (1 + exp(-z)) for two classes, or for labels that may occur together."""

    name = "logistic"
    increasing = True

    def predict(self, z: Array) -> Array:
        return expit(z)

    def gradient(self, z: Array, v: Array) -> Array:
        """v p (1 - p), where 1 - p is the probability of -z: it does not round to 0."""
        return v * expit(z) * expit(-z)

    def log_probabilities(self, z: Array) -> Array:
        """Compute log(1 - p) and log p, (k, n, o, 2)."""
        return np.stack([log_expit(-z), log_expit(z)], axis=-1)

    def is_right(self, z: Array, y: Array) -> Array:
        return ((z > 0) == (y > 0.5)).all(axis=-1)

    def strata(self, y: Array) -> Array | None:
        return y[:, 0].astype(int) if y.shape[1] == 1 else None

    def n_classes(self, o: int) -> int:
        return 2


class InverseMultinomialLogit(ClassInverseLink):
    """p_j = exp(z_j) / sum_i exp(z_i), softmax, for more than two classes."""

    name = "softmax"

    def predict(self, z: Array) -> Array:
        return softmax(z)

    def gradient(self, z: Array, v: Array) -> Array:
        """p_j (v_j - sum_i p_i v_i)."""
        p = softmax(z)
        return p * (v - np.vecdot(p, v)[..., None])

    def log_probabilities(self, z: Array) -> Array:
        """Compute log p, (k, n, o)."""
        return log_softmax(z)

    def is_right(self, z: Array, y: Array) -> Array:
        return z.argmax(axis=-1) == y.argmax(axis=-1)

    def strata(self, y: Array) -> Array | None:
        return y.argmax(axis=1)

    def n_classes(self, o: int) -> int:
        return o


def softmax(z: Array) -> Array:
    """Compute exp(z_j) / sum_i exp(z_i) over the last axis of z (k, n, o)."""
    e = np.ascontiguousarray(z.mT)  # over few columns, reductions are slow along the last axis and fast along this one
    with np.errstate(over="ignore"):  # exp(-inf) is 0
        e = np.exp(e - e.max(axis=-2, keepdims=True))
    e /= e.sum(axis=-2, keepdims=True)
    return e.mT


def log_softmax(z: Array) -> Array:
    """Compute z_j - log(sum_i exp(z_i)) over the last axis of z (k, n, o)."""
    t = np.ascontiguousarray(z.mT)
    with np.errstate(over="ignore"):
        t = np.maximum(t - t.max(axis=-2, keepdims=True), -np.finfo(t.dtype).max)
    t -= np.log(np.exp(t).sum(axis=-2, keepdims=True))
    return t.mT
