"""Microseconds per training step beside scikit-learn and PyTorch: same networks, same batches, one thread.

    python -m benchmarks.steps [--repeats 5] [--only 256] [--csv steps.csv] [--plot steps.png]

Five ways to spend the time of one step, on several networks. All are float32, with Adam at a rate of 0.001 and
alpha = 0.0001, on shuffled batches of the same size, in one process, taking turns; each number is a median.

- core: `skscratch.core.training.Trainer.run`, as the estimators call it.
- fit: `ScratchMLPClassifier.fit` with everything switched off that scikit-learn's network does not have. Reading X
  and y is part of it, divided by the number of steps.
- scikit-learn: `MLPClassifier.fit`, likewise.
- torch: a loop in eager PyTorch with its fused Adam, where it is installed. It has no penalty (alpha = 0), which
  spares it work that the three above do.
- products: the matrix products of a step and nothing else, into arrays that exist; a step cannot be faster.
"""

import argparse
import csv
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
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
PEERS = {"scikit-learn": "#E69F00", "torch": "#0072B2"}  # in colours of Okabe and Ito (2008), told apart by everybody


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
    Problem(50, (32,), 32, 3, epochs=40),
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


def pytorch(problem: Problem) -> Callable[[], list[float]]:
    """A loop as PyTorch's users write it, but that rows are put in order once per epoch; returns the epochs' losses.

    Each run starts anew: after thousands of steps without a penalty the moments of dead units are denormal, and slow.
    """
    import torch
    from torch import nn

    torch.set_num_threads(1)
    X, y = map(torch.from_numpy, problem.data())
    if problem.outputs == 1:
        y = y[:, None].float()
    sizes = problem.features, *problem.hidden
    mean_loss = nn.BCEWithLogitsLoss() if problem.outputs == 1 else nn.CrossEntropyLoss()

    def run() -> list[float]:
        torch.manual_seed(0)
        hidden = [layer for d, h in pairwise(sizes) for layer in (nn.Linear(d, h), nn.ReLU())]
        network = nn.Sequential(*hidden, nn.Linear(sizes[-1], problem.outputs))
        optimizer = torch.optim.Adam(network.parameters(), RATE, weight_decay=0, fused=True)
        losses = []
        for _ in range(problem.epochs):
            order, total = torch.randperm(len(X)), 0.0
            for x, t in zip(X[order].split(problem.batch), y[order].split(problem.batch), strict=True):
                loss = mean_loss(network(x), t)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
            losses.append(total / problem.batches)
        return losses

    return run


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


Contenders = Mapping[str, Callable[[Problem], Callable[[], object]]]
CONTENDERS: Contenders = {
    "core": core,
    "fit": fit,
    "scikit-learn": scikit_learn,
    "torch": pytorch,
    "products": products,
}


def measure(problem: Problem, contenders: Contenders, repeats: int) -> dict[str, float]:
    """Median microseconds per step of each contender; they take turns."""
    runs = {name: make(problem) for name, make in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        for _ in range(repeats):
            for name, run in runs.items():
                start = perf_counter()
                run()
                seconds[name].append(perf_counter() - start)
    return {name: 1e6 * float(np.median(times)) / problem.steps for name, times in seconds.items()}


def ratios(us: Mapping[str, float]) -> dict[str, float]:
    """How many times longer than the core each peer takes, and the core than the products alone."""
    peers = {f"{name}/core": us[name] / us["core"] for name in PEERS if name in us}
    return {**peers, "core/products": us["core"] / us["products"]}


def plot(table: Mapping[str, Mapping[str, float]], repeats: int, path: Path) -> None:
    """Write bars of how many times faster than its peers the core is, from microseconds by network and contender."""
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    peers = [name for name in PEERS if all(name in us for us in table.values())]
    figure = Figure(figsize=(7, 1.5 + 0.7 * len(table)), dpi=200, layout="constrained")
    ax = figure.subplots()
    height = 0.8 / len(peers)
    for i, name in enumerate(peers):
        places = np.arange(len(table)) - 0.4 + (i + 0.5) * height
        times = [ratios(us)[f"{name}/core"] for us in table.values()]
        bars = ax.barh(places, times, height, color=PEERS[name], edgecolor="white", label=f"than {name}")
        ax.bar_label(bars, fmt="%.2f×", padding=4, path_effects=[withStroke(linewidth=4, foreground="white")])
    ax.axvline(1, color="black", ls="--", lw=1, label="equally fast")
    ax.set_yticks(range(len(table)), [name.replace(", batch", "\nbatch") for name in table])
    ax.invert_yaxis()  # the first network on top
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter("{x:g}×")
    ax.set_xlabel("times faster: their time per step / the core's")
    ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"Training steps of the core: one thread, {repeats} repeats, medians")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, and write and draw it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, of which the median is taken")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    parser.add_argument("--plot", type=Path, help="file to draw the ratios into")
    options = parser.parse_args(arguments)
    contenders, facts = dict(CONTENDERS), machine()
    try:
        facts["torch"] = version("torch")
    except PackageNotFoundError:
        del contenders["torch"]
        print("torch: left out, it is not installed")
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), end="\n\n")
    table: dict[str, dict[str, float]] = {}
    for problem in PROBLEMS:
        if options.only in problem.name:
            us = table[problem.name] = measure(problem, contenders, options.repeats)
            cells = {name: f"{x:.0f}" for name, x in us.items()} | {name: f"{x:.2f}" for name, x in ratios(us).items()}
            if len(table) == 1:
                print(f"{'us per step':52}" + "".join(f"{name:>{len(name) + 4}}" for name in cells))
            print(f"{problem.name:52}" + "".join(f"{x:>{len(name) + 4}}" for name, x in cells.items()), flush=True)
    if options.csv and table:
        rows = [{"network": n, **{f"{k} (us)": round(x, 1) for k, x in us.items()}, **facts} for n, us in table.items()]
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    if options.plot and table:
        plot(table, options.repeats, options.plot)


if __name__ == "__main__":
    main()
