"""A check of the gradient: directional derivatives against central differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.objective import Gradient, Objective
from skscratch.core.parameters import Parameters
from skscratch.core.tape import Array


def gradcheck(
    objective: Objective,
    P: Parameters,
    x: Any,
    y: Array,
    w: Array | None = None,
    *,
    rng: np.random.Generator,
    directions: int = 2,
    step: float = 1e-6,
    dropout_seed: int | None = None,
) -> float:
    """Compute the largest relative error of the gradient along random directions v.

    The directional derivative dL/dP . v, with the gradient computed in the dtype of P, is compared with the central
    difference of fourth order, (8 D(h) - D(2h)) / 12h with D(h) = L(P + h v) - L(P - h v), computed in float64; the
    error is relative to |dL/dP| |v|.

    Parameters
    ----------
    objective : Objective
        The objective function to check: its network, its loss and its penalty.
    P : Parameters
        The point to check at; k members, each along directions of its own.
    x : ndarray or sparse array of shape (n, d)
        Rows, in any float dtype.
    y : ndarray of shape (n, o)
        Targets.
    w : ndarray of shape (n,), optional
        Weights.
    rng : numpy.random.Generator
        Draws the directions.
    directions : int
        How many directions.
    step : float
        h, relative to the norm of the parameters.
    dropout_seed : int, optional
        With a seed dropout is active and drops the same entries in each evaluation.

    Returns
    -------
    float
        About 1e-9 for a right gradient in float64, about 1e-5 in float32, 0.01 to 1 for a wrong one.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Dense, Network, Objective, SquaredError, Tanh, gradcheck
    >>> rng = np.random.default_rng(0)
    >>> objective = Objective(Network((Dense(4), Tanh(), Dense(2)), n_inputs=3), SquaredError())
    >>> P = objective.network.init(2, rng)
    >>> gradcheck(objective, P, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), rng=rng) < 1e-7
    True
    """

    def value(values: Array) -> tuple[Array, Array]:
        rngs = None if dropout_seed is None else np.random.default_rng(dropout_seed).spawn(len(values))
        dtype = values.dtype
        rows = Rows(x.astype(dtype), y.astype(dtype), None if w is None else w.astype(dtype))
        recorded = Gradient(objective, P.like(values), rows, rngs=rngs)
        return recorded.value(), recorded.dP.values

    _, gradient = value(P.values)
    q = P.values.astype(np.float64)
    largest = 0.0
    for _ in range(directions):
        v = rng.standard_normal(q.shape)
        v *= np.linalg.norm(q, axis=1, keepdims=True).clip(1e-3) / np.linalg.norm(v, axis=1, keepdims=True)
        near, far = (value(q + h * v)[0] - value(q - h * v)[0] for h in (step, 2 * step))
        difference = (8 * near - far) / (12 * step)
        derivative = np.einsum("kp,kp->k", gradient.astype(np.float64), v)
        size = np.linalg.norm(gradient, axis=1) * np.linalg.norm(v, axis=1)
        largest = max(largest, float(np.max(np.abs(difference - derivative) / np.maximum(size, 1e-12))))
    return largest
