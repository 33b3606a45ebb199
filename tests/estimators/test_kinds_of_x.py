"""Kinds of X: frames of both libraries with missing values, arrays with categories, sparse matrices."""

import numpy as np
import pandas as pd
import pytest
from helpers import scores
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

pl = pytest.importorskip("polars")

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=20, random_state=0)
n = 90
draw = np.random.default_rng(0)
COLUMNS = {
    "age": np.where(draw.random(n) < 0.2, np.nan, draw.normal(30, 10, n)),
    "fare": draw.gamma(2, 10, n).astype(np.float32),
    "siblings": draw.integers(0, 5, n),
    "alone": draw.random(n) < 0.5,
    "sex": np.resize(["male", "female", "female"], n).astype(object),
    "port": np.resize(["C", None, "Q", "S"], n),
}
y = (COLUMNS["sex"] == "female").astype(int)


def pandas_frame(**others):
    frame = pd.DataFrame({**COLUMNS, **others})
    return frame.astype({"port": "category"})


def polars_frame(**others):
    columns = {name: values.tolist() if values.dtype == object else values for name, values in COLUMNS.items()}
    columns["age"] = [None if np.isnan(age) else age for age in COLUMNS["age"]]
    return pl.DataFrame({**columns, **others}).with_columns(pl.col("port").cast(pl.Categorical))


FRAMES = {"pandas": pandas_frame, "polars": polars_frame}
each_frame = pytest.mark.parametrize("library", FRAMES)


def test_pandas_and_polars_give_the_same_model(Estimator):
    of_pandas, of_polars = (Estimator(**SMALL).fit(frame(), y) for frame in FRAMES.values())
    assert_array_equal(scores(of_pandas, pandas_frame()), scores(of_polars, polars_frame()))
    assert_array_equal(scores(of_pandas, pandas_frame()), scores(of_pandas, polars_frame()))
    assert_array_equal(of_pandas.feature_names_in_, [*COLUMNS])
    assert_array_equal(of_pandas.feature_names_in_, of_polars.feature_names_in_)
    assert of_pandas.n_features_in_ == 6


def test_types_of_the_same_values_give_the_same_model(Estimator):
    """Only the values of a column count, not how a library stores them."""
    expected = scores(Estimator(**SMALL).fit(pandas_frame(), y), pandas_frame())
    for change in (
        {"port": object, "sex": "category"},
        {"sex": "string", "port": "string"},
        {"siblings": "Int64", "age": "Float64", "alone": "boolean"},
        {"siblings": float, "alone": int},
        {"alone": bool, "siblings": np.int8},
    ):
        X = pandas_frame().astype(change)
        assert_array_equal(scores(Estimator(**SMALL).fit(X, y), X), expected, err_msg=str(change))


@each_frame
def test_categories_and_missing_values_are_read(Estimator, library):
    """The sex decides y: without the categories nothing could be learned."""
    X = FRAMES[library]()
    assert Estimator(**SMALL).fit(X, y).score(X, y) > 0.95
    without = X.drop(columns="sex") if library == "pandas" else X.drop("sex")
    assert Estimator(**SMALL).fit(without, y).score(without, y) < 0.95


@pytest.mark.filterwarnings("ignore::skscratch.exceptions.ColumnWarning")
@each_frame
def test_values_never_seen(library):
    X = FRAMES[library]()
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    new = FRAMES[library](sex=["unknown"] * n, port=["Z"] * n)
    p = model.predict_proba(new)
    assert np.isfinite(p).all()
    assert_array_equal(p, model.predict_proba(FRAMES[library](sex=["other"] * n, port=["Y"] * n)))


@pytest.mark.filterwarnings("ignore::skscratch.exceptions.ColumnWarning")
@each_frame
@pytest.mark.parametrize("column", ["age", "fare", "siblings", "sex", "port"])
def test_a_column_all_missing(library, column):
    X = FRAMES[library]()
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    missing = FRAMES[library](**{column: [None] * n})
    p = model.predict_proba(missing)
    assert p.shape == (n, 2) and np.isfinite(p).all()
    assert np.isfinite(ScratchMLPClassifier(**SMALL).fit(missing, y).predict_proba(missing)).all()


def test_numbers_all_missing_at_fit():
    X = np.column_stack([np.full(n, np.nan), y])
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    assert model.score(X, y) == 1
    assert_array_equal(model.predict(np.column_stack([np.arange(n), y])), y)


def test_missing_numbers_carry_information(rng):
    X = rng.normal(size=(n, 2))
    X[y == 1, 0] = np.nan
    assert ScratchMLPClassifier(**dict(SMALL, max_iter=100)).fit(X, y).score(X, y) == 1


@each_frame
def test_other_columns(Estimator, library):
    X = FRAMES[library]()
    model = Estimator(**SMALL).fit(X, y)
    reordered = X[[*COLUMNS][::-1]]
    with pytest.raises(ValueError, match="Feature names must be in the same order as they were in fit"):
        model.predict(reordered)
    renamed = X.rename(columns={"age": "years"}) if library == "pandas" else X.rename({"age": "years"})
    with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- years"):
        model.predict(renamed)
    with pytest.raises(ValueError, match="Feature names seen at fit time, yet now missing"):
        model.predict(X[[*COLUMNS][:-1]])
    with pytest.raises(ValueError, match="names"):
        model.fit(X, y, X_val=renamed, y_val=y)


