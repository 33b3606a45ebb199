"""A fit as scikit-learn's tools see it: copies, pickles, randomness, searches, pipelines, routing."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=8, random_state=0)
ESTIMATORS = [ScratchMLPClassifier, ScratchMLPRegressor]
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)
X, y = make_classification(90, 4, n_informative=3, n_redundant=0, random_state=0)


def scores(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@each_estimator
def test_clone_and_parameters(Estimator):
    model = Estimator(width=3, alpha=0.5, activation=["relu"], random_state=np.random.RandomState(3))
    copied = clone(model)
    assert copied is not model and not hasattr(copied, "coefs_")
    for name, value in model.get_params().items():
        other = copied.get_params()[name]
        assert other == value or name == "random_state"
    assert model.set_params(width=4, max_iter=2) is model and model.width == 4
    with pytest.raises(ValueError, match="Invalid parameter 'widht'"):
        model.set_params(widht=4)


@each_estimator
def test_repr_shows_what_was_set(Estimator):
    assert repr(Estimator(width=3)) == f"{Estimator.__name__}(width=3)"
    assert Estimator.__name__ in Estimator(width=3)._repr_html_()


def test_kind_of_estimator():
    assert is_classifier(ScratchMLPClassifier()) and is_regressor(ScratchMLPRegressor())


@each_estimator
def test_fit_leaves_parameters_as_they_are(Estimator):
    sizes, names = np.array([4, 3]), ["tanh", "relu"]
    model = Estimator(sizes, names, max_iter=2) if Estimator is ScratchMLPClassifier else Estimator(
        "huber", sizes, names, max_iter=2
    )  # fmt: skip
    before = model.get_params()
    model.fit(X, y)
    assert all(model.get_params()[name] is value for name, value in before.items())


@each_estimator
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_pickle_round_trip(Estimator, protocol):
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(e=pd.Categorical(np.resize([*"xyz"], 90)))
    model = Estimator(**SMALL).fit(frame, y)
    again = pickle.loads(pickle.dumps(model, protocol))
    assert_array_equal(scores(again, frame), scores(model, frame))
    assert_array_equal(again.feature_names_in_, model.feature_names_in_)
    assert_array_equal(scores(copy.deepcopy(model), frame), scores(model, frame))


@each_estimator
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_skops_round_trip(Estimator, solver):
    """Its format has no keys of dictionaries but strings and numbers: no missing category, no False."""
    skops = pytest.importorskip("skops.io")
    categories = {"e": ["x", "y", "z", None], "f": [False, True], "g": [0.5, None, 1.0]}
    columns = {name: pd.Series(np.resize(np.array(v, object), 90), dtype="category") for name, v in categories.items()}
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(**columns)
    model = Estimator(**SMALL | {"solver": solver, "tol": 1.0}, warm_start=True).fit(frame, y)
    file = skops.dumps(model)
    again = skops.loads(file, trusted=skops.get_untrusted_types(data=file))
    assert_array_equal(scores(again, frame), scores(model, frame))
    assert_array_equal(scores(again.fit(frame, y), frame), scores(model.fit(frame, y), frame))


@each_estimator
def test_pickle_is_one_copy_of_the_parameters(Estimator):
    """No optimizer's memory, no gradient, no training rows, no second copy of the weights."""
    rows, z = np.resize(X, (900, 4)), np.resize(y, 900)
    model = Estimator(width=100, depth=2, n_estimators=3, max_iter=2, numeric_embedding=None).fit(rows, z)
    weights = sum(W.nbytes for W in model.coefs_) + sum(b.nbytes for b in model.intercepts_)
    size = len(pickle.dumps(model))
    assert weights < size < 1.05 * weights + 8000
    fewer = Estimator(width=100, depth=2, n_estimators=3, max_iter=2, numeric_embedding=None).fit(rows[:300], z[:300])
    assert abs(len(pickle.dumps(fewer)) - size) < 1000


@each_estimator
def test_read_only_memory_maps(Estimator, tmp_path):
    model = Estimator(**SMALL, dropout=0.2).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert not mapped._model.parameters.values.flags.writeable
    assert_array_equal(scores(mapped, X), scores(model, X))


@each_estimator
def test_predict_writes_nothing(Estimator):
    model = Estimator(**SMALL, dropout=0.2).fit(X, y)
    before = {name: id(value) for name, value in vars(model).items()}
    frozen = pickle.dumps(model)
    one = scores(model, X)
    scores(model, 2 * X[:7])
    assert_array_equal(scores(model, X), one)
    assert {name: id(value) for name, value in vars(model).items()} == before
    assert pickle.dumps(model) == frozen


@each_estimator
def test_inputs_are_not_changed(Estimator):
    rows, z, w = X.copy(), y.astype(float), np.ones(90)
    for array in (rows, z, w):
        array.setflags(write=False)
    for scaling in ("robust", "standard", "quantile", None):
        model = Estimator(**SMALL, scaling=scaling, early_stopping=True).fit(rows, z, w)
        model.partial_fit(rows, z, w)
        scores(model, rows)
    assert_array_equal(rows, X)
    assert_array_equal(z, y)


@each_estimator
def test_an_array_after_a_frame_is_warned_of(Estimator):
    model = Estimator(**SMALL).fit(pd.DataFrame(X, columns=list("abcd")), y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)


@each_estimator
def test_predictions_of_a_row_do_not_depend_on_its_company(Estimator):
    model = Estimator(**SMALL, dtype="float64").fit(X, y)
    many = np.resize(X, (5000, 4))  # more than predict takes at once
    np.testing.assert_allclose(scores(model, many)[-50:], scores(model, many[-50:]), rtol=1e-10)


