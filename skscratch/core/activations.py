"""Activation functions: a = f(z) in place, and the derivative from what the forward pass left behind.

Letters, here and in every layer: z pre-activation, a = f(z) activation, g gradient of the loss with respect to a,
which ``backward`` turns into the gradient with respect to z; s the scratch arrays of one activation and one batch.

>>> import numpy as np
>>> from types import SimpleNamespace
>>> relu, s = Relu(), SimpleNamespace()
>>> a = np.array([[[-2.0, 3.0]]])
>>> relu.allocate(a.shape, a.dtype, s)
>>> relu.forward(a, s)
>>> a
array([[[0., 3.]]])
>>> g = np.ones_like(a)
>>> relu.backward(g, a, s)
>>> g
array([[[0., 1.]]])
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike
from scipy.special import ndtr

from skscratch.registry import Registered


@dataclass(frozen=True)
class Activation(Registered, ABC):
    """Element-wise function of z (k, n, h): subclasses name their scratch arrays and write f and f'.

    All arrays have one shape and one dtype, which are kept. ``forward`` and ``backward`` allocate nothing.
    """

    scratch: ClassVar[tuple[str, ...]] = ()

    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike, s: SimpleNamespace) -> None:
        """Put the arrays named in ``scratch`` into s, filled with zeros."""
        for name in self.scratch:
            setattr(s, name, np.zeros(shape, dtype))

    @abstractmethod
    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        """z <- f(z) in place."""

    @abstractmethod
    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        """g <- g * f'(z) in place, from the output a and what ``forward`` left in s."""


def logistic(z: np.ndarray, out: np.ndarray) -> None:
    """out <- 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2, which cannot overflow and is vectorised where expit is not."""
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


class Identity(Activation, name="identity"):
    """f(z) = z, f'(z) = 1."""

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        pass

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        pass


class Logistic(Activation, name="logistic"):
    """f(z) = 1 / (1 + exp(-z)), f'(z) = a * (1 - a). Verhulst (1838)."""

    scratch = ("d",)

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        logistic(z, out=z)

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.subtract(1, a, out=s.d)
        s.d *= a
        g *= s.d


class Tanh(Activation, name="tanh"):
    """f(z) = tanh(z), f'(z) = 1 - a**2. LeCun et al., Efficient BackProp (1998)."""

    scratch = ("d",)

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.tanh(z, out=z)

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.square(a, out=s.d)
        np.subtract(1, s.d, out=s.d)
        g *= s.d


class Relu(Activation, name="relu"):
    """f(z) = max(z, 0), f'(z) = [a > 0]. Nair and Hinton (2010); Glorot, Bordes and Bengio (2011)."""

    scratch = ("zeros",)

    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike, s: SimpleNamespace) -> None:
        super().allocate(shape, dtype, s)
        s.positive = np.empty(shape, bool)

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.maximum(z, s.zeros, out=z)  # faster than a maximum with the scalar 0, which is no array of floats

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.greater(a, 0, out=s.positive)
        g *= s.positive


@dataclass(frozen=True)
class LeakyRelu(Activation, name="leaky_relu"):
    """f(z) = max(z, c * z), f'(z) = c + (1 - c) * [a > 0], c = negative_slope. Maas, Hannun and Ng (2013)."""

    negative_slope: float = 0.01
    scratch = ("d",)

    def __post_init__(self) -> None:
        if not 0 <= self.negative_slope < 1:
            raise ValueError(f"negative_slope must be in [0, 1), got {self.negative_slope!r}: identity has slope 1.")

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.multiply(z, self.negative_slope, out=s.d)
        np.maximum(z, s.d, out=z)

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.greater(a, 0, out=s.d)
        s.d *= 1 - self.negative_slope
        s.d += self.negative_slope
        g *= s.d


