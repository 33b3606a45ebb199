"""Compare out-of-fold scores with ten-fold cross-validation, and intervals and sets with those of MAPIE.

    python -m benchmarks.out_of_fold --csv out_of_fold.csv
    python -m benchmarks.out_of_fold --data FOLDER --only titanic,concrete --splits 3 --size 2000
    python -m benchmarks.out_of_fold --set n_estimators=32 --splits 10 --one-fit

A table is split into training and test rows as in `benchmarks.tables`. Our estimator is fitted once on the training
rows. Its out-of-fold score, its intervals and its sets of classes need no further fit. Ten-fold cross-validation of the
same estimator on the training rows needs ten further fits, and MAPIE, if it is installed, ten more, with its methods
"plus" and "lac". The share of test rows that are inside should be 0.9. The width of an interval is divided by the
standard deviation of the test targets; the width of a set is its number of classes. For a given table, splits are drawn
independently of each other: the interval of the mean share over splits says how much of a difference is chance.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

from benchmarks.accuracy import chosen
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.methods import ours, parse_settings
from benchmarks.tables import Split, Table, sources, split

ALPHA, FOLDS = 0.1, 10


@dataclass(frozen=True)
class Comparison:
    """Scores (accuracy or R2) of one split of a table, and the intervals or sets for its test rows.

    Attributes
    ----------
    n, split : int
        Number of training rows, and the seed of the split.
    out_of_fold, test : float
        Out-of-fold score, and score on the test rows.
    single : float
        Mean score of single members on the test rows.
    inside, width : float
        Share of test rows in our intervals or sets, and their mean width.
    cross_validation : float
        Mean score of ten folds; NaN if it was left out.
    mapie_inside, mapie_width : float
        Share and width of MAPIE; NaN if it was left out.
    """

    table: str
    task: str
    n: int
    split: int
    out_of_fold: float
    test: float
    single: float
    inside: float
    width: float
    cross_validation: float = nan
    mapie_inside: float = nan
    mapie_width: float = nan


def compare(table: Table, seed: int, size: float, settings: dict[str, Any], *, one_fit: bool) -> Comparison:
    """Fit our estimator on a split of a table, and compare what it says with further fits and with the test rows."""
    rows = split(table, seed, size)
    model = ours(table, 0, settings).fit(rows.X, rows.y)
    members = model.predict_members(rows.X_test)
    if table.classes:
        single = [accuracy_score(rows.y_test, model.classes_[p.argmax(axis=1)]) for p in members]
        inside, width = evaluate_sets(model.predict_set(rows.X_test, ALPHA), model.classes_, rows.y_test)
    else:
        single = [r2_score(rows.y_test, p) for p in members]
        inside, width = evaluate_intervals(model.predict_interval(rows.X_test, ALPHA), rows.y_test)
    return Comparison(
        table.name, table.task, len(rows.y), seed, model.oof_score_, model.score(rows.X_test, rows.y_test),
        float(np.mean(single)), inside, width, *([] if one_fit else further_fits(table, rows, settings)),
    )  # fmt: skip


def further_fits(table: Table, rows: Split, settings: dict[str, Any]) -> list[float]:
    """Return the score of cross-validation and, if MAPIE is installed, its share and width."""
    kind = StratifiedKFold if table.classes else KFold
    folds = kind(FOLDS, shuffle=True, random_state=0)
    score = cross_val_score(ours(table, 0, settings), rows.X, rows.y, cv=folds).mean()
    return [float(score), *(mapie(table, rows, settings) if find_spec("mapie") else ())]


def mapie(table: Table, rows: Split, settings: dict[str, Any]) -> tuple[float, float]:
    """Return the share of test rows inside MAPIE's intervals or sets, and their mean width."""
    if table.classes:
        from mapie.classification import CrossConformalClassifier

        conformal = CrossConformalClassifier(
            ours(table, 0, settings), confidence_level=1 - ALPHA, conformity_score="lac", cv=FOLDS
        )
        sets = conformal.fit_conformalize(rows.X, rows.y).predict_set(rows.X_test)[1][:, :, 0]
        return evaluate_sets(sets, np.unique(rows.y), rows.y_test)
    from mapie.regression import CrossConformalRegressor

    conformal = CrossConformalRegressor(ours(table, 0, settings), confidence_level=1 - ALPHA, method="plus", cv=FOLDS)
    bounds = conformal.fit_conformalize(rows.X, rows.y).predict_interval(rows.X_test)[1][:, :, 0]
    return evaluate_intervals(bounds, rows.y_test)