@each_frame
def test_dates_are_no_numbers(library):
    days = pd.date_range("1912-04-10", periods=n)
    if library == "pandas":
        frame = pandas_frame(age=days)
    else:
        frame = polars_frame().with_columns(age=pl.Series(days.to_pydatetime().tolist()))
    with pytest.raises(ValueError, match="Column 'age' of X must be numeric, but it has the type datetime"):
        ScratchMLPClassifier().fit(frame, y)


@each_frame
def test_infinity(library):
    with pytest.raises(ValueError, match=r"X must be finite or NaN \(missing\), but column 'fare' contains infinity"):
        ScratchMLPClassifier().fit(FRAMES[library](fare=np.full(n, np.inf)), y)
    model = ScratchMLPClassifier(**SMALL).fit(FRAMES[library](), y)
    with pytest.raises(ValueError, match="column 'fare' contains infinity"):
        model.predict(FRAMES[library](fare=np.full(n, -np.inf)))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_infinity_in_arrays(make):
    X = np.eye(6)
    X[2, 4] = np.inf
    with pytest.raises(ValueError, match="column 'x4' contains infinity"):
        ScratchMLPRegressor().fit(make(X), np.arange(6.0))


@pytest.mark.parametrize("output", ["pandas", "polars", "default"])
def test_transformers_with_set_output(output):
    """A transformer may return a frame: its names and categories are used."""
    numbers = ColumnTransformer(
        [("fill", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "fare"])],
        remainder="passthrough" if output != "default" else "drop",
    ).set_output(transform=output)
    X = polars_frame() if output == "polars" else pandas_frame()
    model = make_pipeline(numbers, ScratchMLPClassifier(**SMALL)).fit(X, y)
    assert model.predict_proba(X).shape == (n, 2)
    if output == "default":
        assert not hasattr(model[-1], "feature_names_in_")
    else:
        assert model.score(X, y) > 0.95
        assert model.feature_names_in_.tolist() == [*COLUMNS]
        names = ["fill__age", "fill__fare", *(f"remainder__{name}" for name in [*COLUMNS][2:])]
        assert model[-1].feature_names_in_.tolist() == names


def test_sparse_formats_give_the_same_model(Estimator, rng):
    """Sparse X has a scaling of its own (no centre), so it equals other sparse X, not the dense array."""
    X = np.where(rng.random((n, 5)) < 0.3, rng.normal(2, 3, (n, 5)), 0)
    model = Estimator(**SMALL).fit(sparse.csr_array(X), y)
    expected = scores(model, sparse.csr_array(X))
    for make in (sparse.csc_array, sparse.coo_array, sparse.csr_matrix, sparse.csc_matrix, sparse.lil_array):
        assert_array_equal(scores(Estimator(**SMALL).fit(make(X), y), make(X)), expected)
    assert_allclose(scores(model, X), expected, rtol=1e-10)
    frame = pd.DataFrame.sparse.from_spmatrix(sparse.csc_matrix(X), columns=[*"abcde"])
    assert_array_equal(scores(Estimator(**SMALL).fit(frame, y), frame), expected)


def test_sparse_and_dense_give_the_same_model_without_scaling(rng):
    X = np.where(rng.random((n, 5)) < 0.3, rng.normal(size=(n, 5)), 0)
    options = dict(SMALL, scaling=None, init="he_normal", numeric_embedding=None)
    dense = ScratchMLPClassifier(**options).fit(X, y).predict_proba(X)
    assert_allclose(dense, ScratchMLPClassifier(**options).fit(sparse.csr_array(X), y).predict_proba(X), atol=1e-10)


def test_sparse_x_in_batches(rng):
    X = sparse.csr_array(np.where(rng.random((600, 40)) < 0.1, rng.random((600, 40)), 0))
    z = np.asarray(X.sum(axis=1)).ravel()
    model = ScratchMLPRegressor(**dict(SMALL, max_iter=60)).fit(X, z)
    assert model.validation_scores_ is not None and model.score(X, z) > 0.6


@pytest.mark.filterwarnings("ignore::skscratch.exceptions.ColumnWarning")
def test_categories_of_an_array(rng):
    """A mask, positions and names mean the same as the dtypes of a frame."""
    X = np.column_stack([rng.normal(size=n), np.resize([3, 1, 2], n)])
    z = (X[:, 1] == 2).astype(int)
    mask = ScratchMLPClassifier(**SMALL, categorical_features=[False, True]).fit(X, z)
    index = ScratchMLPClassifier(**SMALL, categorical_features=[1]).fit(X, z)
    frame = pd.DataFrame(X, columns=["a", "b"]).astype({"b": "category"})
    dtype = ScratchMLPClassifier(**SMALL).fit(frame, z)
    name = ScratchMLPClassifier(**SMALL, categorical_features=["b"]).fit(pd.DataFrame(X, columns=["a", "b"]), z)
    array = ScratchMLPClassifier(**SMALL, categorical_features=np.array([False, True])).fit(X, z)
    expected = mask.predict_proba(X)
    assert mask.score(X, z) > 0.9
    for model, given in ((index, X), (array, X), (dtype, frame), (name, pd.DataFrame(X, columns=["a", "b"]))):
        assert_array_equal(model.predict_proba(given), expected)
    new = np.column_stack([X[:, 0], np.full(n, 99)])
    newer = np.column_stack([X[:, 0], np.full(n, -5)])
    assert_array_equal(mask.predict_proba(new), mask.predict_proba(newer))


