"""Layers: specifications that record a forward pass, and the backward pass that belongs to it.

A layer holds no array. `Layer.record` gets the parameters and the input, records the calls that compute the output (see
`skscratch.core.tape`), and returns the output and a function that records the gradients. Buffers are the local
variables that both share. Shapes: k members, n samples, d inputs, h units. An input that all members share has k = 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from numbers import Integral
from typing import Any, ClassVar, TypeAlias

import numpy as np

from skscratch.core.initializers import HeNormal, Initializer, Zeros
from skscratch.core.parameters import Affine, Factors, ParameterSpec
from skscratch.core.tape import Array, Do

# A generator for each member while training with dropout, None otherwise.
Rngs: TypeAlias = Sequence[np.random.Generator] | None
# Records the gradients of a layer: from g = dL/dz (k, n, h), which may be overwritten, those of its parameters into dp;
# returns dL/dx (k, n, d), or None where the last argument, whether it is needed, is False.
Backward: TypeAlias = Callable[[Array, Any, bool], Array | None]


class SparseRows:
    """Sparse rows (n, d) of a recorded step, in place of an array: another matrix for every batch.

    Parameters
    ----------
    matrix : sparse array of shape (n, d)
        The present rows, in CSR format.
    """

    def __init__(self, matrix: Any):
        self.matrix = matrix

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d)."""
        n, d = self.matrix.shape
        return n, d

    def product(self, W: Array, z: Array) -> None:
        """z (k, n, h) <- x W, multiplied once, with the W of all members side by side (d, k h)."""
        k, d, h = W.shape
        z[...] = (self.matrix @ W.transpose(1, 0, 2).reshape(d, k * h)).reshape(-1, k, h).transpose(1, 0, 2)

    def transposed_product(self, g: Array, dW: Array) -> None:
        """dW (k, d, h) <- x' g."""
        k, n, h = g.shape
        dW[...] = (self.matrix.T @ g.transpose(1, 0, 2).reshape(n, k * h)).reshape(-1, k, h).transpose(1, 0, 2)


@dataclass(frozen=True)
class Layer(ABC):
    """One step of a network.

    ``in_place`` layers write their output over their input, which no other layer may need then.
    """

    in_place: ClassVar[bool] = False

    @abstractmethod
    def width(self, d: int) -> int:
        """Return the number of outputs h for d inputs."""

    def parameters(self, d: int) -> tuple[ParameterSpec, ...]:
        """Specify the parameters for d inputs, in a named tuple; none unless a subclass says otherwise."""
        return ()

    def init(self, p: Any, rng: np.random.Generator, d: int) -> None:
        """Set the initial parameters p of one member (its arrays have no member axis); by default there are none."""
        assert not p, f"{type(self).__name__} has parameters and must set them in init"

    @abstractmethod
    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        """Record x (1 or k, n, d) -> z (k, n, h); return z and the function that records the gradients.

        A layer that draws random numbers does so if and only if it gets k generators.
        """


