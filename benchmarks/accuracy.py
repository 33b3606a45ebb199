"""Compare accuracy and fit time on tables with scikit-learn's MLP and other methods.

All methods are fitted with their defaults, on the same splits and with one thread.

    python -m benchmarks.accuracy --csv results.csv --plot results.png
    python -m benchmarks.accuracy --sizes 100,200,500,1000,8000,all --random-states 3 --curves curves.png
    python -m benchmarks.accuracy --data FOLDER --only adult,titanic --methods skscratch,random_forest
    python -m benchmarks.accuracy --set n_estimators=8 --variant "small=n_estimators=1, width=32"
    python -m benchmarks.accuracy --from results.csv small.csv --plot both.png

Other modules of this package describe the details: `tables` the tables and the format of a folder of csv files,
`methods` the methods, `results` what is measured, `report` the ratios, `paired` the test against our defaults.
The baseline is fitted in the same run, so that its times are comparable. A size is the maximum number of training rows;
ratios are computed for each size separately.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import THREADS
from benchmarks.machine import machine, print_facts
from benchmarks.methods import BASELINE, OURS, PEERS, Method, parse_settings, variant
from benchmarks.paired import print_paired
from benchmarks.plots import plot, plot_curves, title
from benchmarks.report import by_size, pair, print_missing, print_table, size_name
from benchmarks.results import Fit, Result, Writer, measure, read_csv
from benchmarks.tables import SIZE, Table, different_sizes, sources, split

FEW_ROWS = (
    1_500  # below this number of training rows, --random-states adds fits, because results depend on the random state
)


def arguments_parser(description: str, default_methods: str = "all") -> argparse.ArgumentParser:
    """Make a parser of the arguments that choose tables and methods, and name the files for results."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = {"type": lambda text: text.split(","), "metavar": "NAME,..."}
    parser.add_argument("--only", help="tables (default: all)", **names)
    parser.add_argument("--methods", help=f"methods (default: {default_methods})", **names)
    parser.add_argument("--threads", type=int, default=1, help="threads for all methods (%(default)s)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set a parameter of our estimator"
    )
    parser.add_argument(
        "--variant", action="append", default=[], metavar="NAME=NAME=VALUE,...", help="add a variant of our estimator"
    )
    parser.add_argument("--csv", type=Path, help="file for the results")
    parser.add_argument(
        "--from",
        dest="files",
        type=Path,
        nargs="+",
        default=[],
        metavar="CSV",
        help="read earlier results, fit nothing",
    )
    return parser


def add_arguments(parser: argparse.ArgumentParser, baseline: str) -> None:
    """Add the arguments that choose splits, sizes, the baseline and the plots."""
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="csv files with a manifest.json")
    parser.add_argument(
        "--baseline", default=baseline, metavar="NAME", help="method that ratios compare with (%(default)s)"
    )
    parser.add_argument("--splits", type=int, default=3, help="splits of each table (%(default)s)")
    parser.add_argument(
        "--sizes", type=sizes, default=[SIZE], metavar="N,...", help=f"maximum numbers of training rows ({SIZE})"
    )
    parser.add_argument(
        "--random-states",
        type=int,
        default=1,
        metavar="N",
        help=f"random states of a fit on fewer than {FEW_ROWS} rows (%(default)s)",
    )
    parser.add_argument("--plot", type=Path, help="file for the plot of accuracy against time")
    parser.add_argument("--curves", type=Path, help="file for the plot of losses and time against size")


