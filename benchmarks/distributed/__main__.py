"""Compare fits on clusters of processes with a fit in memory, or print how rounds scale.

    python -m benchmarks.distributed --csv distributed.csv
    python -m benchmarks.distributed --data FOLDER --only adult,letter --processes 1,2,4 --seeds 3
    python -m benchmarks.distributed --only interactions_binary --rows 2000000 --set n_estimators=2
    python -m benchmarks.distributed --plan

Tables are those of a folder (see `benchmarks.tables`), or generated ones of `--rows` rows. Each process has one thread
and one task. `--plan` measures the constants of this machine, compares a simulation with measured fits, and prints
bytes per round, rounds per second and efficiency for up to 1,000 workers.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy import chosen
from benchmarks.csv_files import write_csv
from benchmarks.distributed import plan
from benchmarks.distributed.comparison import compare, generated, stored
from benchmarks.generated import GENERATED
from benchmarks.machine import machine, print_facts
from benchmarks.methods import parse_settings
from benchmarks.tables import sources


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the comparison or the plan with these arguments, print each row, and write all of them if --csv is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = {"type": lambda text: text.split(","), "metavar": "NAME,..."}
    parser.add_argument("--plan", action="store_true", help="measure constants and print how rounds scale")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="csv files with a manifest.json")
    parser.add_argument("--only", help="tables (default: all)", **names)
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of generated tables (%(default)s)")
    parser.add_argument("--processes", type=counts, default=[1, 2, 4], metavar="N,...", help="(1,2,4)")
    parser.add_argument("--seeds", type=int, default=3, help="splits and random states (%(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="set a hyperparameter")
    parser.add_argument("--threads", type=int, default=1, help="threads of the fit in memory (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file for the results")
    options = parser.parse_args(arguments)
    print_facts(facts := machine())
    if options.plan:
        return plan.main(options.processes)
    known = sources(options.data) if options.data else GENERATED
    tables = {
        name: stored(known[name]) if options.data else generated(name, options.rows)
        for name in chosen(options.only, known, "tables")
    }
    rows = []
    for row in compare(tables, options.processes, options.seeds, parse_settings(", ".join(options.set))):
        print(*row.values(), flush=True)
        rows.append(row)
        if options.csv:
            write_csv(options.csv, rows, facts)


def counts(text: str) -> list[int]:
    """Parse numbers of processes from the command line."""
    return [int(n) for n in text.split(",")]


if __name__ == "__main__":
    main()
