"""Hyperparameters: the rows of their table; their values are stored, copied and compared between two fits."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skscratch.estimators import builders

SIZES = frozenset(("hidden_layer_sizes", "width", "depth"))


@dataclass(frozen=True)
class Hyperparameter:
    """A row of the table: all that is written about a hyperparameter except its default, which is in the signature.

    Parameters
    ----------
    name : str
        Name in the signature.
    constraints : tuple of constraints
        The alternatives; a value must satisfy one of them.
    text : str
        What it does, for the docstring and for the page of parameters. ``{names}`` stands for all allowed strings, and
        ``{must_stay}`` for all hyperparameters that a warm start must not change.
    advice : str, default=""
        When to change it, for the page of parameters.
    estimator : {"classifier", "regressor", None}, default=None
        The estimator that has it; None for both.
    may_change : bool, default=False
        Whether a warm start and `partial_fit` may change it. A model is made for the values of all others.
    """

    name: str
    constraints: tuple[Any, ...]
    text: str
    advice: str = ""
    estimator: str | None = None
    may_change: bool = False

    @property
    def type_text(self) -> str:
        """The allowed values as in a docstring: "int in [1, inf) or None"."""
        return _listing(name for constraint in self.constraints for name in constraint.types)

    def describe(self, must_stay: str) -> str:
        """Fill the placeholders of the text; `must_stay` is the text for that one, names are those registered now."""
        text = self.text.replace("{must_stay}", must_stay)
        if "{names}" not in text:
            return text
        options = [option for constraint in self.constraints for option in getattr(constraint, "options", ())]
        return text.replace("{names}", _listing(f'"{option}"' for option in options))


Hyperparameters = Mapping[str, Hyperparameter]


def constraints(table: Hyperparameters) -> dict[str, tuple[Any, ...]]:
    """Return the constraints of each hyperparameter, by name."""
    return {name: row.constraints for name, row in table.items()}


def must_stay(table: Hyperparameters) -> list[str]:
    """Return the names of all hyperparameters that a warm start must not change."""
    return [name for name, row in table.items() if not row.may_change]


def store(estimator: Any, arguments: Mapping[str, Any]) -> None:
    """Set the arguments of a constructor, its `locals()`, as attributes; `fit` checks them."""
    vars(estimator).update((name, value) for name, value in arguments.items() if name not in ("self", "__class__"))


def snapshot(estimator: Any) -> dict[str, Any]:
    """Copy the values of all hyperparameters that must stay, the sizes of the hidden layers as one."""
    names = [name for name in must_stay(estimator._hyperparameters) if name not in SIZES]
    return {
        "hidden layers": builders.hidden_sizes(estimator),
        **{name: copy.deepcopy(getattr(estimator, name)) for name in names},
    }


def check_unchanged(estimator: Any, before: Mapping[str, Any], *, one_epoch: bool) -> None:
    """Raise a ValueError if hyperparameters that must stay differ from those of the snapshot `before`."""
    now = snapshot(estimator)
    changed = [name for name, value in before.items() if not equal(now[name], value)]
    if changed:
        where = "in partial_fit" if one_epoch else "where warm_start=True"
        raise ValueError(
            f"{' and '.join(changed)} must stay as they were {where}, got {[now[name] for name in changed]} after "
            f"{[before[name] for name in changed]}; set warm_start=False and call fit to train a new model."
        )


def _listing(items: Iterable[str]) -> str:
    """Join as in "a, b or c"."""
    *first, last = items
    return f"{', '.join(first)} or {last}" if first else last


def equal(a: Any, b: Any) -> bool:
    """Return whether two values of a hyperparameter are equal; one of them may be an array."""
    return a is b or (a is None) == (b is None) and bool(np.array_equal(a, b))
