"""Gradient transformations: the links from which optimizers are chained.

A link is a specification with `init`, which makes its state, and `update`, which rewrites the update u in place; u
starts as the gradient and is added to the parameters at the end of the chain. Shapes: u and the parameters q are
(k, p) arrays, or, for elementwise links, the same block of columns of both, small enough to stay in the cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np


class Step(NamedTuple):
    """Where the fit stands: t, the number of this step from 1, and its learning rate."""

    t: int
    rate: float


@dataclass(frozen=True)
class Link(ABC):
    """One transformation; `elementwise` says that a block of columns can be updated without the others."""

    elementwise: ClassVar[bool] = True

    @abstractmethod
    def init(self, q: np.ndarray, columns: slice) -> SimpleNamespace:
        """The state that goes with these columns of the parameters q."""

    @abstractmethod
    def update(self, u: np.ndarray, q: np.ndarray, s: SimpleNamespace, step: Step) -> None:
        """Rewrite u in place."""


@dataclass(frozen=True)
class ScaleByRate(Link):
    """u <- -rate u."""

    def init(self, q, columns):
        return SimpleNamespace()

    def update(self, u, q, s, step):
        u *= -step.rate


@dataclass(frozen=True, eq=False)
class ScaleByFactor(Link):
    """u <- f u with a factor for every parameter, f (p,)."""

    factors: np.ndarray

    def init(self, q, columns):
        return SimpleNamespace(f=self.factors[columns].astype(q.dtype))

    def update(self, u, q, s, step):
        u *= s.f


@dataclass(frozen=True)
class Momentum(Link):
    """v <- mu v + u;  u <- v, or mu v + u in Nesterov's form.

    Behind `ScaleByRate`, so that v is a velocity in which the rate of its time is kept, as in scikit-learn
    (Sutskever et al., 2013).
    """

    mu: float = 0.9
    nesterov: bool = False

    def init(self, q, columns):
        return SimpleNamespace(v=np.zeros_like(q), t=np.empty_like(q))

    def update(self, u, q, s, step):
        s.v *= self.mu
        s.v += u
        if self.nesterov:
            u += np.multiply(s.v, self.mu, out=s.t)
        else:
            u[...] = s.v


@dataclass(frozen=True)
class ScaleByRms(Link):
    """V <- beta V + (1 - beta) u^2;  u <- u / (sqrt(V) + epsilon).  (Tieleman and Hinton, 2012: RMSprop.)"""

    beta: float = 0.9
    epsilon: float = 1e-8

    def init(self, q, columns):
        return SimpleNamespace(V=np.zeros_like(q), t=np.empty_like(q))

    def update(self, u, q, s, step):
        np.multiply(u, u, out=s.t)
        s.t -= s.V
        s.t *= 1 - self.beta
        s.V += s.t
        np.sqrt(s.V, out=s.t)
        s.t += self.epsilon
        u /= s.t


@dataclass(frozen=True)
class ScaleByAdam(Link):
    """u <- c m / (sqrt(v) + epsilon), c = sqrt(1 - beta_2^t) / (1 - beta_1^t).

    m <- beta_1 m + (1 - beta_1) u and v <- beta_2 v + (1 - beta_2) u^2 are the moments of Kingma and Ba (2015), in
    the form at the end of their section 2. Kept are M = m / (1 - beta_1) and V = v / (1 - beta_2), which need
    one pass over memory less each; c and epsilon make up for it.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def init(self, q, columns):
        return SimpleNamespace(M=np.zeros_like(q), V=np.zeros_like(q))

    def update(self, u, q, s, step):
        c = sqrt(1 - self.beta_2**step.t) / (1 - self.beta_1**step.t)
        root = sqrt(1 - self.beta_2)
        s.M *= self.beta_1
        s.M += u
        s.V *= self.beta_2
        u *= u
        s.V += u
        np.sqrt(s.V, out=u)
        u += self.epsilon / root
        np.divide(s.M, u, out=u)
        u *= c * (1 - self.beta_1) / root


@dataclass(frozen=True, eq=False)
class AddDecay(Link):
    """u <- u + lambda_j q, a decay lambda for every parameter (p,).

    Behind `ScaleByAdam` it is decoupled: AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101).
    """

    decay: np.ndarray

    def init(self, q, columns):
        return SimpleNamespace(decay=self.decay[columns].astype(q.dtype), t=np.empty_like(q))

    def update(self, u, q, s, step):
        u += np.multiply(q, s.decay, out=s.t)


@dataclass(frozen=True)
class ClipByNorm(Link):
    """u_i <- u_i min(1, c / |u_i|): each member's gradient has at most the Euclidean norm c (Pascanu et al., 2013)."""

    norm: float
    elementwise: ClassVar[bool] = False

    def init(self, q, columns):
        return SimpleNamespace()

    def update(self, u, q, s, step):
        for row in u:
            norm = sqrt(float(np.dot(row, row)))
            if norm > self.norm:
                row *= self.norm / norm
