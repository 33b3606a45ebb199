"""Searches on clusters: joblib's backends for Dask and Ray, dask-ml's Incremental, and pruning with Optuna."""

import doctest
import importlib
import re
import warnings
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from joblib import parallel_config
from sklearn.datasets import load_iris, make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

from skscratch import ScratchMLPClassifier

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "searches.md"
SMALL = ScratchMLPClassifier(n_estimators=2, max_iter=6, random_state=0)
IRIS = load_iris(return_X_y=True)


@pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
def test_searches_on_dask_are_those_in_this_process(client, search):
    options = {"random_state": 0} if search is HalvingGridSearchCV else {}
    expected = search(SMALL, {"width": [2, 8]}, cv=2, **options).fit(*IRIS)
    with parallel_config("dask"):
        found = search(SMALL, {"width": [2, 8]}, cv=2, **options).fit(*IRIS)
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"])
    assert found.best_params_ == expected.best_params_


def test_search_on_ray():
    ray = pytest.importorskip("ray")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.util.joblib import register_ray

        register_ray()
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
        try:
            with parallel_config("ray"):
                found = GridSearchCV(SMALL, {"width": [2, 8]}, cv=2).fit(*IRIS)
        finally:
            ray.shutdown()
    assert found.best_params_ == GridSearchCV(SMALL, {"width": [2, 8]}, cv=2).fit(*IRIS).best_params_


def test_incremental_trains_on_all_blocks(client):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrappers = pytest.importorskip("dask_ml.wrappers")
        X, y = make_classification(600, 4, random_state=0)
        model = wrappers.Incremental(ScratchMLPClassifier(width=8, n_estimators=2, random_state=0))
        model.fit(da.from_array(X, chunks=(200, 4)), da.from_array(y, chunks=200), classes=[0, 1])
        assert model.estimator_.t_ == 600
        assert model.score(X, y) > 0.7


def test_the_documented_pruning_with_optuna():
    optuna = pytest.importorskip("optuna")
    pytest.importorskip("sklearn.callback")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    blocks = re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    X, y = make_classification(400, 6, random_state=0)
    names = {"X_train": X[:300], "y_train": y[:300], "X_val": X[300:], "y_val": y[300:]}
    names["ScratchMLPClassifier"] = importlib.import_module("skscratch").ScratchMLPClassifier
    test = doctest.DocTestParser().get_doctest(blocks[-1], names, PAGE.name, str(PAGE), 0)
    report = []
    assert doctest.DocTestRunner().run(test, out=report.append, clear_globs=False).failed == 0, "".join(report)
    states = [trial.state.name for trial in test.globs["study"].trials]
    assert len(states) == 6
    assert set(states) <= {"COMPLETE", "PRUNED"}
