"""Layers: specifications that record a forward pass, and the backward pass that belongs to it.

A layer holds no array. `Layer.record` gets the parameters and the input, records the calls that compute the output (see
`skscratch.core.tape`), and returns the output and a function that records the gradients. Buffers are the local
variables that both share. Shapes: k members, n samples, d inputs, h units. An input that all members share has k = 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from numbers import Integral
from typing import Any, ClassVar, TypeAlias

import numpy as np

from skscratch.core.initializers import HeNormal, Initializer, Zeros
from skscratch.core.parameters import Affine, FactorsAffine, ParameterSpec
from skscratch.core.tape import Array, Do

# A generator for each member while training with dropout, None otherwise.
Rngs: TypeAlias = Sequence[np.random.Generator] | None
# Records the gradients of a layer: from g = dL/dz (k, n, h), which may be overwritten, those of its parameters into dp;
# returns those columns of dL/dx (k, n, d) that the last argument names, or None where it is None.
Backward: TypeAlias = Callable[[Array, Any, slice | None], Array | None]
ALL = slice(None)
# Multiplications for which OpenBLAS multiplies without packing the matrices first, on processors with AVX-512, if the
# second one is not a transposed view: in three quarters of the time, so that a copy is worth while.
SMALL = 10**6


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

    def needed_columns(self, d: int) -> slice:
        """Return the columns of the output whose gradient that of the parameters needs; by default all."""
        return ALL

    def bound(self, p: Any, signs: Array, *, is_last: bool) -> Array:
        """Bound the parameters of a monotonic network; return the signs (h,) of the outputs from those (d,) of inputs.

        An output of sign 1 never decreases, and one of sign -1 never increases, when a constrained input of the network
        moves in its direction. An output of sign 0 does not depend on these inputs. p has the smallest and the largest
        value of each parameter, (2, *shape), at first infinite. The signs of the last layer must be 1.
        """
        raise TypeError(
            f"{type(self).__name__} must have a method bound(p, signs, is_last) in a monotonic network, but has none; "
            "write it as in skscratch.core.layers."
        )

    @abstractmethod
    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        """Record x (1 or k, n, d) -> z (k, n, h); return z and the function that records the gradients.

        A layer that draws random numbers does so if and only if it gets k generators.
        """


@dataclass(frozen=True)
class Dense(Layer):
    """z = x V + b, V = c s W, with c = 1, or 1/sqrt(d) in the NTK parametrization, and s = 1, or factors of the inputs.

    x (k, n, d), W (k, d, h), b (k, h), s (k, d) -> z (k, n, h);  with dV = x' g:  dW = c s dV, ds = c (sum of W dV over
    h), db = sum of g over n, dx = g V'.

    Parameters
    ----------
    units : int
        Number of outputs h.
    weights, biases : Initializer
        Distributions of the initial W and b.
    ntk : bool
        Whether c = 1/sqrt(d): with entries of W of size one, every layer then learns at the same rate whatever
        its width (Jacot, Gabriel and Hongler, 2018, arXiv:1806.07572).
    input_factors : bool
        Whether there is a learned factor s for each input, initially 1: in the first layer it lets a network choose its
        inputs (Holzmüller, Grinsztajn and Steinwart, 2024, arXiv:2407.04491).

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
    input_factors: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.units, Integral) and self.units >= 1):
            raise ValueError(f"units must be an integer >= 1, got {self.units!r}: leave a layer out to have none.")

    def width(self, d: int) -> int:
        return self.units

    def parameters(self, d: int) -> Affine | FactorsAffine:
        W, b = ParameterSpec((d, self.units), "weight"), ParameterSpec((self.units,), "bias")
        return FactorsAffine(W, b, ParameterSpec((d,), "scale")) if self.input_factors else Affine(W, b)

    def init(self, p: Any, rng: np.random.Generator, d: int) -> None:
        self.weights.fill(p.W, rng, d, self.units)
        self.biases.fill(p.b, rng, d, self.units)
        if self.input_factors:
            p.s[...] = 1

    def bound(self, p: Any, signs: Array, *, is_last: bool) -> Array:
        """Units have the signs 1, -1 and, if there are inputs without a constraint, 0, in turn; the last layer has 1.

        A weight between signs s and t is bounded by s t W >= 0. It is 0 if t is 0 and s is not.
        """
        turns = (1,) if is_last else (1, -1) if signs.all() else (1, -1, 0)
        units = np.resize(turns, self.units)
        products = np.multiply.outer(signs, units)
        p.W[0, products > 0] = 0
        p.W[1, products < 0] = 0
        p.W[:, np.logical_and.outer(signs != 0, units == 0)] = 0
        if self.input_factors:
            p.s[0, signs != 0] = 0
        return units

    def scale(self, d: int) -> float:
        """Return the factor c."""
        return 1 / sqrt(max(d, 1)) if self.ntk else 1.0

    def effective_weights(self, p: Any) -> Array:
        """Compute V (k, d, h)."""
        c = p.W.dtype.type(self.scale(p.W.shape[1]))
        return p.W * (c * p.s[..., None] if self.input_factors else c)

    def effective_gradient(self, p: Any, dp: Any) -> Array:
        """Compute dV (k, d, h) from the gradient of W."""
        c = self.scale(p.W.shape[1])
        return dp.W / (c * p.s[..., None] if self.input_factors else c)

    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        (k, d, h), n = p.W.shape, x.shape[-2]
        V, cs = self._record_weights(do, p)
        z = np.empty((k, n, h), V.dtype)
        if isinstance(x, SparseRows):
            do(x.product, V, z)
        else:
            record_product(do, x, V, z)
        do(np.add, z, p.b[:, None], out=z)

        def backward(g: Array, dp: Any, columns: slice | None) -> Array | None:
            dV = dp.W
            if isinstance(x, SparseRows):
                do(x.transposed_product, g, dV)
            else:
                record_product(do, x.mT, g, dV)
            record_product(do, np.ones((1, 1, n), g.dtype), g, dp.b[:, None])  # twice as fast as g.sum(axis=1)
            if self.input_factors:
                do(np.vecdot, p.W, dV, out=dp.s)
                do(np.multiply, dp.s, self.scale(d), out=dp.s)
            if V is not p.W:
                do(np.multiply, dV, cs, out=dp.W)
            return None if columns is None else _record_input_gradient(do, g, V[:, columns], columns == ALL)

        return z, backward

    def _record_weights(self, do: Do, p: Any) -> tuple[Array, Array]:
        """Record V (k, d, h) and c s (k, d, h), or c; V is W itself where both are 1."""
        c = self.scale(p.W.shape[1])
        V, cs = np.empty_like(p.W), np.array(c, p.W.dtype)
        if not (self.ntk or self.input_factors):
            return p.W, cs
        if self.input_factors:
            cs = np.empty_like(V)  # repeated h times: two products of arrays of one shape are faster
            do(np.multiply, p.s[..., None], c, out=cs)
        do(np.multiply, p.W, cs, out=V)
        return V, cs


