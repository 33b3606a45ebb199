"""Whether this tree's training steps are slower than those of another commit: the gate for a change.

    python -m benchmarks.compare BASE [--repeats 5] [--only 256] [--csv compare.csv]

BASE, any name that git knows a commit by, is checked out beside this tree. Both are timed by the adapters of this
tree, pinned to one thread, in processes that take turns. The exit status is 1 if, in any network, a step of ours is
slower by more than 15 % and by more than 20 us: a share alone would fail small networks for the noise of the machine,
and a time alone large ones.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import VARIABLES
from benchmarks.machine import machine
from benchmarks.problems import PROBLEMS
from benchmarks.records import print_facts, write_csv

ROOT = Path(__file__).parents[1]
SHARE, MICROSECONDS = 0.15, 20.0

# The package comes from the tree that PYTHONPATH names, also where another is installed; what times it, from here.
TIME = """
import json, sys, warnings
from pathlib import Path
import skscratch
assert Path(skscratch.__file__).parents[1] == Path(sys.argv[1]), skscratch.__file__
sys.path.insert(0, sys.argv[2])
from benchmarks.compare import time_steps
warnings.simplefilter("ignore")
print(json.dumps(time_steps(sys.argv[3])))
"""


class Step(NamedTuple):
    """Microseconds of a step of one network, base and head; NaN for the base where it has no such step."""

    name: str
    base: float
    head: float

    @property
    def slower(self) -> bool:
        """Whether head is slower by more than both limits.

        >>> Step("small", 100, 118).slower, Step("large", 1000, 1140).slower, Step("large", 1000, 1160).slower
        (False, False, True)
        """
        return self.head > self.base * (1 + SHARE) and self.head > self.base + MICROSECONDS


def time_steps(network: str) -> dict[str, float]:
    """Microseconds per step in the core and in a fit, each the smallest of three runs; none of what fails."""
    from benchmarks.adapters import ADAPTERS, OURS
    from benchmarks.run import measure

    problem = next(problem for problem in PROBLEMS if problem.name == network)
    us = {}
    for name in OURS:
        try:
            us[name] = min(measure(problem, {name: ADAPTERS[name]}, 1)[name] for _ in range(3))
        except Exception as error:  # a base may lack what head's adapter asks for
            print(f"{problem.name}, {name}: {type(error).__name__}: {error}", file=sys.stderr)
    return us


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """A temporary folder with the files of the commit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(path), commit], check=True)
        try:
            yield path
        finally:
            subprocess.run([*git, "remove", "--force", str(path)], check=True)


def in_process(tree: Path, network: str) -> dict[str, float]:
    """`time_steps` with the package in this tree, in a process with one thread."""
    environment = {**os.environ, **dict.fromkeys(VARIABLES, "1"), "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", TIME, str(tree), str(ROOT), network]
    done = subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def compare(base: Path, head: Path, network: str, repeats: int) -> list[Step]:
    """Medians over processes of base and head, which take turns.

    What seems slower is timed for as many turns again, since others may have been at work on the machine.
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
    """A line of the table."""
    mark = "  SLOWER" if step.slower else "" if step.base == step.base else "  the base has none"
    return f"{step.name:66}{step.base:9.1f}{step.head:9.1f}{step.head / step.base:8.2f}{mark}"


def verdict(steps: Sequence[Step]) -> int:
    """1 if a step is slower, or if there was none to compare with, else 0; after a line about it."""
    slower = sum(step.slower for step in steps)
    print(f"\n{slower} of {len(steps)} are slower by more than {SHARE:.0%} and {MICROSECONDS:g} us a step.")
    return int(slower > 0 or not any(step.base == step.base for step in steps))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the table, write it where asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="the commit to compare with")
    parser.add_argument("--repeats", type=int, default=5, help="processes of each, of which the median is taken")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    options = parser.parse_args(arguments)
    facts = machine()
    print_facts(facts)
    print(f"{'us per step':66}{'base':>9}{'head':>9}{'ratio':>8}")
    steps: list[Step] = []
    with worktree(options.base) as base:
        for problem in PROBLEMS:
            if options.only in problem.name:
                found = compare(base, ROOT, problem.name, options.repeats)
                print(*map(line, found), sep="\n", flush=True)
                steps += found
    if options.csv:
        write_csv(options.csv, [{**step._asdict(), "slower": step.slower} for step in steps], facts)
    return verdict(steps)


if __name__ == "__main__":
    sys.exit(main())