@each_estimator
def test_random_state(Estimator):
    options = {**SMALL, "early_stopping": True}
    one = scores(Estimator(**options).fit(X, y), X)
    assert_array_equal(one, scores(Estimator(**options).fit(X, y), X))
    assert np.abs(one - scores(Estimator(**{**options, "random_state": 1}).fit(X, y), X)).max() > 1e-3
    assert_array_equal(one, scores(Estimator(**{**options, "random_state": np.random.RandomState(0)}).fit(X, y), X))
    model = Estimator(**{**options, "random_state": np.random.RandomState(0)})
    first, second = scores(model.fit(X, y), X), scores(model.fit(X, y), X)  # the generator has moved on
    assert_array_equal(first, one)
    assert np.abs(first - second).max() > 1e-3


@each_estimator
def test_nothing_global_is_random(Estimator):
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one = scores(Estimator(**SMALL).fit(X, y), X)
    assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert_array_equal(one, scores(Estimator(**SMALL).fit(X, y), X))


@each_estimator
def test_before_fit(Estimator):
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        if hasattr(Estimator, method):
            with pytest.raises(NotFittedError, match=f"This {Estimator.__name__} instance is not fitted yet"):
                getattr(Estimator(), method)(X)


@each_estimator
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


@each_estimator
def test_width_and_depth(Estimator):
    def sizes(**options):
        return [b.shape[1] for b in Estimator(max_iter=1, n_estimators=1, **options).fit(X, y).intercepts_[:-1]]

    default = sizes()
    assert sizes(depth=0) == sizes(hidden_layer_sizes=()) == []
    assert sizes(width=5) == [5] * len(default) and sizes(depth=2) == [default[0]] * 2
    assert sizes(width=5, depth=2) == sizes(hidden_layer_sizes=(5, 5)) == [5, 5]
    assert sizes(hidden_layer_sizes=7) == [7] and sizes(hidden_layer_sizes=[7, 3]) == [7, 3]


@each_estimator
def test_a_search_is_the_same_in_parallel(Estimator):
    def results(n_jobs):
        search = GridSearchCV(Estimator(**SMALL), {"width": [3, 6]}, cv=2, n_jobs=n_jobs).fit(X, y)
        return search.cv_results_["mean_test_score"], scores(search, X)

    for one, two in zip(results(1), results(2), strict=True):
        assert_array_equal(one, two)


@each_estimator
def test_weights_are_routed(Estimator):
    w = np.resize([1.0, 3.0, 0.0], 90)
    with sklearn.config_context(enable_metadata_routing=True):
        model = Estimator(**SMALL).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        routed = cross_validate(model, X, y, params={"sample_weight": w}, cv=[(np.arange(80), np.arange(80, 90))],
                                return_estimator=True, error_score="raise")  # fmt: skip
        unasked = Estimator(**SMALL).set_fit_request(sample_weight=False).set_score_request(sample_weight=False)
        plain = cross_validate(unasked, X, y, params={}, cv=[(np.arange(80), np.arange(80, 90))], return_estimator=True)
    fitted = routed["estimator"][0]
    assert_array_equal(scores(fitted, X), scores(Estimator(**SMALL).fit(X[:80], y[:80], w[:80]), X))
    assert_array_equal(scores(plain["estimator"][0], X), scores(Estimator(**SMALL).fit(X[:80], y[:80]), X))


@each_estimator
def test_as_a_step_like_any_other(Estimator):
    pipeline = make_pipeline(StandardScaler(), Estimator(**SMALL)).fit(X, y)
    assert_array_equal(scores(pipeline, X), scores(Estimator(**SMALL).fit(StandardScaler().fit_transform(X), y),
                                                   StandardScaler().fit_transform(X)))  # fmt: skip
    assert permutation_importance(pipeline, X, y, n_repeats=1, random_state=0).importances.shape == (4, 1)
    assert cross_val_predict(pipeline, X, y, cv=2).shape == (90,)


def test_inside_other_estimators():
    assert CalibratedClassifierCV(ScratchMLPClassifier(**SMALL), cv=2).fit(X, y).predict_proba(X).shape == (90, 2)
    assert BaggingClassifier(ScratchMLPClassifier(**SMALL), n_estimators=2).fit(X, y).score(X, y) > 0.6
    assert VotingRegressor([("one", ScratchMLPRegressor(**SMALL))]).fit(X, y).predict(X).shape == (90,)


@each_estimator
def test_a_second_fit_forgets_the_first(Estimator):
    model = Estimator(**SMALL).fit(np.c_[X, X], 1 - y)
    fresh = Estimator(**SMALL).fit(X, y)
    assert_array_equal(scores(model.fit(X, y), X), scores(fresh, X))
    assert model.n_features_in_ == 4 and model.t_ == fresh.t_ and model.loss_curve_ == fresh.loss_curve_


@each_estimator
def test_counts(Estimator):
    model = Estimator(**SMALL).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 8 and model.t_ == 8 * 90
    assert model.n_layers_ == 3 and model.n_outputs_ == 1
    assert all(isinstance(loss, float) for loss in model.loss_curve_)


@each_estimator
def test_one_model_may_predict_in_several_threads(Estimator):
    model = Estimator(**SMALL).fit(X, y)
    parts = joblib.Parallel(n_jobs=4, backend="threading")(joblib.delayed(scores)(model, X * s) for s in range(20))
    for s, part in enumerate(parts):
        assert_array_equal(part, scores(model, X * s))


@each_estimator
def test_pickle_before_fit(Estimator):
    file = io.BytesIO()
    joblib.dump(Estimator(width=3), file)
    file.seek(0)
    assert joblib.load(file).width == 3
