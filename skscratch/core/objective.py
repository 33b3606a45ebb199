"""The objective function of a fit: the mean loss over rows plus a penalty on weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.inverse_links import ClassInverseLink
from skscratch.core.layers import Rngs
from skscratch.core.losses import Loss
from skscratch.core.network import Network, as_input, set_input
from skscratch.core.parameters import Parameters, blocks
from skscratch.core.tape import Array, Do, Tape

# Added to dl/dz and subtracted again, it rounds to zero what is far too small to matter where targets are of
# the order of one: below 1e-16 in float32, 1e-25 in float64. When a network is certain, products with such numbers
# become subnormal, and arithmetic with subnormal numbers is far slower. The losses themselves stay exact.
NEGLIGIBLE = 1e-9


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
    label_smoothing : float in [0, 1)
        e, the share of every label that is moved to the other classes in training: of K classes, (1 - e) y + e / K is
        trained on in place of y (Szegedy et al., Rethinking the Inception architecture, 2016).

    Raises
    ------
    ValueError
        If `label_smoothing` is outside [0, 1), or above 0 for a loss without classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Dense, Gradient, Network, Objective, Rows, SquaredError
    >>> objective = Objective(Network((Dense(1),), n_inputs=1), SquaredError(), alpha=6.0)
    >>> P = objective.network.init(k=1, rng=np.random.default_rng(0))
    >>> P.values[...] = [1, 0]  # z = x, at a penalty of 6 * 1**2 / (2 * 3) = 1
    >>> rows = Rows(np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [5.0]]), None)
    >>> gradient = Gradient(objective, P, rows)
    >>> gradient.value()
    array([2.5])
    >>> gradient.dP.layers[0].W, gradient.dP.layers[0].b
    (array([[[0.]]]), array([[-1.]]))
    """

    network: Network
    loss: Loss
    alpha: float = 0.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), got {self.label_smoothing!r}: 0 keeps the labels.")
        if self.label_smoothing and not isinstance(self.loss.inverse_link, ClassInverseLink):
            raise ValueError(
                f"label_smoothing must be 0 for a loss without classes, got {self.label_smoothing!r} and {self.loss!r}."
            )

    def training_target(self, y: Array) -> Array:
        """Return what is trained on in place of y (n, o)."""
        link, e = self.loss.inverse_link, self.label_smoothing
        if not (e and isinstance(link, ClassInverseLink)):
            return y
        return (1 - e) * y + e / link.n_classes(y.shape[-1])

    def loss_sum(self, z: Array, y: Array, w: Array | None) -> Array:
        """Compute the sum of w_i l(z_i, y_i) (k,), in float64, for z (k, n, o)."""
        values = self.loss.value(z, y)
        return values.sum(axis=1, dtype=np.float64) if w is None else np.vecdot(values, w.T, dtype=np.float64)


