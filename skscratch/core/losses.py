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

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, log_expit, xlogy

from skscratch.registry import Registered


def softmax(z: np.ndarray) -> np.ndarray:
    """exp(z_j) / sum_i exp(z_i) over the last axis of z (k, n, o)."""
    e = np.ascontiguousarray(z.mT)  # over few columns, reductions are slow along the last axis and fast along this one
    e = np.exp(e - e.max(axis=-2, keepdims=True))
    e /= e.sum(axis=-2, keepdims=True)
    return e.mT


def log_softmax(z: np.ndarray) -> np.ndarray:
    """z_j - log(sum_i exp(z_i)) over the last axis of z (k, n, o)."""
    t = np.ascontiguousarray(z.mT)
    t = t - t.max(axis=-2, keepdims=True)
    t -= np.log(np.exp(t).sum(axis=-2, keepdims=True))
    return t.mT


def norm(v: np.ndarray) -> np.ndarray:
    """Length (..., n, 1) of the rows of v (..., n, o); 1 where a row is zero."""
    r = np.sqrt(np.vecdot(v, v))[..., None]
    return r + (r == 0)


INVERSE_LINKS: dict[str, Callable] = {"identity": np.positive, "exp": np.exp, "logistic": expit, "softmax": softmax}


@dataclass(frozen=True)
class Loss(Registered, ABC):
    """A row's loss, summed over its outputs: the negative log-likelihood up to terms without z.

    To add a loss, derive one class and write the methods below (a frozen dataclass, if it has constants). A loss says
    ``check_target = any_real`` if it is defined for every y, and ``training_target = unchanged`` if it trains on y.

    Attributes
    ----------
    link : {"identity", "exp", "logistic", "softmax"}
        The inverse link, which ``predict`` applies to the raw scores.
    invariance : {"affine", "scale", "none"}
        What may be done to a regression target, and undone in the prediction, without changing the problem: shift and
        scale it (where the loss depends on u alone), scale it (under a log link), or nothing.
    """

    link: ClassVar[str]
    invariance: ClassVar[str]

    @abstractmethod
    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Loss (k, n) of every row for every member, from z (k, n, o) and y (n, o) or (1, n, o)."""

    @abstractmethod
    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        """out (k, n, o) <- d = d value / d z, returned as well; out is not z."""

    @abstractmethod
    def check_target(self, y: np.ndarray) -> None:
        """Raise a ValueError where y (n, o) is outside the domain."""

    @abstractmethod
    def training_target(self, y: np.ndarray) -> np.ndarray:
        """What is trained on in place of y (n, o)."""

    def predict(self, z: np.ndarray) -> np.ndarray:
        """Mean, quantile or probability (k, n, o) that the raw scores z (k, n, o) stand for."""
        return INVERSE_LINKS[self.link](z)


def any_real(self: Loss, y: np.ndarray) -> None:
    """Every y (n, o) is in the domain."""


def unchanged(self: Loss, y: np.ndarray) -> np.ndarray:
    """y (n, o) itself."""
    return y


def outside_domain(loss: Loss, must_be: str, got: str, way_out: str) -> ValueError:
    """The error that ``check_target`` raises."""
    return ValueError(f"The target of {type(loss).__name__} must be {must_be}, got {got}: {way_out}.")


class SquaredError(Loss, name="squared_error"):
    """sum u**2 / 2, d = u: half the squared error, whose minimum is the mean."""

    link = "identity"
    invariance = "affine"
    check_target = any_real
    training_target = unchanged

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        u = z - y
        return np.vecdot(u, u) / 2

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.subtract(z, y, out=out)


class AbsoluteError(Loss, name="absolute_error"):
    """sum |u|, d = sign(u): its minimum is the median."""

    link = "identity"
    invariance = "affine"
    check_target = any_real
    training_target = unchanged

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.abs(z - y).sum(axis=-1)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
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
    link = "identity"
    invariance = "affine"
    check_target = any_real
    training_target = unchanged

    def __post_init__(self) -> None:
        if not self.delta > 0:
            raise ValueError(f"delta must be > 0, got {self.delta!r}: the limit of a small delta is AbsoluteError.")

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        u = z - y
        c = np.clip(u, -self.delta, self.delta)
        return np.vecdot(c, u - c / 2)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.maximum(np.subtract(z, y, out=out), -self.delta, out=out)
        return np.minimum(out, self.delta, out=out)


@dataclass(frozen=True)
class QuantileLoss(Loss, name="quantile"):
    """sum max(-q u, (1 - q) u), d = [u > 0] - q: the pinball loss, whose minimum is the q-quantile.

    Koenker and Bassett, Regression quantiles, Econometrica 46 (1978).

    Parameters
    ----------
    quantile : float in (0, 1), default 0.5
        q; at 0.5 the loss is half the absolute error.
    """

    quantile: float = 0.5
    link = "identity"
    invariance = "affine"
    check_target = any_real
    training_target = unchanged

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile must be in (0, 1), got {self.quantile!r}: the median is 0.5.")

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        u, q = z - y, self.quantile
        return np.maximum(-q * u, (1 - q) * u).sum(axis=-1)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.subtract(np.greater(z, y, out=out), self.quantile, out=out)


class PoissonLoss(Loss, name="poisson"):
    """sum exp(z) - y z + y log y - y, d = exp(z) - y: half the Poisson deviance of the mean exp(z).

    Where z diverges exp(z) overflows, which training is to see; a clipped exponent would hide it.
    """

    link = "exp"
    invariance = "scale"
    training_target = unchanged

    def check_target(self, y: np.ndarray) -> None:
        if not np.all(y >= 0):
            raise outside_domain(self, ">= 0", f"a smallest value of {y.min()}", "use SquaredError instead")

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (np.exp(z) - y * z + (xlogy(y, y) - y)).sum(axis=-1)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.subtract(np.exp(z, out=out), y, out=out)


class GammaLoss(Loss, name="gamma"):
    """sum m + z - log y - 1, d = 1 - m, m = y exp(-z): half the gamma deviance of the mean exp(z)."""

    link = "exp"
    invariance = "scale"
    training_target = unchanged

    def check_target(self, y: np.ndarray) -> None:
        if not np.all(y > 0):
            raise outside_domain(self, "> 0", f"a smallest value of {y.min()}", "use PoissonLoss where zeros occur")

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (y * np.exp(-z) + z - (np.log(y) + 1)).sum(axis=-1)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.exp(np.negative(z, out=out), out=out)
        out *= y
        return np.subtract(1, out, out=out)


class CosineDistance(Loss, name="cosine"):
    """1 - c, d = (c p - q) / |z|, c = p.q, p = z / |z|, q = y / |y|.

    At z = 0, which has no direction, |z| is read as 1: the loss is 1 and its gradient -q, a step towards the target.
    """

    link = "identity"
    invariance = "none"
    training_target = unchanged

    def check_target(self, y: np.ndarray) -> None:
        zero_rows = np.count_nonzero(np.all(y == 0, axis=-1))
        if y.shape[-1] < 2 or zero_rows:
            got = f"{y.shape[-1]} outputs and {zero_rows} rows of zeros"
            raise outside_domain(self, "two or more outputs, not all of them zero", got, "use SquaredError instead")

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 - np.vecdot(z / norm(z), y / norm(y))

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        r = norm(z)
        p, q = z / r, y / norm(y)
        np.multiply(np.vecdot(p, q)[..., None], p, out=out)
        out -= q
        return np.divide(out, r, out=out)


@dataclass(frozen=True)
class LabelSmoothing:
    """Move a share of every label to the other classes: Szegedy et al., Rethinking the Inception architecture (2016).

    Parameters
    ----------
    label_smoothing : float in [0, 1), default 0.0
        e, the share; what is trained on is (1 - e) y + e / K with K classes.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), got {self.label_smoothing!r}: 0 keeps the labels.")

    def smoothed(self, y: np.ndarray, K: int) -> np.ndarray:
        """(1 - e) y + e / K, (n, o)."""
        return (1 - self.label_smoothing) * y + self.label_smoothing / K


