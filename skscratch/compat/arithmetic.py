"""What scikit-learn reports otherwise than our core: the values of two losses, and the mean over batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from skscratch.core.inverse_links import InverseIdentity, InverseLogit, InverseMultinomialLogit
from skscratch.core.losses import BinaryLogLoss, Loss, MulticlassLogLoss, PoissonLoss


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """sum u**2 / 2o over the o outputs, u = z - y, with d = u / o, or the d = u of a sum over the outputs.

    scikit-learn reports the mean and descends along the gradient of the sum. With one output both are the same.

    Parameters
    ----------
    descend_sum : bool
        Whether d = u.
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
    """A log loss whose value is that of probabilities p in [eps, 1 - eps], eps the precision of the dtype.

    The gradient is that of the loss itself, which needs no clipping.
    """

    invariance = "none"
    loss: Loss

    def value(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        eps = np.finfo(z.dtype).eps
        p = np.clip(self.predict(z), eps, 1 - eps)
        log_likelihood = xlogy(y, p)
        if isinstance(self.inverse_link, InverseLogit):
            log_likelihood += xlogy(1 - y, 1 - p)
        return -log_likelihood.sum(axis=-1)

    def gradient(self, z: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
        return self.loss.gradient(z, y, out)


class ClippedBinaryLogLoss(ClippedLogLoss):
    """Labels that may go together, or one alone."""

    inverse_link = InverseLogit()
    loss = BinaryLogLoss()


class ClippedMulticlassLogLoss(ClippedLogLoss):
    """One class of several."""

    inverse_link = InverseMultinomialLogit()
    loss = MulticlassLogLoss()


def loss_of(out_activation: str, descend_sum: bool) -> Loss:
    """The loss that goes with an output activation."""
    return {
        "identity": MeanSquaredError(descend_sum),
        "exp": PoissonLoss(),
        "logistic": ClippedBinaryLogLoss(),
        "softmax": ClippedMulticlassLogLoss(),
    }[out_activation]


def batches_by_rows(w: np.ndarray, batches: list[slice]) -> np.ndarray:
    """Weights w (n,) scaled in each batch to its number of rows: a batch then counts by rows, not by weight."""
    v = w.copy()
    for batch in batches:
        S = w[batch].sum()
        v[batch] *= len(w[batch]) / S if S else 0
    return v
