"""scikit-learn's own checks: all of them on the defaults, some of them, with cheap fits, on other configurations."""

import os
import subprocess
import sys

import pytest
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

VARIANTS = [
    dict(solver="lbfgs", init="glorot_uniform", numeric_embedding=None, n_estimators=1, max_iter=60),
    dict(solver="sgd", learning_rate="adaptive", max_iter=30, tol=0.1),
    dict(solver="rmsprop", init="he_normal", learning_rate="one_cycle", activation="tanh"),
    dict(scaling=None, numeric_embedding="piecewise", early_stopping=True, validation_fraction=0.2),
    dict(scaling="quantile", hidden_layer_sizes=(), dtype="float64"),
    dict(scaling="standard", dtype="float32", dropout=0.1, alpha=0.1),
]
CHEAP_CHECKS = [
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_fit2d_1feature",
    "check_methods_sample_order_invariance",
    "check_readonly_memmap_input",
]
SMALL = dict(width=8, depth=2, n_estimators=2, max_iter=8, random_state=0)


def test_tags():
    """The tags decide which of scikit-learn's checks are made, and what other tools pass."""
    classifier, regressor = get_tags(ScratchMLPClassifier()), get_tags(ScratchMLPRegressor())
    assert (classifier.estimator_type, regressor.estimator_type) == ("classifier", "regressor")
    assert classifier.classifier_tags.multi_label and classifier.classifier_tags.multi_class
    assert regressor.target_tags.multi_output and not classifier.target_tags.multi_output
    for tags in (classifier, regressor):
        assert tags.input_tags.sparse and tags.input_tags.allow_nan and not tags.non_deterministic


@parametrize_with_checks([ScratchMLPClassifier(), ScratchMLPRegressor()])
def test_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CHEAP_CHECKS)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(map(str, list(v.values())[:2])))
def test_other_configurations(Estimator, variant, name):
    options = {**SMALL, **variant}
    if "hidden_layer_sizes" in options:
        del options["width"], options["depth"]
    getattr(estimator_checks, name)(Estimator.__name__, Estimator(**options))


def test_column_names(Estimator):
    estimator_checks.check_dataframe_column_names_consistency(Estimator.__name__, Estimator(**SMALL))


@pytest.mark.skipif(not hasattr(estimator_checks, "check_array_api_input"), reason="not in this scikit-learn")
def test_array_api_input():
    """SciPy reads the environment variable when it is first imported, which needs another process."""
    code = (
        "import warnings; warnings.simplefilter('error')\n"
        "from skscratch import ScratchMLPClassifier, ScratchMLPRegressor\n"
        "from sklearn.utils.estimator_checks import check_array_api_input\n"
        "for E in (ScratchMLPClassifier, ScratchMLPRegressor):\n"
        f"    check_array_api_input(E.__name__, E(**{SMALL}), array_namespace='numpy')\n"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    if "SkipTest" in process.stderr:
        pytest.skip(process.stderr.splitlines()[-1])
    assert process.returncode == 0, process.stderr
