"""Optimizers: chains of gradient transformations, and the recipes that have names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from skscratch.core.parameters import Block, Parameters, blocks
from skscratch.core.schedules import Clock, Constant, Schedule
from skscratch.core.transforms import (
    AddDecay,
    ClipByNorm,
    Link,
    Momentum,
    ScaleByAdam,
    ScaleByFactor,
    ScaleByRate,
    ScaleByRms,
    Step,
)


@dataclass
class OptimizerState:
    """What an optimizer remembers from step to step: t, and the states of its stages' links block by block."""

    t: int
    stages: list[list[tuple[Block, list[Any]]]] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Optimizer:
    """A chain of links and a learning rate: q <- q + u, where u is the gradient after all links.

    Neighbouring elementwise links run block by block, all of them on one block before the next.

    Parameters
    ----------
    links : tuple of Link
        The transformations in order. One of them must be `ScaleByRate`, which also turns uphill into downhill.
    rate : float
        Initial learning rate.
    schedule : Schedule
        Its course over the fit.

    Examples
    --------
    A step of plain gradient descent, by hand:

    >>> import numpy as np
    >>> from skscratch.core.optimizers import sgd
    >>> from skscratch.core.parameters import Parameters, Slot
    >>> from skscratch.core.schedules import Clock
    >>> P = Parameters(np.array([[1.0, 2.0]]), [{"b": Slot((2,), "bias")}])
    >>> optimizer = sgd(rate=0.1)
    >>> optimizer.step(P, P.like(np.array([[10.0, -10.0]])), optimizer.init(P), Clock())
    >>> P.values
    array([[0., 3.]])
    """

    links: tuple[Link, ...]
    rate: float
    schedule: Schedule = Constant()

    def init(self, P: Parameters) -> OptimizerState:
        """The state before the first step."""
        k, p = P.values.shape
        stages: list[list[tuple[Block, list[Any]]]] = []
        for links in self._stages:
            parts = blocks(k, p) if links[0].elementwise else [(slice(0, k), slice(0, p))]
            stages.append([(part, [link.init(P.values[part], part[1]) for link in links]) for part in parts])
        return OptimizerState(0, stages)

    def step(self, P: Parameters, dP: Parameters, state: OptimizerState, clock: Clock) -> None:
        """One step: P changes by the update into which the links turn dP, in place; dP is overwritten."""
        state.t += 1
        step = Step(state.t, self.rate * self.schedule.factor(clock))
        last = len(state.stages) - 1
        for i, (links, parts) in enumerate(zip(self._stages, state.stages, strict=True)):
            for part, states in parts:
                q, u = P.values[part], dP.values[part]
                for link, s in zip(links, states, strict=True):
                    link.update(u, q, s, step)
                if i == last:
                    q += u

    def flush(self, P: Parameters, state: OptimizerState) -> None:
        """Set to zero what is so small that its square is no normal number, in P and in the optimizer's memory.

        Moments of units that have died halve every few steps, and arithmetic with the subnormal numbers they
        become is many times slower: a long fit took three times as long.
        """
        limit = np.sqrt(np.finfo(P.values.dtype).tiny)
        links = [s for parts in state.stages for _, states in parts for s in states]
        for a in [P.values, *(a for s in links for a in vars(s).values() if isinstance(a, np.ndarray))]:
            a[np.abs(a) < limit] = 0

    @cached_property
    def _stages(self) -> list[list[Link]]:
        """The links, neighbours that are elementwise together."""
        stages: list[list[Link]] = []
        for link in self.links:
            if stages and link.elementwise and stages[-1][0].elementwise:
                stages[-1].append(link)
            else:
                stages.append([link])
        return stages


def chain(
    *links: Link,
    rate: float,
    schedule: Schedule = Constant(),
    factors: np.ndarray | None = None,
    clip_norm: float | None = None,
) -> Optimizer:
    """Links between an optional clipping of the gradient and optional factors on the update.

    Parameters
    ----------
    *links : Link
        The transformations that make the optimizer, `ScaleByRate` among them.
    rate, schedule
        As in `Optimizer`.
    factors : ndarray of shape (p,), optional
        Factors on the learning rate (see `Parameters.by_kind`).
    clip_norm : float, optional
        Largest Euclidean norm of a member's gradient.

    Returns
    -------
    Optimizer
    """
    front = () if clip_norm is None else (ClipByNorm(clip_norm),)
    back = () if factors is None else (ScaleByFactor(factors),)
    return Optimizer((*front, *links, *back), rate, schedule)


