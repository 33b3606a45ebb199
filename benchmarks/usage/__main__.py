"""Speed and memory as a user meets them, as ratios to scikit-learn's or to a bound: smaller is better.

    python -m benchmarks.usage [search] [predict] [memory] [import] [--repeats 5] [--csv usage.csv]

Parts are run in the order given, all of them unless some are named. Memory is that of Linux.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.records import print_facts, write_csv
from benchmarks.usage import importing, latency, memory, search
from benchmarks.usage.figures import Figure

PARTS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "search": search.figures,
    "predict": latency.figures,
    "memory": memory.figures,
    "import": importing.figures,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts, print a line for each figure as soon as it is known, and write them where asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, default=5, help="turns, of which the median is taken (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"parts must be of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}.")
    facts, rows = machine(), []
    print_facts(facts)
    for part in options.parts or PARTS:
        for figure in PARTS[part](options.repeats):
            print(figure, flush=True)
            rows.append({"part": part, **figure.row()})
    if options.csv:
        write_csv(options.csv, rows, facts)


if __name__ == "__main__":
    main()