class BinaryLogLoss(LabelSmoothing, Loss):
    """-sum y log p + (1 - y) log(1 - p), d = p - y, p = 1 / (1 + exp(-z)): labels that may go together, or one alone.

    Computed as sum max(z, 0) - y z + log(1 + exp(-|z|)), which neither overflows nor cancels.
    """

    link = "logistic"
    invariance = "none"

    def check_target(self, y: np.ndarray) -> None:
        if not np.all((y >= 0) & (y <= 1)):
            raise outside_domain(self, "in [0, 1]", f"{y.min()} to {y.max()}", "encode the labels as 0 and 1")

    def training_target(self, y: np.ndarray) -> np.ndarray:
        return self.smoothed(y, 2)

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        value = np.maximum(z, 0)
        value -= y * z
        value += np.log1p(np.exp(-np.abs(z)))
        return value.sum(axis=-1)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.subtract(expit(z, out=out), y, out=out)

    def log_probabilities(self, z: np.ndarray) -> np.ndarray:
        """log(1 - p) and log p, (k, n, o, 2), of the raw scores z (k, n, o)."""
        return np.stack([log_expit(-z), log_expit(z)], axis=-1)


class MulticlassLogLoss(LabelSmoothing, Loss):
    """-sum_j y_j log p_j, d = p - y, p_j = exp(z_j) / sum_i exp(z_i): one class of K, for rows of y that sum to 1."""

    link = "softmax"
    invariance = "none"

    def check_target(self, y: np.ndarray) -> None:
        if not (np.all(y >= 0) and np.allclose(y.sum(axis=-1), 1, atol=1e-3)):
            got = f"a smallest value of {y.min()} and sums from {y.sum(axis=-1).min()} to {y.sum(axis=-1).max()}"
            raise outside_domain(self, ">= 0 with rows that sum to 1", got, "encode the classes one-hot")

    def training_target(self, y: np.ndarray) -> np.ndarray:
        return self.smoothed(y, y.shape[-1])

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -np.vecdot(y, log_softmax(z))

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return np.subtract(softmax(z), y, out=out)

    def log_probabilities(self, z: np.ndarray) -> np.ndarray:
        """log p, (k, n, K), of the raw scores z (k, n, K)."""
        return log_softmax(z)


REGRESSION_LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": HuberLoss,
    "quantile": QuantileLoss,
    "poisson": PoissonLoss,
    "gamma": GammaLoss,
    "cosine": CosineDistance,
}