def sizes(text: str) -> list[float]:
    """Parse sizes from the command line; raise ValueError if one is not a positive number or "all".

    >>> sizes("100,8000,all")
    [100, 8000, inf]
    """
    found = [inf if size == "all" else int(size) for size in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


def chosen(names: Sequence[str] | None, known: Mapping[str, Any], what: str) -> list[str]:
    """Return the names that the user chose, or all; raise ValueError if one is unknown."""
    if unknown := set(names or ()) - known.keys():
        raise ValueError(f"{what} must be any of {', '.join(known)}, got {', '.join(sorted(unknown))}.")
    return list(known if names is None else names)


def methods(
    options: argparse.Namespace,
    variants: Mapping[str, Mapping],
    peers: Mapping[str, Method],
    always: Sequence[str] = (),
) -> dict[str, Method]:
    """Return the methods to run, by name, and print a line for each method that is not installed."""
    changed = parse_settings(", ".join(options.set))
    named = {name: parse_settings(text) for name, _, text in (v.partition("=") for v in options.variant)}
    ours = {OURS: {}, **variants, **named}
    known = {**{name: variant({**changed, **settings}) for name, settings in ours.items()}, **peers}
    found = {}
    names = [*chosen(options.methods, known, "methods"), *named]  # --variant also chooses the variant
    for name in dict.fromkeys([*chosen(always, known, "the baseline"), *names]):
        try:
            print(f"{name}: {known[name].library}")
            found[name] = known[name]
        except ImportError:
            print(f"{name}: skipped, {known[name].package} is not installed")
    return found


def fits(table: Table, options: argparse.Namespace) -> Iterator[Fit]:
    """Yield the fits of a table: each split with each size, and with several random states if it has few rows."""
    for seed, size in product(range(options.splits), different_sizes(options.sizes, table.train_rows)):
        few = min(size, table.train_rows) < FEW_ROWS
        for i in range(options.random_states if few else 1):
            yield Fit(seed, size, random_state=seed + 1000 * i)


def run(options: argparse.Namespace, tables: Mapping[str, Callable[[], Table]], found: Mapping) -> Iterator[Result]:
    """Yield a result for each table, each of its fits and each method; the methods alternate."""
    for table in (load() for load in tables.values()):
        for fit in fits(table, options):
            rows = split(table, fit.split, fit.size)
            for name, method in found.items():
                yield measure(name, method, table, rows, fit)


def record(results: Iterable[Result], path: Path | None) -> list[Result]:
    """Return all results; print the facts about the machine, then print and write each result when it is measured."""
    facts = {**machine(), "threads": str(THREADS)}
    print_facts(facts)
    writer = Writer(path, facts) if path else None
    recorded = []
    for r in results:
        recorded.append(r)
        print_result(r)
        if writer:
            writer.write(r)
    return recorded


def print_result(r: Result) -> None:
    """Print table, split, rows, random state, method, error or RMSE, time and note in one line."""
    loss = r.rmse if r.task == "regression" else r.error
    fit = f"{r.split:3}{r.n:10,}{r.random_state:6}"
    print(f"{r.table:24}{fit}  {r.method:28}{loss:9.4f}{r.fit_s:10.3f} s  {r.note}", flush=True)


def read(options: argparse.Namespace, always: Sequence[str] = ()) -> list[list[Result]]:
    """Read earlier runs, restricted to --only and to --methods and `always`, and print a line for each run."""
    runs = []
    for path in options.files:
        results, facts = read_csv(path)
        print(f"{path}: " + "; ".join(f"{name} {value}" for name, value in facts.items()))
        wanted = {*always, *(options.methods or (r.method for r in results))}
        runs.append([r for r in results if r.method in wanted and r.table in (options.only or [r.table])])
    return runs


def report(runs: Sequence[Sequence[Result]], options: argparse.Namespace) -> None:
    """Print the missing results and the ratios for each size, and draw the plots that --plot and --curves name."""
    results = [r for run in runs for r in run]
    print_missing(results)
    summaries = by_size(runs, options.baseline)
    for size, of_size in summaries.items():
        print_table(of_size, options.baseline, size)
        print_paired(pair([[r for r in run if r.size == size] for run in runs], OURS))
    if not summaries:
        raise SystemExit(f"The results must contain the baseline, got none of {options.baseline}; set --baseline.")
    if options.plot:
        panels = {f"size {size_name(size)}": of_size for size, of_size in summaries.items()}
        plot(panels, options.baseline, title(runs), options.plot)
    if options.curves:
        plot_curves(summaries, options.baseline, title(runs), options.curves)


def main(
    arguments: Sequence[str] | None = None,
    variants: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    peers: Mapping[str, Method] = PEERS,
    baseline: str = BASELINE,
    description: str | None = __doc__,
) -> None:
    """Run the benchmark with these arguments, print the ratios, and write and draw them if files are named."""
    parser = arguments_parser(description or "")
    add_arguments(parser, baseline)
    options = parser.parse_args(arguments)
    if options.files:
        return report(read(options, always=[options.baseline]), options)
    try:
        tables = sources(options.data)
        tables = {name: tables[name] for name in chosen(options.only, tables, "tables")}
        found = methods(options, variants, peers, always=[options.baseline])
    except (OSError, ValueError, SyntaxError) as error:
        parser.error(str(error))
    report([record(run(options, tables, found), options.csv)], options)


if __name__ == "__main__":
    main()
