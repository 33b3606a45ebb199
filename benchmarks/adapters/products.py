"""The matrix products of a step and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from benchmarks.problems import Problem
from skscratch.core.embeddings import Periodic

Product = tuple[Callable[..., np.ndarray], np.ndarray, np.ndarray, np.ndarray]


def products(problem: Problem) -> Callable[[], None]:
    """As many steps of them: x W and x' g in every layer, g W' in all but the first, into arrays that exist.

    An embedding is a layer for each column, from its frequencies to its outputs, which is asked for g W' as well.
    """
    k, n, d = problem.members, problem.batch, problem.features
    operands: list[Product] = []
    if k > 1:
        periodic = Periodic(tuple(range(d)))
        operands += _layer((k, d), n, periodic.frequencies, periodic.outputs, first=False)
        d = periodic.width(d)
    for i, (inputs, units) in enumerate(pairwise((d, *problem.hidden, problem.outputs))):
        operands += _layer((k,), n, inputs, units, first=k == 1 and i == 0)

    def run() -> None:
        for _ in range(problem.steps):
            for product, a, b, out in operands:
                product(a, b, out=out)

    return run


def _layer(stack: tuple[int, ...], n: int, d: int, h: int, first: bool) -> list[Product]:
    """The products of one layer, of d inputs and h units, in a stack of such."""

    def array(*shape: int) -> np.ndarray:
        return np.random.default_rng(0).standard_normal((*stack, *shape), np.float32)

    x, W, g = array(n, d), array(d, h), array(n, h)
    forward = [(np.matmul, x, W, np.empty_like(g)), (np.matmul, x.mT, g, np.empty_like(W))]
    # A product of rank one is faster by broadcasting.
    return forward if first else [*forward, (np.multiply if h == 1 else np.matmul, g, W.mT, np.empty_like(x))]
