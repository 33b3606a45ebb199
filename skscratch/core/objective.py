"""What a fit minimises: the mean loss over rows plus a penalty on weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skscratch.core.layers import Rngs
from skscratch.core.losses import Loss
from skscratch.core.network import Network, Scratch
from skscratch.core.parameters import Block, Parameters, blocks

# Added to dl/dz and taken away again, it rounds to zero what is far below any digit that counts where targets are of
# the order of one: 1e-16 in float32, 1e-25 in float64. When a network is certain, products with such numbers end in
# subnormal ones, and arithmetic with those is far slower. The losses themselves stay exact far from zero.
NOTHING = 1e-9


@dataclass
class Workspace:
    """Scratch for batches of one size: the layers', g = dL/dz (k, n, o), the penalty (k,) of the last batch, the
    blocks of the parameters, each with its decay, alpha / n or 0, and room t for the penalty's gradient."""

    layers: Scratch
    g: np.ndarray
    penalty: np.ndarray
    decay: list[tuple[Block, np.ndarray, np.ndarray]]


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
        decay = P.by_kind({"weight": self.alpha / n}, default=0.0)
        parts = [(block, P.values[block]) for block in blocks(k, len(decay))]
        t = np.empty(max(q.size for _, q in parts), dtype)
        return Workspace(
            layers=self.network.allocate(k, n, dtype),
            g=np.empty((k, n, self.network.n_outputs), dtype),
            penalty=np.zeros(k, dtype),
            decay=[(block, decay[block[1]], t[: q.size].reshape(q.shape)) for block, q in parts],
        )

    def gradient(
        self,
        P: Parameters,
        x: Any,
        y: np.ndarray,
        w: np.ndarray | None,
        s: Workspace,
        dP: Parameters,
        rngs: Rngs = None,
    ) -> np.ndarray:
        """x (n, d), y (n, o), w (n,) or (n, k) or None for ones -> raw scores z (k, n, o), and dL/dP into dP.

        `s.penalty` (k,) is the second term of L. With generators, dropout is active.
        """
        z = self.network.forward(P, x, s.layers, rngs)
        g = self.loss.gradient(z, y, s.g)
        g += NOTHING
        g -= NOTHING
        S = total_weight(y, w)
        g *= 1 / S if w is None else (w / S).T[..., None]
        self.network.backward(P, g, s.layers, dP)
        if self.alpha:
            self._penalise(P, None if w is None else len(y) / S, s, dP)
        return z

    def _penalise(self, P: Parameters, c: Any, s: Workspace, dP: Parameters) -> None:
        """dP <- dP + c decay P and s.penalty <- c decay P^2 / 2, with c = n / S, or (k,) of them, or None for 1.

        Block by block: on wide networks four passes over memory would take as long as a matrix product.
        """
        s.penalty.fill(0)
        for block, decay, t in s.decay:
            q, dq, penalty = P.values[block], dP.values[block], s.penalty[block[0]]
            np.multiply(q, decay, out=t)
            if c is not None:
                t *= c if np.ndim(c) == 0 else c[block[0], None]
            dq += t
            penalty += np.vecdot(q, t)
        s.penalty *= 0.5

    def loss_sum(self, z: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
        """z (k, n, o) -> sum of w_i l(z_i, y_i) (k,), in float64."""
        values = self.loss.value(z, y)
        return values.sum(axis=1, dtype=np.float64) if w is None else np.vecdot(values, w.T, dtype=np.float64)

    def value(
        self,
        P: Parameters,
        x: Any,
        y: np.ndarray,
        w: np.ndarray | None,
        s: Workspace,
        dP: Parameters,
        rngs: Rngs = None,
    ) -> np.ndarray:
        """L (k,), and dL/dP into dP."""
        z = self.gradient(P, x, y, w, s, dP, rngs)
        return self.loss_sum(z, y, w) / total_weight(y, w) + s.penalty


def total_weight(y: np.ndarray, w: np.ndarray | None) -> Any:
    """S, of rows y (n, o) with weights w (n,) or None, or S (k,) with w (n, k); 1 where no row has weight.

    Rows of their own of k members, y (k, n, o), are as many for each.
    """
    if w is None:
        return y.shape[-2]
    S = w.sum(axis=0)
    return S + (S == 0)
