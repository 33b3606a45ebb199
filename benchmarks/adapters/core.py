"""Adapter of the training loop in skscratch.core."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.adapters.fit import estimator
from benchmarks.problems import Problem
from skscratch.core.batches import Rows
from skscratch.core.network import Network
from skscratch.core.schedules import Constant
from skscratch.core.training import History, Trainer
from skscratch.estimators import builders
from skscratch.estimators.threads import threads_for
from skscratch.tabular.encoding import Table


def core(problem: Problem) -> Callable[[], History]:
    """Return a function that trains from new initial parameters, with the loss and the optimizer of the estimator."""
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
    X, _ = problem.data()
    return builders.network(estimator(problem), Table(X, problem.features), problem.outputs, None)
