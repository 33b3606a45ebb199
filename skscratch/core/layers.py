"""Layers: specifications to which parameters, gradients and scratch are handed.

A layer holds no array of its own, so that a network can be pickled in a few bytes, used by several threads at
once and run on read-only weights. Shapes: k members, n samples, d inputs, h units. An input that all members
share has k = 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from numbers import Integral
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from skscratch.core.activations import Activation
from skscratch.core.initializers import Initializer, VarianceScaling, Zeros
from skscratch.core.parameters import Slot

# A generator for each member while training, None otherwise.
Rngs = Sequence[np.random.Generator] | None


@dataclass(frozen=True)
class Layer(ABC):
    """One step of a network.

    ``in_place`` layers write their output over their input, which therefore must not be needed any more.
    """

    in_place: ClassVar[bool] = False

    @abstractmethod
    def width(self, d: int) -> int:
        """The number of outputs h for d inputs."""

    @abstractmethod
    def slots(self, d: int) -> Mapping[str, Slot]:
        """The arrays to be learned, by name."""

    @abstractmethod
    def init(self, p: SimpleNamespace, rng: np.random.Generator, d: int) -> None:
        """Fill the arrays p of one member (its views have no member axis)."""

    @abstractmethod
    def allocate(self, k: int, n: int, d: int, dtype: Any, s: SimpleNamespace) -> None:
        """Put into s what `forward` needs for n rows."""

    @abstractmethod
    def allocate_backward(self, k: int, n: int, d: int, dtype: Any, s: SimpleNamespace, input_gradient: bool) -> None:
        """Put into s what `backward` needs besides; `s.dx` is None where nobody asks for the input's gradient."""

    @abstractmethod
    def forward(self, p: SimpleNamespace, x: Any, s: SimpleNamespace, rngs: Rngs) -> np.ndarray:
        """x (1 or k, n, d) -> z (k, n, h); a layer that draws at random does so if it is handed k generators."""

    @abstractmethod
    def backward(self, p: SimpleNamespace, g: np.ndarray, s: SimpleNamespace, dp: SimpleNamespace) -> Any:
        """g = dL/dz (k, n, h) -> dL/dx (k, n, d), and the gradients of the parameters into dp."""


@dataclass(frozen=True)
class Dense(Layer):
    """z = c x W + b with c = 1, or c = 1/sqrt(d) in the NTK parametrization.

    x (k, n, d), W (k, d, h), b (k, h) -> z (k, n, h);  dW = c x' g, db = sum of g over n, dx = c g W'.

    Parameters
    ----------
    units : int
        Number of outputs h.
    weights, biases : Initializer
        How W and b start.
    ntk : bool
        Whether c = 1/sqrt(d): with entries of W of size one, every layer then learns at the same rate whatever
        its width (Jacot, Gabriel and Hongler, 2018, arXiv:1806.07572).

    Raises
    ------
    ValueError
        If `units` is not an integer >= 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.layers import Dense
    >>> from skscratch.core.network import Network
    >>> network = Network((Dense(2),), n_inputs=3)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.layers[0].W[...] = 1
    >>> P.layers[0].b[...] = [0, 10]
    >>> network.predict(P, np.array([[1.0, 2.0, 3.0]]))
    array([[[ 6., 16.]]])
    """

    units: int
    weights: Initializer = VarianceScaling(2.0, "fan_in", "normal")
    biases: Initializer = Zeros()
    ntk: bool = False

    def __post_init__(self):
        if not (isinstance(self.units, Integral) and self.units >= 1):
            raise ValueError(f"units must be an integer >= 1, got {self.units!r}: leave a layer out to have none.")

    def width(self, d: int) -> int:
        return self.units

    def slots(self, d: int) -> Mapping[str, Slot]:
        return {"W": Slot((d, self.units), "weight"), "b": Slot((self.units,), "bias")}

    def init(self, p, rng, d):
        self.weights.fill(p.W, rng, d, self.units)
        self.biases.fill(p.b, rng, d, self.units)

    def scale(self, d: int) -> float:
        """The factor c."""
        return 1 / sqrt(max(d, 1)) if self.ntk else 1.0

    def allocate(self, k, n, d, dtype, s):
        s.z = np.empty((k, n, self.units), dtype)
        s.W = np.empty((k, d, self.units), dtype) if self.ntk else None

    def allocate_backward(self, k, n, d, dtype, s, input_gradient):
        s.dx = np.empty((k, n, d), dtype) if input_gradient else None
        s.ones = np.ones((1, 1, n), dtype)

    def forward(self, p, x, s, rngs):
        s.x = x
        if self.ntk:
            np.multiply(p.W, self.scale(p.W.shape[1]), out=s.W)
        else:
            s.W = p.W
        _product(x, s.W, s.z)
        s.z += p.b[:, None]
        return s.z

    def backward(self, p, g, s, dp):
        _transposed_product(s.x, g, dp.W)
        if self.ntk:
            dp.W *= self.scale(p.W.shape[1])
        np.matmul(s.ones, g, out=dp.b[:, None])  # twice as fast as g.sum(axis=1)
        if s.dx is None:
            return None
        if self.units == 1:  # a product of rank one: three times faster by broadcasting
            return np.multiply(g, s.W.mT, out=s.dx)
        return np.matmul(g, s.W.mT, out=s.dx)


