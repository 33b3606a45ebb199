"""Pipelines with our estimators, converted by skl2onnx."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic
from skscratch.onnx import register

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")
data_types = pytest.importorskip("skl2onnx.common.data_types")

OPTIONS = {"width": 8, "max_iter": 4, "n_estimators": 2, "random_state": 0}


@pytest.fixture(autouse=True)
def registered():
    register()


def run(proto, feeds):
    onnx.checker.check_model(proto, full_check=True)
    return onnxruntime.InferenceSession(proto.SerializeToString()).run(None, feeds)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [["a", "b", "c"], [3, 1, 2], [True, False, False], [1.0, 0.0, 2.0]])
def test_classifier_behind_a_scaler(rng, classes, dtype):
    X = rng.normal(size=(60, 3)).astype(dtype)
    y = np.array(classes)[np.digitize(X[:, 0], [-0.5, 0.5])]
    pipeline = make_pipeline(StandardScaler(), ScratchMLPClassifier(**OPTIONS)).fit(X, y)
    label, p = run(skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False}), {"X": X})
    np.testing.assert_allclose(p, pipeline.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(label, pipeline.predict(X))
    assert p.dtype == dtype
    if dtype == np.float32:  # the only type that maps of ONNX have
        _, maps = run(skl2onnx.to_onnx(pipeline, X[:1]), {"X": X})
        np.testing.assert_allclose(pd.DataFrame(maps).to_numpy(), p, atol=1e-6)


@pytest.mark.parametrize("outputs", [1, 2])
def test_regressor_behind_a_scaler(rng, outputs):
    X = rng.normal(size=(60, 3)).astype(np.float32)
    Y = (X @ rng.normal(size=(3, outputs))).squeeze()
    pipeline = make_pipeline(StandardScaler(), ScratchMLPRegressor(**OPTIONS)).fit(X, Y)
    (y,) = run(skl2onnx.to_onnx(pipeline, X[:1]), {"X": X})
    np.testing.assert_allclose(y, pipeline.predict(X).reshape(60, outputs), atol=1e-5)


def test_labels(rng):
    X = rng.normal(size=(60, 3)).astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), ScratchMLPClassifier(**OPTIONS)).fit(X, (X[:, :2] > 0).astype(int))
    label, p = run(skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False}), {"X": X})
    np.testing.assert_allclose(p, pipeline.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(label, pipeline.predict(X))


def test_column_transformer():
    X, y = load_titanic(return_X_y=True)
    X = X.assign(**{name: X[name].astype("str").fillna("none") for name in ("sex", "embarked")})
    X = X[["age", "fare", "sex", "embarked"]]
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["age", "fare"]),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["sex", "embarked"]),
        ]
    )
    pipeline = make_pipeline(columns, ScratchMLPClassifier(**OPTIONS)).fit(X, y)
    kinds = {"age": data_types.FloatTensorType, "fare": data_types.FloatTensorType}
    types = [(name, kinds.get(name, data_types.StringTensorType)([None, 1])) for name in X]
    proto = skl2onnx.to_onnx(pipeline, initial_types=types, options={"zipmap": False})
    label, p = run(
        proto, {name: X[[name]].to_numpy(object if name in ("sex", "embarked") else np.float32) for name in X}
    )
    np.testing.assert_allclose(p, pipeline.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(label, pipeline.predict(X))


def test_columns_of_several_types_without_a_transformer():
    """Inputs may be grouped, in the order of the columns."""
    X, y = load_titanic(return_X_y=True)
    X = X[["age", "fare", "sex", "embarked"]]
    pipeline = make_pipeline(ScratchMLPClassifier(**OPTIONS)).fit(X, y)
    types = [("numbers", data_types.DoubleTensorType([None, 2])), ("strings", data_types.StringTensorType([None, 2]))]
    proto = skl2onnx.to_onnx(pipeline, initial_types=types, options={"zipmap": False})
    feeds = {"numbers": X[["age", "fare"]].to_numpy(), "strings": X[["sex", "embarked"]].to_numpy(object)}
    label, p = run(proto, feeds)
    np.testing.assert_allclose(p, pipeline.predict_proba(X), atol=1e-5)


def test_a_matrix_in_place_of_mixed_columns_is_refused():
    X, y = load_titanic(return_X_y=True)
    pipeline = make_pipeline(ScratchMLPClassifier(**OPTIONS)).fit(X, y)
    types = [("X", data_types.FloatTensorType([None, X.shape[1]]))]
    with pytest.raises(ValueError, match=r"column 1 \('input_0_X'\) must be of type string.* a matrix of numbers"):
        skl2onnx.to_onnx(pipeline, initial_types=types)
    with pytest.raises(
        ValueError, match="'X' of the model must be of one of the types .* got Int32TensorType; convert"
    ):
        skl2onnx.to_onnx(pipeline, initial_types=[("X", data_types.Int32TensorType([None, 7]))])
    with pytest.raises(ValueError, match="must have 7 columns, as at fit, got 3"):
        skl2onnx.to_onnx(pipeline, initial_types=[("X", data_types.FloatTensorType([None, 3]))])
