"""The core's training loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.models import ALPHA, RATE
from benchmarks.problems import Problem
from skscratch import ScratchMLPClassifier
from skscratch.core.activations import Relu
from skscratch.core.batches import Rows
from skscratch.core.embeddings import Periodic
from skscratch.core.initializers import INITIALIZERS, Normal, Zeros
from skscratch.core.layers import Activate, Dense, Layer, Scale
from skscratch.core.losses import BinaryLogLoss, MulticlassLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Optimizer, adam
from skscratch.core.parameters import Parameters
from skscratch.core.training import History, Trainer
from skscratch.estimators.recipes import NTK_FACTORS
from skscratch.estimators.threads import threads_for


def core(problem: Problem) -> Callable[[], History]:
    """A run of the loop, which starts anew each time."""
    X, classes = problem.data()
    y = np.eye(problem.classes, dtype=np.float32)[classes] if problem.outputs > 1 else np.float32(classes)[:, None]
    loss = BinaryLogLoss() if problem.outputs == 1 else MulticlassLogLoss()
    alpha = ALPHA if problem.members == 1 else ScratchMLPClassifier().alpha
    objective = Objective(network(problem), loss, alpha)

    def run() -> History:
        rng = np.random.default_rng(0)
        P = objective.network.init(problem.members, rng, np.float32)
        trainer = Trainer(objective, optimizer(problem, P), rng, problem.batch)
        with threads_for(objective.network, problem.batch, problem.members) as trainer.threads:
            return trainer.run(P, Rows(X, y, None), problem.epochs)

    return run


def network(problem: Problem) -> Network:
    """Dense layers; the default estimator's have its embedding and factors in front."""
    front: list[Layer] = []
    if problem.members == 1:
        glorot = INITIALIZERS["glorot_uniform"]
        dense = [Dense(units, glorot) for units in (*problem.hidden, problem.outputs)]
    else:
        front = [Periodic(tuple(range(problem.features))), Scale()]
        dense = [Dense(units, Normal(), Normal(), ntk=True) for units in problem.hidden]
        dense.append(Dense(problem.outputs, Zeros(), ntk=True))
    hidden = [layer for before in dense[:-1] for layer in (before, Activate(Relu()))]
    return Network((*front, *hidden, dense[-1]), problem.features)


def optimizer(problem: Problem, P: Parameters) -> Optimizer:
    """Adam, with the default estimator's factors on the rate for its network."""
    if problem.members == 1:
        return adam(RATE)
    default = ScratchMLPClassifier()
    return adam(RATE, beta_2=default.beta_2, epsilon=default.epsilon, factors=P.by_kind(NTK_FACTORS))
