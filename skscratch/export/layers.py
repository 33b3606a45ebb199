"""The network on constants, with all members in one product; and the rules of the layers."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from skscratch.core.embeddings import NumericEmbedding, Periodic, PiecewiseLinear
from skscratch.core.layers import Dense, Layer
from skscratch.core.network import Network
from skscratch.core.parameters import Parameters
from skscratch.core.tape import run
from skscratch.export.tensor import Tensor, apply, by_rule, clip, concatenate, rule


def raw_scores(network: Network, P: Parameters, x: Tensor) -> Tensor:
    """Export `Network.predict`: raw scores z (k, n, o) of x (n, d)."""
    for number, (layer, p) in enumerate(zip(network.layers, P.layers, strict=True), start=1):
        x = by_rule(layer, _record(layer), p, x).in_part(f"layer_{number}/{type(layer).__name__}")
    return x


def _record(layer: Layer) -> Any:
    """Return what runs the layer's own code, in place where it does that, on a tensor of its own."""
    return lambda p, x: layer.record(run, p, Tensor(x.node, x.dtype), None)[0]


@rule(Dense)
def dense(layer: Dense, p: Any, x: Tensor) -> Tensor:
    """z = x V + b (k, n, h), with x (n, d) or (k, n, d)."""
    return x @ layer.effective_weights(p) + p.b[:, None]


@rule(PiecewiseLinear)
def piecewise_linear(layer: PiecewiseLinear, p: Any, x: Tensor) -> Tensor:
    """c_t = (x - l_t) / (r_t - l_t) between 0 and 1, (m, n, f)."""
    left, slope, low, high = np.swapaxes(layer.bin_constants[:, 0], -1, -2)
    return _embedded(layer, p, x, clip((_columns(layer, x) - left) * slope, low, high))


@rule(Periodic)
def periodic(layer: Periodic, p: Any, x: Tensor) -> Tensor:
    """c = cos(u), u = 2 pi x w + b, (k, m, n, f)."""
    w, b = p.w[:, :, None], p.b[:, :, None]
    return _embedded(layer, p, x, np.cos(_columns(layer, x) * (2 * pi * w) + b))


def _columns(layer: NumericEmbedding, x: Tensor) -> Tensor:
    """Take the embedded columns (m, n, 1) of x (n, d)."""
    x_columns = apply("Gather", x, np.array(layer.columns), axis=1)
    return apply("Unsqueeze", apply("Transpose", x_columns, perm=[1, 0]), np.array([-1]))


def _embedded(layer: NumericEmbedding, p: Any, x: Tensor, c: Tensor) -> Tensor:
    """z = [x, e_1, ..., e_m] (k, n, d + m o), e_j = V_j' c_j(x_j) + a_j, from c (m, n, f) or (k, m, n, f)."""
    k, m, _, o = p.V.shape
    e = apply("Transpose", c @ p.V + p.a[:, :, None], perm=[0, 2, 1, 3])  # (k, n, m, o)
    x_members = apply("Expand", x, np.array([k, 1, 1]))
    return concatenate([x_members, apply("Reshape", e, np.array([k, -1, m * o]))], axis=2)
