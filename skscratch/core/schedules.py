"""Learning-rate schedules: pure functions of a clock that multiply the initial learning rate.

>>> schedule = FlatCosine(flat=0.5)
>>> [round(schedule.factor(Clock(progress=t)), 2) for t in (0.0, 0.5, 0.75, 1.0)]
[1.0, 1.0, 0.5, 0.0]
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, cos, inf, log2, pi
from numbers import Real
from typing import ClassVar

from skscratch.registry import Registered


@dataclass
class Clock:
    """What a schedule may know of the training; the training loop moves it.

    Parameters
    ----------
    progress : float in [0, 1], default 0.0
        Share of all planned steps that is done; t in the formulas.
    rows : int, default 0
        Training rows seen in completed epochs.
    stalls : int, default 0
        How many times the loss has stopped improving.
    """

    progress: float = 0.0
    rows: int = 0
    stalls: int = 0


@dataclass(frozen=True)
class Schedule(Registered, ABC):
    """Factor of the initial learning rate as a function of the clock.

    Attributes
    ----------
    patient : bool
        True: the rate has no planned end, so a stalled loss ends the fit or adapts the rate. False: the schedule was
        planned over all steps, and runs its course whether the loss stalls or not.
    """

    patient: ClassVar[bool]

    @abstractmethod
    def factor(self, clock: Clock) -> float:
        """Number >= 0 that multiplies the initial learning rate."""

    def epochs(self, planned: int, criteria: Sequence[list[float]]) -> int:
        """How many epochs to plan, given the course of each held-out criterion so far (smaller is better)."""
        return planned


def half_cosine(t: float) -> float:
    """(1 + cos(pi t)) / 2: from 1 at t = 0 to 0 at t = 1."""
    return (1 + cos(pi * t)) / 2


class Constant(Schedule, name="constant"):
    """1."""

    patient = True

    def factor(self, clock: Clock) -> float:
        return 1.0


@dataclass(frozen=True)
class InverseScaling(Schedule, name="invscaling"):
    """1 / (rows + 1)**power, as in scikit-learn, whose name for the power is power_t.

    Robbins and Monro, A stochastic approximation method (1951): convergence for 1/2 < power <= 1.
    """

    power: float = 0.5
    patient = True

    def factor(self, clock: Clock) -> float:
        return (clock.rows + 1) ** -self.power


@dataclass(frozen=True)
class Adaptive(Schedule, name="adaptive"):
    """shrink**stalls: whenever the loss stalls, that share of the rate remains; a fifth in scikit-learn."""

    shrink: float = 0.2
    patient = True

    def __post_init__(self) -> None:
        if not 0 < self.shrink < 1:
            raise ValueError(f"shrink must be in (0, 1), got {self.shrink!r}: use Constant() for a rate that stays.")

    def factor(self, clock: Clock) -> float:
        return self.shrink**clock.stalls


class Cosine(Schedule, name="cosine"):
    """(1 + cos(pi t)) / 2. Loshchilov and Hutter, SGDR (2017), without restarts."""

    patient = False

    def factor(self, clock: Clock) -> float:
        return half_cosine(clock.progress)


@dataclass(frozen=True)
class FlatCosine(Schedule, name="flat_cosine"):
    """1 up to t = flat, then half a cosine down to 0 at t = 1.

    Where rows are held out, the flat part ends as soon as `patience` epochs in a row have made no criterion better: the
    plan is cut so that t = flat at that moment.
    """

    flat: float = 0.5
    patience: float = inf
    patient = False

    def __post_init__(self) -> None:
        if not 0 <= self.flat < 1:
            raise ValueError(f"flat must be in [0, 1), got {self.flat!r}: use Constant() for a rate that stays.")
        if not self.patience >= 1:
            raise ValueError(
                f"patience must be at least 1, got {self.patience!r}: use float('inf') to keep to the plan."
            )

    def epochs(self, planned: int, criteria: Sequence[list[float]]) -> int:
        done = len(criteria[0])
        latest_best = max(course.index(min(course)) + 1 for course in criteria)
        if done >= self.flat * planned or done - latest_best < self.patience:
            return planned
        return min(planned, ceil(done / self.flat))

    def factor(self, clock: Clock) -> float:
        return half_cosine(max(0.0, clock.progress - self.flat) / (1 - self.flat))


@dataclass(frozen=True)
class OneCycle(Schedule, name="one_cycle"):
    """Half a cosine up from start to 1 at t = warmup, then one down to end at t = 1.

    Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates (2018).
    """

    warmup: float = 0.3
    start: float = 1 / 25
    end: float = 1e-4
    patient = False

    def __post_init__(self) -> None:
        if not 0 < self.warmup < 1:
            raise ValueError(f"warmup must be in (0, 1), got {self.warmup!r}: use Cosine() for none.")

    def factor(self, clock: Clock) -> float:
        t = clock.progress
        if t < self.warmup:
            return 1 + (self.start - 1) * half_cosine(t / self.warmup)
        return self.end + (1 - self.end) * half_cosine((t - self.warmup) / (1 - self.warmup))


class CosLog4(Schedule, name="coslog4"):
    """(1 - cos(2 pi log2(1 + 15 t))) / 2: four cycles, each twice as long as the one before.

    Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data
    (2024).
    """

    patient = False

    def factor(self, clock: Clock) -> float:
        return (1 - cos(2 * pi * log2(1 + 15 * clock.progress))) / 2


@dataclass(frozen=True)
class FunctionOfProgress(Schedule):
    """f(t), for any function f of the progress t in [0, 1] that returns finite numbers >= 0."""

    f: Callable[[float], float]
    patient = False

    def factor(self, clock: Clock) -> float:
        factor = self.f(clock.progress)
        if not (isinstance(factor, Real) and 0 <= factor < inf):
            raise ValueError(
                f"The learning rate function must return a finite number >= 0, got {factor!r} at progress "
                f"{clock.progress:.3g}: check it over the whole of [0, 1]."
            )
        return float(factor)


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
    "cosine": Cosine,
    "flat_cosine": FlatCosine,
    "one_cycle": OneCycle,
    "coslog4": CosLog4,
}
