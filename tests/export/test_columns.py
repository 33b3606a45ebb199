"""Inputs of exported models: their types, and columns that cannot be exported."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.export import predictor
from skscratch.export.columns import input_specs
from skscratch.export.graph import model_graph
from skscratch.export.numpy import _npz
from skscratch.export.tensor import InputSpec


def fit(X, **options):
    y = np.random.default_rng(0).normal(size=X.shape[0])
    return ScratchMLPRegressor(width=3, max_iter=2, n_estimators=1, random_state=0, **options).fit(X, y)


def types(model, X=None):
    return {spec.name: (str(spec.dtype), spec.width) for spec in input_specs(model, X)}


def load(model, X=None):
    return predictor.load(io.BytesIO(_npz(model_graph(model, input_specs(model, X)), named=True)))


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "count": [1, 2, 3, 4] * 6,
            "size": np.linspace(0, 1, 24).astype(np.float32),
            "old": [True, False] * 12,
            "colour": pd.Categorical(["red", "blue", None] * 8),
            "grade": pd.Categorical([1, 2, None] * 8),
            "floor": pd.Categorical([1, 2, 3] * 8),
            "open": pd.Categorical([True, False] * 12),
        }
    )


CATEGORIES = {"colour": ("object", 1), "grade": ("float64", 1), "floor": ("int64", 1), "open": ("bool", 1)}


def test_types_of_columns(frame):
    numbers = {"count": ("float64", 1), "size": ("float64", 1), "old": ("float64", 1)}
    assert types(fit(frame)) == numbers | CATEGORIES
    numbers = {"count": ("int64", 1), "size": ("float32", 1), "old": ("bool", 1)}
    assert types(fit(frame), frame) == numbers | CATEGORIES


def test_an_array_is_one_matrix(frame):
    X = frame[["count", "size"]].to_numpy(float)
    assert types(fit(X)) == types(fit(X), X) == {"X": ("float64", 2)}
    assert types(fit(X), X.astype(np.float32)) == {"X": ("float32", 2)}
    assert types(fit(X, categorical_features=[0])) == {"X": ("float64", 2)}


def test_an_array_with_strings_is_columns(frame):
    X = frame[["size", "colour"]].astype(object).to_numpy()
    assert types(fit(X, categorical_features=[1])) == {"x0": ("float64", 1), "x1": ("object", 1)}


def test_columns_are_those_of_fit(frame):
    with pytest.raises(ValueError, match="feature names"):
        input_specs(fit(frame), frame[["size", "count"]])


def test_every_spelling_of_a_missing_string(frame):
    model = fit(frame.assign(colour=pd.Categorical(["red", "blue", "green", None] * 6)))
    missing = frame.head(1).assign(colour=pd.Categorical([None], ["red"]))
    p = model.predict(missing)
    exported = load(model)
    columns = missing.to_dict("list")
    for spelling in ("nan", "None", "NaT", "<NA>", None, np.nan, pd.NA, pd.NaT):
        np.testing.assert_allclose(exported.predict(columns | {"colour": [spelling]}), p, rtol=1e-6)
    assert abs(exported.predict(columns | {"colour": ["new"]}) - p) > 1e-6


@pytest.mark.parametrize("spelling", ["nan", "None", "NaT", "<NA>"])
def test_a_category_spelled_like_a_missing_value_is_refused(frame, spelling):
    model = fit(frame.assign(colour=pd.Categorical([spelling, "red", "blue"] * 8)))
    with pytest.raises(ValueError, match=rf"column 3 \('colour'\) must differ .* '{spelling}' is one of them; write"):
        load(model)


def test_categories_of_several_types_are_refused(frame):
    model = fit(frame.assign(colour=pd.Series(["red", "green", 1] * 8, dtype=object)))
    with pytest.raises(
        ValueError, match=r"all strings, all bools or all numbers .*\[1, 'green', 'red'\] \.\.\.; convert"
    ):
        load(model)


def test_categories_beyond_exact_numbers_are_refused(frame):
    """NumPy raised OverflowError above 2**63, and integers above 2**53 can be equal as float64."""
    model = fit(frame.assign(colour=pd.Categorical([1, 2, 10**30] * 8)))
    with pytest.raises(ValueError, match=r"at most 2\*\*53 to be exported, got 10{30}: convert them to strings"):
        load(model)


def test_inputs_of_other_types_are_refused(frame):
    model = fit(frame[["count", "colour"]])
    numbers, strings = np.dtype(float), np.dtype(object)
    with pytest.raises(ValueError, match=r"of column 1 \('X'\) must be of type string.* but it is of type float64"):
        model_graph(model, [InputSpec("X", numbers, 2)])
    with pytest.raises(ValueError, match="Input 'count' must be numeric, as at fit, but its type is string"):
        model_graph(model, [InputSpec("count", strings, 1), InputSpec("colour", strings, 1)])


@pytest.mark.parametrize("name", ["", "variable"])
def test_names_that_cannot_be_inputs_are_refused(frame, name):
    model = fit(frame[["count", "size"]].rename(columns={"count": name}))
    with pytest.raises(ValueError, match="names that differ from each other .* rename them"):
        _ = model_graph(model, input_specs(model)).names


@pytest.mark.filterwarnings("ignore::skscratch.exceptions.ColumnWarning")
def test_a_column_that_does_not_vary(frame):
    model = fit(pd.DataFrame({"same": pd.Categorical(["one"] * 24)}))
    np.testing.assert_allclose(load(model).predict({"same": ["one", "two"]}), [model.predict(model_input())[0]] * 2)


def model_input():
    return pd.DataFrame({"same": pd.Categorical(["one"])})


def test_a_model_of_sparse_rows_reads_an_array(rng):
    from scipy.sparse import csr_array

    X = np.where(rng.random((30, 4)) < 0.5, 0, rng.normal(size=(30, 4)))
    model = fit(csr_array(X))
    np.testing.assert_allclose(load(model).predict(X), model.predict(csr_array(X)), rtol=1e-6)
    missing = np.where(X == 0, np.nan, X)
    np.testing.assert_allclose(load(model).predict(missing), model.predict(csr_array(X)), rtol=1e-6)


@pytest.mark.parametrize("scaling", [None, "standard"])
@pytest.mark.parametrize("is_sparse", [False, True])
def test_numbers_beyond_the_bound_of_inputs_are_clipped(scaling, is_sparse):
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.resize([0, 1], 40)
    options = {"numeric_embedding": None, "init": "glorot_uniform", "max_iter": 2, "random_state": 0}
    model = ScratchMLPClassifier((), scaling=scaling, **options).fit(csr_array(X) if is_sparse else X, y)
    model._model.parameters.values[...] *= 1e-10  # of so large numbers the probabilities are not 0 and 1
    far = np.array([[1e30, 1.0], [1.0, -1e30]])
    np.testing.assert_allclose(load(model).predict_proba(far), model.predict_proba(far), rtol=1e-6)
    assert 0.01 < model.predict_proba(far).min()
