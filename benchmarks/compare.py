"""Compare times with those of another commit, and fail if the working tree is slower.

    python -m benchmarks.compare BASE [--repeats 5] [--only 256] [--csv compare.csv]

BASE is a commit, branch or tag; its files are checked out into a temporary folder. The adapters of the working tree
time the training steps of both versions, and a small fit and the prediction of one row are timed too: on one thread, in
processes that alternate. The exit status is 1 if any of them is slower by more than 15 % and by more than 20 us. Both
limits are needed: noise of the machine is a large share of a short time, and a long time in itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import VARIABLES
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.problems import PROBLEMS

ROOT = Path(__file__).parents[1]
SHARE, MICROSECONDS = 0.15, 20.0

# PYTHONPATH selects the version of the package, even if another one is installed; the benchmarks are from this tree.
TIME = """
import json, sys, warnings
from pathlib import Path
import skscratch
assert Path(skscratch.__file__).parents[1] == Path(sys.argv[1]), skscratch.__file__
sys.path.insert(0, sys.argv[2])
from benchmarks.compare import time_calls, time_steps
warnings.simplefilter("ignore")
print(json.dumps(time_calls() if sys.argv[3] == "small table" else time_steps(sys.argv[3])))
"""


class Step(NamedTuple):
    """Microseconds of a step, or of a call, in base and head; NaN if the base cannot run it."""

    name: str
    base: float
    head: float

    @property
    def slower(self) -> bool:
        """Return whether head is slower by more than both limits.

        >>> Step("small", 100, 118).slower, Step("large", 1000, 1140).slower, Step("large", 1000, 1160).slower
        (False, False, True)
        """
        return self.head > self.base * (1 + SHARE) and self.head > self.base + MICROSECONDS


def time_steps(network: str) -> dict[str, float]:
    """Return the microseconds per step in the core and in a fit, the minimum of three runs each; skip what fails."""
    from benchmarks.adapters import ADAPTERS, OURS
    from benchmarks.run import measure

    problem = next(problem for problem in PROBLEMS if problem.name == network)
    us = {}
    for name in OURS:
        try:
            us[name] = min(measure(problem, {name: ADAPTERS[name]}, 1)[name] for _ in range(3))
        except Exception as error:  # the base may lack a name that the adapter of head uses
            print(f"{problem.name}, {name}: {type(error).__name__}: {error}", file=sys.stderr)
    return us


def time_calls() -> dict[str, float]:
    """Return the microseconds of a default fit of 300 rows and of the prediction of one row, minima of several runs."""
    from skscratch import ScratchMLPClassifier

    X = np.random.default_rng(0).standard_normal((300, 20))
    y = X[:, 0] * X[:, 1] > 0
    model = ScratchMLPClassifier(random_state=0)
    return {
        "fit of 300 rows": 1e6 * min(timeit.repeat(lambda: model.fit(X, y), number=1, repeat=5)),
        "predict_proba of one row": 1e4 * min(timeit.repeat(lambda: model.predict_proba(X[:1]), number=100, repeat=10)),
    }


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """Check out the commit into a temporary folder and yield its path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(path), commit], check=True)
        try:
            yield path
        finally:
            subprocess.run([*git, "remove", "--force", str(path)], check=True)


def in_process(tree: Path, network: str) -> dict[str, float]:
    """Run `time_steps`, or `time_calls`, with the package of this tree, in a new process with one thread."""
    environment = {**os.environ, **dict.fromkeys(VARIABLES, "1"), "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", TIME, str(tree), str(ROOT), network]
    done = subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def compare(base: Path, head: Path, network: str, repeats: int) -> list[Step]:
    """Return the medians over processes of base and head, which alternate.

    If a step seems slower, everything is timed once more, because another process may have used the machine.
    """
    times: dict[Path, list[dict[str, float]]] = {base: [], head: []}
    for _ in range(2):
        for _ in range(repeats):
            for tree in (base, head):
                times[tree].append(in_process(tree, network))
        steps = [Step(f"{network}, {k}", _median(times[base], k), _median(times[head], k)) for k in times[head][0]]
        if not any(step.slower for step in steps):
            break
    return steps


def _median(runs: Sequence[Mapping[str, float]], name: str) -> float:
    return float(np.median([us.get(name, np.nan) for us in runs]))


def line(step: Step) -> str:
    """Format a step as a line of the table."""
    mark = "  SLOWER" if step.slower else "" if step.base == step.base else "  fails in the base"
    return f"{step.name:66}{step.base:9.1f}{step.head:9.1f}{step.head / step.base:8.2f}{mark}"


def verdict(steps: Sequence[Step]) -> int:
    """Print how many steps are slower; return 1 if any is slower or if no step could be compared, else 0."""
    slower = sum(step.slower for step in steps)
    print(f"\n{slower} of {len(steps)} are slower by more than {SHARE:.0%} and {MICROSECONDS:g} us.")
    return int(slower > 0 or not any(step.base == step.base for step in steps))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the table, write it if --csv is given, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="the commit to compare with")
    parser.add_argument(
        "--repeats", type=int, default=5, help="processes of each commit; the median is reported (%(default)s)"
    )
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    options = parser.parse_args(arguments)
    facts = machine()
    print_facts(facts)
    print(f"{'us per step or call':66}{'base':>9}{'head':>9}{'ratio':>8}")
    steps: list[Step] = []
    with worktree(options.base) as base:
        for name in [*(problem.name for problem in PROBLEMS), "small table"]:
            if options.only in name:
                found = compare(base, ROOT, name, options.repeats)
                print(*map(line, found), sep="\n", flush=True)
                steps += found
    if options.csv:
        write_csv(options.csv, [{**step._asdict(), "slower": step.slower} for step in steps], facts)
    return verdict(steps)


if __name__ == "__main__":
    sys.exit(main())
