"""Draw all pictures of measured figures on the pages, from the csv files in benchmarks/figures.

    python -m benchmarks.pictures [FOLDER]

The default folder is docs/images. benchmarks/figures/README.md says which run wrote each file. Runs of
`benchmarks.accuracy` with one number of training rows, accuracy_*.csv, are drawn together, each compared with its own
baseline; so are those with several numbers, sizes_*.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import bar_chart, large, out_of_core, scaling, soak
from benchmarks.adapters import PEERS
from benchmarks.methods import BASELINE
from benchmarks.plots import plot, plot_curves, plot_groups, title
from benchmarks.report import Summary, by_size
from benchmarks.results import Result, read_csv

FIGURES = Path(__file__).parent / "figures"
IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOST = 8_000  # training rows
AGAINST_TIME = (200, 1_000, MOST)
SIZES_BY_KIND = (100, 200, 500, 1_000, MOST)
KINDS = {"regression": "a number", "binary": "two classes", "multiclass": "several classes"}
LARGE_TABLES = ("interactions_regression", "steps_regression", "waves_binary")
COUNTS = ("resident_bytes", "open_files", "threads")
FILE_BYTES, LIMIT_GB = 5.0e9, 1.0  # of the file that memory.csv belongs to, and of the resident memory


def runs_of(name: str) -> list[list[Result]]:
    """Read the runs of `benchmarks.accuracy` whose files have names that begin with this one."""
    return [read_csv(path)[0] for path in sorted(FIGURES.glob(f"{name}_*.csv"))]


def cells(name: str) -> list[dict[str, str]]:
    """Read the rows of a csv file, by the names of its columns."""
    with (FIGURES / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def at_most(runs: Sequence[Sequence[Result]], n: int) -> list[list[Result]]:
    """Return the results of each table with at most n training rows: of its largest size up to n, as if it were n.

    A method that was not run with the size n has none.
    """
    return [_at_most(run, n) for run in runs]


def _at_most(run: Sequence[Result], n: int) -> list[Result]:
    methods, largest = {r.method for r in run if r.size == n}, dict[str, float]()
    for r in run:
        if r.size <= n:
            largest[r.table] = max(r.size, largest.get(r.table, 0))
    return [replace(r, size=n) for r in run if r.size == largest.get(r.table) and r.method in methods]


def summaries(runs: Sequence[Sequence[Result]], n: int) -> list[Summary]:
    """Summarise all methods with at most n training rows of each table."""
    return by_size(at_most(runs, n), BASELINE)[n]


def of_kind(runs: Sequence[Sequence[Result]], task: str) -> list[list[Result]]:
    """Return the results on tables with this task."""
    return [[r for r in run if r.task == task] for run in runs]


def accuracy(path: Path) -> None:
    """Draw accuracy against time."""
    runs = runs_of("accuracy")
    plot({f"at most {MOST:,} training rows": summaries(runs, MOST)}, BASELINE, title(runs), path)


def accuracy_by_size(path: Path) -> None:
    """Draw accuracy against time for three numbers of training rows."""
    runs = runs_of("sizes")
    panels = {f"at most {n:,} training rows": summaries(runs, n) for n in AGAINST_TIME}
    plot(panels, BASELINE, title(runs), path)


def accuracy_by_kind(path: Path) -> None:
    """Draw accuracy against time for each kind of table."""
    runs = [[r for r in run if "," not in r.method] for run in runs_of("accuracy")]  # no variants
    panels = {f"target: {kind}": summaries(of_kind(runs, task), MOST) for task, kind in KINDS.items()}
    plot(panels, BASELINE, f"{title(runs)} At most {MOST:,} training rows.", path)


def sizes(path: Path) -> None:
    """Draw all losses and the fit time against the number of training rows, on the tables that have so many."""
    runs = runs_of("sizes")
    plot_curves(by_size(runs, BASELINE), BASELINE, title(runs), path)


def sizes_by_kind(path: Path) -> None:
    """Draw error or RMSE against the maximum number of training rows, on all tables of each kind."""
    runs = runs_of("sizes")
    groups = {
        f"target: {kind}": {n: summaries(of_kind(runs, task), n) for n in SIZES_BY_KIND} for task, kind in KINDS.items()
    }
    plot_groups(groups, BASELINE, title(runs), path)


def large_tables(path: Path) -> None:
    """Draw loss and fit time on 10,000 to 1,000,000 generated rows."""
    results, _ = read_csv(FIGURES / "large.csv")
    large.plot({name: [r for r in results if r.table == name] for name in LARGE_TABLES}, path)


def steps(path: Path) -> None:
    """Draw how many times faster training steps are than those of other libraries."""
    ratios = {row["network"]: _ratios(row) for row in cells("steps.csv")}
    bar_chart.plot(ratios, "Speed-up of training steps in the core (one thread, medians of 5 runs)", path)


def _ratios(row: Mapping[str, str]) -> dict[str, float]:
    """Return the time of each library divided by that of the core, for the libraries that were measured."""
    core = float(row["core (us)"])
    return {name: float(row[f"{name} (us)"]) / core for name in PEERS if row[f"{name} (us)"]}


def scaled_steps(path: Path) -> None:
    """Draw the time of a training step against the numbers of rows, units, members and threads."""
    table: dict[str, dict[int, float]] = {}
    for row in cells("scaling.csv"):
        table.setdefault(row["axis"], {})[int(row["value"])] = float(row["us per step"])
    scaling.plot(table, path)


def memory(path: Path) -> None:
    """Draw the resident memory of a fit on a large file over time."""
    samples = [{name: float(cell) for name, cell in row.items()} for row in cells("memory.csv")]
    out_of_core.plot(samples, FILE_BYTES, LIMIT_GB, path)


def calls(path: Path) -> None:
    """Draw what a process uses that fits and predicts very often."""
    samples = [
        soak.Sample(row["part"], int(row["calls"]), float(row["seconds"]), *(int(row[name]) for name in COUNTS))
        for row in cells("soak.csv")
    ]
    soak.plot([[sample for sample in samples if sample.part == part] for part in soak.BOUNDS], path)


PICTURES: dict[str, Callable[[Path], None]] = {
    "accuracy.png": accuracy,
    "accuracy_by_size.png": accuracy_by_size,
    "accuracy_by_kind.png": accuracy_by_kind,
    "sizes.png": sizes,
    "sizes_by_kind.png": sizes_by_kind,
    "large.png": large_tables,
    "steps.png": steps,
    "scaling.png": scaled_steps,
    "memory.png": memory,
    "soak.png": calls,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw all pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=IMAGES, help="where they are written (docs/images)")
    folder = parser.parse_args(arguments).folder
    for name, draw in PICTURES.items():
        draw(folder / name)
        print(folder / name)


if __name__ == "__main__":
    main()
