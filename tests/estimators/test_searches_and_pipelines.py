"""The estimators inside the tools of scikit-learn: searches, pipelines, metadata routing, meta-estimators."""

import numpy as np
import sklearn
from helpers import ESTIMATORS, SMALL, scores, two_classes
from numpy.testing import assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

X, y = two_classes(90)


def test_grid_over_width_and_depth(Estimator):
    search = GridSearchCV(
        Estimator(n_estimators=1, max_iter=3, random_state=0), {"width": [3, 6], "depth": [0, 1, 2]}, cv=2
    )
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 6 and np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    assert len(best.coefs_) == 1 + search.best_params_["depth"]
    shapes = [(1, search.best_params_["width"])] * search.best_params_["depth"] + [(1, 1)]
    assert [b.shape for b in best.intercepts_] == shapes


def test_a_search_is_the_same_in_parallel():
    def results(Estimator, n_jobs):
        search = GridSearchCV(Estimator(**SMALL), {"width": [3, 6]}, cv=2, n_jobs=n_jobs).fit(X, y)
        return search.cv_results_["mean_test_score"], scores(search, X)

    for Estimator in ESTIMATORS:
        for one, two in zip(results(Estimator, 1), results(Estimator, 2), strict=True):
            assert_array_equal(one, two)


def test_weights_are_routed(Estimator):
    w = np.resize([1.0, 3.0, 0.0], 90)
    with sklearn.config_context(enable_metadata_routing=True):
        model = Estimator(**SMALL).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        routed = cross_validate(model, X, y, params={"sample_weight": w}, cv=[(np.arange(80), np.arange(80, 90))],
                                return_estimator=True, error_score="raise")  # fmt: skip
        unrouted = Estimator(**SMALL).set_fit_request(sample_weight=False).set_score_request(sample_weight=False)
        plain = cross_validate(
            unrouted, X, y, params={}, cv=[(np.arange(80), np.arange(80, 90))], return_estimator=True
        )
    fitted = routed["estimator"][0]
    assert_array_equal(scores(fitted, X), scores(Estimator(**SMALL).fit(X[:80], y[:80], w[:80]), X))
    assert_array_equal(scores(plain["estimator"][0], X), scores(Estimator(**SMALL).fit(X[:80], y[:80]), X))


def test_as_a_step_of_a_pipeline(Estimator):
    pipeline = make_pipeline(StandardScaler(), Estimator(**SMALL)).fit(X, y)
    assert_array_equal(scores(pipeline, X), scores(Estimator(**SMALL).fit(StandardScaler().fit_transform(X), y),
                                                   StandardScaler().fit_transform(X)))  # fmt: skip
    assert permutation_importance(pipeline, X, y, n_repeats=1, random_state=0).importances.shape == (4, 1)
    assert cross_val_predict(pipeline, X, y, cv=2).shape == (90,)


def test_inside_other_estimators():
    assert CalibratedClassifierCV(ScratchMLPClassifier(**SMALL), cv=2).fit(X, y).predict_proba(X).shape == (90, 2)
    assert BaggingClassifier(ScratchMLPClassifier(**SMALL), n_estimators=2).fit(X, y).score(X, y) > 0.6
    assert VotingRegressor([("one", ScratchMLPRegressor(**SMALL))]).fit(X, y).predict(X).shape == (90,)
