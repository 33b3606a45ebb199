"""Measure what the processor time of a default fit is spent on, as shares of the whole.

    python -m benchmarks.budget [--rows 1000,8000,100000] [--repeats 3] [--csv budget.csv]

The table has 20 numeric columns and two classes. The parts of a fit:

- products: `np.matmul`, `np.dot` and `np.vecdot` in the recorded calls of the training steps;
- other calls: all other recorded calls: elementwise functions, the gradient of the loss, copies;
- Python: what remains of the training steps, such as the loop over the calls and setting the rows of a batch;
- around steps: shuffling and gathering rows, the training loss, the best parameters;
- validation: predictions and metrics of the validation rows after each epoch;
- reading: checking, encoding and splitting the table, building the network, and what follows the training.

The calls are timed in a fit of their own; all else is the median of fits in which they are not timed one by one. A call
counts with its median time, which includes the time in which NumPy prepares it.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.csv_files import write_csv
from benchmarks.generated import GENERATED
from benchmarks.large import rows
from benchmarks.machine import machine, print_facts
from skscratch import ScratchMLPClassifier
from skscratch.core import Tape, Trainer
from skscratch.core.groups import MemberGroup

ROWS = [1_000, 8_000, 100_000]
PARTS = ["products", "other calls", "Python", "around steps", "validation", "reading"]
PRODUCTS = (np.matmul, np.dot, np.vecdot)
TABLE = "interactions_binary"


class Times:
    """Seconds of processor time by part, where parts contain others: a fit the training, the training its steps."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, part: str, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return f as a function that adds its time to a part."""

        def run(*arguments: Any, **options: Any) -> Any:
            start = process_time()
            result = f(*arguments, **options)
            self.seconds[part] = self.seconds.get(part, 0.0) + process_time() - start
            return result

        return run

    @contextmanager
    def of_parts(self) -> Iterator[None]:
        """Time the training, the validation in it, and the training steps of each epoch."""
        train = Trainer.run

        def run(trainer: Trainer, *arguments: Any, validate: Any, **options: Any) -> Any:
            return train(trainer, *arguments, validate=self.timed("validation", validate), **options)

        steps = self.timed("steps", MemberGroup.train)
        with patch.object(Trainer, "run", self.timed("training", run)), patch.object(MemberGroup, "train", steps):
            yield


def time_fit(model: ScratchMLPClassifier, X: Any, y: Any) -> dict[str, float]:
    """Return the seconds of a fit, of its training, of the validation and of the training steps."""
    times = Times()
    with times.of_parts():
        times.timed("fit", model.fit)(X, y)
    return times.seconds


def time_calls(model: ScratchMLPClassifier, X: Any, y: Any) -> dict[str, float]:
    """Return the seconds of the products and of the other calls in the training steps of a fit."""
    times: dict[Any, list[float]] = {}  # of each recorded call
    train = MemberGroup.train

    def timed_replay(tape: Tape) -> None:
        for call in tape.calls:
            start = perf_counter()
            call()
            times.setdefault(call, []).append(perf_counter() - start)

    def timed_train(*arguments: Any, **options: Any) -> Any:
        with patch.object(Tape, "replay", timed_replay):  # in training steps only, not in the validation
            return train(*arguments, **options)

    with patch.object(MemberGroup, "train", timed_train):
        model.fit(X, y)
    seconds = {"products": 0.0, "other calls": 0.0}
    for call, found in times.items():
        part = "products" if call.func in PRODUCTS else "other calls"
        seconds[part] += float(np.median(found)) * len(found)
    return seconds


def measure(n: int, repeats: int, **settings: Any) -> dict[str, float]:
    """Return the numbers of epochs and steps, the seconds of a fit of n rows, and the share of each part."""
    table = GENERATED[TABLE](n, 0).table
    X, y = table.X.to_numpy(), np.asarray(table.y)
    model = ScratchMLPClassifier(random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits = [time_fit(model, X, y) for _ in range(repeats)]
        calls = time_calls(model, X, y)
    s = {name: float(np.median([fit[name] for fit in fits])) for name in fits[0]}
    parts = {
        **calls,
        "Python": s["steps"] - calls["products"] - calls["other calls"],
        "around steps": s["training"] - s["steps"] - s["validation"],
        "validation": s["validation"],
        "reading": s["fit"] - s["training"],
    }
    return {"rows": n, "epochs run": model.n_iter_, "seconds": s["fit"]} | {p: parts[p] / s["fit"] for p in PARTS}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a line for each number of rows, and write them if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=rows, default=ROWS, metavar="N,...", help="numbers of rows (1000,8000,100000)")
    parser.add_argument("--repeats", type=int, default=3, help="fits; the median is reported (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    options = parser.parse_args(arguments)
    facts = machine()
    print_facts(facts)
    print(f"{'rows':>9}{'epochs':>8}{'seconds':>9}" + "".join(f"{part:>13}" for part in PARTS))
    table = []
    for n in options.rows:
        line = measure(n, options.repeats)
        shares = "".join(f"{line[part]:>13.1%}" for part in PARTS)
        print(f"{n:>9,}{line['epochs run']:>8}{line['seconds']:>9.2f}{shares}", flush=True)
        table.append(line)
    if options.csv:
        write_csv(options.csv, table, facts)


if __name__ == "__main__":
    main()
