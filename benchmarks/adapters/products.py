"""Adapter that computes only the matrix products of the training steps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from benchmarks.adapters.core import network
from benchmarks.problems import Problem
from skscratch.core.embeddings import NumericEmbedding

Product = tuple[Callable[..., np.ndarray], np.ndarray, np.ndarray, np.ndarray]


def products(problem: Problem) -> Callable[[], None]:
    """Return a function that computes x W and x' g in each layer, and g W' in all but the first, into existing arrays.

    The products are repeated for each step. The embedding, if there is one, is a layer for each column, from the
    features of the column to its outputs.
    """
    k, n, d = problem.members, problem.batch, problem.features
    operands: list[Product] = []
    if k > 1:
        embedding = network(problem).layers[0]
        operands += _embedding(embedding, k, n)
        d = embedding.width(d)
    for i, (inputs, units) in enumerate(pairwise((d, *problem.hidden, problem.outputs))):
        operands += _layer(k, n, inputs, units, first=k == 1 and i == 0)

    def run() -> None:
        for _ in range(problem.steps):
            for product, a, b, out in operands:
                product(a, b, out=out)

    return run


def _array(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def _embedding(embedding: NumericEmbedding, k: int, n: int) -> list[Product]:
    """Return V' c and c g' for each of m columns; samples are contiguous, and k members share the features c."""
    m, f, o = len(embedding.columns), embedding.features, embedding.outputs
    c, V, g = _array(1, m, f, n), _array(k, m, f, o), _array(k, m, o, n)
    return [(np.matmul, V.mT, c, np.empty_like(g)), (np.matmul, c, g.mT, np.empty_like(V))]


def _layer(k: int, n: int, d: int, h: int, first: bool) -> list[Product]:
    """Return the products of one layer with d inputs and h units, in k members."""
    x, W, g = _array(k, n, d), _array(k, d, h), _array(k, n, h)
    forward = [(np.matmul, x, W, np.empty_like(g)), (np.matmul, x.mT, g, np.empty_like(W))]
    # Broadcasting is faster than matmul for a product of rank one.
    return forward if first else [*forward, (np.multiply if h == 1 else np.matmul, g, W.mT, np.empty_like(x))]
