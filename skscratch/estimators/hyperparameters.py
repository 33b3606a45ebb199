"""The hyperparameters as values: stored as they come, checked against each other, compared between two fits."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from skscratch.estimators import builders

# Hyperparameters that a warm start or `partial_fit` takes as they are now. All others made the model what it is, and
# must stay as they were. `random_state` and `warm_start` are read where a fit starts anew.
MAY_CHANGE = frozenset(
    """
    solver alpha clip_norm learning_rate learning_rate_init power_t batch_size max_iter shuffle tol n_iter_no_change
    max_fun early_stopping validation_fraction scoring class_weight beta_1 beta_2 epsilon momentum nesterovs_momentum
    warm_start random_state verbose
    """.split()
)
SIZES = frozenset(("hidden_layer_sizes", "width", "depth"))


def store(estimator: Any, arguments: Mapping[str, Any]) -> None:
    """Set the arguments of a constructor, its `locals()`, as attributes; fit checks them."""
    vars(estimator).update((name, value) for name, value in arguments.items() if name not in ("self", "__class__"))


def snapshot(estimator: Any) -> dict[str, Any]:
    """Copy the hyperparameters that make a model what it is: all that have a constraint and must not change."""
    names = [name for name in estimator._constraints if hasattr(estimator, name) and name not in MAY_CHANGE | SIZES]
    return {
        "hidden layers": builders.hidden_sizes(estimator),
        **{name: copy.deepcopy(getattr(estimator, name)) for name in names},
    }


def check_unchanged(estimator: Any, before: Mapping[str, Any], *, one_epoch: bool) -> None:
    """Raise a ValueError if hyperparameters that must stay are no longer those of the snapshot `before`."""
    now = snapshot(estimator)
    changed = [name for name, value in before.items() if not _equal(now[name], value)]
    if changed:
        where = "in partial_fit" if one_epoch else "where warm_start=True"
        raise ValueError(
            f"{' and '.join(changed)} must stay as they were {where}, got {[now[name] for name in changed]} after "
            f"{[before[name] for name in changed]}; set warm_start=False and call fit to begin anew."
        )


def _equal(a: Any, b: Any) -> bool:
    return a is b or (a is None) == (b is None) and bool(np.array_equal(a, b))