@dataclass(frozen=True)
class Elu(Activation, name="elu"):
    """f(z) = max(z, 0) + e, e = alpha * (exp(min(z, 0)) - 1), f'(z) = e + alpha + (1 - alpha) * [z > 0].

    Clevert, Unterthiner and Hochreiter (2016).
    """

    alpha: float = 1.0
    scratch = ("zeros", "e", "d")

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise ValueError(f"alpha must be a number > 0, got {self.alpha!r}: use relu for alpha = 0.")

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.minimum(z, s.zeros, out=s.e)
        np.expm1(s.e, out=s.e)
        s.e *= self.alpha
        np.maximum(z, s.zeros, out=z)
        z += s.e

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.greater(a, s.zeros, out=s.d)  # a > 0 exactly where z > 0
        s.d *= 1 - self.alpha
        s.d += self.alpha
        s.d += s.e
        g *= s.d


@dataclass(frozen=True)
class Selu(Activation, name="selu"):
    """f(z) = scale * elu(z), f'(z) = scale * elu'(z), with the constants that make mean 0 and variance 1 a fixed point.

    Klambauer et al., Self-normalizing neural networks (2017).
    """

    elu: Elu = Elu(alpha=1.6732632423543772)
    scale: float = 1.0507009873554805
    scratch = Elu.scratch

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        self.elu.forward(z, s)
        z *= self.scale

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        self.elu.backward(g, a, s)  # which looks at the sign of a only
        g *= self.scale


class Gelu(Activation, name="gelu"):
    """f(z) = z * Phi, f'(z) = Phi + z * exp(-z**2 / 2) / sqrt(2 pi), Phi = (1 + erf(z / sqrt(2))) / 2.

    Hendrycks and Gimpel (2016); the exact form, not the approximation by tanh.
    """

    scratch = ("z", "Phi", "d")

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.copyto(s.z, z)
        ndtr(z, out=s.Phi)
        z *= s.Phi

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.square(s.z, out=s.d)
        s.d *= -0.5
        np.exp(s.d, out=s.d)
        s.d *= s.z
        s.d *= (2 * np.pi) ** -0.5
        s.d += s.Phi
        g *= s.d


class Silu(Activation, name="silu"):
    """f(z) = z * sigma, f'(z) = sigma + a * (1 - sigma), sigma = 1 / (1 + exp(-z)). Elfwing, Uchibe and Doya (2018)."""

    scratch = ("sigma", "d")

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        logistic(z, out=s.sigma)
        z *= s.sigma

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.subtract(1, s.sigma, out=s.d)
        s.d *= a
        s.d += s.sigma
        g *= s.d


class Mish(Activation, name="mish"):
    """f(z) = z * t, f'(z) = t + sigma * (z - a * t), t = tanh(log(1 + exp(z))), sigma = 1 / (1 + exp(-z)).

    Misra (2019). With q = 1 - sigma = 1 / (1 + exp(z)), t = (1 - q**2) / (1 + q**2), which cannot overflow.
    """

    scratch = ("z", "sigma", "t", "d")

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.copyto(s.z, z)
        logistic(z, out=s.sigma)
        np.subtract(1, s.sigma, out=s.d)
        np.square(s.d, out=s.d)  # q**2
        np.subtract(1, s.d, out=s.t)
        s.d += 1
        s.t /= s.d
        z *= s.t

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.multiply(a, s.t, out=s.d)
        np.subtract(s.z, s.d, out=s.d)
        s.d *= s.sigma
        s.d += s.t
        g *= s.d


class Softplus(Activation, name="softplus"):
    """f(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), f'(z) = 1 - exp(-a). Dugas et al. (2001)."""

    scratch = ("zeros", "d")

    def forward(self, z: np.ndarray, s: SimpleNamespace) -> None:
        np.abs(z, out=s.d)
        np.negative(s.d, out=s.d)
        np.exp(s.d, out=s.d)
        np.log1p(s.d, out=s.d)
        np.maximum(z, s.zeros, out=z)
        z += s.d

    def backward(self, g: np.ndarray, a: np.ndarray, s: SimpleNamespace) -> None:
        np.negative(a, out=s.d)
        np.exp(s.d, out=s.d)
        np.subtract(1, s.d, out=s.d)
        g *= s.d


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "selu": Selu,
    "gelu": Gelu,
    "silu": Silu,
    "mish": Mish,
    "softplus": Softplus,
}