def sgd(rate: float, **options: Any) -> Optimizer:
    """Gradient descent: q <- q - rate g.

    Parameters
    ----------
    rate : float
        Initial learning rate.
    **options
        `schedule`, `factors` and `clip_norm`, as in `chain`.

    Returns
    -------
    Optimizer
    """
    return chain(ScaleByRate(), rate=rate, **options)


def momentum(rate: float, mu: float = 0.9, nesterov: bool = False, **options: Any) -> Optimizer:
    """Gradient descent with momentum: v <- mu v - rate g, q <- q + v; Nesterov's form of it: q <- q + mu v - rate g.

    Parameters
    ----------
    rate : float
        Initial learning rate.
    mu : float in [0, 1)
        Share of the velocity v that remains.
    nesterov : bool
        Whether the velocity is applied ahead of time.
    **options
        `schedule`, `factors` and `clip_norm`, as in `chain`.

    Returns
    -------
    Optimizer

    References
    ----------
    Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning (2013).
    """
    return chain(ScaleByRate(), Momentum(mu, nesterov), rate=rate, **options)


def rmsprop(rate: float, beta: float = 0.9, epsilon: float = 1e-8, **options: Any) -> Optimizer:
    """RMSprop: v <- beta v + (1 - beta) g^2, q <- q - rate g / (sqrt(v) + epsilon).

    Parameters
    ----------
    rate : float
        Initial learning rate.
    beta : float in [0, 1)
        Decay of the mean square v.
    epsilon : float
        Keeps small gradients from large steps.
    **options
        `schedule`, `factors` and `clip_norm`, as in `chain`.

    Returns
    -------
    Optimizer

    References
    ----------
    Tieleman and Hinton, Lecture 6.5, COURSERA: Neural networks for machine learning (2012).
    """
    return chain(ScaleByRms(beta, epsilon), ScaleByRate(), rate=rate, **options)


def adam(rate: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8, **options: Any) -> Optimizer:
    """Adam: q <- q - rate c m / (sqrt(v) + epsilon), c = sqrt(1 - beta_2^t) / (1 - beta_1^t).

    Parameters
    ----------
    rate : float
        Initial learning rate.
    beta_1, beta_2 : float in [0, 1)
        Decays of the moments, m <- beta_1 m + (1 - beta_1) g and v <- beta_2 v + (1 - beta_2) g^2.
    epsilon : float
        Keeps small gradients from large steps; added before the correction of v, as in scikit-learn.
    **options
        `schedule`, `factors` and `clip_norm`, as in `chain`.

    Returns
    -------
    Optimizer

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization (2015), end of section 2.

    Examples
    --------
    Whatever the size of a gradient, the first step is one of the learning rate:

    >>> import numpy as np
    >>> from skscratch.core.optimizers import adam
    >>> from skscratch.core.parameters import Parameters, Slot
    >>> from skscratch.core.schedules import Clock
    >>> P = Parameters(np.zeros((1, 2)), [{"b": Slot((2,), "bias")}])
    >>> optimizer = adam(rate=0.1)
    >>> optimizer.step(P, P.like(np.array([[3.0, -500.0]])), optimizer.init(P), Clock())
    >>> P.values.round(6)
    array([[-0.1,  0.1]])
    """
    return chain(ScaleByAdam(beta_1, beta_2, epsilon), ScaleByRate(), rate=rate, **options)


def adamw(
    rate: float,
    decay: np.ndarray,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    **options: Any,
) -> Optimizer:
    """Adam with decoupled weight decay: q <- q - rate (Adam's step + decay q).

    Parameters
    ----------
    rate : float
        Initial learning rate.
    decay : ndarray of shape (p,)
        The decay of each parameter: ``P.by_kind({"weight": 0.01}, default=0.0)`` spares biases.
    beta_1, beta_2, epsilon : float
        As in `adam`.
    **options
        `schedule`, `factors` and `clip_norm`, as in `chain`.

    Returns
    -------
    Optimizer

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization (2019), arXiv:1711.05101.
    """
    return chain(ScaleByAdam(beta_1, beta_2, epsilon), AddDecay(decay), ScaleByRate(), rate=rate, **options)
