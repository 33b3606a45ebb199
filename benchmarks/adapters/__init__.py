"""One adapter per library: a function from a problem to a call that trains its network for all its steps.

All are float32, with Adam and the same batch size, on shuffled rows.

- core: `skscratch.core.training.Trainer.run`, as the estimators call it.
- fit: `ScratchMLPClassifier.fit`, with everything switched off that the other networks do not have. Reading X and y is
  part of it, divided by the number of steps.
- scikit-learn: `MLPClassifier.fit`, likewise.
- torch: a loop in eager PyTorch with its fused Adam. It has no penalty (alpha = 0), which the default ensemble does not
  have either; for the other networks the three above compute one.
- products: the matrix products of a step and nothing else, into arrays that exist; a step cannot be faster.
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
    """The adapters that have this network: scikit-learn has no ensembles, and PyTorch is not everywhere."""
    absent = {"scikit-learn": problem.members > 1, "torch": not torch}
    return {name: make for name, make in ADAPTERS.items() if not absent.get(name)}