@dataclass(frozen=True)
class Dense(Layer):
    """z = c x W + b with c = 1, or c = 1/sqrt(d) in the NTK parametrization.

    x (k, n, d), W (k, d, h), b (k, h) -> z (k, n, h);  dW = c x' g, db = sum of g over n, dx = c g W'.

    Parameters
    ----------
    units : int
        Number of outputs h.
    weights, biases : Initializer
        Distributions of the initial W and b.
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
    >>> from skscratch.core import Dense, Network
    >>> network = Network((Dense(2),), n_inputs=3)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.layers[0].W[...] = 1
    >>> P.layers[0].b[...] = [0, 10]
    >>> network.predict(P, np.array([[1.0, 2.0, 3.0]]))
    array([[[ 6., 16.]]])
    """

    units: int
    weights: Initializer = HeNormal()
    biases: Initializer = Zeros()
    ntk: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.units, Integral) and self.units >= 1):
            raise ValueError(f"units must be an integer >= 1, got {self.units!r}: leave a layer out to have none.")

    def width(self, d: int) -> int:
        return self.units

    def parameters(self, d: int) -> Affine:
        return Affine(W=ParameterSpec((d, self.units), "weight"), b=ParameterSpec((self.units,), "bias"))

    def init(self, p: Affine, rng: np.random.Generator, d: int) -> None:
        self.weights.fill(p.W, rng, d, self.units)
        self.biases.fill(p.b, rng, d, self.units)

    def scale(self, d: int) -> float:
        """Return the factor c."""
        return 1 / sqrt(max(d, 1)) if self.ntk else 1.0

    def record(self, do: Do, p: Affine, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        k, d, h = p.W.shape
        n, c, W = x.shape[-2], self.scale(d), p.W
        z = np.empty((k, n, h), W.dtype)
        if self.ntk:
            W = np.empty_like(p.W)
            do(np.multiply, p.W, c, out=W)
        if isinstance(x, SparseRows):
            do(x.product, W, z)
        else:
            do(np.matmul, x, W, out=z)
        do(np.add, z, p.b[:, None], out=z)

        def backward(g: Array, dp: Affine, input_gradient: bool) -> Array | None:
            if isinstance(x, SparseRows):
                do(x.transposed_product, g, dp.W)
            else:
                do(np.matmul, x.mT, g, out=dp.W)
            if self.ntk:
                do(np.multiply, dp.W, c, out=dp.W)
            do(np.matmul, np.ones((1, 1, n), g.dtype), g, out=dp.b[:, None])  # twice as fast as g.sum(axis=1)
            if not input_gradient:
                return None
            dx = np.empty((k, n, d), g.dtype)
            # With one unit it is a product of rank one: three times faster by broadcasting.
            do(np.multiply if h == 1 else np.matmul, g, W.mT, out=dx)
            return dx

        return z, backward


@dataclass(frozen=True)
class Dropout(Layer):
    """z = x m / (1 - q) with m = 0 for a random share q of the entries, while training; z = x otherwise.

    x, m, z (k, n, d);  dx = g m / (1 - q). It is active if and only if it gets generators, one for each member
    (Srivastava et al., 2014, JMLR 15).

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
    >>> from skscratch.core import Dropout, run
    >>> x = np.ones((1, 1, 6))
    >>> z, backward = Dropout(0.5).record(run, (), x, rngs=None)
    >>> z
    array([[[1., 1., 1., 1., 1., 1.]]])
    >>> z, backward = Dropout(0.5).record(run, (), x, rngs=[np.random.default_rng(0)])
    >>> z
    array([[[2., 2., 2., 0., 0., 0.]]])
    """

    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate must be in [0, 1), got {self.rate!r}: 0 drops nothing.")

    def width(self, d: int) -> int:
        return d

    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        if rngs is None:
            return x, lambda g, dp, input_gradient: g
        shape = (len(rngs), *x.shape[1:])
        u, m, z = np.empty(shape, np.float32), np.empty(shape, x.dtype), np.empty(shape, x.dtype)
        for u_i, rng in zip(u, rngs, strict=True):
            do(rng.random, dtype=np.float32, out=u_i)  # the same draws whatever the dtype of x
        do(np.greater_equal, u, np.float32(self.rate), out=m)
        do(np.multiply, m, 1 / (1 - self.rate), out=m)
        do(np.multiply, x, m, out=z)

        def backward(g: Array, dp: Any, input_gradient: bool) -> Array:
            do(np.multiply, g, m, out=g)
            return g

        return z, backward


@dataclass(frozen=True)
class Scale(Layer):
    """z = x s, one learned factor for each input, initially 1.

    x (k, n, d), s (k, d) -> z (k, n, d);  ds = sum of g x over n, dx = g s. In front of the first dense layer it
    lets a network choose its inputs (Holzmüller, Grinsztajn and Steinwart, 2024, arXiv:2407.04491).

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Network, Scale
    >>> network = Network((Scale(),), n_inputs=2)
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> P.layers[0].s[...] = [3, 0]
    >>> network.predict(P, np.array([[1.0, 2.0]]))
    array([[[3., 0.]]])
    """

    def width(self, d: int) -> int:
        return d

    def parameters(self, d: int) -> Factors:
        return Factors(s=ParameterSpec((d,), "scale"))

    def init(self, p: Factors, rng: np.random.Generator, d: int) -> None:
        p.s[...] = 1

    def record(self, do: Do, p: Factors, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        k, (_, n, d) = len(p.s), x.shape
        z = np.empty((k, n, d), p.s.dtype)
        do(np.multiply, x, p.s[:, None], out=z)

        def backward(g: Array, dp: Factors, input_gradient: bool) -> Array | None:
            t = np.empty_like(z)
            do(np.multiply, g, x, out=t)
            do(np.matmul, np.ones((1, 1, n), g.dtype), t, out=dp.s[:, None])
            if not input_gradient:
                return None
            do(np.multiply, g, p.s[:, None], out=g)
            return g

        return z, backward
