"""Change the package in one place at a time, and see whether the tests fail: a mutant that they notice is killed.

    pip install cosmic-ray
    python -m benchmarks.mutation --mutants 300 --csv mutants.csv

The first step runs the tests of `FOLDERS` once and notes which lines each test executes and how long it takes. It takes
some minutes; the result is kept in the file of `--tests`, and is made again if the file does not exist. Then, for each
mutant of a random sample (`benchmarks.mutants`), a copy of the tree is changed, and the tests that execute the changed
lines are run until one fails: first those of the mirrored file (tests/core/test_losses.py for
skscratch/core/losses.py), then the fastest, and no more than take `--seconds`. A mutant with which the tests take five
times as long as without it is killed too.

Printed are the state of each mutant, and for each folder and all of them the share that is killed, with Wilson's
interval of 95 %. docs/mutants.md explains survivors that no test can kill.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from benchmarks.covered import Covered
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.mutants import Mutant, sample

ROOT = Path(__file__).parents[1]
FOLDERS = ("core", "tabular", "estimators")
COPIED = ("skscratch", "tests", "benchmarks", "docs", "pyproject.toml", "README.md")
# Imported once, before the process is copied for each mutant: they take most of the time of a short test.
PRELOADED = (
    "scipy.stats scipy.optimize sklearn.ensemble sklearn.utils.estimator_checks pandas"
    " hypothesis.stateful pytest pytest_cov.plugin xdist.plugin"
).split()
FILES = 2  # run in place of single tests if there are no tests with these names
OPTIONS = "-n 0 -q -x -p no:cacheprovider -W ignore::pytest.PytestAssertRewriteWarning".split()


class Outcome(NamedTuple):
    """What became of a mutant: "killed", "survived" or "error", by how many tests, after how many seconds."""

    mutant: Mutant
    state: str
    tests: int
    seconds: float

    def row(self) -> dict[str, object]:
        """Return the cells of a row in a csv file."""
        fields = {**self.mutant._asdict(), "lines": "-".join(map(str, self.mutant.lines))}
        return {**fields, "state": self.state, "tests": self.tests, "seconds": self.seconds}


def wilson(killed: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    >>> [round(end, 3) for end in wilson(90, 100)]
    [0.826, 0.945]
    """
    share = killed / n
    centre, half = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def copy_tree(folder: Path) -> Path:
    """Copy what the tests need, and return the copy."""
    for name in COPIED:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "_build")
        (shutil.copytree(source, folder / name, ignore=ignored) if source.is_dir() else shutil.copy(source, folder))
    return folder


def in_child(tree: Path, arguments: Sequence[str], limit: float) -> int | None:
    """Run pytest in a copy of this process, with the tree as its root; return its exit code, None after the limit."""
    pid = os.fork()
    if pid == 0:
        code = 70  # if the following line raises an exception
        try:
            code = _pytest(tree, arguments)
        finally:
            os._exit(code)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if (done := os.waitpid(pid, os.WNOHANG)) != (0, 0):
            return os.waitstatus_to_exitcode(done[1])
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _pytest(tree: Path, arguments: Sequence[str]) -> int:
    """Run pytest without output; return its exit code, or 1 if the package cannot be imported."""
    os.setsid()
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = True  # a changed file of the same size and second would be taken for the original
    for name in [name for name in sys.modules if name.partition(".")[0] in ("skscratch", "benchmarks")]:
        del sys.modules[name]
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    import pytest

    try:
        package = importlib.import_module("skscratch")
        [getattr(package, name) for name in package.__all__]  # each is imported when it is used
    except Exception:
        return 1
    return int(pytest.main([*OPTIONS, *arguments]))


def try_mutant(mutant: Mutant, tree: Path, covered: Covered, seconds: float) -> Outcome:
    """Change the file in the tree, run the tests, and restore the file."""
    tests, expected = covered.select(ROOT, mutant.file, mutant.lines, seconds)
    path, start = tree / mutant.file, time.monotonic()
    original = path.read_text(encoding="utf-8")
    try:
        path.write_text(mutant.source(ROOT), encoding="utf-8")
        code = in_child(tree, tests, limit=60 + 5 * expected) if tests else 0
        if code == 4:  # the names of tests contain what was changed
            files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
            code = in_child(tree, files[:FILES], limit=60 + 5 * seconds)
    finally:
        path.write_text(original, encoding="utf-8")
    state = {0: "survived", 1: "killed", 2: "killed", None: "killed"}.get(code, f"error {code}")
    return Outcome(mutant, state, len(tests), round(time.monotonic() - start, 1))


def report(outcomes: Sequence[Outcome], n_sites: int) -> None:
    """Print the share of killed mutants of each folder and of all."""
    print(f"\n{len(outcomes)} mutants at random places of {n_sites}")
    for name in (*FOLDERS, ""):
        states = Counter(o.state for o in outcomes if o.mutant.file.startswith(f"skscratch/{name}"))
        if n := states.total():
            low, high = wilson(states["killed"], n)
            share = f"{states['killed'] / n:.1%} killed (95 % interval {low:.1%} to {high:.1%})"
            print(f"{name or 'all':12}{states['killed']:5} of {n:4}   {share}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Try a sample of mutants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=300, help="number of mutants (%(default)s)")
    parser.add_argument("--skip", type=int, default=0, help="how many of them were tried before (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of tests for each mutant (%(default)s)")
    parser.add_argument("--tests", type=Path, default=Path("tests.json"), help="file of lines and tests (%(default)s)")
    parser.add_argument("--csv", type=Path, help="file for the outcomes")
    options = parser.parse_args(arguments)
    print_facts(machine())
    if not options.tests.exists():
        Covered.measure(ROOT, FOLDERS).write(options.tests)
    covered = Covered.read(options.tests)
    mutants, n_sites = sample(ROOT, [f"skscratch/{name}" for name in FOLDERS], options.mutants, options.seed)
    for name in PRELOADED:
        importlib.import_module(name)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder))
        for mutant in mutants[options.skip :]:
            outcomes.append(try_mutant(mutant, tree, covered, options.seconds))
            print(f"{outcomes[-1].state:9} {mutant} ({outcomes[-1].tests} tests, {outcomes[-1].seconds} s)", flush=True)
            if options.csv:
                write_csv(options.csv, [outcome.row() for outcome in outcomes], machine())
    report(outcomes, n_sites)


if __name__ == "__main__":
    main()
