"""Saved estimators: pickle, joblib and skops."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, STEADY, ignore_convergence, scores, two_classes
from numpy.testing import assert_array_equal

from skscratch import __version__, skops_types
from skscratch.compat import MLPClassifier, MLPRegressor
from skscratch.core import Adam, Relu
from skscratch.estimators import pickles
from skscratch.exceptions import VersionWarning

X, y = two_classes(90)


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_pickle_round_trip(Estimator, protocol):
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(e=pd.Categorical(np.resize([*"xyz"], 90)))
    model = Estimator(**SMALL).fit(frame, y)
    again = pickle.loads(pickle.dumps(model, protocol))
    assert_array_equal(scores(again, frame), scores(model, frame))
    assert_array_equal(again.feature_names_in_, model.feature_names_in_)
    assert_array_equal(scores(copy.deepcopy(model), frame), scores(model, frame))


def test_pickle_before_fit(Estimator):
    file = io.BytesIO()
    joblib.dump(Estimator(width=3), file)
    file.seek(0)
    assert joblib.load(file).width == 3


def test_pickle_is_one_copy_of_the_parameters(Estimator):
    """It has no optimizer state, no gradients, no columns of training rows and no second copy of the weights.

    Of each row that was left out of training it has its number, output and target: at most 12 bytes.
    """
    rows, z = np.resize(X, (900, 4)), np.resize(y, 900)
    model = Estimator(width=100, depth=2, n_estimators=3, max_iter=2, numeric_embedding=None).fit(rows, z)
    weights = sum(W.nbytes for W in model.coefs_) + sum(b.nbytes for b in model.intercepts_)
    size = len(pickle.dumps(model))
    assert weights < size < 1.05 * weights + 8000
    fewer = Estimator(width=100, depth=2, n_estimators=3, max_iter=2, numeric_embedding=None).fit(rows[:300], z[:300])
    assert abs(len(pickle.dumps(fewer)) - size) < 1000 + 12 * (270 - 90)


def table_with_categories():
    """Return a frame with categories of several types; skops has no dictionaries with the keys None and False."""
    categories = {"e": ["x", "y", "z", None], "f": [False, True], "g": [0.5, None, 1.0]}
    columns = {name: pd.Series(np.resize(np.array(v, object), 90), dtype="category") for name, v in categories.items()}
    return pd.DataFrame(X, columns=[*"abcd"]).assign(**columns)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_skops_round_trip(Estimator, solver):
    skops = pytest.importorskip("skops.io")
    frame = table_with_categories()
    model = Estimator(**SMALL | {"solver": solver, "tol": 1.0}, warm_start=True).fit(frame, y)
    again = skops.loads(skops.dumps(model), trusted=skops_types())
    assert_array_equal(scores(again, frame), scores(model, frame))
    assert_array_equal(scores(again.fit(frame, y), frame), scores(model.fit(frame, y), frame))


OPTIONS = {
    "solver": ["sgd", "rmsprop", "adamw", Adam()],
    "activation": ["tanh", "gelu", "silu", "selu"],
    "learning_rate": ["constant", "invscaling", "one_cycle", "coslog4"],
    "numeric_embedding": [None, "periodic", "piecewise"],
    "scaling": [None, "standard", "quantile"],
    "init": ["zeros", "he_uniform", "lecun_normal"],
    "dropout": [0.2],
}


@ignore_convergence
@pytest.mark.parametrize(("parameter", "value"), [(name, value) for name in OPTIONS for value in OPTIONS[name]])
def test_skops_needs_no_other_types_than_ours(Estimator, parameter, value):
    skops = pytest.importorskip("skops.io")
    model = Estimator(**SMALL | {parameter: value}, warm_start=True).fit(table_with_categories(), y)
    assert set(skops.get_untrusted_types(data=skops.dumps(model))) <= set(skops_types())


def test_skops_refuses_types_of_users(Estimator):
    skops = pytest.importorskip("skops.io")

    class Mine(Relu, name="mine"):
        pass

    Mine.__qualname__ = "Mine"
    model = Estimator(**SMALL, activation=Mine()).fit(X, y)
    assert not any("Mine" in name for name in skops_types())
    with pytest.raises(TypeError, match="Mine"):
        skops.loads(skops.dumps(model), trusted=skops_types())


@pytest.mark.parametrize("fitted", [True, False])
def test_a_pickle_of_another_version_warns(Estimator, monkeypatch, fitted):
    model = Estimator(**SMALL)
    if fitted:
        model.fit(X, y)
    with monkeypatch.context() as other:
        other.setattr(pickles, "__version__", "0.0.7")
        file = pickle.dumps(model)
    sentence = rf"this {Estimator.__name__} should be read by skscratch 0.0.7, .* this is {__version__}"
    with pytest.warns(VersionWarning, match=sentence):
        again = pickle.loads(file)
    assert vars(again).keys() == vars(model).keys()
    copy.deepcopy(again)  # its version is that of this package


def test_joblib_and_skops_warn_of_another_version(Estimator, monkeypatch):
    skops = pytest.importorskip("skops.io")
    model, file = Estimator(**SMALL).fit(X, y), io.BytesIO()
    with monkeypatch.context() as other:
        other.setattr(pickles, "__version__", "0.0.7")
        joblib.dump(model, file)
        data = skops.dumps(model)
    file.seek(0)
    with pytest.warns(VersionWarning):
        assert_array_equal(scores(joblib.load(file), X), scores(model, X))
    with pytest.warns(VersionWarning):
        assert_array_equal(scores(skops.loads(data, trusted=skops_types()), X), scores(model, X))


def test_a_pickle_without_a_version_loads(Estimator):
    """As those from before versions were stored."""
    model = Estimator(**SMALL).fit(X, y)
    again = Estimator.__new__(Estimator)
    again.__setstate__({name: value for name, value in model.__getstate__().items() if name != "_skscratch_version"})
    assert_array_equal(scores(again, X), scores(model, X))


def test_a_pickle_continues(Estimator):
    model = Estimator(**STEADY, batch_size=50)
    model.partial_fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(scores(model.partial_fit(X, y), X), scores(again.partial_fit(X, y), X))


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_pickles_of_compat_have_the_version(cls, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(pickles, "__version__", "0.0.7")
        file = pickle.dumps(cls())
    with pytest.warns(VersionWarning, match=f"this {cls.__name__} should be read by skscratch 0.0.7"):
        pickle.loads(file)
