"""Unknown arguments of `fit`, and what was meant by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

FIT = ("X", "y", "sample_weight", "X_val", "y_val", "sample_weight_val")
# The names that other libraries use, and the counterparts here.
MEANT = {
    "eval_set": "X_val and y_val",
    "validation_data": "X_val and y_val",
    "eval_sample_weight": "sample_weight_val",
    "sample_weight_eval_set": "sample_weight_val",
    "early_stopping_rounds": "n_iter_no_change of the constructor",
    "patience": "n_iter_no_change of the constructor",
    "epochs": "max_iter of the constructor",
    "eval_metric": "scoring of the constructor",
    "validation_split": "validation_fraction of the constructor",
    "cat_features": "categorical_features of the constructor",
    "categorical_feature": "categorical_features of the constructor",
    "callbacks": "the method set_callbacks",
    "groups": "X_val and y_val, with all rows of some groups",
}


def reject_unknown(estimator: Any, unknown: Iterable[str]) -> None:
    """Raise an error that says which argument was meant, if `fit` got others than it has.

    Raises
    ------
    TypeError
        If there are any.
    """
    for name in unknown:
        meant = _meant(name, estimator.get_params(deep=False))
        hint = f"did you mean {meant}?" if meant else f"its arguments are {', '.join(FIT)}."
        owner = type(estimator).__name__
        raise TypeError(f"{owner}.fit must get arguments that it has, but got an unexpected keyword {name!r}; {hint}")


def _meant(name: str, hyperparameters: Mapping[str, Any]) -> str | None:
    """Return what was meant by a name; None if nothing is similar."""
    if name in MEANT:
        return MEANT[name]
    if name in hyperparameters:
        return f"{name} of the constructor"
    similar = get_close_matches(name, [*FIT, *hyperparameters], n=1)
    if not similar:
        return None
    return similar[0] if similar[0] in FIT else f"{similar[0]} of the constructor"