@dataclass(frozen=True)
class Activate(Layer):
    """a = f(z), over z; g <- g f'(z), over g.

    z and a (k, n, h), one array; g (k, n, h).

    Parameters
    ----------
    activation : Activation
        f, an object of `skscratch.core.activations`.

    Examples
    --------
    >>> from skscratch.core.activations import Relu
    >>> from skscratch.core.layers import Activate, Dense
    >>> hidden_layer = Dense(100), Activate(Relu())
    """

    activation: Activation
    in_place: ClassVar[bool] = True

    def width(self, d: int) -> int:
        return d

    def slots(self, d: int) -> Mapping[str, Slot]:
        return {}

    def init(self, p, rng, d):
        """Nothing is learned."""

    def allocate(self, k, n, d, dtype, s):
        self.activation.allocate((k, n, d), dtype, s)

    def allocate_backward(self, k, n, d, dtype, s, input_gradient):
        """The gradient is written over g."""

    def forward(self, p, x, s, rngs):
        self.activation.forward(x, s)
        s.a = x
        return x

    def backward(self, p, g, s, dp):
        self.activation.backward(g, s.a, s)
        return g


@dataclass(frozen=True)
class Dropout(Layer):
    """z = x m / (1 - q) with m = 0 for a random share q of the entries, while training; z = x otherwise.

    x, m, z (k, n, d);  dx = g m / (1 - q). It is active if and only if it is handed generators, one for
    each member (Srivastava et al., 2014, JMLR 15).

    Parameters
    ----------
    rate : float
        The share q, in [0, 1).

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.layers import Dropout, Scale
    >>> from skscratch.core.network import Network
    >>> network = Network((Scale(), Dropout(0.5)), n_inputs=6)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> scratch = network.allocate(k=1, n=1, dtype=np.float64)
    >>> network.forward(P, np.ones((1, 6)), scratch)
    array([[[1., 1., 1., 1., 1., 1.]]])
    >>> network.forward(P, np.ones((1, 6)), scratch, [np.random.default_rng(0)])
    array([[[2., 2., 2., 0., 0., 0.]]])
    """

    rate: float

    def __post_init__(self):
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate must be in [0, 1), got {self.rate!r}: 0 drops nothing.")

    def width(self, d: int) -> int:
        return d

    def slots(self, d: int) -> Mapping[str, Slot]:
        return {}

    def init(self, p, rng, d):
        """Nothing is learned."""

    def allocate(self, k, n, d, dtype, s):
        """Without a generator the input itself is handed on."""

    def allocate_backward(self, k, n, d, dtype, s, input_gradient):
        s.z, s.m, s.u = np.empty((k, n, d), dtype), np.empty((k, n, d), dtype), np.empty((k, n, d), np.float32)

    def forward(self, p, x, s, rngs):
        s.active = rngs is not None
        if not s.active:
            return x
        for u, rng in zip(s.u, rngs, strict=True):
            rng.random(out=u, dtype=np.float32)  # the same draws whatever the dtype of x
        np.greater_equal(s.u, self.rate, out=s.m)
        s.m *= 1 / (1 - self.rate)
        return np.multiply(x, s.m, out=s.z)

    def backward(self, p, g, s, dp):
        if s.active:
            g *= s.m
        return g


@dataclass(frozen=True)
class Scale(Layer):
    """z = x s, one learned factor per input, from 1.

    x (k, n, d), s (k, d) -> z (k, n, d);  ds = sum of g x over n, dx = g s. In front of the first dense layer it
    lets a network choose its inputs (Holzmüller, Grinsztajn and Steinwart, 2024, arXiv:2407.04491).

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.layers import Scale
    >>> from skscratch.core.network import Network
    >>> network = Network((Scale(),), n_inputs=2)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.layers[0].s[...] = [3, 0]
    >>> network.predict(P, np.array([[1.0, 2.0]]))
    array([[[3., 0.]]])
    """

    def width(self, d: int) -> int:
        return d

    def slots(self, d: int) -> Mapping[str, Slot]:
        return {"s": Slot((d,), "scale")}

    def init(self, p, rng, d):
        p.s[...] = 1

    def allocate(self, k, n, d, dtype, s):
        s.z = np.empty((k, n, d), dtype)

    def allocate_backward(self, k, n, d, dtype, s, input_gradient):
        s.dx = np.empty((k, n, d), dtype) if input_gradient else None
        s.gx, s.ones = np.empty((k, n, d), dtype), np.ones((1, 1, n), dtype)

    def forward(self, p, x, s, rngs):
        s.x = x
        return np.multiply(x, p.s[:, None], out=s.z)

    def backward(self, p, g, s, dp):
        np.multiply(g, s.x, out=s.gx)
        np.matmul(s.ones, s.gx, out=dp.s[:, None])
        return None if s.dx is None else np.multiply(g, p.s[:, None], out=s.dx)


def _product(x: Any, W: np.ndarray, z: np.ndarray) -> None:
    """z (k, n, h) <- x W; a sparse x (n, d) is multiplied once, with the W of all members side by side (d, k h)."""
    if isinstance(x, np.ndarray):
        np.matmul(x, W, out=z)
    else:
        k, d, h = W.shape
        z[...] = (x @ W.transpose(1, 0, 2).reshape(d, k * h)).reshape(-1, k, h).transpose(1, 0, 2)


def _transposed_product(x: Any, g: np.ndarray, dW: np.ndarray) -> None:
    """dW (k, d, h) <- x' g."""
    if isinstance(x, np.ndarray):
        np.matmul(x.mT, g, out=dW)
    else:
        k, n, h = g.shape
        dW[...] = (x.T @ g.transpose(1, 0, 2).reshape(n, k * h)).reshape(-1, k, h).transpose(1, 0, 2)
