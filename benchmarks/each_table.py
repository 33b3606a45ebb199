"""The command line of the benchmarks that measure fitted models, table by table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.tables import Table, sources


def main(
    description: str | None,
    arguments: Sequence[str] | None,
    heading: str,
    measure: Callable[[Table, int, int], Sequence[Any]],
    line: Callable[[Any], str],
) -> None:
    """Measure each table and print its lines.

    Parameters
    ----------
    description : str
        What is printed for --help.
    arguments : sequence of str
        The command line; None for that of the process.
    heading : str
        The first lines.
    measure : callable
        Table, maximum number of epochs, repetitions -> named tuples.
    line : callable
        Named tuple -> a line.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--max-iter", type=int, default=16)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", default="", help="a part of the names of the tables")
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args(arguments)
    print_facts(facts := machine())
    print(heading)
    measurements: list[Any] = []
    for name, load in sources(given.data).items():
        if given.only in name:
            measurements += (rows := measure(load(), given.max_iter, given.repeats))
            print("\n".join(map(line, rows)), flush=True)
    if given.csv:
        write_csv(given.csv, [measurement._asdict() for measurement in measurements], facts)