def _record_input_gradient(do: Do, g: Array, V: Array, rows_first: bool) -> Array:
    """Record dx = g V' (k, n, d) from g (k, n, h) and V (k, d, h), in memory rows first, or columns first."""
    (k, n, _), (_, d, h) = g.shape, V.shape
    if not rows_first:
        dx_T = np.empty((k, d, n), g.dtype)
        record_product(do, V, g.mT, dx_T)
        return dx_T.mT
    dx = np.empty((k, n, d), g.dtype)
    if h == 1:  # a product of rank one: three times faster by broadcasting
        do(np.multiply, g, V.mT, out=dx)
    else:
        record_product(do, g, V.mT, dx)
    return dx


def record_product(do: Do, a: Array, b: Array, out: Array) -> None:
    """Record out (k, n, h) <- a b, with a copy of b in the order of its rows where this is faster.

    A single member is multiplied by `np.dot`, which costs half a microsecond less.
    """
    if b.strides[-2] < b.strides[-1] and prod(out.shape[-2:]) * b.shape[-2] <= SMALL:
        rows = np.empty(b.shape, b.dtype)
        do(np.copyto, rows, b)
        b = rows
    if len(out) == 1 and out.flags.c_contiguous:
        do(np.dot, a[0], b[0], out=out[0])
    else:
        do(np.matmul, a, b, out=out)


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

    def bound(self, p: Any, signs: Array, *, is_last: bool) -> Array:
        return signs

    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        if rngs is None:
            return x, lambda g, dp, columns: g if columns is None else g[..., columns]
        shape = (len(rngs), *x.shape[1:])
        u, m, z = np.empty(shape, np.float32), np.empty(shape, x.dtype), np.empty(shape, x.dtype)
        for u_i, rng in zip(u, rngs, strict=True):
            do(rng.random, dtype=np.float32, out=u_i)  # the same draws whatever the dtype of x
        do(np.greater_equal, u, np.float32(self.rate), out=m)
        do(np.multiply, m, 1 / (1 - self.rate), out=m)
        do(np.multiply, x, m, out=z)

        def backward(g: Array, dp: Any, columns: slice | None) -> Array:
            do(np.multiply, g, m, out=g)
            return g if columns is None else g[..., columns]

        return z, backward
