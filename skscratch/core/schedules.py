"""Learning-rate schedules: pure functions of the schedule state that multiply the initial learning rate.

>>> schedule = FlatCosine(flat=0.5)
>>> [round(schedule.factor(ScheduleState(progress=t)), 2) for t in (0.0, 0.5, 0.75, 1.0)]
[1.0, 1.0, 0.5, 0.0]
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, cos, inf, log2, pi
from numbers import Real
from typing import ClassVar

from skscratch.registry import Registered


@dataclass
class ScheduleState:
    """What a schedule may know of the training; the training loop updates it.

    Parameters
    ----------
    progress : float in [0, 1], default 0.0
        Share of all planned steps that is done; t in the formulas.
    rows : int, default 0
        Training rows seen in completed epochs.
    plateaus : int, default 0
        Number of plateaus: how many times the loss has stopped improving.
    """

    progress: float = 0.0
    rows: int = 0
    plateaus: int = 0


class Schedule(Registered, ABC):
    """Factor of the initial learning rate as a function of the schedule state.

    To add one, derive a class, give it a name, set `open_ended` and write `factor`.

    Attributes
    ----------
    open_ended : bool
        True: the rate has no planned end, so a plateau of the loss ends the fit or lowers the rate. False: the rate is
        planned over all steps, and a plateau changes nothing.
    """

    open_ended: ClassVar[bool]

    @abstractmethod
    def factor(self, state: ScheduleState) -> float:
        """Return a number >= 0 that multiplies the initial learning rate."""

    def epochs(self, planned: int, metrics: Sequence[list[float]]) -> int:
        """Return how many epochs to plan, given the values of each validation metric so far (smaller is better)."""
        return planned


def half_cosine(t: float) -> float:
    """Compute (1 + cos(pi t)) / 2: from 1 at t = 0 to 0 at t = 1."""
    return (1 + cos(pi * t)) / 2


class Constant(Schedule, name="constant"):
    """1."""

    open_ended = True

    def factor(self, state: ScheduleState) -> float:
        return 1.0


@dataclass(frozen=True)
class InverseScaling(Schedule, name="invscaling"):
    """1 / (rows + 1)**power_t, as in scikit-learn.

    Robbins and Monro, A stochastic approximation method (1951): convergence for 1/2 < power_t <= 1.
    """

    power_t: float = 0.5
    open_ended = True

    def factor(self, state: ScheduleState) -> float:
        return (state.rows + 1) ** -self.power_t


@dataclass(frozen=True)
class Adaptive(Schedule, name="adaptive"):
    """shrink**plateaus: at each plateau of the loss the rate is multiplied by shrink; by a fifth in scikit-learn."""

    shrink: float = 0.2
    open_ended = True

    def __post_init__(self) -> None:
        if not 0 < self.shrink < 1:
            raise ValueError(f"shrink must be in (0, 1), got {self.shrink!r}: use Constant() for a constant rate.")

    def factor(self, state: ScheduleState) -> float:
        return self.shrink**state.plateaus


class Cosine(Schedule, name="cosine"):
    """(1 + cos(pi t)) / 2. Loshchilov and Hutter, SGDR (2017), without restarts."""

    open_ended = False

    def factor(self, state: ScheduleState) -> float:
        return half_cosine(state.progress)


@dataclass(frozen=True)
class FlatCosine(Schedule, name="flat_cosine"):
    """1 up to t = flat, then half a cosine down to 0 at t = 1.

    With validation rows, the flat part ends as soon as no metric has improved for `patience` epochs in a row: fewer
    epochs are planned then, so that t = flat at that moment.
    """

    flat: float = 0.5
    patience: float = inf
    open_ended = False

    def __post_init__(self) -> None:
        if not 0 <= self.flat < 1:
            raise ValueError(f"flat must be in [0, 1), got {self.flat!r}: use Constant() for a constant rate.")
        if not self.patience >= 1:
            raise ValueError(
                f"patience must be at least 1, got {self.patience!r}: use float('inf') to keep to the plan."
            )

    def epochs(self, planned: int, metrics: Sequence[list[float]]) -> int:
        done = len(metrics[0])
        latest_best = max(curve.index(min(curve)) + 1 for curve in metrics)
        if done >= self.flat * planned or done - latest_best < self.patience:
            return planned
        return min(planned, ceil(done / self.flat))

    def factor(self, state: ScheduleState) -> float:
        return half_cosine(max(0.0, state.progress - self.flat) / (1 - self.flat))


@dataclass(frozen=True)
class OneCycle(Schedule, name="one_cycle"):
    """Half a cosine up from start to 1 at t = warmup, then one down to end at t = 1.

    Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates (2018).
    """

    warmup: float = 0.3
    start: float = 1 / 25
    end: float = 1e-4
    open_ended = False

    def __post_init__(self) -> None:
        if not 0 < self.warmup < 1:
            raise ValueError(f"warmup must be in (0, 1), got {self.warmup!r}: use Cosine() for none.")

    def factor(self, state: ScheduleState) -> float:
        t = state.progress
        if t < self.warmup:
            return 1 + (self.start - 1) * half_cosine(t / self.warmup)
        return self.end + (1 - self.end) * half_cosine((t - self.warmup) / (1 - self.warmup))


class CosLog4(Schedule, name="coslog4"):
    """(1 - cos(2 pi log2(1 + 15 t))) / 2: four cycles, each twice as long as the one before.

    Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data
    (2024).
    """

    open_ended = False

    def factor(self, state: ScheduleState) -> float:
        return (1 - cos(2 * pi * log2(1 + 15 * state.progress))) / 2


@dataclass(frozen=True)
class FunctionOfProgress(Schedule):
    """f(t), for any function f of the progress t in [0, 1] that returns finite numbers >= 0."""

    f: Callable[[float], float]
    open_ended = False

    def factor(self, state: ScheduleState) -> float:
        factor = self.f(state.progress)
        if not (isinstance(factor, Real) and 0 <= factor < inf):
            raise ValueError(
                f"The learning rate function must return a finite number >= 0, got {factor!r} at progress "
                f"{state.progress:.3g}: check it over the whole of [0, 1]."
            )
        return float(factor)
