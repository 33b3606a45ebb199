"""Losses whose values scikit-learn reports differently from the core, and its weights of batches in the mean loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skscratch.core.inverse_links import InverseIdentity, InverseLogit, InverseMultinomialLogit
from skscratch.core.losses import BinaryLogLoss, Loss, MulticlassLogLoss, PoissonLoss


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """sum u**2 / 2o over the o outputs, u = z - y, with gradient u / o, or the gradient u of the sum over the outputs.

    scikit-learn reports the mean, and its stochastic solvers follow the gradient of the sum. With one output both are
    the same.

    Parameters
    ----------
    descend_sum : bool
        Whether the gradient is u.
    """

    descend_sum: bool
    inverse_link = InverseIdentity()
    invariance = "affine"

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        u = z - y
        return np.vecdot(u, u) / (2 * z.shape[-1])

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.subtract(z, y, out=out)
        return out if self.descend_sum else np.divide(out, z.shape[-1], out=out)


class ClippedLogLoss(Loss):
    """A log loss whose value is computed from p clipped to [eps, 1 - eps], with eps the precision of the dtype.

    The gradient is that of the loss without clipping.
    """

    invariance = "none"
    loss: Loss

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        eps = np.finfo(z.dtype).eps
        p = np.clip(self.predict(z), eps, 1 - eps)
        if isinstance(self.inverse_link, InverseLogit):
            return -np.log(np.where(y > 0, p, 1 - p)).sum(axis=-1)  # y is 0 or 1
        return -np.log(np.vecdot(y, p))

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return self.loss.gradient(z, y, out)


class ClippedBinaryLogLoss(ClippedLogLoss):
    """The clipped log loss of two classes, or of labels of which several may be true."""

    inverse_link = InverseLogit()
    loss = BinaryLogLoss()


class ClippedMulticlassLogLoss(ClippedLogLoss):
    """The clipped log loss of several classes."""

    inverse_link = InverseMultinomialLogit()
    loss = MulticlassLogLoss()


def build_loss(out_activation: str, descend_sum: bool) -> Loss:
    """Build the loss of an output activation."""
    return {
        "identity": MeanSquaredError(descend_sum),
        "exp": PoissonLoss(),
        "logistic": ClippedBinaryLogLoss(),
        "softmax": ClippedMulticlassLogLoss(),
    }[out_activation]


def scale_to_rows(w: np.ndarray, batches: list[slice]) -> np.ndarray:
    """Scale the weights w (n,) so that they sum in each batch to its number of rows, as in scikit-learn's mean loss."""
    v = w.copy()
    for batch in batches:
        S = w[batch].sum()
        v[batch] *= len(w[batch]) / S if S else 0
    return v