def evaluate_intervals(bounds: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Compute the share of y (n,) between bounds (n, 2), and the mean width in standard deviations of y."""
    lower, upper = bounds.T
    return float(((lower <= y) & (y <= upper)).mean()), float((upper - lower).mean() / y.std())


def evaluate_sets(sets: np.ndarray, classes: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Compute the share of classes y (n,) in their sets (n, n_classes), and the mean number of classes in a set."""
    is_in_set = sets & (classes == y[:, None])
    return float(is_in_set.any(axis=1).mean()), float(sets.sum(axis=1).mean())


def run(options: argparse.Namespace) -> Iterator[Comparison]:
    """Compare on all tables and splits, and print each result."""
    found = sources(options.data)
    for name in chosen(options.only, found, "tables"):
        table = found[name]()
        for seed in range(options.splits):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = compare(table, seed, options.size, options.settings, one_fit=options.one_fit)
            print_row(result)
            yield result


def print_row(c: Comparison) -> None:
    """Print a line of the table of results."""
    scores = [c.out_of_fold, c.out_of_fold - c.cross_validation, c.cross_validation, c.test, c.single]
    print(
        f"{c.table:<22}{c.n:>6}{c.split:>6}"
        + "".join(f"{v:>+9.4f}" if i == 1 else f"{v:>9.4f}" for i, v in enumerate(scores))
        + "".join(f"{v:>9.3f}" for v in (c.inside, c.width, c.mapie_inside, c.mapie_width)),
        flush=True,
    )


def print_means(results: Sequence[Comparison]) -> None:
    """Print means over the splits of each table, and over the tables."""
    print("\nmeans over splits")
    names, means = list(dict.fromkeys(r.table for r in results)), []
    for name in names:
        of_table = [r for r in results if r.table == name]
        numbers = {key: np.mean([asdict(r)[key] for r in of_table]) for key in list(asdict(of_table[0]))[4:]}
        means.append(Comparison(name, of_table[0].task, of_table[0].n, len(of_table), **numbers))
        print_row(means[-1])
    differences = np.array([m.out_of_fold - m.cross_validation for m in means])
    small = (np.abs(differences) <= 0.01).sum()
    print(f"\nout-of-fold minus cross-validation: mean {differences.mean():+.4f}", end=", ")
    print(f"mean size {np.abs(differences).mean():.4f}, at most 0.01 on {small} of {len(means)} tables")
    shares = np.array([m.inside for m in means])
    within = ((shares >= 0.88) & (shares <= 0.92)).sum()
    print(f"share inside: mean {shares.mean():.3f}, 0.88 to 0.92 on {within} of {len(means)} tables")
    noise = np.array([half_interval([r.inside for r in results if r.table == name]) for name in names])
    beyond = [m.table for m, h in zip(means, noise, strict=True) if abs(m.inside - 0.9) - h > 0.02]
    print("half of the 95 % interval of the mean share, over splits: ", end="")
    print(", ".join(f"{name} {h:.3f}" for name, h in zip(names, noise, strict=True)))
    print(f"outside of 0.88 to 0.92 with the whole interval: {', '.join(beyond) or 'none'}")
    ratios = np.array([m.width / m.mapie_width for m in means])
    print(f"width / width of MAPIE: geometric mean {np.exp(np.log(ratios).mean()):.3f}")


def half_interval(values: Sequence[float]) -> float:
    """Compute half of the 95 % interval of the mean of independent values, by Student's t; NaN for a single one.

    >>> round(half_interval([0.88, 0.9, 0.92]), 3)
    0.05
    """
    n = len(values)
    return float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else nan


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with these arguments, print the results, and write them to a file if one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="folder of csv files (default: the usual tables)")
    parser.add_argument("--only", type=lambda text: text.split(","), metavar="NAME,...", help="tables (default: all)")
    parser.add_argument("--size", type=int, default=2000, help="maximum number of training rows (%(default)s)")
    parser.add_argument("--splits", type=int, default=1, help="number of splits (%(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="set a parameter")
    parser.add_argument("--one-fit", action="store_true", help="leave out cross-validation and MAPIE")
    parser.add_argument("--csv", type=Path, help="file for the results")
    options = parser.parse_args(arguments)
    try:
        options.settings = parse_settings(",".join(options.set))
        chosen(options.only, sources(options.data), "tables")
    except (ValueError, SyntaxError) as error:
        parser.error(str(error))
    facts = machine()
    print_facts(facts)
    names = ["n", "split", "oof", "oof-cv", "cv", "test", "single", "inside", "width", "MAPIE", "width"]
    print(f"{'table':<22}" + "".join(f"{name:>{6 if i < 2 else 9}}" for i, name in enumerate(names)))
    results = list(run(options))
    print_means(results)
    if options.csv:
        write_csv(options.csv, [asdict(r) for r in results], facts)


if __name__ == "__main__":
    main()
