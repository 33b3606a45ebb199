"""A fitted model as a value: predictions change nothing, and each depends on its row alone."""

import dataclasses
import pickle

import joblib
import numpy as np
import pytest
from helpers import SMALL, scores, two_classes
from numpy.testing import assert_allclose, assert_array_equal

X, y = two_classes(90)


@pytest.fixture(scope="module")
def model(Estimator):
    """A fitted estimator that no test changes."""
    return Estimator(**SMALL, dropout=0.2, dtype="float64").fit(X, y)


def test_predict_changes_no_attribute(model):
    before = {name: id(value) for name, value in vars(model).items()}
    pickled, expected = pickle.dumps(model), scores(model, X)
    scores(model, 2 * X[:7])
    assert_array_equal(scores(model, X), expected)
    assert {name: id(value) for name, value in vars(model).items()} == before
    assert pickle.dumps(model) == pickled


def test_predictions_of_a_row_do_not_depend_on_other_rows(model):
    many = np.resize(X, (5000, 4))  # more than predict takes at once
    assert_allclose(scores(model, many)[-50:], scores(model, many[-50:]), rtol=1e-10)


def test_one_model_may_predict_in_several_threads(model):
    parts = joblib.Parallel(n_jobs=4, backend="threading")(joblib.delayed(scores)(model, X * s) for s in range(20))
    for s, part in enumerate(parts):
        assert_array_equal(part, scores(model, X * s))


def test_read_only_memory_maps(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert not mapped._model.parameters.values.flags.writeable
    assert_array_equal(scores(mapped, X), scores(model, X))


def test_a_model_with_other_parameters_leaves_the_first_alone(model):
    value = model._model
    values = value.parameters.values.copy()
    other = value.with_parameters(0 * values)
    assert not other.parameters.values.any()
    assert_array_equal(value.parameters.values, values)
    assert other.network is value.network and other.encoder is value.encoder
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.parameters = other.parameters