class Gradient:
    """dL/dP for batches of n rows: recorded once, and replayed for every batch.

    Parameters
    ----------
    objective : Objective
        The function L.
    P : Parameters
        The parameters of k members, which may change in place between calls.
    rows : Rows
        A batch, y as `Objective.training_target` returns it. Its arrays are read by every `value`; a call writes other
        rows over them.
    dP : Parameters, optional
        Memory for the gradient.
    rngs : sequence of numpy.random.Generator, optional
        With a generator for each member, dropout is active.

    Attributes
    ----------
    outputs : list of ndarray
        The outputs (k, n, h) of each layer for the last batch.
    z : ndarray of shape (k, n, o)
        Those of the last layer, the raw scores.
    dP : Parameters
        Its gradient.
    """

    def __init__(
        self, objective: Objective, P: Parameters, rows: Rows, dP: Parameters | None = None, rngs: Rngs = None
    ):
        self.objective, self.rows = objective, rows
        self.dP = P.empty() if dP is None else dP
        self.x, y, w = as_input(rows.x), rows.y, rows.w
        k, n, dtype = len(P.values), y.shape[-2], P.values.dtype
        self.weights = None if w is None else np.empty((w[0].size, n, 1), dtype)  # w / S
        self.c = np.ones((k, 1), dtype)  # n / S
        self.squares = self.sum_of_squares = np.zeros((1, k), dtype)
        do = self.tape = Tape(dtype)
        recorded = objective.network.record(do, P, self.x, rngs)
        self.outputs, self.z, g = recorded.outputs, recorded.z, np.empty(recorded.z.shape, dtype)
        do(objective.loss.gradient, self.z, y, g)
        do(np.add, g, NEGLIGIBLE, out=g)
        do(np.subtract, g, NEGLIGIBLE, out=g)
        do(np.multiply, g, 1 / n if self.weights is None else self.weights, out=g)
        recorded.backward(g, self.dP)
        if objective.alpha:
            self._record_penalty(do, P, objective.alpha / n)
        self._set_weights()

    def __call__(self, x: Any, y: Array, w: Array | None) -> Array:
        """Compute z and dL/dP for other rows x (n, d), y (n, o) and w (n,) or (n, k), or None for ones; returns z."""
        set_input(self.x, x)
        np.copyto(self.rows.y, y)
        if self.rows.w is not None:
            assert w is not None, "a batch needs weights if the rows of the record had some"
            np.copyto(self.rows.w, w)
            self._set_weights()
        self.tape.replay()
        return self.z

    def value(self) -> Array:
        """Compute L (k,), and dL/dP, for the rows as they are now."""
        self.tape.replay()
        y, w = self.rows.y, self.rows.w
        return self.objective.loss_sum(self.z, y, w) / total_weight(y, w) + self.penalty

    @property
    def penalty(self) -> Array:
        """The second term (k,) of L for the last batch."""
        return self.squares.sum(axis=0) / 2

    def take_penalties(self) -> Array:
        """Return the sum (k,) of the penalties of all rows since the last call."""
        penalties: Array = self.sum_of_squares.sum(axis=0, dtype=np.float64) * (self.rows.y.shape[-2] / 2)
        self.sum_of_squares[...] = 0
        return penalties

    def _set_weights(self) -> None:
        """Compute w / S and n / S from w."""
        if self.weights is not None and self.rows.w is not None:
            S = total_weight(self.rows.y, self.rows.w)
            np.divide(self.rows.w.T, np.reshape(S, (-1, 1)), out=self.weights[..., 0])
            self.c[:, 0] = self.rows.y.shape[-2] / S

    def _record_penalty(self, do: Do, P: Parameters, decay: float) -> None:
        """Record dP <- dP + c decay P for weights, and the squares c decay P^2, twice the penalty.

        Block by block: for wide networks four passes over memory would take as long as a matrix product.
        """
        decays, weighted = P.by_kind({"weight": decay}, default=0.0), self.weights is not None
        parts = blocks(*P.values.shape)
        self.squares = np.zeros((len(parts), len(P.values)), P.values.dtype)
        for (rows, columns), squares in zip(parts, self.squares, strict=True):
            q, dq = P.values[rows, columns], self.dP.values[rows, columns]
            t = np.empty_like(q)
            do(np.multiply, q, decays[columns], out=t)
            if weighted:
                do(np.multiply, t, self.c[rows], out=t)
            do(np.add, dq, t, out=dq)
            do(np.vecdot, q, t, out=squares[rows])
        self.sum_of_squares = np.zeros_like(self.squares)
        do(np.add, self.sum_of_squares, self.squares, out=self.sum_of_squares)


def total_weight(y: Array, w: Array | None) -> Any:
    """Compute S for rows y (n, o) with weights w (n,) or None, or S (k,) with w (n, k); 1 where no row has weight.

    Rows of their own of k members, y (k, n, o), are as many for each.
    """
    if w is None:
        return y.shape[-2]
    S = w.sum(axis=0)
    return S + (S == 0)
