"""Activation functions: layers that write a = f(z) over z, and g f'(z) over the gradient g.

Each records its calls (see `skscratch.core.tape`): `Activation.forward` those that compute a from z, and the function
that it returns those that multiply g, the gradient of the loss with respect to a, by f'(z).

>>> import numpy as np
>>> from skscratch.core.tape import run
>>> a = np.array([[[-2.0, 3.0]]])
>>> backward = Relu().forward(run, a)
>>> a
array([[[0., 3.]]])
>>> g = np.ones_like(a)
>>> backward(g)
>>> g
array([[[0., 1.]]])
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtr

from skscratch.core.layers import Backward, Layer, Rngs
from skscratch.core.tape import Array, Do
from skscratch.registry import Registered


class Activation(Layer, Registered):
    """a = f(z), over z (k, n, h); g <- g f'(z), over g (k, n, h).

    To add one, derive a class, give it a name and write `forward`. If f never decreases, set `increasing`: then it can
    be used in monotonic networks.
    """

    in_place: ClassVar[bool] = True
    increasing: ClassVar[bool] = False

    @abstractmethod
    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        """Record z <- f(z); return a function of g that records g <- g f'(z)."""

    def width(self, d: int) -> int:
        return d

    def bound(self, p: Any, signs: Array, *, is_last: bool) -> Array:
        if not self.increasing:
            raise ValueError(
                f"activations of a monotonic network must be increasing, but {self!r} is not: choose another, such as "
                "'relu', 'tanh' or 'softplus'."
            )
        return signs

    def record(self, do: Do, p: Any, x: Any, rngs: Rngs) -> tuple[Array, Backward]:
        multiply_by_derivative = self.forward(do, x)

        def backward(g: Array, dp: Any, columns: slice | None) -> Array:
            multiply_by_derivative(g)
            return g if columns is None else g[..., columns]

        return x, backward


def logistic(do: Do, z: Array, out: Array) -> None:
    """Record out <- 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2, which cannot overflow and is faster than expit."""
    do(np.multiply, z, 0.5, out=out)
    do(np.tanh, out, out=out)
    do(np.add, out, 1, out=out)
    do(np.multiply, out, 0.5, out=out)


def zeros_like_one(z: Array) -> Array:
    """Zeros of the shape of one member: a maximum with them is faster than with the number 0."""
    return np.zeros((1, *z.shape[1:]), z.dtype)  # a third of the time of np.zeros_like


class Identity(Activation, name="identity"):
    """f(z) = z, f'(z) = 1."""

    increasing: ClassVar[bool] = True

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        return lambda g: None


class Logistic(Activation, name="logistic"):
    """f(z) = 1 / (1 + exp(-z)), f'(z) = a (1 - a). Verhulst (1838)."""

    increasing: ClassVar[bool] = True

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a = z
        logistic(do, z, out=a)

        def backward(g: Array) -> None:
            t = np.empty_like(a)
            do(np.subtract, 1, a, out=t)
            do(np.multiply, t, a, out=t)
            do(np.multiply, g, t, out=g)

        return backward


class Tanh(Activation, name="tanh"):
    """f(z) = tanh(z), f'(z) = 1 - a^2. LeCun et al., Efficient BackProp (1998)."""

    increasing: ClassVar[bool] = True

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a = z
        do(np.tanh, z, out=a)

        def backward(g: Array) -> None:
            t = np.empty_like(a)
            do(np.square, a, out=t)
            do(np.subtract, 1, t, out=t)
            do(np.multiply, g, t, out=g)

        return backward


class Relu(Activation, name="relu"):
    """f(z) = max(z, 0), f'(z) = [a > 0]. Nair and Hinton (2010); Glorot, Bordes and Bengio (2011)."""

    increasing: ClassVar[bool] = True

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a = z
        do(np.maximum, z, zeros_like_one(z), out=a)

        def backward(g: Array) -> None:
            positive = np.empty(a.shape, bool)
            do(np.greater, a, 0, out=positive)
            do(np.multiply, g, positive, out=g)

        return backward


@dataclass(frozen=True)
class LeakyRelu(Activation, name="leaky_relu"):
    """f(z) = max(z, c z), f'(z) = c + (1 - c) [a > 0], c = negative_slope. Maas, Hannun and Ng (2013)."""

    increasing: ClassVar[bool] = True
    negative_slope: float = 0.01

    def __post_init__(self) -> None:
        if not 0 <= self.negative_slope < 1:
            raise ValueError(f"negative_slope must be in [0, 1), got {self.negative_slope!r}: identity has slope 1.")

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a, c, t = z, self.negative_slope, np.empty_like(z)
        do(np.multiply, z, c, out=t)
        do(np.maximum, z, t, out=a)

        def backward(g: Array) -> None:
            do(np.greater, a, 0, out=t)
            do(np.multiply, t, 1 - c, out=t)
            do(np.add, t, c, out=t)
            do(np.multiply, g, t, out=g)

        return backward


