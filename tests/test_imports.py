"""The package imports a public name or module when it is first used, and nothing before."""

import subprocess
import sys
from importlib import import_module

import pytest

import skscratch


def imported_by(statement):
    """The packages that a new process has imported after a statement."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_the_core_imports_numpy_and_scipy_only():
    packages = imported_by("import skscratch.core")
    assert {"numpy", "scipy"} <= packages and not {"sklearn", "joblib", "pandas"} & packages


def test_the_package_itself_imports_nothing():
    assert not {"numpy", "sklearn"} & imported_by("import skscratch")


@pytest.mark.parametrize("name", skscratch.__all__)
def test_public_names_are_those_of_their_modules(name):
    assert getattr(skscratch, name) is getattr(import_module(skscratch.NAMES[name]), name)
    assert name in dir(skscratch)


def test_all_lists_every_public_name():
    assert sorted(skscratch.__all__) == sorted(skscratch.NAMES)


@pytest.mark.parametrize("name", ["core", "tabular", "datasets"])
def test_modules_are_imported_as_attributes(name):
    assert imported_by(f"import skscratch; skscratch.{name}.__name__") >= {"numpy"}


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="module 'skscratch' has no attribute 'MLPClassifier'"):
        skscratch.MLPClassifier  # noqa: B018
