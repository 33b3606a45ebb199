"""Adapter of scikit-learn's network."""

from __future__ import annotations

from collections.abc import Callable

from sklearn.neural_network import MLPClassifier

from benchmarks import models
from benchmarks.problems import Problem


def scikit_learn(problem: Problem) -> Callable[[], MLPClassifier]:
    """Return a function that fits the classifier on all rows of the problem."""
    X, y = problem.data()
    model = models.scikit_learn(problem.epochs, problem.hidden, batch_size=problem.batch)
    return lambda: model.fit(X, y)
