"""Measure loss and fit time on 10,000 to 1,000,000 rows of generated tables, whose best possible loss is known.

    python -m benchmarks.large --csv large.csv --plot large.png
    python -m benchmarks.large --rows 10000,100000 --only steps_regression --methods skscratch,lightgbm
    python -m benchmarks.large --from large.csv more.csv --plot both.png

`benchmarks.generated` describes the tables. All methods are evaluated on the same 20,000 test rows. RMSE is divided by
the standard deviation of the test targets, so that R2 = 1 - RMSE^2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import arguments_parser, chosen, methods, read, record
from benchmarks.generated import GENERATED
from benchmarks.methods import BASELINE, OURS, PEERS, Method
from benchmarks.plots import legend, log_ticks, panels, rows_axis, styles
from benchmarks.report import print_missing
from benchmarks.results import Fit, Result, measure
from benchmarks.tables import Split, Table

METHODS = [OURS, BASELINE, "hist_gradient_boosting"]
ROWS = [10_000, 30_000, 100_000, 300_000, 1_000_000]
TEST_ROWS = 20_000
BEST = "best possible"
MEASURES = {"rmse": "RMSE", "error": "error", "log_loss": "log loss", "fit_s": "seconds to fit"}


class Truth:
    """An estimator that returns the best possible prediction of the test rows and ignores the rows in `fit`."""

    def __init__(self, truth: np.ndarray):
        self.truth, self.classes_ = truth, np.arange(2)

    def fit(self, X: Any, y: Any) -> None:
        pass

    def predict(self, X: Any) -> np.ndarray:
        return self.truth if self.truth.ndim == 1 else self.truth.argmax(axis=1)

    def predict_proba(self, X: Any) -> np.ndarray:
        return self.truth


def run(names: Sequence[str], rows: Sequence[int], found: Mapping[str, Method]) -> Iterator[Result]:
    """Yield a result for each table, number of rows and method, and the best possible result."""
    for name in names:
        table = GENERATED[name](max(rows), 0).table
        test = GENERATED[name](TEST_ROWS, 1)
        best = Method("numpy", lambda *_, truth=test.truth: Truth(truth))
        for n in sorted(rows):
            rows_split = Split(table.X[:n], table.y[:n], test.table.X, test.table.y)
            for label, method in {**found, BEST: best}.items():
                yield measure(
                    label,
                    method,
                    Table(name, table.task, rows_split.X, rows_split.y),
                    rows_split,
                    Fit(0, n, 0),
                )


def curves(results: Sequence[Result], name: str) -> dict[str, dict[float, float]]:
    """Return {method: {number of rows: value}} of the measure with this name, without missing values."""
    lines: dict[str, dict[float, float]] = {}
    for r in results:
        value = getattr(r, name)
        if value == value and not (r.method == BEST and name == "fit_s"):
            lines.setdefault(r.method, {})[r.size] = value
    return lines


def print_curves(title: str, lines: Mapping[str, Mapping[float, float]]) -> None:
    """Print a line for each number of rows, with a column for each method."""
    print(f"\n{title}\n{'rows':>10}" + "".join(f"{method:>24}" for method in lines))
    for n in sorted({n for line in lines.values() for n in line}):
        print(f"{n:>10,.0f}" + "".join(f"{line.get(n, np.nan):>24.4g}" for line in lines.values()))


def plot(by_table: Mapping[str, Sequence[Result]], path: Path) -> None:
    """Write a plot with a column for each table, the loss in the upper row and the time in the lower row."""
    names = [r.method for results in by_table.values() for r in results if r.method != BEST]
    lines = {**styles(names), BEST: dict(color="0.5", ls="--")}
    figure, axes = panels(2 * len(by_table), columns=len(by_table), width=3.2, height=3)
    for column, (table, results) in enumerate(by_table.items()):
        loss = "rmse" if results[0].task == "regression" else "log_loss"
        axes[column].set_title(table)
        for ax, measure_name in zip(axes[column :: len(by_table)], (loss, "fit_s"), strict=True):
            for method, points in curves(results, measure_name).items():
                ax.plot(*zip(*sorted(points.items()), strict=True), **lines[method])
            rows_axis(ax, {r.size: f"{r.size:,.0f}" for r in results})
            ax.tick_params(axis="x", rotation=45)
            ax.set(yscale="log", ylabel=MEASURES[measure_name])
            log_ticks(ax.yaxis)
    legend(figure, lines)
    figure.savefig(path)


def report(results: Sequence[Result], path: Path | None) -> None:
    """Print the missing results and the measures of each table, and write the plot if a path is given."""
    by_table: dict[str, list[Result]] = {}
    for r in results:
        by_table.setdefault(r.table, []).append(r)
    for table, results_of_table in by_table.items():
        print_missing(results_of_table)
        for name, title in MEASURES.items():
            if lines := curves(results_of_table, name):
                print_curves(f"{table}: {title}", lines)
    if path:
        plot(by_table, path)


def rows(text: str) -> list[int]:
    """Parse numbers of rows from the command line."""
    return [int(n) for n in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with these arguments, print the results, and write and draw them if files are named."""
    parser = arguments_parser(__doc__ or "", default_methods=", ".join(METHODS))
    parser.add_argument(
        "--rows", type=rows, default=ROWS, metavar="N,...", help="numbers of training rows (10,000 to 1,000,000)"
    )
    parser.add_argument("--plot", type=Path, help="file for the plot of loss and time against rows")
    options = parser.parse_args(arguments)
    if options.files:
        return report([r for run in read(options, always=[BEST]) for r in run], options.plot)
    options.methods = options.methods or METHODS
    try:
        names = chosen(options.only, GENERATED, "tables")
        found = methods(options, {}, PEERS)
    except (ValueError, SyntaxError) as error:
        parser.error(str(error))
    report(record(run(names, options.rows, found), options.csv), options.plot)


if __name__ == "__main__":
    main()
