"""Distributions of initial parameters: every initializer fills one array of one member in place.

Random numbers are drawn in float64 and then rounded, so that one seed gives one network whatever its dtype.

>>> import numpy as np
>>> W = np.empty((2, 3), np.float32)
>>> Initializer.make("zeros").fill(W, np.random.default_rng(0), fan_in=2, fan_out=3)
>>> W
array([[0., 0., 0.],
       [0., 0., 0.]], dtype=float32)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skscratch.core.tape import Array
from skscratch.registry import Registered


class Initializer(Registered, ABC):
    """A distribution of initial parameters; to add one, derive a class, give it a name and write `fill`."""

    @abstractmethod
    def fill(self, out: Array, rng: np.random.Generator, fan_in: int, fan_out: int) -> None:
        """Overwrite out, of any shape, with numbers for a layer of fan_in inputs and fan_out outputs."""


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Mean 0 and variance scale / fan, which keeps the size of activations and gradients through the layers.

    Parameters
    ----------
    scale : float > 0
        2 makes up for the half that ReLU sets to zero (He), 1 suits functions that are linear around 0.
    mode : {"fan_in", "fan_avg"}
        fan is the number of inputs (forward pass), or the mean of inputs and outputs (forward and backward pass).
    distribution : {"normal", "uniform"}
        The uniform distribution is that on [-sqrt(3 v), sqrt(3 v)), whose variance is v.

    References
    ----------
    LeCun, Bottou, Orr and Müller, Efficient BackProp (1998): lecun. Glorot and Bengio, Understanding the difficulty of
    training deep feedforward neural networks (2010): glorot. He, Zhang, Ren and Sun, Delving deep into rectifiers
    (2015): he.
    """

    scale: float
    mode: Literal["fan_in", "fan_avg"]
    distribution: Literal["normal", "uniform"]

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"scale must be > 0, got {self.scale!r}: use Zeros() for zeros.")
        if self.mode not in ("fan_in", "fan_avg"):
            raise ValueError(f"mode must be 'fan_in' or 'fan_avg', got {self.mode!r}: 'fan_in' is the standard one.")
        if self.distribution not in ("normal", "uniform"):
            raise ValueError(f"distribution must be 'normal' or 'uniform', got {self.distribution!r}: choose either.")

    def fill(self, out: Array, rng: np.random.Generator, fan_in: int, fan_out: int) -> None:
        fan = fan_in if self.mode == "fan_in" else (fan_in + fan_out) / 2
        v = self.scale / max(fan, 1)  # a layer without inputs has no weights, but may have other parameters
        draw = Normal(v**0.5) if self.distribution == "normal" else Uniform((3 * v) ** 0.5)
        draw.fill(out, rng, fan_in, fan_out)


class HeNormal(VarianceScaling, name="he_normal"):
    """Variance 2 / fan_in, normal."""

    def __init__(self) -> None:
        super().__init__(2.0, "fan_in", "normal")


class HeUniform(VarianceScaling, name="he_uniform"):
    """Variance 2 / fan_in, uniform."""

    def __init__(self) -> None:
        super().__init__(2.0, "fan_in", "uniform")


class GlorotNormal(VarianceScaling, name="glorot_normal"):
    """Variance 1 / ((fan_in + fan_out) / 2), normal."""

    def __init__(self) -> None:
        super().__init__(1.0, "fan_avg", "normal")


class GlorotUniform(VarianceScaling, name="glorot_uniform"):
    """Variance 1 / ((fan_in + fan_out) / 2), uniform."""

    def __init__(self) -> None:
        super().__init__(1.0, "fan_avg", "uniform")


class LecunNormal(VarianceScaling, name="lecun_normal"):
    """Variance 1 / fan_in, normal."""

    def __init__(self) -> None:
        super().__init__(1.0, "fan_in", "normal")


class LecunUniform(VarianceScaling, name="lecun_uniform"):
    """Variance 1 / fan_in, uniform."""

    def __init__(self) -> None:
        super().__init__(1.0, "fan_in", "uniform")


@dataclass(frozen=True)
class Normal(Initializer):
    """Mean 0 and standard deviation std, whatever the fans."""

    std: float = 1.0

    def fill(self, out: Array, rng: np.random.Generator, fan_in: int, fan_out: int) -> None:
        out[...] = rng.normal(0.0, self.std, out.shape)


@dataclass(frozen=True)
class Uniform(Initializer):
    """Uniform on [-bound, bound), whatever the fans."""

    bound: float = 1.0

    def fill(self, out: Array, rng: np.random.Generator, fan_in: int, fan_out: int) -> None:
        out[...] = rng.uniform(-self.bound, self.bound, out.shape)


@dataclass(frozen=True)
class Zeros(Initializer, name="zeros"):
    """All zero; draws no random numbers."""

    def fill(self, out: Array, rng: np.random.Generator, fan_in: int, fan_out: int) -> None:
        out[...] = 0
