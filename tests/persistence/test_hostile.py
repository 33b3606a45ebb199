"""Nothing of the package reads pickles or executes text, and a file that was made to do harm does none."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import skscratch
from skscratch import ScratchMLPClassifier

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "skscratch").rglob("*.py"))
UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "code", "runpy", "subprocess", "ctypes"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "literal_eval"}
LOADERS = {"joblib", "pandas", "pd"}  # read_pickle and load of these are pickles


def name_of_call(node):
    """Return the module or object, and the name of what is called: ("joblib", "load") of joblib.load(x)."""
    if isinstance(node.func, ast.Attribute):
        return getattr(node.func.value, "id", ""), node.func.attr
    return "", getattr(node.func, "id", "")


def unsafe(tree):
    """Yield the lines of a syntax tree that may read pickles or execute text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            if UNSAFE_MODULES & {name.partition(".")[0] for name in names}:
                yield node.lineno
        elif isinstance(node, ast.Call):
            owner, name = name_of_call(node)
            if name in UNSAFE_CALLS and owner in ("", "os", "ast", "builtins"):
                yield node.lineno
            if owner in LOADERS and name in ("load", "read_pickle"):
                yield node.lineno
            if any(word.arg == "allow_pickle" and getattr(word.value, "value", True) for word in node.keywords):
                yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_reads_pickles_or_executes_text(path):
    assert list(unsafe(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import x; joblib.load(1)",
        "np.load(file, allow_pickle=True)",
        "eval('1')",
        "os.system('exit')",
        "from subprocess import run",
    ],
)
def test_unsafe_lines_are_found(line):
    assert list(unsafe(ast.parse(line))) == [1]


def test_changed_files_execute_nothing(tmp_path):
    """150 files, each with another value at a random place, under an audit hook of Python."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2)).astype(object)
    X[:, 1] = rng.choice(["a", "b"], 40)
    model = ScratchMLPClassifier(
        categorical_features=[1], width=2, n_estimators=2, max_iter=2, warm_start=True, random_state=0
    )
    skscratch.save(model.fit(X, X[:, 0] > 0), tmp_path / "file")
    command = [sys.executable, Path(__file__).with_name("hostile.py"), tmp_path / "file", "150"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused, events = done.stdout.split(maxsplit=1)
    assert int(refused) > 75 and events.strip() == "[]"
