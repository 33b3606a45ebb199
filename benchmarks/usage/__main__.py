"""Measure a search, predictions, memory and the import, as ratios to scikit-learn or to a bound; smaller is better.

    python -m benchmarks.usage [search] [predict] [memory] [import] [--repeats 5] [--csv usage.csv]

The parts run in the order in which they are given. Without a name all of them run. Memory is measured on Linux only.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.usage import import_time, latency, memory, search
from benchmarks.usage.measurement import Measurement

PARTS: dict[str, Callable[[int], Iterator[Measurement]]] = {
    "search": search.measurements,
    "predict": latency.measurements,
    "memory": memory.measurements,
    "import": import_time.measurements,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts, print each measurement when it is made, and write all of them if --csv is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, default=5, help="repetitions; the median is reported (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file to write the measurements to")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"parts must be any of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}.")
    facts, rows = machine(), []
    print_facts(facts)
    for part in options.parts or PARTS:
        for measurement in PARTS[part](options.repeats):
            print(measurement, flush=True)
            rows.append({"part": part, **measurement.row()})
    if options.csv:
        write_csv(options.csv, rows, facts)


if __name__ == "__main__":
    main()
