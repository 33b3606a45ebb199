"""Gradient transformations: the parts of which optimizers consist.

A transformation is a specification with `init`, which makes the arrays that it keeps from step to step, and `record`,
which records the calls that rewrite the update u in place (see `skscratch.core.tape`). At first u is the gradient; at
the end it is added to the parameters. Shapes: u and the parameters q are (k, p) arrays, or, for elementwise
transformations, the same block of both, small enough for the cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from skscratch.core.tape import Array, Do

# The arrays (k, p) that a transformation keeps from step to step, by name.
Kept: TypeAlias = Mapping[str, Array]
# Numbers by kind of parameter, and the number for all other kinds -> the number (p,) for each parameter of a block.
ByKind: TypeAlias = Callable[[Mapping[str, float], float], Array]


class Step:
    """The number of a training step and its learning rate, for the transformations that depend on them.

    Attributes
    ----------
    t : int
        The number of the present step, from 1.
    minus_rate : ndarray of shape ()
        Minus its learning rate.
    """

    def __init__(self, t: int, dtype: DTypeLike):
        self.t = t
        self.minus_rate = np.zeros((), dtype)

    def advance(self, rate: float) -> None:
        """Begin the next step."""
        self.t += 1
        self.minus_rate[...] = -rate


@dataclass(frozen=True)
class Transformation(ABC):
    """One gradient transformation; `elementwise` says that a block of u can be rewritten without the others."""

    elementwise: ClassVar[bool] = True

    def init(self, q: Array) -> dict[str, Array]:
        """Make the arrays (k, p) that are kept from step to step for the parameters q; none unless overridden."""
        return {}

    @abstractmethod
    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        """Record how u (k, p) is rewritten in place, of parameters q (k, p) or a block of them."""


class ScaleByRate(Transformation):
    """u <- -rate u."""

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        do(np.multiply, u, step.minus_rate, out=u)


@dataclass(frozen=True)
class ScaleByKind(Transformation):
    """u <- f u with a factor f for each kind of parameter, 1 for kinds that are not named."""

    factors: Mapping[str, float]

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        do(np.multiply, u, by_kind(self.factors, 1.0), out=u)


@dataclass(frozen=True)
class AccumulateMomentum(Transformation):
    """v <- mu v + u;  u <- v, or mu v + u in Nesterov's form.

    After `ScaleByRate`, so that every gradient enters the velocity v with the learning rate of its step, as in
    scikit-learn (Sutskever et al., 2013).
    """

    mu: float = 0.9
    nesterov: bool = False

    def init(self, q: Array) -> dict[str, Array]:
        return {"v": np.zeros_like(q)}

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        v = kept["v"]
        do(np.multiply, v, self.mu, out=v)
        do(np.add, v, u, out=v)
        if self.nesterov:
            t = np.empty_like(u)
            do(np.multiply, v, self.mu, out=t)
            do(np.add, u, t, out=u)
        else:
            do(np.copyto, u, v)


def _representable(epsilon: float, u: Array) -> float:
    """Return a number that is not zero in the precision of u, where 0 / (0 + epsilon) must be 0."""
    return max(epsilon, float(np.finfo(u.dtype).tiny))


@dataclass(frozen=True)
class ScaleByRms(Transformation):
    """V <- beta V + (1 - beta) u^2;  u <- u / (sqrt(V) + epsilon).  (Tieleman and Hinton, 2012: RMSprop.)"""

    beta: float = 0.9
    epsilon: float = 1e-8

    def init(self, q: Array) -> dict[str, Array]:
        return {"V": np.zeros_like(q)}

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        V, t = kept["V"], np.empty_like(u)
        do(np.multiply, u, u, out=t)
        do(np.subtract, t, V, out=t)
        do(np.multiply, t, 1 - self.beta, out=t)
        do(np.add, V, t, out=V)
        do(np.sqrt, V, out=t)
        do(np.add, t, _representable(self.epsilon, u), out=t)
        do(np.divide, u, t, out=u)


@dataclass(frozen=True)
class ScaleByAdam(Transformation):
    """u <- c m / (sqrt(v) + epsilon), c = sqrt(1 - beta_2^t) / (1 - beta_1^t).

    m <- beta_1 m + (1 - beta_1) u and v <- beta_2 v + (1 - beta_2) u^2 are the moments of Kingma and Ba (2015), in
    the form at the end of their section 2. Kept are M = m / (1 - beta_1) and V = v / (1 - beta_2), which need
    one pass over memory less each; c and epsilon are scaled accordingly.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def init(self, q: Array) -> dict[str, Array]:
        return {"M": np.zeros_like(q), "V": np.zeros_like(q)}

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        M, V, c, root = kept["M"], kept["V"], np.empty((), u.dtype), sqrt(1 - self.beta_2)

        def compute_c() -> None:
            c[...] = sqrt(1 - self.beta_2**step.t) / (1 - self.beta_1**step.t) * (1 - self.beta_1) / root

        do(compute_c)
        do(np.multiply, M, self.beta_1, out=M)
        do(np.add, M, u, out=M)
        do(np.multiply, V, self.beta_2, out=V)
        do(np.multiply, u, u, out=u)
        do(np.add, V, u, out=V)
        do(np.sqrt, V, out=u)
        do(np.add, u, _representable(self.epsilon / root, u), out=u)
        do(np.divide, M, u, out=u)
        do(np.multiply, u, c, out=u)


@dataclass(frozen=True)
class AddDecay(Transformation):
    """u <- u + alpha q for weights, and for no other kind of parameter.

    After `ScaleByAdam` it is decoupled: AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101).
    """

    alpha: float

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        t = np.empty_like(u)
        do(np.multiply, q, by_kind({"weight": self.alpha}, 0.0), out=t)
        do(np.add, u, t, out=u)


@dataclass(frozen=True)
class ClipByNorm(Transformation):
    """u_i <- u_i min(1, c / |u_i|): each member's gradient has at most the Euclidean norm c (Pascanu et al., 2013)."""

    norm: float
    elementwise: ClassVar[bool] = False

    def record(self, do: Do, u: Array, q: Array, kept: Kept, step: Step, by_kind: ByKind) -> None:
        do(self._clip, u)

    def _clip(self, u: Array) -> None:
        for row in u:
            norm = sqrt(float(np.dot(row, row)))
            if norm > self.norm:
                row *= self.norm / norm
