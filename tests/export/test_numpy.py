"""The module that predicts with NumPy alone: what it imports, its files and its errors."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic
from skscratch.exceptions import ColumnWarning
from skscratch.export import apply, predictor, rule, tensor, to_numpy

SCRIPT = """
import sys

class NoOther:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("skscratch", "sklearn", "scipy", "pandas"):
            raise ImportError(name)

sys.meta_path.insert(0, NoOther())
import json, predict
X = json.loads(sys.argv[1])
print(json.dumps(predict.load().predict_proba(X).tolist()))
"""


@pytest.fixture(scope="module")
def titanic():
    X, y = load_titanic(return_X_y=True)
    return ScratchMLPClassifier(width=8, max_iter=4, n_estimators=2, random_state=0).fit(X, y), X


def test_the_module_is_short_and_imports_numpy_alone():
    text = Path(predictor.__file__).read_text(encoding="utf-8")
    names = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names - sys.stdlib_module_names == {"numpy"} and len(text.splitlines()) <= 150


def test_a_process_without_scikit_learn(titanic, tmp_path):
    model, X = titanic
    to_numpy(model, tmp_path / "predict.py")
    columns = {name: [None if pd.isna(x) else x for x in X[name].head(50)] for name in X}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(columns)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    np.testing.assert_allclose(json.loads(done.stdout), model.predict_proba(X.head(50)), rtol=1e-6)


def test_a_row_a_frame_and_many_rows(titanic, tmp_path):
    model, X = titanic
    to_numpy(model, tmp_path / "predict.py")
    exported, p = predictor.load(tmp_path / "predict.npz"), model.predict_proba(X)
    np.testing.assert_allclose(exported.predict_proba(X), p, rtol=1e-6)
    np.testing.assert_allclose(exported.predict_proba(X.iloc[0].to_dict()), p[:1], rtol=1e-6)
    many = pd.concat([X] * 3)
    assert len(many) > 2 * predictor.ROWS
    np.testing.assert_allclose(exported.predict_proba(many), np.concatenate([p] * 3), rtol=1e-6)
    np.testing.assert_array_equal(exported.predict(X), model.predict(X))


def test_errors_of_the_module(titanic, tmp_path, rng):
    model, X = titanic
    to_numpy(model, tmp_path / "predict.py")
    exported, row = predictor.load(tmp_path / "predict.npz"), X.iloc[0].to_dict()
    with pytest.raises(ValueError, match=r"X must have the columns .*, but \['age'\] are missing; pass"):
        exported.predict({name: value for name, value in row.items() if name != "age"})
    with pytest.raises(ValueError, match=r"must have shape \(n, 1\), n > 0 for all inputs, got \("):
        exported.predict(row | {"age": [1, 2]})
    X = rng.normal(size=(30, 2))
    to_numpy(ScratchMLPRegressor(max_iter=1).fit(X, X[:, 0]), tmp_path / "predict.py")
    exported = predictor.load(tmp_path / "predict.npz")
    with pytest.raises(AttributeError, match="use predict"):
        exported.predict_proba(X)
    for wrong in (X[:, :1], X[:0]):
        with pytest.raises(ValueError, match="'X' must have shape"):
            exported.predict(wrong)


KINDS = {
    "array": lambda X: X.to_numpy(),
    "list": lambda X: X.to_numpy().tolist(),
    "tuples": lambda X: tuple(X.itertuples(index=False, name=None)),
    "pandas": lambda X: X,
    "polars": lambda X: pytest.importorskip("polars").from_pandas(X),
    "pyarrow": lambda X: pytest.importorskip("pyarrow").Table.from_pandas(X),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [["age", "fare"], ["pclass", "sex", "age"], ["age"], ["sex"]])
@pytest.mark.parametrize("named", [True, False], ids=["frame", "array"])
def test_columns_by_position_and_by_name(tmp_path, named, names, kind):
    """A matrix was refused after a fit to a frame, and a frame after a fit to an array."""
    X, y = load_titanic(return_X_y=True)
    rows = slice(0, 1200, 20)
    X = X[names].iloc[rows].reset_index(drop=True)
    model = ScratchMLPClassifier(width=4, max_iter=2, n_estimators=1, random_state=0)
    model.fit(X if named else X.to_numpy(), y.iloc[rows])
    to_numpy(model, tmp_path / "predict.py")
    exported = predictor.load(tmp_path / "predict.npz")
    expected = model.predict_proba(X if named else X.to_numpy())
    np.testing.assert_allclose(exported.predict_proba(KINDS[kind](X)), expected, rtol=1e-6)
    if len(names) > 1:
        if named:  # in any order
            np.testing.assert_allclose(exported.predict_proba(X[names[::-1]]), expected, rtol=1e-6)
        with pytest.raises(ValueError, match=r"^X must .*got shape|^'X' must have shape|are missing"):
            exported.predict(KINDS[kind](X.iloc[:, 1:]))


def test_a_column_that_is_not_used_has_a_position(tmp_path, rng):
    """A constant column of strings is no input of the network."""
    X = pd.DataFrame({"constant": "a", "sex": ["m", "f"] * 15, "x": rng.normal(size=30)})
    with pytest.warns(ColumnWarning, match="nothing is learned from 'constant'"):
        model = ScratchMLPRegressor(width=4, max_iter=2, n_estimators=1, random_state=0).fit(X, X["x"])
    to_numpy(model, tmp_path / "predict.py")
    exported, expected = predictor.load(tmp_path / "predict.npz"), model.predict(X)
    np.testing.assert_allclose(exported.predict(X.to_numpy()), expected, rtol=1e-6)
    np.testing.assert_allclose(exported.predict(X[["x", "sex"]]), expected, rtol=1e-6)


def test_rows_in_other_shapes_are_refused(titanic, tmp_path, rng):
    """The error said that the columns are missing, or was one of NumPy."""
    model, X = titanic
    to_numpy(model, tmp_path / "predict.py")
    exported, rows = predictor.load(tmp_path / "predict.npz"), X.head(3)
    for wrong in (rows.to_dict("records"), rows.to_numpy()[:, :3], rows.to_numpy()[0]):
        with pytest.raises(ValueError, match=r"X must be a matrix with the columns \['pclass', .*got shape"):
            exported.predict(wrong)
    X = rng.normal(size=(30, 2))
    to_numpy(ScratchMLPRegressor(max_iter=1).fit(X, X[:, 0]), tmp_path / "predict.py")
    exported = predictor.load(tmp_path / "predict.npz")
    assert exported.predict(X[0]).shape == (1,)
    for wrong in (np.ones(5), np.ones(4), np.ones((1, 30, 2))):
        with pytest.raises(ValueError, match=r"'X' must have shape \(n, 2\), .* got \("):
            exported.predict(wrong)


def test_missing_numbers_of_every_kind(titanic, tmp_path):
    """pandas.NA was refused by NumPy."""
    model, X = titanic
    to_numpy(model, tmp_path / "predict.py")
    exported, expected = predictor.load(tmp_path / "predict.npz"), model.predict_proba(X.head(4).assign(age=np.nan))
    for missing in (None, pd.NA, pd.NaT, [None, pd.NA, pd.NaT, float("nan")]):
        age = pd.Series(missing, index=range(4), dtype=object)
        np.testing.assert_allclose(exported.predict_proba(X.head(4).assign(age=age)), expected, rtol=1e-6)


@pytest.mark.parametrize("age", ["22", 10**400, {}, 1j, pd.Timestamp(2020, 1, 1)])
def test_cells_that_are_no_numbers_are_refused(titanic, tmp_path, age):
    """A string of digits became a number, in a column in which the estimator refuses strings."""
    model, X = titanic
    to_numpy(model, tmp_path / "predict.py")
    row = {name: [x] for name, x in X.iloc[0].items()} | {"age": [age]}
    with pytest.raises(ValueError, match=r"'age' must hold numbers, truth values and missing values \(.*\); convert"):
        predictor.load(tmp_path / "predict.npz").predict(row)


def test_a_missing_date_is_missing(tmp_path):
    """As a number, the smallest of int64, it was a value that fit had not seen."""
    X = pd.DataFrame({"day": np.array([0, "NaT"] * 15, "datetime64[ns]")})
    model = ScratchMLPClassifier(width=2, max_iter=4, categorical_features=["day"], random_state=0)
    model.fit(X, np.resize([0, 1], 30))
    to_numpy(model, tmp_path / "predict.py", X)
    exported, expected = predictor.load(tmp_path / "predict.npz"), model.predict_proba(X)
    np.testing.assert_allclose(exported.predict_proba(X), expected, rtol=1e-6)
    assert abs(exported.predict_proba({"day": [7]})[0, 0] - expected[1, 0]) > 1e-4  # a new category


@pytest.mark.parametrize("size", [1e300, 1e-46])
def test_targets_that_float32_cannot_hold(tmp_path, rng, size):
    """Rows in float32 had predictions in float32: infinity, and zero."""
    X = rng.normal(size=(40, 2)).astype(np.float32)
    model = ScratchMLPRegressor(max_iter=2, random_state=0).fit(X, X[:, 0].astype(float) * size)
    to_numpy(model, tmp_path / "predict.py", X)
    np.testing.assert_allclose(predictor.load(tmp_path / "predict.npz").predict(X), model.predict(X), rtol=1e-4)


def test_labels_that_are_dates_are_refused(tmp_path, rng):
    """Those of an exported model were strings, and onnx raised an error of its own."""
    X, days = rng.normal(size=(40, 2)), np.array(["2020-01-01", "2021-01-01"], "M8[D]")
    model = ScratchMLPClassifier(max_iter=1).fit(X, days[(X[:, 0] > 0).astype(int)])
    with pytest.raises(ValueError, match="labels must be strings, truth values or numbers to be exported, got"):
        to_numpy(model, tmp_path / "predict.py")


def test_what_cannot_be_exported_changes_no_file(titanic, tmp_path, monkeypatch):
    model, X = titanic
    path = tmp_path / "predict.py"
    to_numpy(model, path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr(tensor, "RULES", dict(tensor.RULES))

    @rule(np.maximum)
    def maximum(x, y):
        return apply("Relu", x)

    with pytest.raises(ValueError, match=r"operators of skscratch.export.predictor, but it has \['Relu'\]"):
        to_numpy(model, path)
    with pytest.raises(ValueError, match="path must end with '.py'"):
        to_numpy(model, tmp_path / "predict")
    with pytest.raises(TypeError, match="fitted ScratchMLPClassifier or ScratchMLPRegressor, got dict"):
        to_numpy({}, path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_write_that_fails_changes_no_file(titanic, tmp_path, monkeypatch):
    def full(*_):
        raise OSError("no space left")

    to_numpy(titanic[0], tmp_path / "predict.py")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        to_numpy(titanic[0], tmp_path / "predict.py")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_file_has_no_pickle(titanic, tmp_path):
    to_numpy(titanic[0], tmp_path / "predict.py")
    with np.load(tmp_path / "predict.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)
