"""Measure how well the standard deviation over the members says where a regressor is wrong.

    python -m benchmarks.member_std --data FOLDER --splits 3 --size 1500

A table is split into training and test rows as in `benchmarks.tables`. The columns of the output are

- std: rank correlation of the standard deviation with the absolute error of the test rows
- width: the same for the distance of the quantiles 0.05 and 0.95, which another fit predicts
- fifths: mean error of the fifth of the rows with the largest standard deviation, divided by that with the smallest
- inside: share of targets at most 1.645 standard deviations from the prediction: 0.9 if these were of normal errors
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from benchmarks.accuracy import chosen
from benchmarks.machine import machine, print_facts
from benchmarks.methods import ours, parse_settings
from benchmarks.tables import Table, sources, split

LEVELS = {"loss": "quantile", "quantile": [0.05, 0.95]}


class Usefulness(NamedTuple):
    """The four numbers of one split, or their means."""

    std: float
    width: float
    fifths: float
    inside: float


def usefulness(table: Table, seed: int, size: float, settings: dict[str, Any]) -> Usefulness:
    """Fit our estimator, and quantiles, on a split of a table, and compare them with the errors of the test rows."""
    rows = split(table, seed, size)
    prediction, std = ours(table, seed, settings).fit(rows.X, rows.y).predict(rows.X_test, return_std=True)
    quantiles = ours(table, seed, settings | LEVELS).fit(rows.X, rows.y).predict(rows.X_test)
    return evaluate(np.abs(rows.y_test - prediction), std, np.ptp(quantiles, axis=1))


def evaluate(error: np.ndarray, std: np.ndarray, width: np.ndarray) -> Usefulness:
    """Compute the four numbers from absolute errors, standard deviations and widths, each (n,)."""
    order, fifth = np.argsort(std), len(std) // 5
    fifths = error[order[-fifth:]].mean() / error[order[:fifth]].mean()
    correlations = [spearmanr(spread, error).statistic for spread in (std, width)]
    return Usefulness(*map(float, (*correlations, fifths, (error <= 1.645 * std).mean())))


def means(options: argparse.Namespace) -> Iterator[tuple[str, Usefulness]]:
    """Yield the means over the splits of each table of numbers as targets."""
    found = sources(options.data)
    for name in chosen(options.only, found, "tables"):
        table = found[name]()
        if not table.classes:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                runs = [usefulness(table, seed, options.size, options.settings) for seed in range(options.splits)]
            yield name, Usefulness(*np.mean(runs, axis=0))


def print_row(name: str, numbers: Sequence[float]) -> None:
    """Print a line of the table of results."""
    print(f"{name:<22}" + "".join(f"{number:>9.3f}" for number in numbers), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with these arguments, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="folder of csv files (default: the usual tables)")
    parser.add_argument("--only", type=lambda text: text.split(","), metavar="NAME,...", help="tables (default: all)")
    parser.add_argument("--size", type=int, default=1500, help="maximum number of training rows (%(default)s)")
    parser.add_argument("--splits", type=int, default=1, help="number of splits (%(default)s)")
    parser.add_argument("--set", default="", metavar="NAME=VALUE,...", help="set parameters")
    options = parser.parse_args(arguments)
    options.settings = parse_settings(options.set)
    print_facts(machine())
    print(f"{'table':<22}" + "".join(f"{name:>9}" for name in Usefulness._fields))
    results = []
    for name, result in means(options):
        print_row(name, result)
        results.append(result)
    print_row("mean", np.mean(results, axis=0))


if __name__ == "__main__":
    main()
