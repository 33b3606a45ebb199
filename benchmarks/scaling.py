"""Microseconds per step of the core against the number of rows, width, members and threads.

    python -m benchmarks.scaling [rows] [width] [members] [threads] [--most-threads 8] [--plot scaling.png]

Twenty inputs, batches of 128 rows, (64, 64) units, one network and one thread, but for the one thing that changes.
A line that is flat over the rows says that the cost of a fit is linear in them. Each of the numbers of threads up to
`--most-threads` is timed in a process of its own, with the same eight members, which share them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from joblib import cpu_count

from benchmarks.adapters.core import core
from benchmarks.machine import machine
from benchmarks.problems import Problem
from benchmarks.records import print_facts, write_csv
from benchmarks.timing import alternate

BASE = Problem(20, (64, 64), 128, 2, epochs=1)
STEPS = 2000  # of a turn, fewer of large networks
ROWS = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
LABELS = {
    "rows": "rows",
    "width": "units of both hidden layers",
    "members": "members, of the default estimator's network",
    "threads": "threads, 8 members",
}


def axes(threads: int) -> dict[str, dict[int, Problem]]:
    """For each thing that changes its values, and the problem with each; by the number of threads all are the same."""
    return {
        "rows": {
            batches * BASE.batch: BASE._replace(batches=batches) for batches in (-(-n // BASE.batch) for n in ROWS)
        },
        "width": {h: BASE._replace(hidden=(h, h), batches=20) for h in (16, 32, 64, 128, 256, 512)},
        "members": {k: BASE._replace(members=k, batches=20) for k in (2, 4, 8, 16, 32)},
        "threads": {t: BASE._replace(members=8, batches=20) for t in range(1, threads + 1)},
    }


def time_steps(problems: Mapping[int, Problem], repeats: int, steps: int) -> dict[int, float]:
    """Median microseconds per step of the core by value; a turn is about so many steps of a small network."""
    small = BASE.hidden[0] ** 2
    work = {value: problem.members * max(problem.hidden[0] ** 2 // small, 1) for value, problem in problems.items()}
    long = {v: p._replace(epochs=max(steps // work[v] // p.batches, 1)) for v, p in problems.items()}
    seconds = alternate({str(value): core(problem) for value, problem in long.items()}, repeats)
    return {value: 1e6 * seconds[str(value)] / problem.steps for value, problem in long.items()}


def with_threads(problems: Mapping[int, Problem], repeats: int, steps: int) -> dict[int, float]:
    """`time_steps` of each problem in a process of its own, with as many threads as its value says."""
    us, root = {}, Path(__file__).parents[1]
    for threads, problem in problems.items():
        timed = f"time_steps({{{threads}: {problem!r}}}, {repeats}, {steps})[{threads}]"
        script = f"from benchmarks.scaling import Problem, time_steps; print({timed})"
        command = [sys.executable, "-c", script, "--threads", str(threads)]
        us[threads] = float(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return us


def plot(table: Mapping[str, Mapping[int, float]], path: Path) -> None:
    """Write a panel for each thing that changes; over width and members time is logarithmic."""
    from matplotlib.figure import Figure

    columns = min(len(table), 2)
    lines = -(-len(table) // columns)
    figure = Figure(figsize=(4.4 * columns, 3.2 * lines), dpi=200, layout="constrained")
    for place, (name, us) in enumerate(table.items(), 1):
        ax = figure.add_subplot(lines, columns, place)
        ax.plot([*us], [*us.values()], "o-", color="#0072B2")
        ax.set_xscale("log", base=10 if name == "rows" else 2)
        ax.xaxis.set_major_formatter("{x:g}" if name != "rows" else "{x:,.0f}")
        ax.set_xlabel(LABELS[name])
        if name in ("rows", "threads"):
            ax.set_ylim(0, 1.3 * max(us.values()))
        else:
            ax.set_yscale("log", base=2)
            ax.yaxis.set_major_formatter("{x:g}")
        ax.set_ylabel("us per step")
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write and draw where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("axes", nargs="*", metavar="axis", help=f"of {', '.join(LABELS)}; all unless given")
    parser.add_argument("--repeats", type=int, default=5, help="turns, for the median (%(default)s)")
    parser.add_argument("--most-threads", type=int, default=cpu_count(), metavar="N", help="(%(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of a turn (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    parser.add_argument("--plot", type=Path, help="file to draw the curves into")
    options = parser.parse_args(arguments)
    if unknown := set(options.axes) - LABELS.keys():
        parser.error(f"axes must be of {', '.join(LABELS)}, got {', '.join(sorted(unknown))}.")
    facts, known = machine(), axes(options.most_threads)
    print_facts(facts)
    table: dict[str, dict[int, float]] = {}
    for name in options.axes or LABELS:
        timed = with_threads if name == "threads" else time_steps
        table[name] = timed(known[name], options.repeats, options.steps)
        print(*(f"{name:10}{value:>10,}{us:>12.1f} us" for value, us in table[name].items()), sep="\n", flush=True)
    if options.csv:
        cells = [(name, value, round(time, 1)) for name, us in table.items() for value, time in us.items()]
        write_csv(options.csv, [dict(zip(("axis", "value", "us per step"), c, strict=True)) for c in cells], facts)
    if options.plot:
        plot(table, options.plot)


if __name__ == "__main__":
    main()
