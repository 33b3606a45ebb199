"""A fit of our estimator, down to what the other libraries' networks have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.models import RATE, exactly, ours
from benchmarks.problems import Problem
from skscratch import ScratchMLPClassifier

# The defaults that decide how much work a step is, so that a commit with other defaults trains the same network.
ENSEMBLE: dict[str, Any] = dict(init="ntk", numeric_embedding="piecewise", alpha=0.0)


def fit(problem: Problem) -> Callable[[], ScratchMLPClassifier]:
    """A fit on all rows for so many epochs."""
    X, y = problem.data()
    model = estimator(problem)
    return lambda: model.fit(X, y)


def estimator(problem: Problem) -> ScratchMLPClassifier:
    """scikit-learn's network, or the default ensemble, without scaling, validation rows and a schedule."""
    about: dict[str, Any] = dict(scaling=None, batch_size=problem.batch)
    if problem.members == 1:
        return ours(problem.epochs, problem.hidden, **about)
    about |= dict(early_stopping=False, learning_rate="constant", learning_rate_init=RATE, dtype="float32")
    about |= dict(hidden_layer_sizes=problem.hidden, n_estimators=problem.members, random_state=0)
    return ScratchMLPClassifier(**ENSEMBLE, **about, **exactly(problem.epochs))
