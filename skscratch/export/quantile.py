"""The rule of quantile scaling: t = Phi^-1(F(x)), from sorted quantiles Q.

F is found by two comparisons with 32 numbers each instead of one with all 999; Phi^-1 is the algorithm AS 241 [1]_,
whose relative error is below 1e-15.

References
----------
.. [1] M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988).
"""

from __future__ import annotations

from functools import reduce
from math import ceil, sqrt
from typing import Any

import numpy as np

from skscratch.export.tensor import Tensor, apply, cast, clip, constant, where
from skscratch.tabular.scaling import Quantile

# Numerator and denominator for |p - 1/2| <= 0.425, and beyond; the highest power first
CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
TAIL = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip


def quantile(scaler: Quantile, x: Tensor, statistics: tuple[np.ndarray, ...]) -> Tensor:
    """t = Phi^-1(F(x)), with F in the middle of its steps; 0 in a column without different quantiles."""
    (Q,) = statistics
    p = clip(distribution(cast(x, np.float64), Q.T), scaler.edge, 1 - scaler.edge)
    return cast(where(Q[0] < Q[-1], inverse_normal(p), 0), x.dtype)


def distribution(x: Tensor, Q: np.ndarray) -> Tensor:
    """Compute F (n, m) of x (n, m) from the q quantiles Q (m, q) at equally spaced levels, linear between them.

    a is the number of the largest quantile <= x and b of the smallest >= x; at a step of F both are x.
    """
    (m, q), s = Q.shape, ceil(sqrt(Q.shape[1]))
    blocks = np.full((m, s * s), np.inf)
    blocks[:, :q] = Q
    rows = constant(blocks.reshape(m * s, s))
    a = clip(_count(x, rows, blocks[:, ::s], np.less_equal) - 1, 0, q - 1)
    b = clip(_count(x, rows, blocks[:, ::s], np.less), 0, q - 1)
    flat, offset = apply("Reshape", rows, np.array([-1])), np.arange(m) * s * s
    Q_a, Q_b = (apply("Gather", flat, i + offset, axis=0) for i in (a, b))
    F_a, F_b = (cast(i, np.float64) / (q - 1) for i in (a, b))
    between = Q_b > Q_a
    share = where(between, (x - Q_a) / where(between, Q_b - Q_a, 1), 0.5)
    return F_a + (F_b - F_a) * share


def _count(x: Tensor, rows: Tensor, firsts: np.ndarray, below: Any) -> Tensor:
    """Count the quantiles below x (n, m): first the blocks, by their first numbers (m, s), then within one of them."""
    m, s = firsts.shape
    x = apply("Unsqueeze", x, np.array([-1]))
    block = clip(_sum(below(firsts, x)) - 1, 0, s - 1)
    return block * s + _sum(below(apply("Gather", rows, block + np.arange(m) * s, axis=0), x))


def _sum(condition: Tensor) -> Tensor:
    """Count where the condition (n, m, s) is true."""
    return apply("ReduceSum", cast(condition, np.int64), np.array([2]), keepdims=0)


def inverse_normal(p: Tensor) -> Tensor:
    """Compute Phi^-1(p), for p between exp(-25) and 1 - exp(-25)."""
    q = p - 0.5
    centre = q * _ratio(CENTRE, 0.180625 - q * q)
    tail = np.sign(q) * _ratio(TAIL, np.sqrt(-np.log(0.5 - np.abs(q))) - 1.6)
    return where(np.abs(q) <= 0.425, centre, tail)


def _ratio(coefficients: Any, r: Tensor) -> Tensor:
    """Compute the ratio of two polynomials of r."""
    numerator, denominator = (reduce(lambda value, c: value * r + c, powers[1:], powers[0]) for powers in coefficients)
    return numerator / denominator