@dataclass(frozen=True)
class Elu(Activation, name="elu"):
    """f(z) = max(z, 0) + e, e = alpha (exp(min(z, 0)) - 1), f'(z) = e + alpha + (1 - alpha) [a > 0].

    Clevert, Unterthiner and Hochreiter (2016).
    """

    increasing: ClassVar[bool] = True
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise ValueError(f"alpha must be a number > 0, got {self.alpha!r}: use relu for alpha = 0.")

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a, e, zeros = z, np.empty_like(z), zeros_like_one(z)
        do(np.minimum, z, zeros, out=e)
        do(np.expm1, e, out=e)
        do(np.multiply, e, self.alpha, out=e)
        do(np.maximum, z, zeros, out=a)
        do(np.add, a, e, out=a)

        def backward(g: Array) -> None:
            t = np.empty_like(a)
            do(np.greater, a, 0, out=t)  # a > 0 exactly where z > 0
            do(np.multiply, t, 1 - self.alpha, out=t)
            do(np.add, t, self.alpha, out=t)
            do(np.add, t, e, out=t)
            do(np.multiply, g, t, out=g)

        return backward


@dataclass(frozen=True)
class Selu(Activation, name="selu"):
    """f(z) = scale elu(z), f'(z) = scale elu'(z), with the constants that make mean 0 and variance 1 a fixed point.

    Klambauer et al., Self-normalizing neural networks (2017).
    """

    increasing: ClassVar[bool] = True
    elu: Elu = Elu(alpha=1.6732632423543772)
    scale: float = 1.0507009873554805

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        elu_backward = self.elu.forward(do, z)
        do(np.multiply, z, self.scale, out=z)

        def backward(g: Array) -> None:
            elu_backward(g)  # which depends on the sign of a only
            do(np.multiply, g, self.scale, out=g)

        return backward


class Gelu(Activation, name="gelu"):
    """f(z) = z Phi, f'(z) = Phi + z exp(-z^2 / 2) / sqrt(2 pi), Phi = (1 + erf(z / sqrt(2))) / 2.

    Hendrycks and Gimpel (2016); the exact form, not the approximation by tanh.
    """

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a, Phi, kept_z = z, np.empty_like(z), np.empty_like(z)
        do(np.copyto, kept_z, z)
        do(ndtr, z, out=Phi)
        do(np.multiply, z, Phi, out=a)

        def backward(g: Array) -> None:
            t = np.empty_like(a)
            do(np.square, kept_z, out=t)
            do(np.multiply, t, -0.5, out=t)
            do(np.exp, t, out=t)
            do(np.multiply, t, kept_z, out=t)
            do(np.multiply, t, (2 * np.pi) ** -0.5, out=t)
            do(np.add, t, Phi, out=t)
            do(np.multiply, g, t, out=g)

        return backward


class Silu(Activation, name="silu"):
    """f(z) = z sigma, f'(z) = sigma + a (1 - sigma), sigma = 1 / (1 + exp(-z)). Elfwing, Uchibe and Doya (2018)."""

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a, sigma = z, np.empty_like(z)
        logistic(do, z, out=sigma)
        do(np.multiply, z, sigma, out=a)

        def backward(g: Array) -> None:
            t = np.empty_like(a)
            do(np.subtract, 1, sigma, out=t)
            do(np.multiply, t, a, out=t)
            do(np.add, t, sigma, out=t)
            do(np.multiply, g, t, out=g)

        return backward


class Mish(Activation, name="mish"):
    """f(z) = z t, f'(z) = t + sigma (z - a t), t = tanh(log(1 + exp(z))), sigma = 1 / (1 + exp(-z)).

    Misra (2019). With q = 1 - sigma = 1 / (1 + exp(z)), t = (1 - q^2) / (1 + q^2), which cannot overflow.
    """

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a, kept_z, sigma, t, q = z, *(np.empty_like(z) for _ in range(4))
        do(np.copyto, kept_z, z)
        logistic(do, z, out=sigma)
        do(np.subtract, 1, sigma, out=q)
        do(np.square, q, out=q)
        do(np.subtract, 1, q, out=t)
        do(np.add, q, 1, out=q)
        do(np.divide, t, q, out=t)
        do(np.multiply, z, t, out=a)

        def backward(g: Array) -> None:
            derivative = q
            do(np.multiply, a, t, out=derivative)
            do(np.subtract, kept_z, derivative, out=derivative)
            do(np.multiply, derivative, sigma, out=derivative)
            do(np.add, derivative, t, out=derivative)
            do(np.multiply, g, derivative, out=g)

        return backward


class Softplus(Activation, name="softplus"):
    """f(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), f'(z) = 1 - exp(-a). Dugas et al. (2001)."""

    increasing: ClassVar[bool] = True

    def forward(self, do: Do, z: Array) -> Callable[[Array], None]:
        a, t = z, np.empty_like(z)
        do(np.abs, z, out=t)
        do(np.negative, t, out=t)
        do(np.exp, t, out=t)
        do(np.log1p, t, out=t)
        do(np.maximum, z, zeros_like_one(z), out=a)
        do(np.add, a, t, out=a)

        def backward(g: Array) -> None:
            do(np.negative, a, out=t)
            do(np.exp, t, out=t)
            do(np.subtract, 1, t, out=t)
            do(np.multiply, g, t, out=g)

        return backward
