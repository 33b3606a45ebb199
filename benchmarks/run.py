"""Compare the microseconds per training step with scikit-learn and PyTorch: same networks, same batches, one thread.

    python -m benchmarks.run [--repeats 5] [--only 256] [--threads 2] [--csv steps.csv] [--plot steps.png]

`benchmarks.problems` defines the networks. `benchmarks.adapters` defines what is timed: the core, a fit of the
estimator, the other libraries, and the matrix products alone. They alternate in one process; each number is a median.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning

from benchmarks import THREADS, bar_chart
from benchmarks.adapters import ADAPTERS, PEERS, for_problem
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.problems import PROBLEMS, Problem
from benchmarks.timing import alternate


def measure(
    problem: Problem, adapters: Mapping[str, Callable[[Problem], Callable[[], object]]], repeats: int
) -> dict[str, float]:
    """Return the median microseconds per step of each adapter."""
    runs = {name: make(problem) for name, make in adapters.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        return {name: 1e6 * seconds / problem.steps for name, seconds in alternate(runs, repeats).items()}


def ratios(us: Mapping[str, float]) -> dict[str, float]:
    """Return the ratios of each library's time to the core's time, and of the core's time to that of the products."""
    peers = {f"{name}/core": us[name] / us["core"] for name in PEERS if name in us}
    return {**peers, "core/products": us["core"] / us["products"]}


def torch_version() -> str:
    """Return the version of the installed PyTorch, or an empty string."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def print_row(name: str, cells: Mapping[str, object], columns: Sequence[str]) -> None:
    """Print the cells under their columns, with a dash for a missing cell."""
    print(f"{name:60}" + "".join(f"{cells.get(c, '-'):>{len(c) + 4}}" for c in columns), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, and write and draw it if files are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="repetitions; the median is reported (%(default)s)")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--threads", type=int, default=1, help="threads of each library (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    parser.add_argument("--plot", type=Path, help="file to draw the ratios into")
    options = parser.parse_args(arguments)
    problems = [problem for problem in PROBLEMS if options.only in problem.name]
    if not problems:
        parser.error(f"--only must be part of a network's name, got {options.only!r}: {[p.name for p in PROBLEMS]}")
    facts, torch = machine(), torch_version()
    if torch:
        facts["torch"] = torch
    else:
        print("torch: skipped, it is not installed")
    print_facts(facts)
    names = [name for name in ADAPTERS if name != "torch" or torch]
    columns = [*names, *(f"{name}/core" for name in PEERS if name in names), "core/products"]
    print_row("us per step", {c: c for c in columns}, columns)
    table: dict[str, dict[str, float]] = {}
    for problem in problems:
        us = table[problem.name] = measure(problem, for_problem(problem, bool(torch)), options.repeats)
        cells = {name: f"{x:.0f}" for name, x in us.items()} | {name: f"{x:.2f}" for name, x in ratios(us).items()}
        print_row(problem.name, cells, columns)
    if options.csv:
        rows = [
            {"network": n, **{f"{k} (us)": round(us[k], 1) if k in us else "" for k in names}}
            for n, us in table.items()
        ]
        write_csv(options.csv, rows, facts)
    if options.plot:
        peers = {n: {k: us[k] / us["core"] for k in PEERS if k in us} for n, us in table.items()}
        threads = "one thread" if THREADS == 1 else f"{THREADS} threads"
        bar_chart.plot(
            peers,
            f"Speed-up of training steps in the core ({threads}, medians of {options.repeats} runs)",
            options.plot,
        )


if __name__ == "__main__":
    main()
