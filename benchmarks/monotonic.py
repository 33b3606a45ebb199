"""Compare fits with and without monotonic constraints, of ours and of HistGradientBoosting.

    python -m benchmarks.monotonic --rows 500 --splits 3
    python -m benchmarks.monotonic --data FOLDER --rows 2000 --splits 4

Without a folder the tables are generated: y = f(x) plus noise of 0.3 standard deviations of f, with six columns that
are uniform on [-1, 1], and the error is the root mean square of prediction minus f, in standard deviations of f. The
tables of a folder (see `benchmarks.tables`) are those of `SIGNS`, with constraints that a person would expect; the
error is the RMSE in standard deviations of y, or the log loss.

Printed are means over splits: the error without and with constraints, the same of HistGradientBoosting, and the ratio
of the processor times of our fits. A step is a change of a prediction between two adjacent numbers of 60 of a
constrained column, from its smallest to its largest, in 200 test rows. Steps are counted that are in the wrong
direction by more than one millionth of the range of the predictions; the last column has the largest one of all fits
with constraints, as a share of this range.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, root_mean_squared_error

from benchmarks.machine import machine, print_facts
from benchmarks.methods import ours
from benchmarks.tables import Split, Table, sources, split

SIGNS: dict[str, dict[str, int]] = {
    "concrete": {"cement": 1, "slag": 1, "age": 1},
    "california_housing": {"median_income": 1},
    "ames": {"area": 1, "Overall.Qual": 1, "Overall.Cond": 1, "Year.Built": 1, "Garage.Area": 1},
    "wine_quality": {"alcohol": 1, "volatile_acidity": -1},
    "adult": {"education_num": 1, "capital_gain": 1},
    "pima_diabetes": {"glucose": 1, "bmi": 1},
    "credit_scoring": {"Seniority": -1, "Income": -1, "Assets": -1, "Debt": 1, "Amount": 1},
    "grinnell_houses": {"Baths": 1, "SquareFeet": 1, "LotSize": 1},
    "windsor_houses": {"lotsize": 1, "bedrooms": 1, "bathrooms": 1, "stories": 1, "garage": 1},
    "slid": {"education": 1},
    "tips": {"total_bill": 1},
    "lending_club": {"int_rate": -1, "annual_inc": 1},
    "greene_credit_card": {"reports": -1, "income": 1},
}
# name -> f of the columns a to f, and their signs
FUNCTIONS: dict[str, tuple[Callable[..., np.ndarray], tuple[int, ...]]] = {
    "additive": (lambda a, b, c, d, e, f: np.exp(a) + 2 * b**3 + 2 * expit(6 * c) + np.sin(3 * d), (1, 1, 1, 0, 0, 0)),
    "convex": (lambda a, b, c, d, e, f: np.exp(a + b) + np.maximum(c, a) + d**2, (1, 1, 1, 0, 0, 0)),
    "concave": (lambda a, b, c, d, e, f: -np.exp(-a - b) + np.minimum(c, a) + d**2, (1, 1, 1, 0, 0, 0)),
    "min and max": (
        lambda a, b, c, d, e, f: 3 * np.minimum(a, np.maximum(b, c)) + np.sin(3 * d), (1, 1, 1, 0, 0, 0),
    ),
    "interactions": (
        lambda a, b, c, d, e, f: 2 * expit(4 * a) * (1 + np.sin(3 * d)) - b * (1.2 + e) + f**2, (1, -1, 0, 0, 0, 0),
    ),
    "steps": (
        lambda a, b, c, d, e, f: (a > 0.2) + 2.0 * (b > -0.3) + 1.5 * (a + c > 0) + 2 * d * e, (1, 1, 1, 0, 0, 0),
    ),
    "all columns": (
        lambda a, b, c, d, e, f: np.logaddexp(0, 3 * a + 1.5 * b + c + (d + e + f) / 3) + 2 * expit(8 * a), (1,) * 6,
    ),
    "one column": (
        lambda a, b, c, d, e, f: 2 * np.sin(3 * b) * c + d * e + f**2 + np.tanh(3 * a), (1, 0, 0, 0, 0, 0),
    ),
}  # fmt: skip
NOISE, TEST_ROWS, LINE, LINES, TOLERANCE = 0.3, 2000, 60, 200, 1e-6

Case = tuple[str, Table, Split, np.ndarray, Mapping[str, int]]


def generated(rows: int, splits: int) -> Iterator[Case]:
    """Yield the name, the table, its split, f at the test rows, and the signs, for each function and split."""
    for name, (function, signs) in FUNCTIONS.items():
        for seed in range(splits):
            rng = np.random.default_rng(seed)
            X = pd.DataFrame(rng.uniform(-1, 1, (rows + TEST_ROWS, 6)), columns=list("abcdef"))
            f = function(*X.to_numpy().T)
            y = f + NOISE * f.std() * rng.standard_normal(len(f))
            parts = Split(X[:rows], y[:rows], X[rows:], y[rows:])
            yield name, Table(name, "regression", X, y), parts, f[rows:], dict(zip(X, signs, strict=True))


def public(folder: Path, rows: int, splits: int) -> Iterator[Case]:
    """Yield the same for the tables of a folder, with the targets of the test rows."""
    found = sources(folder)
    for name in [name for name in SIGNS if name in found]:
        table = found[name]()
        for seed in range(splits):
            parts = split(table, seed, rows)
            yield name, table, parts, parts.y_test, SIGNS[name]


def compare(table: Table, parts: Split, truth: np.ndarray, signs: Mapping[str, int], seed: int) -> list[float]:
    """Fit the four models; return four errors, the ratio of our times, two counts of wrong steps, the largest one."""
    theirs = HistGradientBoostingClassifier if table.classes else HistGradientBoostingRegressor
    boosting: dict[str, Any] = {"categorical_features": "from_dtype", "random_state": 0}
    models = [
        ours(table, seed, {}), ours(table, seed, {"monotonic_cst": dict(signs)}),
        theirs(**boosting), theirs(monotonic_cst=dict(signs), **boosting),
    ]  # fmt: skip
    seconds = []
    for model in models:
        start = process_time()
        model.fit(parts.X, parts.y)
        seconds.append(process_time() - start)
    errors = [error(table, model, parts.X_test, truth) for model in models]
    wrong = [wrong_steps(table, model, parts.X_test, signs) for model in models[:2]]
    return [*errors, seconds[1] / seconds[0], wrong[0][0], *wrong[1]]


def error(table: Table, model: Any, X: pd.DataFrame, truth: np.ndarray) -> float:
    """Compute the log loss, or the RMSE in standard deviations of the truth."""
    if table.classes:
        return float(log_loss(truth, model.predict_proba(X)))
    return float(root_mean_squared_error(truth, model.predict(X)) / truth.std())


def wrong_steps(table: Table, model: Any, X: pd.DataFrame, signs: Mapping[str, int]) -> tuple[float, float]:
    """Count steps in the wrong direction, and compute the largest one as a share of the range of predictions."""
    X, count, largest = X[:LINES], 0, 0.0
    for name in [name for name in signs if signs[name]]:
        numbers = np.linspace(X[name].min(), X[name].max(), LINE)
        rows = X.iloc[np.repeat(np.arange(len(X)), LINE)].assign(**{name: np.tile(numbers, len(X))})
        p = model.predict_proba(rows)[:, 1] if table.classes else model.predict(rows)
        wrong = -signs[name] * np.diff(p.reshape(-1, LINE), axis=1) / (np.ptp(p) or 1)
        count, largest = count + int((wrong > TOLERANCE).sum()), max(largest, float(wrong.max()))
    return count, largest


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with these arguments, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="folder of csv files (default: generated tables)")
    parser.add_argument("--rows", type=int, default=500, help="maximum number of training rows (%(default)s)")
    parser.add_argument("--splits", type=int, default=3, help="number of splits (%(default)s)")
    options = parser.parse_args(arguments)
    print_facts(machine())
    cases = (
        public(options.data, options.rows, options.splits) if options.data else generated(options.rows, options.splits)
    )
    names = ["free", "monotonic", "HGB", "HGB mono.", "time", "wrong", "wrong", "largest"]
    print(f"{'table':<20}" + "".join(f"{name:>11}" for name in names))
    results: dict[str, list[list[float]]] = {}
    for name, table, parts, truth, signs in cases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.setdefault(name, []).append(compare(table, parts, truth, signs, len(results.get(name, []))))
        if len(results[name]) == options.splits:
            print_row(name, np.mean(results[name], axis=0))
    means = np.array([np.mean(rows, axis=0) for rows in results.values()])
    ratios = np.exp(np.log(means[:, :4] / means[:, :1]).mean(axis=0))
    print("\ngeometric means of errors, as ratios to ours without constraints: " + " ".join(f"{r:.3f}" for r in ratios))


def print_row(name: str, means: np.ndarray) -> None:
    """Print a line of the table of results."""
    print(
        f"{name:<20}" + "".join(f"{v:>11.3f}" for v in means[:5]) + "".join(f"{v:>11.3g}" for v in means[5:]),
        flush=True,
    )


if __name__ == "__main__":
    main()
