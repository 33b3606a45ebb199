"""scikit-learn's own tests of its MLP, with our two classes in place of theirs.

The test module is loaded once more from the installed scikit-learn, while its package offers our classes: so they are
the ones that it imports and parametrises its cases with.
"""

import importlib.util
from pathlib import Path
from unittest import mock

import pytest
import sklearn
from sklearn import neural_network
from sklearn.utils.fixes import parse_version

from skscratch import compat

if parse_version(sklearn.__version__) < parse_version("1.9"):
    pytest.skip("compat repeats scikit-learn 1.9", allow_module_level=True)

# Their suite runs under scikit-learn's settings, in which a warning is no error.
pytestmark = pytest.mark.filterwarnings("default")


def load_suite():
    path = Path(neural_network.__file__).parent / "tests" / "test_mlp.py"
    spec = importlib.util.spec_from_file_location("sklearn_test_mlp_on_skscratch", path)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.multiple(neural_network, MLPClassifier=compat.MLPClassifier, MLPRegressor=compat.MLPRegressor):
        spec.loader.exec_module(module)
    return module


SUITE = load_suite()
TESTS = {name: test for name, test in vars(SUITE).items() if name.startswith("test_")}
globals().update(TESTS)


@pytest.fixture
def global_random_seed():
    """The seed that scikit-learn's runs default to."""
    return 42


def test_the_suite_runs_on_our_classes():
    assert (SUITE.MLPClassifier, SUITE.MLPRegressor) == (compat.MLPClassifier, compat.MLPRegressor)
    assert len(TESTS) >= 43
