"""Settings and fixtures of all tests: one BLAS thread, figures without a screen, a seeded generator."""

import importlib
import os

# NumPy and matplotlib read these variables once, when they are first imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", MPLBACKEND="Agg")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from skscratch.registry import Registered  # noqa: E402

# They define fixtures, not tests; as modules with doctests their equal names would clash.
collect_ignore_glob = ["*conftest.py"]


# Examples of callbacks, which scikit-learn has from 1.9 on.
WITH_CALLBACKS = ("skscratch/callbacks.py", "docs/guide/checkpoints.md")


def pytest_collection_modifyitems(items):
    """Skip the examples of callbacks if scikit-learn has none."""
    try:
        importlib.import_module("sklearn.callback")
    except ImportError:
        for item in items:
            if any(name in item.nodeid for name in WITH_CALLBACKS):
                item.add_marker(pytest.mark.skip(reason="scikit-learn has callbacks from 1.9 on"))


@pytest.fixture
def rng():
    """A random generator that starts the same in every test."""
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def only_the_names_of_the_package():
    """Classes that a test registers, or an example of the docs, are not chosen by name in other tests."""
    before = {family: dict(family._classes) for family in Registered.__subclasses__()}
    yield
    for family, classes in before.items():
        family._classes = classes
