"""Adapter of the training loop in skscratch.core.

Imported inside the functions: a commit to compare with may lack some of the names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.adapters.fit import estimator
from benchmarks.problems import Problem

if TYPE_CHECKING:
    from skscratch.core import History, Network


def core(problem: Problem) -> Callable[[], History]:
    """Return a function that trains from new initial parameters, with the loss and the optimizer of the estimator."""
    from skscratch.core import Constant, Rows, Trainer
    from skscratch.estimators import builders
    from skscratch.estimators.threads import threads_for

    X, classes = problem.data()
    y = np.eye(problem.classes, dtype=np.float32)[classes] if problem.outputs > 1 else np.float32(classes)[:, None]
    model = estimator(problem)
    loss = builders.classification_loss(model, "binary" if problem.outputs == 1 else "multiclass")
    objective = builders.objective(model, network(problem), loss)

    def run() -> History:
        rng = np.random.default_rng(0)
        P = objective.network.init(problem.members, rng, np.float32)
        trainer = Trainer(objective, builders.chain(model, Constant()), rng, problem.batch)
        with threads_for(objective.network, problem.batch, problem.members) as trainer.threads:
            return trainer.run(P, Rows(X, y, None), problem.epochs)

    return run


@cache
def network(problem: Problem) -> Network:
    """Return the network that the estimator builds for the rows of the problem."""
    from skscratch.estimators import builders
    from skscratch.tabular.encoding import Table

    X, _ = problem.data()
    return builders.network(estimator(problem), Table(X, problem.features), problem.outputs, None)
