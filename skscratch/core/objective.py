"""What a fit minimises: the mean loss over rows plus a penalty on weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skscratch.core.losses import Loss
from skscratch.core.network import Network, Scratch
from skscratch.core.parameters import Parameters


@dataclass
class Workspace:
    """Scratch for batches of one size: the layers', g = dL/dz (k, n, o), the penalty (k,) of the last batch, the
    decay alpha or 0 of each parameter (p,), and room t for the penalty's gradient (k, p)."""

    layers: Scratch
    g: np.ndarray
    penalty: np.ndarray
    decay: np.ndarray
    t: np.ndarray


@dataclass(frozen=True)
class Objective:
    """L = sum of w_i l(z_i, y_i) / S + alpha |W|^2 / (2 S), S = sum of w_i, for each member by itself.

    The penalty is scikit-learn's: on weights, not on biases, and divided by the weight S of the batch.

    Parameters
    ----------
    network : Network
        Turns rows x into raw scores z.
    loss : Loss
        Turns raw scores and targets into l and dl/dz.
    alpha : float
        Strength of the penalty.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.layers import Dense
    >>> from skscratch.core.losses import SquaredError
    >>> from skscratch.core.network import Network
    >>> from skscratch.core.objective import Objective
    >>> objective = Objective(Network((Dense(1),), n_inputs=1), SquaredError(), alpha=6.0)
    >>> P = objective.network.init(k=1, rng=np.random.default_rng(0))
    >>> P.values[...] = [1, 0]  # z = x, at a penalty of 6 * 1**2 / (2 * 3) = 1
    >>> x, y, dP = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [5.0]]), P.like(np.empty((1, 2)))
    >>> objective.value(P, x, y, None, objective.allocate(P, n=3), dP)
    array([2.5])
    >>> dP.layers[0].W, dP.layers[0].b
    (array([[[0.]]]), array([[-1.]]))
    """

    network: Network
    loss: Loss
    alpha: float = 0.0

    def allocate(self, P: Parameters, n: int) -> Workspace:
        """Scratch for batches of n rows."""
        k, dtype = len(P.values), P.values.dtype
        decay = P.by_kind({"weight": self.alpha}, default=0.0)
        return Workspace(
            layers=self.network.allocate(k, n, dtype),
            g=np.empty((k, n, self.network.n_outputs), dtype),
            penalty=np.zeros(k, dtype),
            decay=decay,
            t=np.empty_like(P.values) if self.alpha else decay,
        )

    def gradient(
        self,
        P: Parameters,
        x: Any,
        y: np.ndarray,
        w: np.ndarray | None,
        s: Workspace,
        dP: Parameters,
        rng: np.random.Generator | None = None,
    ) -> np.ndarray:
        """x (n, d), y (n, o), w (n,) or (n, k) or None for ones -> raw scores z (k, n, o), and dL/dP into dP.

        `s.penalty` (k,) is the second term of L. With a generator, dropout is active.
        """
        z = self.network.forward(P, x, s.layers, rng)
        g = self.loss.gradient(z, y, s.g)
        S = total_weight(y, w)
        g *= 1 / S if w is None else (w / S).T[..., None]
        self.network.backward(P, g, s.layers, dP)
        if self.alpha:
            np.multiply(P.values, s.decay, out=s.t)
            s.t *= 1 / S if np.ndim(S) == 0 else (1 / S)[:, None]
            dP.values += s.t
            np.vecdot(P.values, s.t, out=s.penalty)
            s.penalty *= 0.5
        return z

    def loss_sum(self, z: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """z (k, n, o) -> sum of w_i l(z_i, y_i) (k,), in float64."""
        values = self.loss.value(z, y)
        return values.sum(axis=1, dtype=np.float64) if w is None else (values.astype(np.float64) * w.T).sum(axis=1)

    def value(
        self,
        P: Parameters,
        x: Any,
        y: np.ndarray,
        w: np.ndarray | None,
        s: Workspace,
        dP: Parameters,
        rng: np.random.Generator | None = None,
    ) -> np.ndarray:
        """L (k,), and dL/dP into dP."""
        z = self.gradient(P, x, y, w, s, dP, rng)
        return self.loss_sum(z, y, w) / total_weight(y, w) + s.penalty


def total_weight(y: np.ndarray, w: np.ndarray | None) -> Any:
    """S, of rows y (n, o) with weights w (n,) or None, or S (k,) with w (n, k); 1 where no row has weight.

    Rows of their own of k members, y (k, n, o), are as many for each.
    """
    if w is None:
        return y.shape[-2]
    S = w.sum(axis=0)
    return S + (S == 0)
