"""Adapter of our estimator, without the options that the networks of the other libraries do not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.models import RATE, exactly, ours
from benchmarks.problems import Problem
from skscratch import ScratchMLPClassifier

# These defaults determine the cost of a step. They are set here so that a commit with other defaults trains the same
# network.
ENSEMBLE: dict[str, Any] = dict(init="ntk", numeric_embedding="piecewise", alpha=0.0)


def fit(problem: Problem) -> Callable[[], ScratchMLPClassifier]:
    """Return a function that fits the estimator on all rows of the problem."""
    X, y = problem.data()
    model = estimator(problem)
    return lambda: model.fit(X, y)


def estimator(problem: Problem) -> ScratchMLPClassifier:
    """Make scikit-learn's network or the default ensemble, without scaling, validation rows and schedule."""
    options: dict[str, Any] = dict(scaling=None, batch_size=problem.batch)
    if problem.members == 1:
        return ours(problem.epochs, problem.hidden, **options)
    options |= dict(early_stopping=False, learning_rate="constant", learning_rate_init=RATE, dtype="float32")
    options |= dict(hidden_layer_sizes=problem.hidden, n_estimators=problem.members, random_state=0)
    return ScratchMLPClassifier(**ENSEMBLE, **options, **exactly(problem.epochs))
