"""What each parameter must be: a table, checked once at the start of fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np

from skscratch.core.activations import Activation
from skscratch.core.losses import Loss
from skscratch.core.schedules import Schedule
from skscratch.tabular.scaling import SCALINGS


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
        x = float(value)
        above = self.low <= x if self.brackets[0] == "[" else self.low < x
        below = x <= self.high if self.brackets[1] == "]" else x < self.high
        return above and below

    def __str__(self) -> str:
        noun = "an int" if self.kind is Integral else "a float"
        return f"{noun} in the range {self.brackets[0]}{self.low:g}, {self.high:g}{self.brackets[1]}"


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return "one of " + ", ".join(repr(word) for word in self.words)


class ScorerName:
    """The name of a scorer of scikit-learn, whose metrics take longer to import than all of this package."""

    @property
    def words(self) -> list[str]:
        from sklearn.metrics import get_scorer_names

        return get_scorer_names()

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return "the name of a scikit-learn scorer"


@dataclass(frozen=True)
class Instance:
    """An instance of a class, or whatever else a predicate recognises."""

    holds: Callable[[Any], bool]
    description: str

    def __contains__(self, value: Any) -> bool:
        return self.holds(value)

    def __str__(self) -> str:
        return self.description


def is_sequence_of(inner: Any) -> Callable[[Any], bool]:
    """Whether something is a list, tuple or one-dimensional array whose entries satisfy a constraint."""

    def holds(value: Any) -> bool:
        return isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) <= 1 and all(v in inner for v in value)

    return holds


INF = float("inf")
NONE = Instance(lambda value: value is None, "None")
BOOL = Instance(lambda value: isinstance(value, (bool, np.bool_)), "a bool")
CALLABLE = Instance(callable, "a callable")
POSITIVE_INT = Number(Integral, 1, INF, "[)")
POSITIVE = Number(Real, 0, INF, "()")
NOT_NEGATIVE = Number(Real, 0, INF, "[)")
SHARE = Number(Real, 0, 1, "[)")
ACTIVATION = Choice(tuple(Activation.names()))
LOSS_OBJECT = Instance(lambda value: isinstance(value, Loss), "a skscratch.core.losses.Loss object")
RANDOM_STATE = Instance(
    lambda value: value is None or isinstance(value, np.random.RandomState) or value in Number(Integral, 0, 2**32 - 1),
    "None, an int in the range [0, 4294967295] or a numpy.random.RandomState",
)
INITS = (
    "ntk", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform", "zeros",
)  # fmt: skip

CONSTRAINTS: Mapping[str, tuple] = {
    "hidden_layer_sizes": (
        NONE,
        POSITIVE_INT,
        Instance(is_sequence_of(POSITIVE_INT), "a sequence of ints in the range [1, inf)"),
    ),
    "width": (NONE, POSITIVE_INT),
    "depth": (NONE, Number(Integral, 0, INF, "[)")),
    "activation": (ACTIVATION, Instance(is_sequence_of(ACTIVATION), "a sequence of them, one per hidden layer")),
    "n_estimators": (POSITIVE_INT,),
    "solver": (Choice(("adam", "sgd", "rmsprop", "lbfgs")),),
    "alpha": (NOT_NEGATIVE,),
    "dropout": (SHARE,),
    "clip_norm": (NONE, POSITIVE),
    "label_smoothing": (SHARE,),
    "quantile": (NONE, Number(Real, 0, 1, "()")),
    "learning_rate": (Choice(tuple(Schedule.names())), CALLABLE),
    "learning_rate_init": (NONE, POSITIVE),
    "power_t": (NOT_NEGATIVE,),
    "batch_size": (Choice(("auto",)), POSITIVE_INT),
    "max_iter": (Choice(("auto",)), POSITIVE_INT),
    "shuffle": (BOOL,),
    "tol": (NOT_NEGATIVE,),
    "n_iter_no_change": (Choice(("auto",)), POSITIVE_INT, Instance(lambda value: value == INF, "inf")),
    "max_fun": (POSITIVE_INT,),
    "early_stopping": (Choice(("auto",)), BOOL),
    "validation_fraction": (Number(Real, 0, 1, "()"),),
    "scoring": (NONE, Choice(("loss",)), ScorerName(), CALLABLE),
    "init": (Choice(INITS),),
    "scaling": (NONE, Choice(tuple(name for name in SCALINGS if name))),
    "numeric_embedding": (NONE, Choice(("piecewise", "periodic"))),
    "categorical_features": (
        NONE,
        Choice(("from_dtype",)),
        Instance(lambda value: isinstance(value, (list, tuple, np.ndarray)), "a mask, indices or column names"),
    ),
    "class_weight": (NONE, Choice(("balanced",)), Instance(lambda value: isinstance(value, dict), "a dict")),
    "beta_1": (SHARE,),
    "beta_2": (SHARE,),
    "epsilon": (POSITIVE,),
    "momentum": (Number(Real, 0, 1),),
    "nesterovs_momentum": (BOOL,),
    "warm_start": (BOOL,),
    "random_state": (RANDOM_STATE,),
    "verbose": (BOOL, Number(Integral, 0, INF, "[)")),
    "dtype": (Choice(("auto", "float32", "float64")),),
}
LOSSES: Mapping[str, tuple] = {
    "classifier": (Choice(("log_loss",)), LOSS_OBJECT),
    "regressor": (Choice(tuple(Loss.names())), LOSS_OBJECT),
}


def check_parameters(estimator: Any, constraints: Mapping[str, tuple]) -> None:
    """Check every constructor parameter of an estimator.

    Parameters
    ----------
    estimator : object
        Has `get_params`.
    constraints : mapping of str to tuple
        For each parameter, the alternatives it may satisfy; parameters without an entry are not checked.

    Raises
    ------
    ValueError
        In one sentence: which parameter, what it must be, what was given, and the nearest word where there is one.
    """
    name = type(estimator).__name__
    for parameter, value in estimator.get_params(deep=False).items():
        alternatives = constraints.get(parameter, ())
        if alternatives and not any(value in alternative for alternative in alternatives):
            expected = " or ".join(str(alternative) for alternative in alternatives)
            raise ValueError(
                f"The {parameter!r} parameter of {name} must be {expected}. Got {value!r} instead."
                + _suggestion(value, alternatives)
            )


def _suggestion(value: Any, alternatives: Iterable[Any]) -> str:
    words = [word for alternative in alternatives for word in getattr(alternative, "words", ())]
    close = get_close_matches(value, words, n=1) if isinstance(value, str) else []
    return f" Did you mean {close[0]!r}?" if close else ""
