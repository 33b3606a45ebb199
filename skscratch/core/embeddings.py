"""Numeric embeddings: several learned functions of one column, appended to the input.

A dense layer sees a column only through one product; a tree splits it anywhere. These layers give the network
steps and waves of each single column to combine (Gorishniy, Rubachev and Babenko, 2022, arXiv:2203.05556).
They read the network's input, so they come first, and pass no gradient on. Shapes: k members, n samples, d inputs
of which m are embedded, f features of a column, o outputs of a column.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sqrt
from types import SimpleNamespace

import numpy as np

from skscratch.core.initializers import Normal, Uniform
from skscratch.core.layers import Layer
from skscratch.core.parameters import Slot
from skscratch.registry import Registered


@dataclass(frozen=True)
class NumericEmbedding(Layer, Registered):
    """z = [x, e_1, ..., e_m], e_j = V_j' c_j(x_j) + a_j: x itself, and o outputs for each of m columns j.

    x (1, n, d), V (k, m, f, o), a (k, m, o) -> z (k, n, d + m o);  dV = c g', da = sum of g over n.
    What the features c (k, m, f, n) are is the subclass's business.
    """

    columns: tuple[int, ...]
    outputs: int = 3

    @property
    @abstractmethod
    def features(self) -> int:
        """The number of features f of a column."""

    @abstractmethod
    def _allocate_features(self, k: int, n: int, dtype: np.dtype, s: SimpleNamespace) -> None:
        """Put into s what the features need."""

    @abstractmethod
    def _features_forward(self, p: SimpleNamespace, x: np.ndarray, s: SimpleNamespace) -> None:
        """From x (1 or k, m, 1, n) to s.c (1 or k, m, f, n)."""

    @abstractmethod
    def _features_backward(self, p: SimpleNamespace, s: SimpleNamespace, dp: SimpleNamespace) -> None:
        """From s.x (1 or k, m, 1, n) and dL/de, s.g (k, m, o, n), to the gradients of the features' parameters."""

    def width(self, d: int) -> int:
        return d + len(self.columns) * self.outputs

    def _linear_slots(self) -> Mapping[str, Slot]:
        m, f, o = len(self.columns), self.features, self.outputs
        return {"V": Slot((m, f, o), "embedding"), "a": Slot((m, o), "embedding")}

    def _linear_init(self, p, rng):
        bound = Uniform(1 / sqrt(self.features))
        bound.fill(p.V, rng, self.features, self.outputs)
        bound.fill(p.a, rng, self.features, self.outputs)

    def allocate(self, k, n, d, dtype, s):
        m, o = len(self.columns), self.outputs
        s.columns = np.array(self.columns)
        self._allocate_features(k, n, dtype, s)
        s.e, s.z = np.empty((k, m, o, n), dtype), np.empty((k, n, self.width(d)), dtype)
        # The outputs of a column stand together in z, but samples must be contiguous where the work is done.
        s.into = s.z[:, :, d:].reshape(k, n, m, o).transpose(0, 2, 3, 1)

    def allocate_backward(self, k, n, d, dtype, s, input_gradient):
        if input_gradient:
            raise ValueError(
                f"{type(self).__name__} must be the first layer with parameters, since it passes no gradient to its "
                "input, but a layer before it has some; put it first."
            )
        s.g, s.dx = np.empty((k, len(self.columns), self.outputs, n), dtype), None

    def forward(self, p, x, s, rngs):
        d = x.shape[-1]
        s.x = x[:, :, s.columns].transpose(0, 2, 1)[:, :, None]
        self._features_forward(p, s.x, s)
        np.matmul(p.V.mT, s.c, out=s.e)
        s.e += p.a[..., None]
        s.z[:, :, :d] = x
        s.into[...] = s.e
        return s.z

    def backward(self, p, g, s, dp):
        k, n, width = g.shape
        m, o = len(self.columns), self.outputs
        d = width - m * o
        s.g[...] = g[:, :, d:].reshape(k, n, m, o).transpose(0, 2, 3, 1)
        np.matmul(s.c, s.g.mT, out=dp.V)
        np.sum(s.g, axis=-1, out=dp.a)
        self._features_backward(p, s, dp)


