"""Optimizers: sequences of gradient transformations that have names, and the steps that they make."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, ClassVar

import numpy as np

from skscratch.core.parameters import Block, Parameters, blocks
from skscratch.core.schedules import Constant, Schedule, ScheduleState
from skscratch.core.tape import Array, Tape
from skscratch.core.transformations import (
    AccumulateMomentum,
    AddDecay,
    ClipByNorm,
    Kept,
    ScaleByAdam,
    ScaleByKind,
    ScaleByRate,
    ScaleByRms,
    Step,
    Transformation,
)
from skscratch.registry import Registered


@dataclass
class OptimizerState:
    """What an optimizer keeps from step to step.

    Parameters
    ----------
    t : int
        The number of steps so far.
    arrays : list of dict of str to ndarray of shape (k, p)
        For each transformation its arrays by name.
    """

    t: int
    arrays: list[dict[str, Array]] = field(repr=False)

    def members(self, rows: slice) -> OptimizerState:
        """Take the state of some members, as views."""
        return OptimizerState(self.t, [{name: a[rows] for name, a in kept.items()} for kept in self.arrays])


@dataclass(frozen=True)
class Chain:
    """Gradient transformations and a learning rate: q <- q + u, where u is the gradient after all transformations.

    Parameters
    ----------
    transformations : tuple of Transformation
        In order. One of them must be `ScaleByRate`, which also changes the sign: the loss is to fall.
    rate : float
        Initial learning rate.
    schedule : Schedule
        Its factor over the fit.

    Examples
    --------
    A step of plain gradient descent, by hand:

    >>> import numpy as np
    >>> from skscratch.core import Affine, Chain, Parameters, ParameterSpec, ScaleByRate, ScheduleState, Update
    >>> P = Parameters(np.array([[1.0, 2.0]]), [Affine(ParameterSpec((1, 1), "weight"), ParameterSpec((1,), "bias"))])
    >>> chain, dP = Chain((ScaleByRate(),), rate=0.1), P.like(np.array([[10.0, -10.0]]))
    >>> update = Update(chain, P, dP, chain.init(P))
    >>> update(chain.rate_at(ScheduleState()))
    >>> P.values
    array([[0., 3.]])
    """

    transformations: tuple[Transformation, ...]
    rate: float
    schedule: Schedule = Constant()

    def rate_at(self, state: ScheduleState) -> float:
        """Return the learning rate at this schedule state."""
        return self.rate * self.schedule.factor(state)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the transformations: a state fits a chain that has the same."""
        return tuple(type(transformation).__name__ for transformation in self.transformations)

    def init(self, P: Parameters) -> OptimizerState:
        """Make the state before the first step."""
        return OptimizerState(0, [transformation.init(P.values) for transformation in self.transformations])


class Update:
    """A step of a chain: recorded once for some parameters and their gradient, and replayed for every batch.

    Elementwise transformations that follow each other are recorded block by block, all of them on one block before the
    next, since a block fits into the cache.

    Parameters
    ----------
    chain : Chain
        What to do with the gradient.
    P, dP : Parameters
        The parameters, which each step changes in place, and their gradient, which is overwritten.
    state : OptimizerState
        Its arrays are changed in place.
    """

    def __init__(self, chain: Chain, P: Parameters, dP: Parameters, state: OptimizerState):
        self.chain, self.P, self.state = chain, P, state
        self.step = Step(state.t, P.values.dtype)
        self.tape = Tape(P.values.dtype)
        pairs = zip(chain.transformations, state.arrays, strict=True)
        stages = [list(stage) for _, stage in groupby(pairs, key=lambda pair: pair[0].elementwise)]
        k, p = P.values.shape
        for i, stage in enumerate(stages):
            elementwise = stage[0][0].elementwise
            for block in blocks(k, p) if elementwise else [(slice(0, k), slice(0, p))]:
                self._record(stage, P.values[block], dP.values[block], block, last=i == len(stages) - 1)

    def _record(self, stage: list[Any], q: Array, u: Array, block: Block, last: bool) -> None:
        """Record the transformations of one block, and, after the last of all, the change of the parameters."""

        def by_kind(numbers: Mapping[str, float], default: float) -> Array:
            return self.P.by_kind(numbers, default)[block[1]]

        for transformation, arrays in stage:
            kept: Kept = {name: a[block] for name, a in arrays.items()}
            transformation.record(self.tape, u, q, kept, self.step, by_kind)
        if last:
            self.tape(np.add, q, u, out=q)

    def __call__(self, rate: float) -> None:
        """Make a step for the gradient that is in dP, at this learning rate."""
        self.step.advance(rate)
        self.tape.replay()
        self.state.t = self.step.t

    def flush(self) -> None:
        """Set to zero what is so small that its square is no normal number, in the parameters and in the state.

        Moments of units that no longer learn halve every few steps, and arithmetic with the subnormal numbers that they
        become is many times slower: a long fit took three times as long. Adding a number and subtracting it again
        rounds to multiples of that limit, and changes no digit of larger numbers that matters.
        """
        info = np.finfo(self.P.values.dtype)
        limit = np.array(2 * np.sqrt(info.tiny) / info.eps, info.dtype)
        for a in [self.P.values, *(a for arrays in self.state.arrays for a in arrays.values())]:
            a += limit
            a -= limit


