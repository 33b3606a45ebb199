"""Constraints on hyperparameters: classes of allowed values, and the check of all hyperparameters of an estimator.

A constraint has three properties: ``value in constraint`` checks a value, ``str(constraint)`` describes the allowed
values in an error message, and ``constraint.types`` are the types in a docstring.

>>> 0.0 in POSITIVE, 0.5 in POSITIVE, str(POSITIVE), POSITIVE.types
(False, True, 'a float in the range (0, inf)', ('float in (0, inf)',))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np

from skscratch.registry import Registered
from skscratch.tabular.cells import brief

INF = float("inf")


def as_float(value: Any) -> float:
    """Convert a number; one beyond the range of float64 becomes infinity."""
    try:
        return float(value)
    except OverflowError:
        return INF if value > 0 else -INF


@dataclass(frozen=True)
class Number:
    """A number between two bounds; a bracket is written as in mathematics, [0, 1) for 0 <= x < 1."""

    kind: type[Integral] | type[Real]
    low: float
    high: float
    brackets: str = "[]"

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, self.kind) or isinstance(value, (bool, np.bool_)):
            return False
        x = as_float(value)
        above = self.low <= x if self.brackets[0] == "[" else self.low < x
        below = x <= self.high if self.brackets[1] == "]" else x < self.high
        return above and below

    @property
    def types(self) -> tuple[str, ...]:
        return (f"{'int' if self.kind is Integral else 'float'} in {self._range}",)

    def __str__(self) -> str:
        return f"{'an int' if self.kind is Integral else 'a float'} in the range {self._range}"

    @property
    def _range(self) -> str:
        return f"{self.brackets[0]}{self.low:.15g}, {self.high:.15g}{self.brackets[1]}"


class Choice:
    """One of several strings."""

    def __init__(self, *options: str):
        self._options = options

    @property
    def options(self) -> Sequence[str]:
        """All allowed strings."""
        return self._options

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.options

    @property
    def types(self) -> tuple[str, ...]:
        listed = ", ".join(f'"{option}"' for option in self.options)
        return (listed if len(self.options) == 1 else f"{{{listed}}}",)

    def __str__(self) -> str:
        return "one of " + ", ".join(map(repr, self.options))


class Named(Choice):
    """The name of a class of a family, an object of the family, or one of some other strings.

    The names are read from the family at each use, so a class that is registered later is allowed, too.

    Parameters
    ----------
    family : type of Registered
        The family.
    *others : str
        Other allowed strings.

    Examples
    --------
    >>> from skscratch.core.activations import Activation, Tanh
    >>> "tanh" in Named(Activation), Tanh() in Named(Activation), Tanh in Named(Activation)
    (True, True, False)
    """

    def __init__(self, family: type[Registered], *others: str):
        super().__init__(*others)
        self.family = family

    @property
    def options(self) -> Sequence[str]:
        return [*self._options, *self.family.names()]

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, self.family) or super().__contains__(value)

    @property
    def types(self) -> tuple[str, ...]:
        return "str", self.family.__name__

    def __str__(self) -> str:
        return f"{super().__str__()} or an instance of {self.family.__module__}.{self.family.__name__}"


class ScorerName(Choice):
    """The name of a scorer of scikit-learn; its metrics are imported at the first use because this takes long."""

    @property
    def options(self) -> Sequence[str]:
        from sklearn.metrics import get_scorer_names

        return get_scorer_names()

    types = ("str",)

    def __str__(self) -> str:
        return "the name of a scikit-learn scorer"


@dataclass(frozen=True)
class Satisfying:
    """Any value for which a function returns True."""

    test: Callable[[Any], bool]
    description: str
    types: tuple[str, ...]

    def __contains__(self, value: Any) -> bool:
        return self.test(value)

    def __str__(self) -> str:
        return self.description


def is_sequence_of(constraint: Any) -> Callable[[Any], bool]:
    """Make a function that says whether a value is a list, tuple or 1-d array whose entries satisfy a constraint."""

    def test(value: Any) -> bool:
        sequence = isinstance(value, (list, tuple)) or isinstance(value, np.ndarray) and value.ndim == 1
        return sequence and all(entry in constraint for entry in value)

    return test


NONE = Satisfying(lambda value: value is None, "None", ("None",))
BOOL = Satisfying(lambda value: isinstance(value, (bool, np.bool_)), "a bool", ("bool",))
CALLABLE = Satisfying(lambda value: callable(value) and not isinstance(value, type), "a callable", ("callable",))
AUTO = Choice("auto")
POSITIVE_INT = Number(Integral, 1, INF, "[)")
UNITS = Number(Integral, 1, 10**6)
NOT_NEGATIVE_INT = Number(Integral, 0, INF, "[)")
POSITIVE = Number(Real, 0, INF, "()")
NOT_NEGATIVE = Number(Real, 0, INF, "[)")
SHARE = Number(Real, 0, 1, "[)")
RANDOM_STATE = Satisfying(
    lambda value: value is None or isinstance(value, np.random.RandomState) or value in Number(Integral, 0, 2**32 - 1),
    "None, an int in the range [0, 4294967295] or a numpy.random.RandomState",
    ("int", "RandomState instance", "None"),
)


def check_parameters(estimator: Any, constraints: Mapping[str, Sequence[Any]]) -> None:
    """Check every constructor parameter of an estimator.

    Parameters
    ----------
    estimator : object
        Has `get_params`.
    constraints : mapping of str to sequence of constraints
        For each parameter its alternatives, of which a value must satisfy one; parameters without an entry are not
        checked.

    Raises
    ------
    ValueError
        In one sentence: the parameter, what it must be, what was given, and the most similar option if there is one.
    """
    name = type(estimator).__name__
    for parameter, value in estimator.get_params(deep=False).items():
        alternatives = constraints.get(parameter, ())
        if alternatives and not any(value in alternative for alternative in alternatives):
            expected = " or ".join(str(alternative) for alternative in alternatives)
            raise ValueError(
                f"The {parameter!r} parameter of {name} must be {expected}. Got {brief(value)} instead."
                + _hint(parameter, value, constraints)
            )


def _hint(parameter: str, value: Any, constraints: Mapping[str, Sequence[Any]]) -> str:
    """Return the option that was meant, or the parameter: a number is no learning rate, but may be the initial one."""
    initial = f"{parameter}_init"
    if isinstance(value, Real) and any(value in alternative for alternative in constraints.get(initial, ())):
        return f" Did you mean {initial}={value!r}?"
    if isinstance(value, int) and abs(as_float(value)) == INF:
        return " Numbers must be below 1.8e308."
    if not isinstance(value, str):
        return ""
    options = [option for alternative in constraints[parameter] for option in getattr(alternative, "options", ())]
    initials = {"m" + "".join(word[:1] for word in option.split("_")): option for option in options}
    similar = [initials[value]] if value in initials else get_close_matches(value, options, n=1)  # "mse": squared_error
    return f" Did you mean {similar[0]!r}?" if similar else ""
