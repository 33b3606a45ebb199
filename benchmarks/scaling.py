"""Measure how the microseconds per step of the core depend on the numbers of rows, units, members and threads.

    python -m benchmarks.scaling [rows] [width] [members] [threads] [--max-threads 8] [--plot scaling.png]

One number changes at a time; the others are 20 inputs, batches of 128 rows, (64, 64) units, one member and one thread.
A time per step that does not depend on the number of rows means that the cost of an epoch is linear in the rows. Each
number of threads up to `--max-threads` is timed in its own process, with eight members that share the threads.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from joblib import cpu_count

from benchmarks.adapters.core import core
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.problems import Problem
from benchmarks.timing import alternate

BASE = Problem(20, (64, 64), 128, 2, epochs=1)
STEPS = 2000  # steps per repetition, fewer for large networks
ROWS = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
LABELS = {
    "rows": "rows",
    "width": "units of each hidden layer",
    "members": "members of the default ensemble",
    "threads": "threads, for 8 members",
}


def axes(threads: int) -> dict[str, dict[int, Problem]]:
    """Return {axis: {value: problem}}; for the axis "threads" all problems are equal."""
    return {
        "rows": {
            batches * BASE.batch: BASE._replace(batches=batches) for batches in (-(-n // BASE.batch) for n in ROWS)
        },
        "width": {h: BASE._replace(hidden=(h, h), batches=20) for h in (16, 32, 64, 128, 256, 512)},
        "members": {k: BASE._replace(members=k, batches=20) for k in (2, 4, 8, 16, 32)},
        "threads": {t: BASE._replace(members=8, batches=20) for t in range(1, threads + 1)},
    }


def time_steps(problems: Mapping[int, Problem], repeats: int, steps: int) -> dict[int, float]:
    """Return the median microseconds per step by value; slow networks run fewer than `steps` steps per repetition."""
    small = BASE.hidden[0] ** 2
    work = {value: problem.members * max(problem.hidden[0] ** 2 // small, 1) for value, problem in problems.items()}
    long = {v: p._replace(epochs=max(steps // work[v] // p.batches, 1)) for v, p in problems.items()}
    seconds = alternate({str(value): core(problem) for value, problem in long.items()}, repeats)
    return {value: 1e6 * seconds[str(value)] / problem.steps for value, problem in long.items()}


def with_threads(problems: Mapping[int, Problem], repeats: int, steps: int) -> dict[int, float]:
    """Run `time_steps` for each number of threads in its own process."""
    us, root = {}, Path(__file__).parents[1]
    for threads, problem in problems.items():
        timed = f"time_steps({{{threads}: {problem!r}}}, {repeats}, {steps})[{threads}]"
        script = f"from benchmarks.scaling import Problem, time_steps; print({timed})"
        command = [sys.executable, "-c", script, "--threads", str(threads)]
        us[threads] = float(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return us


def plot(table: Mapping[str, Mapping[int, float]], path: Path) -> None:
    """Write a panel for each axis; the time is logarithmic for width and members."""
    from matplotlib.figure import Figure

    columns = min(len(table), 2)
    lines = -(-len(table) // columns)
    figure = Figure(figsize=(4.4 * columns, 3.2 * lines), dpi=200, layout="constrained")
    for index, (name, us) in enumerate(table.items(), 1):
        ax = figure.add_subplot(lines, columns, index)
        ax.plot([*us], [*us.values()], "o-", color="#0072B2")
        ax.set_xscale("log", base=10 if name == "rows" else 2)
        ax.xaxis.set_major_formatter("{x:g}" if name != "rows" else "{x:,.0f}")
        ax.set_xlabel(LABELS[name])
        if name in ("rows", "threads"):
            ax.set_ylim(0, 1.3 * max(us.values()))
        else:
            ax.set_yscale("log", base=2)
            ax.yaxis.set_major_formatter("{x:g}")
        ax.set_ylabel("microseconds per step")
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write and draw if files are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("axes", nargs="*", metavar="axis", help=f"any of {', '.join(LABELS)} (default: all)")
    parser.add_argument("--repeats", type=int, default=5, help="repetitions; the median is reported (%(default)s)")
    parser.add_argument(
        "--max-threads", type=int, default=cpu_count(), metavar="N", help="largest number of threads (%(default)s)"
    )
    parser.add_argument("--steps", type=int, default=STEPS, help="steps per repetition (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    parser.add_argument("--plot", type=Path, help="file to draw the curves into")
    options = parser.parse_args(arguments)
    if unknown := set(options.axes) - LABELS.keys():
        parser.error(f"axes must be any of {', '.join(LABELS)}, got {', '.join(sorted(unknown))}.")
    facts, known = machine(), axes(options.max_threads)
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
