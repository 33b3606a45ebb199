"""Numeric embeddings: several learned functions of one column, appended to the input.

A dense layer sees a column through one product only; a tree splits it anywhere. These layers give the network
functions of each single column to combine (Gorishniy, Rubachev and Babenko, 2022, arXiv:2203.05556).
They read the network's input, so they come first. Shapes: k members, n samples, d inputs of which m are embedded, f
features of a column, o outputs of a column.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import pi, sqrt
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np

from skscratch.core.initializers import Normal, Uniform
from skscratch.core.layers import Backward, Layer, Rngs, record_product
from skscratch.core.parameters import ParameterSpec
from skscratch.core.tape import Array, Do
from skscratch.registry import Registered

MAX_SLOPE = 1e19  # of a bin: products with it stay finite in float32
# Records the gradients of the parameters of the features, from g = dL/de (k, m, o, n), and what the features add to the
# gradient of the m columns of x, into the last argument (k, m, 1, n), unless it is None.
FeaturesBackward: TypeAlias = Callable[[Array, Any, Array | None], None]


class Linear(NamedTuple):
    """What turns features into outputs: V and a."""

    V: Any
    a: Any


class Waves(NamedTuple):
    """Frequencies w and phases b of the cosines, and what turns them into outputs: V and a."""

    w: Any
    b: Any
    V: Any
    a: Any


@dataclass(frozen=True)
class NumericEmbedding(Layer, Registered):
    """z = [x, e_1, ..., e_m], e_j = V_j' c_j(x_j) + a_j: x itself, and o outputs for each of m columns j.

    x (1 or k, n, d), V (k, m, f, o), a (k, m, o) -> z (k, n, d + m o);  dV = c g', da = sum of g over n,
    dx_j = g_x + sum over f of c_j' (V_j g_j). Subclasses compute the features c (1 or k, m, f, n).
    """

    columns: tuple[int, ...] = ()
    outputs: int = 3
    increasing: ClassVar[bool] = False  # whether no feature of a column ever decreases in it

    @property
    @abstractmethod
    def features(self) -> int:
        """The number of features f of a column."""

    @abstractmethod
    def fit(self, x: Array, columns: tuple[int, ...], sample_weight: Array | None) -> Self:
        """Make the same embedding for these columns of the training rows x (n, d), of weights (n,) or all 1."""

    @abstractmethod
    def record_features(self, do: Do, p: Any, x: Array) -> tuple[Array, FeaturesBackward]:
        """Record x (1 or k, m, 1, n) -> c (1 or k, m, f, n); return c and what records the gradients."""

    def width(self, d: int) -> int:
        return d + len(self.columns) * self.outputs

    def needed_columns(self, d: int) -> slice:
        return slice(d, None)

    def linear(self) -> Linear:
        """Specify V and a."""
        m, f, o = len(self.columns), self.features, self.outputs
        return Linear(V=ParameterSpec((m, f, o), "embedding"), a=ParameterSpec((m, o), "embedding"))

    def init(self, p: Any, rng: np.random.Generator, d: int) -> None:
        bound = Uniform(1 / sqrt(self.features))
        bound.fill(p.V, rng, self.features, self.outputs)
        bound.fill(p.a, rng, self.features, self.outputs)

    def bound(self, p: Any, signs: Array, *, is_last: bool) -> Array:
        """The outputs of a column have its sign: V >= 0."""
        of_columns = signs[list(self.columns)]
        if of_columns.any() and not self.increasing:
            raise ValueError(
                f"columns of {type(self).__name__} must have no monotonic constraint, since its features are not "
                "increasing, but some have: leave these columns out."
            )
        p.V[0, of_columns != 0] = 0
        return np.concatenate([signs, np.repeat(of_columns, self.outputs)])

    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        (k, m, _, o), (k_x, n, d) = p.V.shape, x.shape
        x_columns = np.empty((k_x, m, 1, n), p.V.dtype)
        # Columns before samples, which are contiguous here where most of the time is spent: z is a transposed view.
        z = np.empty((k, self.width(d), n), p.V.dtype).mT
        e = z.mT[:, d:].reshape(k, m, o, n)
        do(np.copyto, z[:, :, :d], x)
        do(np.take, x.mT, np.array(self.columns), axis=1, out=x_columns[:, :, 0], mode="clip")
        c, features_backward = self.record_features(do, p, x_columns)
        do(np.matmul, p.V.mT, c, out=e)
        do(np.add, e, p.a[..., None], out=e)

        def backward(g: Array, dp: Any, columns: slice | None) -> Array | None:
            ge_rows = g.mT[:, g.shape[-1] - m * o :]  # g also has the columns of x if their gradient is needed
            ge = ge_rows.reshape(k, m, o, n)
            do(np.matmul, c, ge.mT, out=dp.V)
            record_product(do, ge_rows, np.ones((1, n, 1), g.dtype), dp.a.reshape(k, m * o, 1))  # faster than a sum
            if columns is None:
                features_backward(ge, dp, None)
                return None
            dx, dx_columns = np.empty((k, n, d), g.dtype), np.empty((k, m, 1, n), g.dtype)
            features_backward(ge, dp, dx_columns)
            do(np.copyto, dx, g[..., :d])
            do(np.add.at, dx.mT, (slice(None), np.array(self.columns)), dx_columns[:, :, 0])
            return dx[..., columns]

        return z, backward


@dataclass(frozen=True)
class Periodic(NumericEmbedding, name="periodic"):
    """c = cos(u), u = 2 pi x w + b, with f learned frequencies w and phases b for each column.

    x (1, m, 1, n), w and b (k, m, f) -> c (k, m, f, n);  with D = sin(u) [g; x g]', (k, m, f, 2 o), the sums over n,
    db = -(sum over outputs of V D_g), dw = -2 pi (sum over outputs of V D_xg), c' = -2 pi w sin(u).
    (Holzmüller, Grinsztajn and Steinwart, 2024, arXiv:2407.04491: "PBLD".)

    Parameters
    ----------
    columns : tuple of int
        Which m columns of x are embedded; `fit` sets them.
    outputs : int
        o, how many numbers each of them becomes, besides itself.
    frequencies : int
        f, the number of cosines behind them.
    sigma : float
        Standard deviation of the initial frequencies, in periods per unit of x.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Network, Periodic
    >>> network = Network((Periodic(columns=(0,), outputs=1, frequencies=1),), n_inputs=1)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.values[...] = [0.5, 0, 1, 0]  # w, b, V, a: one cosine of period 2
    >>> network.predict(P, np.array([[0.0], [1.0], [2.0]])).round(3)
    array([[[ 0.,  1.],
            [ 1., -1.],
            [ 2.,  1.]]])
    """

    frequencies: int = 16
    sigma: float = 0.3

    @property
    def features(self) -> int:
        return self.frequencies

    def fit(self, x: Array, columns: tuple[int, ...], sample_weight: Array | None) -> Self:
        return replace(self, columns=columns)

    def parameters(self, d: int) -> Waves:
        mf = ParameterSpec((len(self.columns), self.frequencies), "embedding")
        return Waves(mf, mf, *self.linear())

    def init(self, p: Waves, rng: np.random.Generator, d: int) -> None:
        Normal(self.sigma).fill(p.w, rng, 1, self.frequencies)
        Uniform(pi).fill(p.b, rng, 1, self.frequencies)
        super().init(p, rng, d)

    def record_features(self, do: Do, p: Waves, x: Array) -> tuple[Array, FeaturesBackward]:
        (k, m, f, o), n, dtype = p.V.shape, x.shape[-1], x.dtype
        # u = [2 pi w, b] [x; 1] as a product: a third of the time of rows times columns.
        wb, x1 = np.empty((k, m, f, 2), dtype), np.ones((len(x), m, 2, n), dtype)
        u, c = np.empty((k, m, f, n), dtype), np.empty((k, m, f, n), dtype)
        do(np.multiply, p.w, 2 * pi, out=wb[..., 0])
        do(np.copyto, wb[..., 1], p.b)
        do(np.copyto, x1[:, :, :1], x)
        do(np.matmul, wb, x1, out=u)
        do(np.cos, u, out=c)

        def backward(g: Array, dp: Waves, dx: Array | None) -> None:
            gxg, D = np.empty((k, m, 2 * o, n), dtype), np.empty((k, m, f, 2 * o), dtype)
            do(np.copyto, gxg[:, :, :o], g)
            do(np.multiply, x, g, out=gxg[:, :, o:])
            do(np.sin, u, out=u)
            do(np.matmul, u, gxg.mT, out=D)  # instead of V g and two more passes over all of u
            do(np.vecdot, D[..., :o], p.V, out=dp.b)
            do(np.vecdot, D[..., o:], p.V, out=dp.w)
            do(np.multiply, dp.b, -1, out=dp.b)
            do(np.multiply, dp.w, -2 * pi, out=dp.w)
            if dx is not None:
                gu = np.empty((k, m, f, n), dtype)
                do(np.matmul, p.V, g, out=gu)
                do(np.multiply, gu, u, out=gu)
                do(np.matmul, p.w[:, :, None], gu, out=dx)
                do(np.multiply, dx, -2 * pi, out=dx)

        return c, backward


@dataclass(frozen=True)
class PiecewiseLinear(NumericEmbedding, name="piecewise"):
    """c_t = (x - l_t) / (r_t - l_t) between 0 and 1: which share of each of f bins [l_t, r_t] lies below x.

    The first bin is open to the left, the last to the right. x (1, m, 1, n) -> c (1, m, f, n), the same for all
    members. c_t' = 1 / (r_t - l_t) in the bin, half of it at an inner edge, 0 outside: at an edge the derivative is
    the mean of those on both sides. (Gorishniy et al., 2022, arXiv:2203.05556, equation 1.)

    Parameters
    ----------
    columns, outputs
        As in `Periodic`.
    bins : int
        f, the number of bins.
    edges : tuple of tuple of float
        For each column its f + 1 bin edges in ascending order; a bin without width stays at 0, and one that is
        narrower than 1e-19 has the slope 1e19, so that c stays finite. `fit` takes quantiles.

    Raises
    ------
    ValueError
        If `edges` are not ascending, or not f + 1 for each column.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Network, PiecewiseLinear
    >>> embedding = PiecewiseLinear(columns=(0,), outputs=1, bins=2, edges=((0.0, 1.0, 3.0),))
    >>> network = Network((embedding,), n_inputs=1)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.values[...] = [1, -1, 0]  # V and a: up in the first bin, down in the second
    >>> network.predict(P, np.array([[0.5], [1.0], [2.0]]))
    array([[[0.5, 0.5],
            [1. , 1. ],
            [2. , 0.5]]])
    >>> PiecewiseLinear(bins=2).fit(np.array([[1.0], [2.0], [4.0]]), columns=(0,), sample_weight=None).edges
    ((1.0, 2.0, 4.0),)
    """

    bins: int = 16
    edges: tuple[tuple[float, ...], ...] = ()
    increasing: ClassVar[bool] = True

    def __post_init__(self) -> None:
        lengths = [len(edges) for edges in self.edges]
        if len(lengths) != len(self.columns) or set(lengths) - {self.bins + 1}:
            raise ValueError(
                f"edges must be one sequence of length {self.bins + 1} for each of the {len(self.columns)} columns, "
                f"got {len(lengths)} of lengths {sorted(set(lengths))}; repeat an edge where a column has fewer."
            )
        if self.edges and not (np.diff(self.edges, axis=1) >= 0).all():
            raise ValueError("edges must be in ascending order, got some that descend or are NaN; sort them.")

    @property
    def features(self) -> int:
        return self.bins

    def fit(self, x: Array, columns: tuple[int, ...], sample_weight: Array | None) -> Self:
        q = np.linspace(0, 1, self.bins + 1)
        q[:-1] *= 1 - 1e-12  # sums of weights are rounded
        numbers = (x[:, j].astype(np.float64) for j in columns)
        edges = [np.quantile(column, q, weights=sample_weight, method="inverted_cdf") for column in numbers]
        return replace(self, columns=columns, edges=tuple(tuple(map(float, edge)) for edge in edges))

    def parameters(self, d: int) -> Linear:
        return self.linear()

    @cached_property
    def bin_constants(self) -> Array:
        """The left edge, the slope and the bounds of each feature, (4, 1, m, f, 1)."""
        edges = np.array(self.edges)[None, ..., None]
        left, width = edges[:, :, :-1], np.diff(edges, axis=2)
        slope = np.divide(1, width, out=np.zeros_like(width), where=width > 1 / MAX_SLOPE)
        slope[(width > 0) & (width <= 1 / MAX_SLOPE)] = MAX_SLOPE
        low, high = np.zeros_like(left), np.ones_like(left)
        low[:, :, 0], high[:, :, -1] = -np.inf, np.inf
        return np.stack([left, slope, low, high])

    def record_features(self, do: Do, p: Linear, x: Array) -> tuple[Array, FeaturesBackward]:
        left, slope, low, high = self.bin_constants.astype(x.dtype)
        c = np.empty((len(x), len(self.columns), self.bins, x.shape[-1]), x.dtype)
        do(np.subtract, x, left, out=c)
        do(np.multiply, c, slope, out=c)
        do(np.maximum, c, low, out=c)
        do(np.minimum, c, high, out=c)  # together a third of the time of np.clip

        def backward(g: Array, dp: Linear, dx: Array | None) -> None:
            if dx is not None:  # bins have no parameters
                gc, c_x = np.empty((len(g), *c.shape[1:]), x.dtype), np.empty_like(c)
                do(self.derivatives, x, c_x)
                do(np.matmul, p.V, g, out=gc)
                do(np.multiply, gc, c_x, out=gc)
                do(np.sum, gc, axis=2, keepdims=True, out=dx)

        return c, backward

    def derivatives(self, x: Array, out: Array) -> None:
        """Write c' (1 or k, m, f, n) for x (1 or k, m, 1, n): the mean of the derivatives on both sides."""
        edges, slope = np.array(self.edges, x.dtype)[None, ..., None], self.bin_constants[1].astype(x.dtype)
        start, end = edges[:, :, :-1].copy(), edges[:, :, 1:].copy()
        start[:, :, 0], end[:, :, -1] = -np.inf, np.inf
        out[...] = (start <= x) & (x < end)
        out += (start < x) & (x <= end)
        out *= slope / 2
