"""The tables that methods are compared on, and how each is split.

Without a folder they are those that scikit-learn and `skscratch.datasets` ship, and a few generated ones, named so.
A folder is any that holds csv files, plain or gzipped, and a `manifest.json`: a list with an entry for every table,

    {"name": "penguins", "target": "species", "task": "multiclass", "categorical": ["island", "sex"]}

- name: the table is in ``name.csv`` or ``name.csv.gz``, with a line of column names; an empty cell is a missing value.
- target: the column to predict; its rows without a value are an error.
- task: "binary", "multiclass" or "regression".
- categorical: the columns that are categories; all others must be numbers.
- classes (optional): the labels in the order of their codes 0, 1, ...; sorted where it is left out.

Further keys are ignored.
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
    """Raw columns X (n rows), numbers and categories, with missing values, and y (n,): numbers, or codes of classes."""

    name: str
    task: str
    X: pd.DataFrame
    y: np.ndarray

    @property
    def categorical(self) -> list[str]:
        """The columns that are not numbers."""
        return list(self.X.select_dtypes(exclude="number"))

    @property
    def classes(self) -> int:
        """How many classes there are; none for regression."""
        return 0 if self.task == "regression" else int(self.y.max()) + 1

    @property
    def train_rows(self) -> int:
        """How many rows a split has to fit on, before a size limits them."""
        return self.y.size * 3 // 4


class Split(NamedTuple):
    """Rows to fit on, and rows to evaluate on."""

    X: pd.DataFrame
    y: np.ndarray
    X_test: pd.DataFrame
    y_test: np.ndarray


def split(table: Table, seed: int, size: float = SIZE) -> Split:
    """Three quarters of the rows to fit on, at most `size`, and a quarter to evaluate on, at most 10,000.

    Stratified for classes, where each that occurs has at least four rows. The test rows are the same for every size;
    the rows of a smaller size are the first of those of a larger one, as long as the table has more than the larger.
    """
    stratify = table.y if table.classes and np.unique(table.y, return_counts=True)[1].min() >= 4 else None
    train, test = train_test_split(np.arange(table.y.size), test_size=0.25, random_state=seed, stratify=stratify)
    train, test = _at_most(train, size, seed), _at_most(test, TEST_ROWS, seed)
    return Split(table.X.iloc[train], table.y[train], table.X.iloc[test], table.y[test])


def _at_most(rows: np.ndarray, most: float, seed: int) -> np.ndarray:
    return rows if rows.size <= most else rows[check_random_state(seed).permutation(rows.size)[: int(most)]]


def different_sizes(sizes: Iterable[float], rows: int) -> list[float]:
    """The sizes that give different training sets of a table with so many training rows, in ascending order.

    >>> different_sizes([100, 200, 500, 1000], rows=300)  # with 500 all rows are taken, and with 1000 as well
    [100, 200, 500]
    """
    ascending = sorted(set(sizes))
    return [size for smaller, size in zip([0, *ascending], ascending, strict=False) if smaller < rows]


def sources(folder: Path | None = None) -> dict[str, Callable[[], Table]]:
    """How to load each table, by its name: those of the folder, or those that are shipped and generated."""
    if folder is None:
        return {name: lambda n=name: _shipped(n, *SHIPPED[n]) for name in SHIPPED}
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {entry["name"]: lambda e=entry: read(folder, **e) for entry in entries}


def read(folder: Path, *, name: str, target: str, task: str, categorical: list[str], classes=None, **_) -> Table:
    """The table of an entry of the manifest.

    Raises
    ------
    FileNotFoundError
        If there is neither ``name.csv`` nor ``name.csv.gz``.
    ValueError
        If the task is unknown, a column is neither of numbers nor named as categorical, or y has missing values or
        labels that are not in `classes`.
    """
    if task not in TASKS:
        raise ValueError(f"the task of {name} must be one of {', '.join(TASKS)}, got {task!r}; correct manifest.json.")
    path = next((p for p in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if p.exists()), None)
    if path is None:
        raise FileNotFoundError(f"{name} must be in {name}.csv or {name}.csv.gz, and {folder} has neither.")
    text = dict.fromkeys(categorical if task == "regression" else [*categorical, target], str)
    X = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
    y = X.pop(target)
    if y.isna().any():
        raise ValueError(f"the target {target} of {name} must have no missing values, got {y.isna().sum()}.")
    X = X.astype(dict.fromkeys(categorical, "category"))
    if words := list(X.select_dtypes(exclude=["number", "category"])):
        raise ValueError(f"the columns of {name} must be numbers, got {words}; name them as categorical otherwise.")
    X = X.astype({column: np.float64 for column in X if column not in categorical})
    if task == "regression":
        return Table(name, task, X, y.to_numpy(np.float64))
    labels = sorted(y.unique()) if classes is None else classes
    if unknown := sorted(set(y) - set(labels)):
        raise ValueError(
            f"the classes of {name} must be all there are, got none for {unknown}; leave them out instead."
        )
    return Table(name, task, X, pd.Categorical(y, categories=labels).codes.astype(np.int64))


def _shipped(name: str, task: str, load: Callable[[], tuple]) -> Table:
    X, y = load()
    return Table(name, task, pd.DataFrame(X).rename(columns=str), np.asarray(y, float if task == "regression" else int))


def _frame(load: Callable[..., tuple]) -> Callable[[], tuple]:
    return lambda: load(return_X_y=True, as_frame=True)


def _generated(make: Callable[..., tuple], n_samples: int, **options) -> Callable[[], tuple]:
    return lambda: make(n_samples, random_state=0, **options)


# name -> task, and what returns X and y. The noise of Friedman's functions is that of his paper (a ratio of 3 of the
# standard deviations of signal and noise for the second and third).
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
