"""Measure a result (losses and times of one fit of a method), write it to a csv file and read it again."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from math import nan
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import r2_score, roc_auc_score

from benchmarks.methods import Method
from benchmarks.tables import Split, Table


@dataclass(frozen=True)
class Result:
    """Losses and times of one fit of a method; NaN if a number does not apply or if the method failed.

    Attributes
    ----------
    split : int
        Seed of the split into training and test rows.
    size : float
        Maximum number of training rows; infinite for all.
    random_state : int
        Random state of the estimator.
    n : int
        Number of training rows.
    error : float
        Fraction of misclassified test rows.
    rmse : float
        Root-mean-square error divided by the standard deviation of the test targets, sqrt(1 - R2).
    log_loss, auc, ece : float
        Log loss, area under the ROC curve (two classes only) and expected calibration error of the probabilities.
    fit_s, predict_s : float
        Seconds of `fit` and of `predict`.
    note : str
        The reason if the numbers are missing.
    """

    method: str
    library: str
    table: str
    task: str
    split: int
    size: float
    random_state: int
    n: int
    error: float = nan
    rmse: float = nan
    log_loss: float = nan
    auc: float = nan
    ece: float = nan
    fit_s: float = nan
    predict_s: float = nan
    note: str = ""


class Fit(NamedTuple):
    """The split, the size and the random state of a fit, as in `Result`."""

    split: int
    size: float
    random_state: int


def measure(name: str, method: Method, table: Table, rows: Split, fit: Fit) -> Result:
    """Fit a method on these rows of the table and evaluate it; the text of an exception becomes the note."""
    description: dict[str, Any] = dict(method=name, library=method.library, table=table.name, task=table.task)
    description.update(fit._asdict(), n=rows.y.size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mostly of networks that reach the maximum number of epochs
            model = method.make(table, fit.random_state)
            start = perf_counter()
            model.fit(rows.X, rows.y)
            seconds = perf_counter() - start
            numbers = {**evaluate(model, rows.X_test, rows.y_test, table.classes), "fit_s": seconds}
    except Exception as error:  # a method that fails has a result with a note
        return Result(**description, note=f"{type(error).__name__}: {error}".partition("\n")[0][:200])
    return Result(**description, **{name: float(f"{value:.5g}") for name, value in numbers.items()})


def evaluate(model: Any, X: Any, y: np.ndarray, classes: int) -> dict[str, float]:
    """Compute the losses of a fitted model on the rows X, y; raise ValueError if a prediction is not finite."""
    start = perf_counter()
    predicted = np.asarray(model.predict(X)).ravel()
    seconds = {"predict_s": perf_counter() - start}
    _check_finite(predicted)
    if not classes:
        return {"rmse": (1 - r2_score(y, predicted)) ** 0.5, **seconds}
    p = np.zeros((y.size, classes))
    p[:, np.asarray(model.classes_, int)] = model.predict_proba(X)
    _check_finite(p)
    return {"error": np.mean(y != predicted), **evaluate_probabilities(y, p), **seconds}


def _check_finite(values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise ValueError("predictions must be finite, got NaN or infinity.")


def evaluate_probabilities(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Compute log loss, calibration error and, for two classes, AUC of p (n, classes) for class codes y (n,).

    Probabilities are clipped to at least 1e-7, so that one wrong zero does not make the log loss infinite.
    """
    p = np.clip(p, 1e-7, 1)
    p /= p.sum(axis=1, keepdims=True)
    losses = {"log_loss": -np.log(p[np.arange(y.size), y]).mean(), "ece": calibration_error(y, p)}
    return {**losses, "auc": roc_auc_score(y, p[:, 1])} if p.shape[1] == 2 else losses


def calibration_error(y: np.ndarray, p: np.ndarray, bins: int = 15) -> float:
    """Compute the expected calibration error of p (n, classes) for class codes y (n,).

    The confidence of a row is its largest probability. Rows are assigned to bins of equal width by their confidence.
    The error is the sum over bins of (fraction of rows in the bin) |accuracy - mean confidence|, in [0, 1]; see Guo et
    al. (2017), "On calibration of modern neural networks".

    >>> calibration_error(np.array([0, 0, 0, 1]), np.full((4, 2), [0.9, 0.1]))  # confidence 0.9, accuracy 3 / 4
    0.15000000000000002
    """
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == y
    bin_of_row = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of_row, correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / y.size)


class Writer:
    """A csv file to which each result is appended when it is measured, with the facts about the machine."""

    def __init__(self, path: Path, facts: Mapping[str, str]):
        self.path, self.facts = path, dict(facts)
        self._append([*(field.name for field in fields(Result)), *self.facts], "w")

    def write(self, result: Result) -> None:
        cells = asdict(result).values()
        self._append(["" if cell != cell else cell for cell in cells] + [*self.facts.values()], "a")

    def _append(self, row: Iterable[object], mode: str) -> None:
        with self.path.open(mode, newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)


def read_csv(path: Path) -> tuple[list[Result], dict[str, str]]:
    """Read the results from a file of a `Writer`, and the facts from its first row."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    convert = {"str": str, "int": int, "float": lambda cell: float(cell or nan)}
    types = {field.name: convert[str(field.type)] for field in fields(Result)}
    results = [Result(**{name: convert_cell(row[name]) for name, convert_cell in types.items()}) for row in rows]
    return results, {name: cell for row in rows[:1] for name, cell in row.items() if name not in types}
