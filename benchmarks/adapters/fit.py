"""A fit of our estimator, down to what the other libraries' networks have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.models import RATE, exactly, ours
from benchmarks.problems import Problem
from skscratch import ScratchMLPClassifier


def fit(problem: Problem) -> Callable[[], ScratchMLPClassifier]:
    """A fit on all rows for so many epochs; the default estimator's network keeps its defaults otherwise."""
    X, y = problem.data()
    about: dict[str, Any] = dict(scaling=None, batch_size=problem.batch)
    if problem.members == 1:
        model = ours(problem.epochs, problem.hidden, **about)
    else:
        about |= dict(early_stopping=False, learning_rate="constant", learning_rate_init=RATE, dtype="float32")
        about |= dict(hidden_layer_sizes=problem.hidden, n_estimators=problem.members, random_state=0)
        model = ScratchMLPClassifier(**about, **exactly(problem.epochs))
    return lambda: model.fit(X, y)
