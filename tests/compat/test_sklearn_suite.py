"""scikit-learn's own tests of its MLP, run with our two classes.

The test module is loaded again from the installed scikit-learn while `sklearn.neural_network` contains our classes, so
that the tests import ours.
"""

import importlib.util
from pathlib import Path
from unittest import mock

import pytest
import sklearn
from sklearn import neural_network

from skscratch import compat

if tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9):
    pytest.skip("compat repeats scikit-learn 1.9", allow_module_level=True)


def load_suite():
    """Load the test module with our classes; as in scikit-learn's runs, only tests that say so make warnings errors."""
    path = Path(neural_network.__file__).parent / "tests" / "test_mlp.py"
    spec = importlib.util.spec_from_file_location("sklearn_test_mlp_over_skscratch", path)
    module = importlib.util.module_from_spec(spec)
    classes = {name: getattr(compat, name) for name in compat.__all__}
    with mock.patch.multiple(neural_network, **classes):
        spec.loader.exec_module(module)
    for name, test in vars(module).items():
        if name.startswith("test_"):
            test.pytestmark = [pytest.mark.filterwarnings("default").mark, *getattr(test, "pytestmark", [])]
    return module


SUITE = load_suite()
TESTS = {name: test for name, test in vars(SUITE).items() if name.startswith("test_")}
globals().update(TESTS)


@pytest.fixture
def global_random_seed():
    """The seed of scikit-learn's default runs."""
    return 42


def test_the_suite_is_complete_and_uses_our_classes():
    assert (SUITE.MLPClassifier, SUITE.MLPRegressor) == (compat.MLPClassifier, compat.MLPRegressor)
    assert len(TESTS) >= 43
