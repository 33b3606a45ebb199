"""Saved estimators: pickle, joblib and skops."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, STEADY, scores, two_classes
from numpy.testing import assert_array_equal

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


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_skops_round_trip(Estimator, solver):
    """Its format only has strings and numbers as keys of dictionaries: not None, not False."""
    skops = pytest.importorskip("skops.io")
    categories = {"e": ["x", "y", "z", None], "f": [False, True], "g": [0.5, None, 1.0]}
    columns = {name: pd.Series(np.resize(np.array(v, object), 90), dtype="category") for name, v in categories.items()}
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(**columns)
    model = Estimator(**SMALL | {"solver": solver, "tol": 1.0}, warm_start=True).fit(frame, y)
    file = skops.dumps(model)
    again = skops.loads(file, trusted=skops.get_untrusted_types(data=file))
    assert_array_equal(scores(again, frame), scores(model, frame))
    assert_array_equal(scores(again.fit(frame, y), frame), scores(model.fit(frame, y), frame))


def test_a_pickle_continues(Estimator):
    model = Estimator(**STEADY, batch_size=50)
    model.partial_fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(scores(model.partial_fit(X, y), X), scores(again.partial_fit(X, y), X))
