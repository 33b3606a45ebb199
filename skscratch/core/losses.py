"""Losses on raw scores: value, gradient, inverse link and domain of each, all in one place.

Letters: z raw scores of the network, y targets, u = z - y, d the gradient; k members, n samples, o outputs.
Weights, the mean over samples and penalties are not applied here but once, in the objective.

>>> import numpy as np
>>> loss = PoissonLoss()
>>> z, y = np.log([[[1.0, 2.0]]]), np.array([[1.0, 4.0]])
>>> loss.predict(z)
array([[[1., 2.]]])
>>> loss.gradient(z, y, out=np.empty_like(z))
array([[[ 0., -2.]]])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import expit, xlogy

from skscratch.core.inverse_links import (
    InverseIdentity,
    InverseIncrements,
    InverseLink,
    InverseLog,
    InverseLogit,
    InverseMultinomialLogit,
    log_softmax,
    softmax,
)
from skscratch.core.tape import Array
from skscratch.registry import Registered


def norm(v: Array) -> Array:
    """Length (..., n, 1) of the rows of v (..., n, o); 1 where a row is zero."""
    r = np.sqrt(np.vecdot(v, v))[..., None]
    return r + (r == 0)


class Loss(Registered, ABC):
    """The loss of a row, summed over its outputs: the negative log-likelihood up to terms without z.

    To add a loss, derive one class, give it a name and write `value` and `gradient`; a frozen dataclass, if it has
    constants. A loss that is not defined for every y also writes `check_target`.

    Attributes
    ----------
    inverse_link : InverseLink
        The function that ``predict`` applies to raw scores.
    invariance : {"affine", "scale", "none"}
        What may be done to a regression target, and undone in the prediction, without changing the problem: shift and
        scale it (where the loss depends on u alone), scale it (with a log link), or nothing.
    """

    inverse_link: InverseLink
    invariance: ClassVar[Literal["affine", "scale", "none"]]

    @abstractmethod
    def value(self, z: Array, y: Array) -> Array:
        """Compute the loss (k, n) of every row for every member, from z (k, n, o) and y (n, o) or (1, n, o)."""

    @abstractmethod
    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        """Compute out (k, n, o) <- d = d value / d z, and return it as well; out is not z."""

    def check_target(self, y: Array) -> None:
        """Raise a ValueError where y (n, o) is outside the domain; by default every y is inside."""

    def n_scores(self, o: int) -> int:
        """Return the number of raw scores for o outputs of y; as many, unless a subclass says otherwise."""
        return o

    def predict(self, z: Array) -> Array:
        """Compute the mean, quantile or probability (k, n, o) for raw scores z (k, n, o)."""
        return self.inverse_link.predict(z)


def outside_domain(loss: Loss, must_be: str, got: str, hint: str) -> ValueError:
    """Make the error that ``check_target`` raises; it names the loss as users write it."""
    names = [f"loss={name!r}" for name, cls in Loss._classes.items() if cls is type(loss)]
    return ValueError(f"The target for {[*names, type(loss).__name__][0]} must be {must_be}, got {got}: {hint}.")


class SquaredError(Loss, name="squared_error"):
    """sum u**2 / 2, d = u: half the squared error, whose minimum is the mean."""

    inverse_link = InverseIdentity()
    invariance = "affine"

    def value(self, z: Array, y: Array) -> Array:
        u = z - y
        return np.vecdot(u, u) / 2

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        return np.subtract(z, y, out=out)


class AbsoluteError(Loss, name="absolute_error"):
    """sum |u|, d = sign(u): its minimum is the median."""

    inverse_link = InverseIdentity()
    invariance = "affine"

    def value(self, z: Array, y: Array) -> Array:
        return np.abs(z - y).sum(axis=-1)

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        return np.sign(np.subtract(z, y, out=out), out=out)


@dataclass(frozen=True)
class HuberLoss(Loss, name="huber"):
    """sum c (u - c / 2), d = c, c = min(max(u, -delta), delta): squared within delta, delta (|u| - delta / 2) beyond.

    Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35 (1964).

    Parameters
    ----------
    delta : float > 0, default 1.0
        Where the squared error turns into the absolute one, in units of z.
    """

    delta: float = 1.0
    inverse_link = InverseIdentity()
    invariance = "affine"

    def __post_init__(self) -> None:
        if not self.delta > 0:
            raise ValueError(f"delta must be > 0, got {self.delta!r}: the limit of a small delta is AbsoluteError.")

    def value(self, z: Array, y: Array) -> Array:
        u = z - y
        c = np.clip(u, -self.delta, self.delta)
        return np.vecdot(c, u - c / 2)

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        np.maximum(np.subtract(z, y, out=out), -self.delta, out=out)
        return np.minimum(out, self.delta, out=out)


@dataclass(frozen=True)
class QuantileLoss(Loss, name="quantile"):
    """sum max(-q u, (1 - q) u), d = [u > 0] - q: the pinball loss, whose minimum is the q-quantile.

    With several quantiles of one output, u = p - y, where p are the numbers in ascending order of `InverseIncrements`.
    d is multiplied by the derivative of p. (Koenker and Bassett, Regression quantiles, Econometrica 46, 1978.)

    Parameters
    ----------
    quantile : float in (0, 1) or tuple of float, default 0.5
        q; at 0.5 the loss is half the absolute error. A tuple is in ascending order.
    """

    quantile: float | tuple[float, ...] = 0.5
    invariance = "affine"

    def __post_init__(self) -> None:
        q = np.array(self.quantile, float)
        if not (q.size and q.ndim < 2 and np.all((q > 0) & (q < 1)) and np.all(np.diff(np.atleast_1d(q)) > 0)):
            raise ValueError(
                f"quantile must be in (0, 1), and several in ascending order, got {self.quantile!r}: the median is 0.5."
            )

    @property
    def inverse_link(self) -> InverseLink:  # type: ignore[override]
        return InverseIncrements(len(self.quantile)) if isinstance(self.quantile, tuple) else InverseIdentity()

    def check_target(self, y: Array) -> None:
        if isinstance(self.quantile, tuple) and y.shape[-1] != 1:
            got = f"{y.shape[-1]} outputs"
            raise outside_domain(self, "one output for several quantiles", got, "fit an estimator for each output")

    def n_scores(self, o: int) -> int:
        return len(self.quantile) if isinstance(self.quantile, tuple) else o

    def value(self, z: Array, y: Array) -> Array:
        u, q = self.predict(z) - y, np.array(self.quantile, z.dtype)
        return np.maximum(-q * u, (1 - q) * u).sum(axis=-1)

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        np.subtract(np.greater(self.predict(z), y, out=out), np.array(self.quantile, z.dtype), out=out)
        np.copyto(out, self.inverse_link.gradient(z, out))
        return out


class PoissonLoss(Loss, name="poisson"):
    """sum exp(z) - y z + y log y - y, d = exp(z) - y: half the Poisson deviance of the mean exp(z).

    Where z diverges exp(z) overflows, which training is to see; a clipped exponent would hide it.
    """

    inverse_link = InverseLog()
    invariance = "scale"

    def check_target(self, y: Array) -> None:
        if not np.all(y >= 0):
            raise outside_domain(self, ">= 0", f"a smallest value of {y.min()}", "use loss='squared_error'")

    def value(self, z: Array, y: Array) -> Array:
        return (np.exp(z) - y * z + (xlogy(y, y) - y)).sum(axis=-1)

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        return np.subtract(np.exp(z, out=out), y, out=out)


class GammaLoss(Loss, name="gamma"):
    """sum m + z - log y - 1, d = 1 - m, m = y exp(-z): half the gamma deviance of the mean exp(z)."""

    inverse_link = InverseLog()
    invariance = "scale"

    def check_target(self, y: Array) -> None:
        if not np.all(y > 0):
            raise outside_domain(self, "> 0", f"a smallest value of {y.min()}", "use loss='poisson' where zeros occur")

    def value(self, z: Array, y: Array) -> Array:
        log_y = np.log(np.maximum(y, np.finfo(y.dtype).tiny))  # float32 rounds a very small target to zero
        return (y * np.exp(-z) + z - (log_y + 1)).sum(axis=-1)

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        np.exp(np.negative(z, out=out), out=out)
        out *= y
        return np.subtract(1, out, out=out)


class CosineDistance(Loss, name="cosine"):
    """1 - c, d = (c p - q) / |z|, c = p.q, p = z / |z|, q = y / |y|.

    At z = 0, which has no direction, |z| is read as 1: the loss is 1 and its gradient -q, a step towards the target.
    """

    inverse_link = InverseIdentity()
    invariance = "none"

    def check_target(self, y: Array) -> None:
        zero_rows = np.count_nonzero(np.all(y == 0, axis=-1))
        if y.shape[-1] < 2 or zero_rows:
            got = f"{y.shape[-1]} outputs and {zero_rows} rows of zeros"
            raise outside_domain(self, "two or more outputs, not all of them zero", got, "use loss='squared_error'")

    def value(self, z: Array, y: Array) -> Array:
        return 1 - np.vecdot(z / norm(z), y / norm(y))

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        r = norm(z)
        p, q = z / r, y / norm(y)
        np.multiply(np.vecdot(p, q)[..., None], p, out=out)
        out -= q
        return np.divide(out, r, out=out)


class BinaryLogLoss(Loss):
    """-sum y log p + (1 - y) log(1 - p), d = p - y, p = 1 / (1 + exp(-z)): labels that may go together, or one alone.

    Computed as sum max(z, 0) - y z + log(1 + exp(-|z|)), which neither overflows nor cancels.
    """

    inverse_link = InverseLogit()
    invariance = "none"

    def check_target(self, y: Array) -> None:
        if not np.all((y >= 0) & (y <= 1)):
            raise outside_domain(self, "in [0, 1]", f"{y.min()} to {y.max()}", "encode the labels as 0 and 1")

    def value(self, z: Array, y: Array) -> Array:
        value = np.maximum(z, 0)
        value -= y * z
        value += np.log1p(np.exp(-np.abs(z)))
        return value.sum(axis=-1)

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        return np.subtract(expit(z, out=out), y, out=out)


class MulticlassLogLoss(Loss):
    """-sum_j y_j log p_j, d = p - y, p_j = exp(z_j) / sum_i exp(z_i): one class of K, for rows of y that sum to 1."""

    inverse_link = InverseMultinomialLogit()
    invariance = "none"

    def check_target(self, y: Array) -> None:
        if not (np.all(y >= 0) and np.allclose(y.sum(axis=-1), 1, atol=1e-3)):
            got = f"a smallest value of {y.min()} and sums from {y.sum(axis=-1).min()} to {y.sum(axis=-1).max()}"
            raise outside_domain(self, ">= 0 with rows that sum to 1", got, "encode the classes one-hot")

    def value(self, z: Array, y: Array) -> Array:
        return -np.vecdot(y, log_softmax(z))

    def gradient(self, z: Array, y: Array, out: Array) -> Array:
        return np.subtract(softmax(z), y, out=out)
