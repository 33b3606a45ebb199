"""Microseconds per training step beside scikit-learn's MLPClassifier: same networks, same batches, one thread.

    python -m benchmarks.steps [--repeats 5] [--only 256] [--csv steps.csv]

Four ways to spend the time of one step, on five networks. All are float32, with Adam at a rate of 0.001 and
alpha = 0.0001, on shuffled batches of the same size, in one process, taking turns; each number is a median.

- core: `skscratch.core.training.Trainer.run`, as the estimators call it.
- fit: `ScratchMLPClassifier.fit` with everything switched off that scikit-learn's network does not have. Reading X
  and y is part of it, divided by the number of steps.
- scikit-learn: `MLPClassifier.fit`, likewise.
- products: the matrix products of a step and nothing else, into arrays that exist; a step cannot be faster.
"""

import argparse
import csv
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.machine import machine
from skscratch import ScratchMLPClassifier
from skscratch.core.activations import Relu
from skscratch.core.batches import Rows
from skscratch.core.initializers import INITIALIZERS
from skscratch.core.layers import Activate, Dense
from skscratch.core.losses import BinaryLogLoss, MulticlassLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import adam
from skscratch.core.training import Trainer

RATE, ALPHA = 1e-3, 1e-4


class Problem(NamedTuple):
    """A network and its batches; an epoch is 50 of them, and a run `epochs` of those."""

    features: int
    hidden: tuple[int, ...]
    batch: int
    classes: int
    epochs: int
    batches: int = 50

    @property
    def name(self) -> str:
        return f"{self.features} features, {self.hidden}, batch {self.batch}, {self.classes} classes"

    @property
    def outputs(self) -> int:
        return 1 if self.classes == 2 else self.classes

    @property
    def steps(self) -> int:
        return self.epochs * self.batches

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """X (n, d) in float32 and classes y (n,) that depend on it."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.batch * self.batches, self.features), np.float32)
        return X, (X @ rng.standard_normal((self.features, self.classes), np.float32)).argmax(axis=1)


PROBLEMS = [
    Problem(20, (100,), 200, 2, epochs=20),
    Problem(50, (64, 64), 128, 2, epochs=20),
    Problem(50, (256, 256, 256), 256, 10, epochs=4),
    Problem(100, (1024, 1024), 256, 10, epochs=1),
    Problem(784, (512, 512), 128, 10, epochs=2),
]


def core(problem: Problem) -> Callable[[], object]:
    """A run of the core's training loop."""
    X, classes = problem.data()
    y = np.eye(problem.classes, dtype=np.float32)[classes] if problem.outputs > 1 else np.float32(classes)[:, None]
    glorot = INITIALIZERS["glorot_uniform"]
    layers = [layer for units in problem.hidden for layer in (Dense(units, glorot), Activate(Relu()))]
    network = Network((*layers, Dense(problem.outputs, glorot)), problem.features)
    objective = Objective(network, BinaryLogLoss() if problem.outputs == 1 else MulticlassLogLoss(), ALPHA)
    P = network.init(1, np.random.default_rng(0), np.float32)
    trainer = Trainer(objective, adam(RATE), np.random.default_rng(0), problem.batch)
    return lambda: trainer.run(P, Rows(X, y, None), problem.epochs)


def fit(problem: Problem) -> Callable[[], object]:
    """A fit of the estimator, down to what scikit-learn's network has."""
    X, y = problem.data()
    model = ScratchMLPClassifier(
        problem.hidden,
        n_estimators=1,
        init="glorot_uniform",
        scaling=None,
        numeric_embedding=None,
        early_stopping=False,
        batch_size=problem.batch,
        max_iter=problem.epochs,
        n_iter_no_change=problem.epochs,
        learning_rate="constant",
        learning_rate_init=RATE,
        alpha=ALPHA,
        beta_2=0.999,
        dtype="float32",
        random_state=0,
    )
    return lambda: model.fit(X, y)


def scikit_learn(problem: Problem) -> Callable[[], object]:
    """A fit of scikit-learn's network."""
    X, y = problem.data()
    model = MLPClassifier(
        problem.hidden,
        batch_size=problem.batch,
        max_iter=problem.epochs,
        n_iter_no_change=problem.epochs,
        learning_rate_init=RATE,
        alpha=ALPHA,
        random_state=0,
    )
    return lambda: model.fit(X, y)


def products(problem: Problem) -> Callable[[], object]:
    """The matrix products of as many steps: x W and x' g in every layer, g W' in all but the first."""

    def array(*shape: int) -> np.ndarray:
        return np.random.default_rng(0).standard_normal(shape, np.float32)

    operands: list[tuple[Callable[..., np.ndarray], np.ndarray, np.ndarray, np.ndarray]] = []
    for i, (d, h) in enumerate(pairwise((problem.features, *problem.hidden, problem.outputs))):
        x, W, g = array(problem.batch, d), array(d, h), array(problem.batch, h)
        operands += [(np.matmul, x, W, np.empty_like(g)), (np.matmul, x.T, g, np.empty_like(W))]
        if i:  # a product of rank one is faster by broadcasting
            operands.append((np.multiply if h == 1 else np.matmul, g, W.T, np.empty_like(x)))

    def run() -> None:
        for _ in range(problem.steps):
            for product, a, b, out in operands:
                product(a, b, out=out)

    return run


CONTENDERS = {"core": core, "fit": fit, "scikit-learn": scikit_learn, "products": products}


def measure(problem: Problem, repeats: int) -> dict[str, float]:
    """Median microseconds per step of each contender; they take turns."""
    runs = {name: make(problem) for name, make in CONTENDERS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        for _ in range(repeats):
            for name, run in runs.items():
                start = perf_counter()
                run()
                seconds[name].append(perf_counter() - start)
    return {name: 1e6 * float(np.median(times)) / problem.steps for name, times in seconds.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, and write it as csv where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, of which the median is taken")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    options = parser.parse_args(arguments)
    facts = machine()
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), end="\n\n")
    print(f"{'us per step':48}" + "".join(f"{name:>14}" for name in [*CONTENDERS, "sklearn/core", "core/products"]))
    rows = []
    for problem in PROBLEMS:
        if options.only in problem.name:
            us = measure(problem, options.repeats)
            ratios = us["scikit-learn"] / us["core"], us["core"] / us["products"]
            print(f"{problem.name:48}" + "".join(f"{x:14.0f}" for x in us.values()), *(f"{x:13.2f}" for x in ratios))
            rows.append({"network": problem.name, **{f"{name} (us)": round(x, 1) for name, x in us.items()}, **facts})
    if options.csv and rows:
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
