"""Tests are chosen by the lines that they execute."""

import pytest

from benchmarks.covered import Covered, statement_lines

CODE = """LIMIT = 3


def double(x):
    if x > LIMIT:
        return min(
            2 * x,
            10,
        )
    return 2 * x
"""
TESTS = """import time

import pytest

from skscratch.core.numbers import double


@pytest.fixture(scope="module")
def large():
    return double(4)


def test_small():
    assert double(1) == 2


def test_large(large):
    assert large == 8


def test_large_again(large):
    time.sleep(0.1)
    assert large == 8


@pytest.mark.parametrize("x", [4, 5])
def test_slow(x):
    time.sleep(0.2)
    assert double(x) == 2 * x
"""
FILE, FOLDER = "skscratch/core/numbers.py", "tests/core"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A folder with a package of one file, and two files of tests, one of which mirrors it."""
    root = tmp_path_factory.mktemp("tree")
    for name, text in {
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\naddopts = '--import-mode=importlib'",
        "skscratch/__init__.py": "",
        "skscratch/core/__init__.py": "",
        FILE: CODE,
        f"{FOLDER}/test_numbers.py": TESTS,
        f"{FOLDER}/test_others.py": "from skscratch.core.numbers import double\ndef test(): assert double(2) == 4",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def covered(tree):
    return Covered.measure(tree, ["core"])


def names(tests):
    return [test.partition("::")[2] for test in tests]


def test_tests_that_execute_a_line(covered, tree):
    tests, seconds = covered.select(tree, FILE, (10, 10), 60)
    assert tests == [f"{FOLDER}/test_numbers.py::test_small", f"{FOLDER}/test_others.py::test"]
    assert seconds < 10


def test_a_line_of_a_statement_and_of_a_shared_fixture(covered, tree):
    """All tests of the file may use the fixture that was set up in one of them, the slow ones last."""
    tests, seconds = covered.select(tree, FILE, (8, 8), 60)
    assert names(tests[:-3]) and set(names(tests[:-3])) == {"test_small", "test_large"}
    assert names(tests)[-3] == "test_large_again" and set(names(tests[-2:])) == {"test_slow[4]", "test_slow[5]"}
    assert seconds > 0.5
    few, less = covered.select(tree, FILE, (8, 8), 0.3)
    assert few == tests[: len(few)] and 0 < len(few) < 5 and (less < 0.3 or len(few) == 1)


def test_a_line_that_is_executed_when_the_file_is_imported(covered, tree):
    """The tests of the mirrored file come first, then those that execute the file, then the others of the package."""
    tests, _ = covered.select(tree, FILE, (1, 1), 60)
    assert [test.partition("::")[0] for test in tests] == [f"{FOLDER}/test_numbers.py"] * 5 + [
        f"{FOLDER}/test_others.py"
    ]
    tests, _ = covered.select(tree, "skscratch/core/__init__.py", (1, 1), 60)
    assert len(tests) == 6


def test_what_is_written_is_read(covered, tmp_path):
    covered.write(tmp_path / "a.json")
    assert Covered.read(tmp_path / "a.json") == covered


@pytest.mark.parametrize("line, expected", [(1, (1, 2)), (5, (5, 6)), (7, (6, 10)), (4, (4, 5)), (2, (2, 3))])
def test_lines_of_a_statement(line, expected):
    assert statement_lines(CODE, line, line) == expected
