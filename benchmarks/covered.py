"""Which tests execute which lines, and how long each test takes: `benchmarks.mutation` chooses tests with it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

UNKNOWN, SHORTEST = 1.0, 0.005  # seconds of a test that is not in the report, and at least of any other


@dataclass(frozen=True)
class Covered:
    """The seconds of each test, and the tests that execute each line.

    Attributes
    ----------
    seconds : dict of str to float
        Seconds of each test, by the name that pytest gives it.
    lines : dict of str to dict of str to list of int
        For each file, and each of its lines as a string, the positions of the tests in `seconds`.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[str, list[int]]]

    @classmethod
    def measure(cls, root: Path, folders: Sequence[str]) -> Covered:
        """Run the tests of these folders of the package in a new process."""
        with tempfile.TemporaryDirectory() as folder:
            data, report = Path(folder) / "coverage", Path(folder) / "report.xml"
            paths = [f"{parent}/{name}" for name in folders for parent in ("tests", "skscratch")]
            command = ["-m", "pytest", "-n", "0", "-q", "--cov=skscratch", "--cov-context=test", "--cov-report="]
            environment = os.environ | {"COVERAGE_FILE": str(data), "COVERAGE_CORE": "ctrace"}
            command = [sys.executable, *command, f"--junitxml={report}", *paths]
            subprocess.run(command, cwd=root, env=environment, check=True)
            return cls.read_reports(root, data, report)

    @classmethod
    def read_reports(cls, root: Path, data: Path, report: Path) -> Covered:
        """Read the data of coverage, with a context for each test, and the report of pytest in XML."""
        import coverage

        measured = coverage.CoverageData(str(data))
        measured.read()
        cases = ElementTree.parse(report).iter("testcase")
        times = {(case.get("classname"), case.get("name")): case.get("time") for case in cases}
        executed = {context.partition("|")[0] for context in measured.measured_contexts()} - {""}
        tests = sorted(
            executed | {f"{case[0].replace('.', '/')}.py::{case[1]}" for case in times if _in_file(root, case)}
        )
        seconds = {test: max(SHORTEST, float(times.get(_case(test), UNKNOWN))) for test in tests}
        positions = {test: i for i, test in enumerate(tests)}
        lines: dict[str, dict[str, list[int]]] = {}
        for file in measured.measured_files():
            contexts = measured.contexts_by_lineno(file)
            lines[Path(file).relative_to(root).as_posix()] = {
                str(line): sorted({positions[test] for name in names if name for test in _tests(name, tests)})
                for line, names in contexts.items()
            }
        return cls(seconds, lines)

    @classmethod
    def read(cls, path: Path) -> Covered:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        """Write a file of JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def select(self, root: Path, file: str, lines: tuple[int, int], seconds: float) -> tuple[list[str], float]:
        """Return the tests to run for a change of these lines, and the seconds that they take.

        Tests of the mirrored file come first, then the fastest. Lines that are executed when the file is imported
        belong to no test. For these the tests count that execute a line of the function or class around it, or of the
        file, and last all tests of the package.
        """
        found, names = self.lines.get(file, {}), list(self.seconds)
        package, mirrored = Path(file).parent.as_posix(), mirrored_file(file)
        text = (root / file).read_text(encoding="utf-8")
        spans = [statement_lines(text, *lines), enclosing_lines(text, *lines)]
        inside = lines_in_functions(text)
        found = {line: tests for line, tests in found.items() if int(line) in inside}
        executing = ({i for line in range(*span) for i in found.get(str(line), [])} for span in spans)
        positions: set[int] = next(filter(None, executing), set())
        others = {i for tests in found.values() for i in tests}
        if not positions:
            folders = (f"{package}/", f"{Path(mirrored).parent.as_posix()}/")
            positions = others | {i for i, name in enumerate(names) if name.startswith(folders)}
        first = [not names[i].startswith((mirrored, file)) for i in range(len(names))]
        order = sorted((first[i], i not in others, self.seconds[names[i]], names[i]) for i in positions)
        chosen, total = [], 0.0
        for *_, time, name in order:
            if chosen and total + time > seconds:
                break
            chosen.append(name)
            total += time
        return chosen, total


def _case(test: str) -> tuple[str, str]:
    """Return how the report in XML names a test.

    >>> _case("tests/core/test_tape.py::test_a[x::y]")
    ('tests.core.test_tape', 'test_a[x::y]')
    """
    path, _, name = test.partition("::")
    return path.removesuffix(".py").replace("/", "."), name


def _in_file(root: Path, case: tuple[str, str]) -> bool:
    """Return whether the name of a case is that of a file, and not of a class in it."""
    return (root / f"{case[0].replace('.', '/')}.py").exists()


def _tests(context: str, tests: Sequence[str]) -> Iterator[str]:
    """Yield the test of a context, or all tests of its file if it is the setup of a fixture that they may share."""
    test, _, phase = context.partition("|")
    file = test.partition("::")[0]
    yield from (other for other in tests if other.startswith(f"{file}::")) if phase == "setup" else [test]


def mirrored_file(file: str) -> str:
    """Return the file of tests that mirrors a file of the package.

    >>> mirrored_file("skscratch/core/losses.py")
    'tests/core/test_losses.py'
    """
    path = Path(file)
    return Path("tests", *path.parent.parts[1:], f"test_{path.name}").as_posix()


def lines_in_functions(text: str) -> set[int]:
    """Return the lines in bodies of functions: all others are executed by the first import, whichever test makes it.

    >>> sorted(lines_in_functions("a = 1\\ndef f(x=2):\\n    y = 1\\n    return y\\n"))
    [3, 4]
    """
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    return {line for node in functions for line in range(node.body[0].lineno, node.end_lineno + 1)}


def enclosing_lines(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the first line of the smallest function or class with these lines, and the line after it.

    >>> enclosing_lines("class A:\\n    @property\\n    def f(self):\\n        return 1\\n", 2, 2)
    (2, 5)
    """
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.ClassDef))
    spans = (
        (min([node, *node.decorator_list], key=lambda part: part.lineno).lineno, node.end_lineno) for node in nodes
    )
    start, end = max(((start, end) for start, end in spans if start <= first and last <= end), default=(first, last))
    return start, end + 1


def statement_lines(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the first line of the smallest statement with these lines, and the line after it; no body of a block.

    >>> statement_lines("if (a\\n    and b):\\n    c = [\\n        1]\\n", 2, 2)
    (1, 3)
    """
    spans = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", [])
            end = body[0].lineno if body else node.end_lineno + 1
            if node.lineno <= first and last < end:
                spans.append((node.lineno, end))
    return max(spans, default=(first, last + 1))
