"""Adapters, one for each library: a function from a problem to a function that trains the problem's network.

All train in float32 with Adam, with the same batch size and on shuffled rows.

- core: `skscratch.core.training.Trainer.run`, as the estimators call it.
- fit: `ScratchMLPClassifier.fit`, without the options that the other networks do not have. Its time includes the
  checks of X and y, divided by the number of steps.
- scikit-learn: `MLPClassifier.fit`. Its time includes the checks as well.
- torch: a loop in eager PyTorch with its fused Adam and without a penalty (alpha = 0). The default ensemble has no
  penalty either; for the other networks the three adapters above compute one.
- products: only the matrix products of a step, into existing arrays; a step cannot be faster.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.adapters.core import core
from benchmarks.adapters.fit import fit
from benchmarks.adapters.products import products
from benchmarks.adapters.pytorch import pytorch
from benchmarks.adapters.scikit_learn import scikit_learn
from benchmarks.problems import Problem

ADAPTERS: dict[str, Callable[[Problem], Callable[[], object]]] = {
    "core": core,
    "fit": fit,
    "scikit-learn": scikit_learn,
    "torch": pytorch,
    "products": products,
}
OURS, PEERS = ("core", "fit"), ("scikit-learn", "torch")


def for_problem(problem: Problem, torch: bool) -> dict[str, Callable[[Problem], Callable[[], object]]]:
    """Return the adapters for this problem: scikit-learn has no ensembles, and PyTorch may not be installed."""
    absent = {"scikit-learn": problem.members > 1, "torch": not torch}
    return {name: make for name, make in ADAPTERS.items() if not absent.get(name)}