@pytest.mark.parametrize("categorical_features", [None, []])
def test_no_categorical_features(categorical_features):
    X = pandas_frame()
    with pytest.raises(ValueError, match="Column 'sex' of X must be numeric, but it is not .* list it in categorical"):
        ScratchMLPClassifier(categorical_features=categorical_features).fit(X, y)


@pytest.mark.parametrize(
    "given, message",
    [
        ([True, False], "must have one entry per column when it is a mask, but it has 2 and X has 6 columns"),
        ([6], "must hold positions from 0 to 5"),
        ([-1], "must hold positions from 0 to 5"),
        (["Sex"], "holds 'Sex', which must be, but is not, a column of X; did you mean 'sex'?"),
        ([1.5], "must be 'from_dtype', None, a mask"),
    ],
)
def test_bad_categorical_features(given, message):
    with pytest.raises(ValueError, match=message):
        ScratchMLPClassifier(categorical_features=given).fit(pandas_frame(), y)


def test_names_need_a_frame():
    with pytest.raises(ValueError, match="holds the name 'sex', but X must be a DataFrame to have names"):
        ScratchMLPClassifier(categorical_features=["sex"]).fit(np.eye(90), y)


@each_frame
def test_frames_are_not_changed(Estimator, library):
    X = FRAMES[library]()
    Estimator(**SMALL).fit(X, y).predict(X)
    assert X.equals(FRAMES[library]())


def test_objects_that_are_numbers_in_an_array(rng):
    X = rng.normal(size=(n, 2))
    assert_array_equal(
        ScratchMLPClassifier(**SMALL).fit(X.astype(object), y).predict_proba(X),
        ScratchMLPClassifier(**SMALL).fit(X, y).predict_proba(X),
    )


def test_strings_in_an_array_of_objects():
    """They are categories, as in the frame of which a tool of scikit-learn has made the array."""
    X = pandas_frame()
    cells = X.to_numpy(object)
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    assert_array_equal(ScratchMLPClassifier(**SMALL).fit(cells, y).predict_proba(cells), model.predict_proba(X))
    with pytest.raises(ValueError, match="could not convert string to float"):
        ScratchMLPClassifier(categorical_features=None).fit(cells, y)


@pytest.mark.parametrize("embedding", [None, "periodic", "piecewise"])
def test_a_frame_with_only_categories(embedding):
    X = pandas_frame()[["sex", "port"]]
    model = ScratchMLPClassifier(**SMALL, numeric_embedding=embedding).fit(X, y)
    assert model.score(X, y) == 1


@pytest.mark.filterwarnings("ignore::skscratch.exceptions.ColumnWarning")
def test_a_table_without_information():
    X = pd.DataFrame({"a": np.ones(n), "b": ["same"] * n})
    p = ScratchMLPClassifier(**SMALL).fit(X, y).predict_proba(X)[:, 1]
    assert_allclose(p, y.mean(), atol=0.05)
    only = pd.DataFrame({"b": ["same"] * n})
    assert_allclose(ScratchMLPClassifier(**SMALL).fit(only, y).predict_proba(only)[:, 1], y.mean(), atol=0.05)


@pytest.mark.parametrize("scaling", ["robust", "standard", "quantile", None])
@pytest.mark.parametrize("embedding", [None, "periodic", "piecewise"])
def test_every_scaling_with_every_embedding(scaling, embedding, rng):
    """A sine of one column is learned, with a constant column beside it."""
    X = np.column_stack([rng.uniform(-1, 1, n), np.ones(n)])
    z = np.sin(6 * X[:, 0])
    model = ScratchMLPRegressor(
        width=32, n_estimators=2, max_iter=80, random_state=0, scaling=scaling, numeric_embedding=embedding
    ).fit(X, z)
    assert model.score(X, z) > 0.8


def test_scaling_makes_units_irrelevant(rng):
    X = rng.normal(size=(n, 2))
    for scaling in ("robust", "standard", "quantile"):
        one = ScratchMLPClassifier(**SMALL, scaling=scaling).fit(X, y).predict_proba(X)
        other = ScratchMLPClassifier(**SMALL, scaling=scaling).fit(1024 * X, y).predict_proba(1024 * X)
        assert_allclose(one, other, atol=1e-6)
    one = ScratchMLPClassifier(**SMALL, scaling=None).fit(X, y).predict_proba(X)
    other = ScratchMLPClassifier(**SMALL, scaling=None).fit(1024 * X, y).predict_proba(1024 * X)
    assert np.abs(one - other).max() > 0.01