@dataclass(frozen=True)
class Periodic(NumericEmbedding, name="periodic"):
    """c = cos(u), u = 2 pi x w + b, with f learned frequencies w and phases b for each column.

    x (1, m, 1, n), w and b (k, m, f) -> c (k, m, f, n);  with D = sin(u) [g; x g]', (k, m, f, 2 o), the sums over n,
    db = -(sum over outputs of V D_g), dw = -2 pi (sum over outputs of V D_xg).
    (Holzmüller, Grinsztajn and Steinwart, 2024, arXiv:2407.04491: "PBLD".)

    Parameters
    ----------
    columns : tuple of int
        Which m columns of x are embedded.
    outputs : int
        o, how many numbers each of them becomes, besides itself.
    frequencies : int
        f, the number of cosines behind them.
    sigma : float
        Standard deviation of the frequencies at the start, in periods per unit of x.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.embeddings import Periodic
    >>> from skscratch.core.network import Network
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

    def slots(self, d: int) -> Mapping[str, Slot]:
        mf = (len(self.columns), self.frequencies)
        return {"w": Slot(mf, "embedding"), "b": Slot(mf, "embedding"), **self._linear_slots()}

    def init(self, p, rng, d):
        Normal(self.sigma).fill(p.w, rng, 1, self.frequencies)
        Uniform(pi).fill(p.b, rng, 1, self.frequencies)
        self._linear_init(p, rng)

    def _allocate_features(self, k, n, dtype, s):
        m, f = len(self.columns), self.frequencies
        s.u = s.c = np.empty((k, m, f, n), dtype)
        # u = [2 pi w, b] [x; 1] as a product: a third of the time of rows times columns.
        s.wb, s.x1 = np.empty((k, m, f, 2), dtype), np.ones((k, m, 2, n), dtype)

    def allocate_backward(self, k, n, d, dtype, s, input_gradient):
        super().allocate_backward(k, n, d, dtype, s, input_gradient)
        m, f, o = len(self.columns), self.frequencies, self.outputs
        s.u = np.empty_like(s.c)  # the gradient needs both
        s.gxg, s.D = np.empty((k, m, 2 * o, n), dtype), np.empty((k, m, f, 2 * o), dtype)
        s.g = s.gxg[:, :, :o]

    def _features_forward(self, p, x, s):
        np.multiply(p.w, 2 * pi, out=s.wb[..., 0])
        s.wb[..., 1] = p.b
        s.x1[: len(x), :, 0] = x[:, :, 0]
        np.matmul(s.wb, s.x1[: len(x)], out=s.u)
        np.cos(s.u, out=s.c)

    def _features_backward(self, p, s, dp):
        o = self.outputs
        np.multiply(s.x, s.g, out=s.gxg[:, :, o:])
        np.matmul(np.sin(s.u, out=s.u), s.gxg.mT, out=s.D)  # instead of V g and two more passes over all of u
        np.vecdot(s.D[..., :o], p.V, out=dp.b)
        np.vecdot(s.D[..., o:], p.V, out=dp.w)
        dp.b *= -1
        dp.w *= -2 * pi


@dataclass(frozen=True)
class PiecewiseLinear(NumericEmbedding, name="piecewise"):
    """c_t = (x - l_t) / (r_t - l_t) between 0 and 1: how far x has come through each of f bins.

    The first bin is open to the left, the last to the right. x (1, m, 1, n) -> c (1, m, f, n), the same for all
    members. (Gorishniy et al., 2022, arXiv:2203.05556, equation 1.)

    Parameters
    ----------
    columns, outputs
        As in `Periodic`.
    edges : tuple of tuple of float
        For each column its f + 1 bin edges in ascending order; a bin without width stays at 0.

    Raises
    ------
    ValueError
        If `edges` are not ascending, or not as many for each column.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.embeddings import PiecewiseLinear
    >>> from skscratch.core.network import Network
    >>> network = Network((PiecewiseLinear(columns=(0,), outputs=1, edges=((0.0, 1.0, 3.0),)),), n_inputs=1)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.values[...] = [1, -1, 0]  # V and a: up in the first bin, down in the second
    >>> network.predict(P, np.array([[0.5], [1.0], [2.0]]))
    array([[[0.5, 0.5],
            [1. , 1. ],
            [2. , 0.5]]])
    """

    edges: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self):
        lengths = {len(edges) for edges in self.edges}
        if len(self.edges) != len(self.columns) or len(lengths) != 1 or min(lengths) < 2:
            raise ValueError(
                f"edges must be one sequence for each of the {len(self.columns)} columns, all of one length >= 2, got "
                f"{len(self.edges)} of lengths {sorted(lengths)}; repeat an edge where a column has fewer."
            )
        if not (np.diff(self.edges, axis=1) >= 0).all():
            raise ValueError("edges must be in ascending order, got some that descend or are NaN; sort them.")

    @property
    def features(self) -> int:
        return len(self.edges[0]) - 1

    def slots(self, d: int) -> Mapping[str, Slot]:
        return self._linear_slots()

    def init(self, p, rng, d):
        self._linear_init(p, rng)

    def _allocate_features(self, k, n, dtype, s):
        edges = np.array(self.edges)
        left, width = edges[:, :-1], np.diff(edges, axis=1)
        with np.errstate(divide="ignore"):
            s.slope = np.where(width > 0, 1 / width, 0).astype(dtype)[None, ..., None]
        s.left = left.astype(dtype)[None, ..., None]
        s.low, s.high = np.zeros_like(s.left), np.ones_like(s.left)
        s.low[:, :, 0], s.high[:, :, -1] = -np.inf, np.inf
        s.room = np.empty((k, len(self.columns), self.features, n), dtype)

    def _features_forward(self, p, x, s):
        s.c = s.room[: len(x)]  # the same for all members where they share x
        np.subtract(x, s.left, out=s.c)
        s.c *= s.slope
        np.clip(s.c, s.low, s.high, out=s.c)

    def _features_backward(self, p, s, dp):
        """The bins are not learned."""
