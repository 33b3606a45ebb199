"""Generate tables of any number of rows from known functions f(x), so that the best possible loss is known as well.

There are three families of functions. Each family has a table for regression, y = f(x) + noise, and a table with two
classes, drawn with the probability P(y = 1 | x) = 1 / (1 + exp(-gain (f(x) - centre))). The function is the same for
all seeds. The first rows of a table are equal to a shorter table with the same seed.

- interactions: 20 independent normal columns; f uses six of them in products, an absolute value, a step and a square.
- steps: 12 uniform columns and 3 categorical columns with 4, 12 and 40 levels; f is a sum of 40 rules, such as a
  decision tree learns.
- waves: 16 correlated columns with the tails of Student's t with 4 degrees of freedom; f is a sum of smooth functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng
from scipy.special import expit

from benchmarks.tables import Table


class Generated(NamedTuple):
    """A table and its best possible prediction: f(x) of shape (n,), or the probabilities of the classes (n, 2)."""

    table: Table
    truth: np.ndarray


class Family(NamedTuple):
    """The distribution of the rows, f, the standard deviation of the noise, and the constants of the log-odds."""

    draw: Callable[[int, Generator], pd.DataFrame]
    f: Callable[[pd.DataFrame], np.ndarray]
    noise: float
    centre: float
    gain: float


def generate(name: str, family: Family, task: str, n: int, seed: int) -> Generated:
    """Generate a table of n rows for this task."""
    columns, target = default_rng(seed).spawn(2)
    X = family.draw(n, columns)
    f = family.f(X)
    if task == "regression":
        return Generated(Table(name, task, X, f + family.noise * target.normal(size=n)), f)
    p = expit(family.gain * (f - family.centre))
    y = (target.random(n) < p).astype(np.int64)
    return Generated(Table(name, task, X, y), np.column_stack([1 - p, p]))


def _frame(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])


def normal_columns(n: int, rng: Generator) -> pd.DataFrame:
    return _frame(rng.normal(size=(n, 20)))


def interactions(X: pd.DataFrame) -> np.ndarray:
    """Compute f(x) = sin(3 x0) x1 + |x2| + x3 [x4 > 0] + 0.3 x5^2."""
    x = X.to_numpy().T
    return np.sin(3 * x[0]) * x[1] + np.abs(x[2]) + x[3] * (x[4] > 0) + 0.3 * x[5] ** 2


LEVELS = (4, 12, 40)  # numbers of levels of the categorical columns of the family "steps"


def uniform_columns_and_categories(n: int, rng: Generator) -> pd.DataFrame:
    """Draw 12 uniform and 3 categorical columns; the probability of level i is proportional to 1 / (i + 1)."""
    u = rng.random((n, 12 + len(LEVELS)))
    X = _frame(u[:, :12])
    for j, levels in enumerate(LEVELS):
        weights = 1 / np.arange(1, levels + 1)
        codes = np.searchsorted(np.cumsum(weights)[:-1] / weights.sum(), u[:, 12 + j])
        X[f"c{j}"] = pd.Categorical.from_codes(codes, [f"level {i}" for i in range(levels)])
    return X


def steps(X: pd.DataFrame) -> np.ndarray:
    """Sum 40 rules, each a weight times 1 to 4 conditions: x_j > threshold, or a category in a set of levels."""
    rng = default_rng(0)
    columns = [X[name].cat.codes.to_numpy() if name.startswith("c") else X[name].to_numpy() for name in X]
    f = np.zeros(len(X))
    for _ in range(40):
        rule = np.ones(len(X), bool)
        for j in rng.choice(len(columns), rng.integers(1, 5), replace=False):
            if j < 12:
                rule &= columns[j] > rng.uniform(0.1, 0.7)
            else:
                rule &= (rng.random(LEVELS[j - 12]) < 0.6)[columns[j]]
        f += rng.normal() * rule
    return f


def correlated_columns(n: int, rng: Generator) -> pd.DataFrame:
    """Draw from a multivariate t with 4 degrees of freedom; the correlation of columns i and j is 0.6^|i - j|."""
    normals, tails = rng.spawn(2)
    z = normals.normal(size=(n, 16))
    for j in range(1, 16):
        z[:, j] = 0.6 * z[:, j - 1] + 0.8 * z[:, j]
    return _frame(z / np.sqrt(tails.chisquare(4, (n, 1)) / 4))


def waves(X: pd.DataFrame) -> np.ndarray:
    """Compute a sum of smooth functions.

    sin(2 x0) + cos(x1 - x2) + 2 tanh(x3) tanh(x4) + 2 exp(-x5^2) sin(x6) + log(1 + x7^2) + sin(x8) cos(x9)
    """
    x = X.to_numpy().T
    f = np.sin(2 * x[0]) + np.cos(x[1] - x[2]) + 2 * np.tanh(x[3]) * np.tanh(x[4])
    return f + 2 * np.exp(-(x[5] ** 2)) * np.sin(x[6]) + np.log1p(x[7] ** 2) + np.sin(x[8]) * np.cos(x[9])


# The centre is the mean of f. The gain is chosen so that the error of the best possible prediction is about 0.1.
FAMILIES = {
    "interactions": Family(normal_columns, interactions, noise=0.1, centre=1.1, gain=4.0),
    "steps": Family(uniform_columns_and_categories, steps, noise=0.3, centre=-1.4, gain=1.5),
    "waves": Family(correlated_columns, waves, noise=0.2, centre=1.7, gain=2.5),
}
# name -> a function from n and seed to the table and the best possible prediction
GENERATED: dict[str, Callable[[int, int], Generated]] = {
    f"{name}_{task}": partial(generate, f"{name}_{task}", family, task)
    for name, family in FAMILIES.items()
    for task in ("regression", "binary")
}
