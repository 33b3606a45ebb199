"""The tables on which methods are compared, and their splits into training and test rows.

Without a folder these are the tables of scikit-learn and `skscratch.datasets`, and five tables of scikit-learn's
generators. A folder contains csv files, plain or gzipped, and a `manifest.json`: a list with an entry for each table,

    {"name": "penguins", "target": "species", "task": "multiclass", "categorical": ["island", "sex"]}

- name: the table is in ``name.csv`` or ``name.csv.gz``, with a header; an empty cell is a missing value.
- target: the column to predict; a missing value in it is an error.
- task: "binary", "multiclass" or "regression".
- categorical: the categorical columns; all others must be numeric.
- classes (optional): the labels in the order of their codes 0, 1, ...; sorted labels by default.

Other keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from skscratch.datasets import load_titanic

SIZE, TEST_ROWS = 8_000, 10_000
TASKS = ("binary", "multiclass", "regression")


class Table(NamedTuple):
    """Raw columns X (n rows) with numbers, categories and missing values, and y (n,) with numbers or class codes."""

    name: str
    task: str
    X: pd.DataFrame
    y: np.ndarray

    @property
    def categorical(self) -> list[str]:
        """Names of the categorical columns."""
        return list(self.X.select_dtypes(exclude="number"))

    @property
    def classes(self) -> int:
        """Number of classes, 0 for regression."""
        return 0 if self.task == "regression" else int(self.y.max()) + 1

    @property
    def train_rows(self) -> int:
        """Number of training rows of a split, before a size limits them."""
        return self.y.size * 3 // 4


class Split(NamedTuple):
    """Training rows and test rows."""

    X: pd.DataFrame
    y: np.ndarray
    X_test: pd.DataFrame
    y_test: np.ndarray


def split(table: Table, seed: int, size: float = SIZE) -> Split:
    """Split into three quarters of training rows, at most `size`, and one quarter of test rows, at most 10,000.

    The split is stratified by class if each class has at least four rows. The test rows are the same for each size. The
    training rows of a smaller size are the first training rows of a larger size, if the table has more rows than that.
    """
    stratify = table.y if table.classes and np.unique(table.y, return_counts=True)[1].min() >= 4 else None
    train, test = train_test_split(np.arange(table.y.size), test_size=0.25, random_state=seed, stratify=stratify)
    train, test = _at_most(train, size, seed), _at_most(test, TEST_ROWS, seed)
    return Split(table.X.iloc[train], table.y[train], table.X.iloc[test], table.y[test])


def _at_most(rows: np.ndarray, maximum: float, seed: int) -> np.ndarray:
    return rows if rows.size <= maximum else rows[check_random_state(seed).permutation(rows.size)[: int(maximum)]]


def different_sizes(sizes: Iterable[float], rows: int) -> list[float]:
    """Return the sizes that give different training sets of a table with `rows` training rows, in ascending order.

    >>> different_sizes([100, 200, 500, 1000], rows=300)  # sizes 500 and 1000 both use all rows
    [100, 200, 500]
    """
    ascending = sorted(set(sizes))
    return [size for smaller, size in zip([0, *ascending], ascending, strict=False) if smaller < rows]


def sources(folder: Path | None = None) -> dict[str, Callable[[], Table]]:
    """Return {name: function that loads the table}, for the tables of the folder or for the default tables."""
    if folder is None:
        return {name: lambda n=name: _shipped(n, *SHIPPED[n]) for name in SHIPPED}
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {entry["name"]: lambda e=entry: read(folder, **e) for entry in entries}


def read(folder: Path, *, name: str, target: str, task: str, categorical: list[str], classes=None, **_) -> Table:
    """Read the table of an entry of the manifest.

    Raises
    ------
    FileNotFoundError
        If neither ``name.csv`` nor ``name.csv.gz`` exists.
    ValueError
        If the task is unknown, if a column is neither numeric nor in `categorical`, or if y has missing values or
        labels that are not in `classes`.
    """
    if task not in TASKS:
        raise ValueError(f"the task of {name} must be one of {', '.join(TASKS)}, got {task!r}; correct manifest.json.")
    path = next((p for p in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if p.exists()), None)
    if path is None:
        raise FileNotFoundError(f"{name} must be in {name}.csv or {name}.csv.gz, got neither in {folder}.")
    text = dict.fromkeys(categorical if task == "regression" else [*categorical, target], str)
    X = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
    y = X.pop(target)
    if y.isna().any():
        raise ValueError(f"the target {target} of {name} must have no missing values, got {y.isna().sum()}.")
    X = X.astype(dict.fromkeys(categorical, "category"))
    if strings := list(X.select_dtypes(exclude=["number", "category"])):
        raise ValueError(f"the columns of {name} must be numbers, got {strings}; or list them as categorical.")
    X = X.astype({column: np.float64 for column in X if column not in categorical})
    if task == "regression":
        return Table(name, task, X, y.to_numpy(np.float64))
    labels = sorted(y.unique()) if classes is None else classes
    if unknown := sorted(set(y) - set(labels)):
        raise ValueError(
            f"the classes of {name} must contain all labels, got none for {unknown}; or leave out classes."
        )
    return Table(name, task, X, pd.Categorical(y, categories=labels).codes.astype(np.int64))


def _shipped(name: str, task: str, load: Callable[[], tuple]) -> Table:
    X, y = load()
    return Table(name, task, pd.DataFrame(X).rename(columns=str), np.asarray(y, float if task == "regression" else int))


def _frame(load: Callable[..., tuple]) -> Callable[[], tuple]:
    return lambda: load(return_X_y=True, as_frame=True)


def _generated(make: Callable[..., tuple], n_samples: int, **options) -> Callable[[], tuple]:
    return lambda: make(n_samples, random_state=0, **options)


# name -> task, and a function that returns X and y. The noise of Friedman's functions is that of his paper: for the
# second and the third function the standard deviation of the signal is three times that of the noise.
SHIPPED: dict[str, tuple[str, Callable[[], tuple]]] = {
    "titanic": ("binary", _frame(load_titanic)),
    "breast_cancer": ("binary", _frame(datasets.load_breast_cancer)),
    "wine": ("multiclass", _frame(datasets.load_wine)),
    "iris": ("multiclass", _frame(datasets.load_iris)),
    "digits": ("multiclass", _frame(datasets.load_digits)),
    "diabetes": ("regression", _frame(datasets.load_diabetes)),
    "generated_moons": ("binary", _generated(datasets.make_moons, 1000, noise=0.3)),
    "generated_clusters": (
        "multiclass",
        _generated(datasets.make_classification, 2000, n_informative=8, n_classes=4, flip_y=0.05),
    ),
    "generated_friedman1": ("regression", _generated(datasets.make_friedman1, 1000, noise=1.0)),
    "generated_friedman2": ("regression", _generated(datasets.make_friedman2, 1000, noise=125.0)),
    "generated_friedman3": ("regression", _generated(datasets.make_friedman3, 1000, noise=0.1)),
}
