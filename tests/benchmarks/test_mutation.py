"""A package of two functions, one of which is tested, is changed: the tests notice the changes of this one."""

import csv

import pytest

from benchmarks import mutation

pytest.importorskip("cosmic_ray", reason="it is installed only to make mutants")
CODE = "def added(x):\n    return x + 7\n\n\ndef unknown(x):\n    return x * 7\n"
TESTS = """from skscratch.core.numbers import added, unknown


def test():
    assert added(3) == 10 and unknown(0) == 0
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder with a package and its tests, in place of the root of the repository."""
    for name, text in {
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\naddopts = '--import-mode=importlib'",
        "README.md": "",
        "benchmarks/a.py": "",
        "docs/a.md": "",
        "skscratch/__init__.py": "__all__ = []",
        "skscratch/core/__init__.py": "",
        "skscratch/core/numbers.py": CODE,
        "tests/core/test_numbers.py": TESTS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    monkeypatch.setattr(mutation, "FOLDERS", ("core",))
    monkeypatch.setattr(mutation, "PRELOADED", ())
    return tmp_path


def test_killed_and_surviving_mutants(tree, capsys):
    files = ["--tests", str(tree / "tests.json"), "--csv", str(tree / "a.csv")]
    mutation.main(["--mutants", "7", *files])
    printed = capsys.readouterr().out
    rows = list(csv.DictReader((tree / "a.csv").read_text().splitlines()))
    states = {row["lines"].partition("-")[0]: set() for row in rows}
    for row in rows:
        states[row["lines"].partition("-")[0]].add((row["operator"].split("_")[0], row["state"]))
    assert states["2"] == {("core/NumberReplacer", "killed"), ("core/ReplaceBinaryOperator", "killed")}
    assert ("core/NumberReplacer", "survived") in states["6"]
    assert f"of {len(rows):4}   " in printed and "95 % interval" in printed
    assert (tree / "skscratch/core/numbers.py").read_text() == CODE


@pytest.mark.parametrize("code", ["raise RuntimeError", "import time\ntime.sleep(100)"])
def test_a_package_that_cannot_be_imported_and_one_that_does_not_end(tree, code):
    assert mutation.in_child(tree, ["tests"], limit=60) == 0
    (tree / "skscratch" / "__init__.py").write_text(code)
    assert mutation.in_child(tree, ["tests"], limit=3) == (1 if code.startswith("raise") else None)


def test_a_public_name_that_cannot_be_imported(tree):
    """The names of the package are imported when they are used."""
    (tree / "skscratch" / "__init__.py").write_text("__all__ = ['Missing']")
    assert mutation.in_child(tree, ["tests"], limit=60) == 1
