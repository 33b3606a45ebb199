"""A row of results: measured, written to csv and read again."""

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
    """What a method did on a table's split; numbers are NaN where they do not apply, all of them where it failed.

    Attributes
    ----------
    split : int
        Seed of the split into rows to fit on and rows to evaluate on.
    size : float
        At most how many rows it was to be fitted on; infinite for all.
    random_state : int
        Of the estimator.
    n : int
        Rows it was fitted on.
    error : float
        Share of test rows in the wrong class.
    rmse : float
        Root-mean-square error in standard deviations of the test targets, sqrt(1 - R2).
    log_loss, auc, ece : float
        Of the probabilities: log loss, area under the ROC curve (two classes only), expected calibration error.
    fit_s, predict_s : float
        Seconds.
    note : str
        Why the numbers are missing.
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
    """Which split, size and random state a result is of, as in `Result`."""

    split: int
    size: float
    random_state: int


def measure(name: str, method: Method, table: Table, rows: Split, fit: Fit) -> Result:
    """Fit a method of this name on these rows of the table, and evaluate it; an exception becomes the note."""
    about: dict[str, Any] = dict(method=name, library=method.library, table=table.name, task=table.task)
    about.update(fit._asdict(), n=rows.y.size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of networks that stop at their maximum number of epochs, above all
            model = method.make(table, fit.random_state)
            start = perf_counter()
            model.fit(rows.X, rows.y)
            seconds = perf_counter() - start
            figures = {**evaluate(model, rows.X_test, rows.y_test, table.classes), "fit_s": seconds}
    except Exception as error:  # a peer that fails is a result
        return Result(**about, note=f"{type(error).__name__}: {error}".partition("\n")[0][:200])
    return Result(**about, **{figure: float(f"{value:.5g}") for figure, value in figures.items()})


def evaluate(model: Any, X: Any, y: np.ndarray, classes: int) -> dict[str, float]:
    """The figures of a fitted model on the rows X, y; ValueError where a prediction is not finite."""
    start = perf_counter()
    guess = np.asarray(model.predict(X)).ravel()
    seconds = {"predict_s": perf_counter() - start}
    _check_finite(guess)
    if not classes:
        return {"rmse": (1 - r2_score(y, guess)) ** 0.5, **seconds}
    p = np.zeros((y.size, classes))
    p[:, np.asarray(model.classes_, int)] = model.predict_proba(X)
    _check_finite(p)
    return {"error": np.mean(y != guess), **evaluate_probabilities(y, p), **seconds}


def _check_finite(values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise ValueError("predictions are not finite")


def evaluate_probabilities(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Log loss, AUC where there are two classes, and calibration error, of p (n, classes) for codes y (n,).

    Probabilities are at least 1e-7, so that one wrong zero does not make the log loss infinite.
    """
    p = np.clip(p, 1e-7, 1)
    p /= p.sum(axis=1, keepdims=True)
    figures = {"log_loss": -np.log(p[np.arange(y.size), y]).mean(), "ece": calibration_error(y, p)}
    return {**figures, "auc": roc_auc_score(y, p[:, 1])} if p.shape[1] == 2 else figures


def calibration_error(y: np.ndarray, p: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of p (n, classes) for codes y (n,): how far confidence is from being right.

    The confidence of a row is its largest probability. Rows go into bins of equal width by their confidence;
    sum over bins of (share of rows) |share that is right - mean confidence|, in [0, 1], after Guo et al. (2017), "On
    calibration of modern neural networks".

    >>> calibration_error(np.array([0, 0, 0, 1]), np.full((4, 2), [0.9, 0.1]))  # 0.9 sure, 3 of 4 right
    0.15000000000000002
    """
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(which, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / y.size)


class Writer:
    """A csv file that has every row as soon as it is measured, with the facts about the machine in further columns."""

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
    """The results in a file that a Writer wrote, and the facts that stand in its first row."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    convert = {"str": str, "int": int, "float": lambda cell: float(cell or nan)}
    types = {field.name: convert[str(field.type)] for field in fields(Result)}
    results = [Result(**{name: of(row[name]) for name, of in types.items()}) for row in rows]
    return results, {name: cell for row in rows[:1] for name, cell in row.items() if name not in types}