class Optimizer(Registered, ABC):
    """A named sequence of gradient transformations.

    To add one, derive a frozen dataclass, give it a name and write `transformations`. The estimators set those fields
    whose names are hyperparameters of theirs; `alpha` is the strength of the weight decay.

    Attributes
    ----------
    decays_weights : bool
        Whether it applies `alpha` by itself, instead of a penalty on weights in the objective.
    normalizes_gradients : bool
        Whether the size of a step depends on the learning rate only, not on the size of the gradient.
    """

    decays_weights: ClassVar[bool] = False
    normalizes_gradients: ClassVar[bool] = True

    @abstractmethod
    def transformations(self) -> tuple[Transformation, ...]:
        """Return the transformations in order, `ScaleByRate` among them."""

    def chain(
        self,
        rate: float,
        schedule: Schedule = Constant(),
        factors: Mapping[str, float] | None = None,
        clip_norm: float | None = None,
    ) -> Chain:
        """Put the transformations between an optional clipping of the gradient and optional factors on the update.

        Parameters
        ----------
        rate : float
            Initial learning rate.
        schedule : Schedule
            Its factor over the fit.
        factors : mapping of str to float, optional
            Factors on the learning rate by kind of parameter (see `ParameterSpec`), 1 for others.
        clip_norm : float, optional
            Maximum Euclidean norm of a member's gradient.

        Returns
        -------
        Chain
        """
        front = () if clip_norm is None else (ClipByNorm(clip_norm),)
        back = () if factors is None else (ScaleByKind(factors),)
        return Chain((*front, *self.transformations(), *back), rate, schedule)


@dataclass(frozen=True)
class Sgd(Optimizer, name="sgd"):
    """Gradient descent with momentum: v <- mu v - rate g, q <- q + v; Nesterov's form of it: q <- q + mu v - rate g.

    Parameters
    ----------
    momentum : float in [0, 1)
        mu, the share of the velocity v that remains; 0 is plain gradient descent.
    nesterovs_momentum : bool
        Whether to use Nesterov's form.

    References
    ----------
    Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning (2013).
    """

    momentum: float = 0.0
    nesterovs_momentum: bool = False
    normalizes_gradients: ClassVar[bool] = False

    def transformations(self) -> tuple[Transformation, ...]:
        if self.momentum == 0:
            return (ScaleByRate(),)
        return ScaleByRate(), AccumulateMomentum(self.momentum, self.nesterovs_momentum)


@dataclass(frozen=True)
class RmsProp(Optimizer, name="rmsprop"):
    """RMSprop: v <- beta_2 v + (1 - beta_2) g^2, q <- q - rate g / (sqrt(v) + epsilon).

    Parameters
    ----------
    beta_2 : float in [0, 1)
        Decay of the mean square v.
    epsilon : float
        Limits the steps where gradients are small.

    References
    ----------
    Tieleman and Hinton, Lecture 6.5, COURSERA: Neural networks for machine learning (2012).
    """

    beta_2: float = 0.9
    epsilon: float = 1e-8

    def transformations(self) -> tuple[Transformation, ...]:
        return ScaleByRms(self.beta_2, self.epsilon), ScaleByRate()


@dataclass(frozen=True)
class Adam(Optimizer, name="adam"):
    """Adam: q <- q - rate c m / (sqrt(v) + epsilon), c = sqrt(1 - beta_2^t) / (1 - beta_1^t).

    Parameters
    ----------
    beta_1, beta_2 : float in [0, 1)
        Decays of the moments, m <- beta_1 m + (1 - beta_1) g and v <- beta_2 v + (1 - beta_2) g^2.
    epsilon : float
        Limits the steps where gradients are small; added before the correction of v, as in scikit-learn.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization (2015), end of section 2.

    Examples
    --------
    Whatever the size of a gradient, the first step has the size of the learning rate:

    >>> import numpy as np
    >>> from skscratch.core import Adam, Affine, Parameters, ParameterSpec, Update
    >>> P = Parameters(np.zeros((1, 2)), [Affine(ParameterSpec((1, 1), "weight"), ParameterSpec((1,), "bias"))])
    >>> chain, dP = Adam().chain(rate=0.1), P.like(np.array([[3.0, -500.0]]))
    >>> Update(chain, P, dP, chain.init(P))(rate=0.1)
    >>> P.values.round(6)
    array([[-0.1,  0.1]])
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def transformations(self) -> tuple[Transformation, ...]:
        return ScaleByAdam(self.beta_1, self.beta_2, self.epsilon), ScaleByRate()


@dataclass(frozen=True)
class AdamW(Adam, name="adamw"):
    """Adam with decoupled weight decay: q <- q - rate (Adam's step + alpha q) for weights q.

    Parameters
    ----------
    beta_1, beta_2, epsilon
        As in `Adam`.
    alpha : float
        Strength of the decay; it acts on weights, not on biases, scales and embeddings.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization (2019), arXiv:1711.05101.
    """

    alpha: float = 0.01
    decays_weights: ClassVar[bool] = True

    def transformations(self) -> tuple[Transformation, ...]:
        adam, rate = super().transformations()
        return adam, AddDecay(self.alpha), rate
