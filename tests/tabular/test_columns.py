"""Reading X: kinds of columns, every kind of missing value, and errors."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from skscratch.tabular import find_categories, read_table

pl = pytest.importorskip("polars")

DATA = {
    "age": [22.0, None, 38.0],
    "sibsp": [1, 0, None],
    "adult": [True, None, False],
    "sex": ["male", "female", None],
}


def assert_is_data(raw):
    """Assert that the raw table is that of DATA."""
    expected = [[22, 1, 1], [np.nan, 0, np.nan], [38, np.nan, 0]]
    np.testing.assert_array_equal(raw.numeric, expected)
    assert raw.numeric.dtype == np.float64
    assert [values.tolist() for values in raw.categories] == [["male", "female", None]]
    assert (raw.numeric_names, raw.category_names) == (["age", "sibsp", "adult"], ["sex"])


@pytest.mark.parametrize("text", ["object", "string", "category", "str"])
def test_pandas(text, read):
    X = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in DATA.items()})
    X = X.astype({"age": "float64", "sibsp": "Int64", "adult": "boolean"})
    if text != "str":
        X["sex"] = X["sex"].astype(text)
    elif pd.Series(["a"]).dtype == "str":
        X["sex"] = pd.Series(DATA["sex"])
    assert_is_data(read(X))


@pytest.mark.parametrize("text", [pl.String, pl.Categorical, pl.Enum(["female", "male"])])
def test_polars(text, read):
    assert_is_data(read(pl.DataFrame(DATA).with_columns(pl.col("sex").cast(text))))


def test_arrow(read):
    pa = pytest.importorskip("pyarrow")
    kinds = {"age": pa.float64(), "sibsp": pa.int64(), "adult": pa.bool_(), "sex": pa.string()}
    X = pd.DataFrame(DATA)
    assert_is_data(
        read(pd.DataFrame({name: pd.array(X[name], dtype=pd.ArrowDtype(kind)) for name, kind in kinds.items()}))
    )


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, float("nan")])
def test_every_kind_of_missing_among_objects(missing, read):
    X = pd.DataFrame({"number": pd.Series([1, missing, 2.5], dtype=object), "text": ["a", "b", "a"]})
    X["text"] = X["text"].astype(object)
    X.loc[1, "text"] = missing
    raw = read(X, ["text"])
    np.testing.assert_array_equal(raw.numeric[:, 0], [1, np.nan, 2.5])
    assert raw.categories[0].tolist() == ["a", None, "a"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("from_dtype", (3,)),
        (None, ()),
        ([], ()),
        ([1, 0], (0, 1)),
        (np.array([2]), (2,)),
        ([True, False, False, True], (0, 3)),
        (["sex", "sibsp"], (1, 3)),
        (pd.Index(["sex"]), (3,)),
        (("adult",), (2,)),
    ],
)
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_choice_of_categories(frame, chosen, expected):
    X = frame(DATA)
    X = X.astype({"adult": "boolean"}) if frame is pd.DataFrame else X
    assert find_categories(X, chosen) == expected


@pytest.mark.parametrize("X", [np.ones((2, 3)), np.ones((2, 3), dtype=object), [[1, 2], [3, 4]], sp.eye_array(3), None])
def test_an_array_has_no_categories_by_default(X):
    assert find_categories(X) == ()


def test_strings_of_an_array_of_objects():
    """A column of strings is categories; one number, truth value or date in it and it is not."""
    cells = [["1", "a", "a", "a", None, 1.5], [None, np.nan, 2, True, None, np.nan], ["2", "b", "b", "b", None, 2]]
    X = np.array(cells, dtype=object)
    assert find_categories(X) == (0, 1)
    assert find_categories(X, None) == find_categories(X[0]) == find_categories(cells) == ()


@pytest.mark.parametrize(
    ("chosen", "match"),
    [
        ("from_dtpye", "categorical_features must be 'from_dtype'.*'from_dtpye' was given"),
        (3.5, "categorical_features must be 'from_dtype'"),
        ([1.5], "categorical_features must be 'from_dtype'"),
        ([[True]], "categorical_features must be 'from_dtype'"),
        ([4], r"positions from 0 to 3, the columns of X, but \[4\] was given"),
        ([-1], "positions from 0 to 3"),
        ([9], "positions from 0 to 3"),
        ([True, False], "one entry per column when it is a mask, but it has 2 and X has 4 columns"),
        (["sx"], "'sx', which must be, but is not, a column of X; did you mean 'sex'"),
        (["zzzzz"], r"its columns are \['age', 'sibsp', 'adult', 'sex'\]"),
    ],
)
def test_bad_choice_of_categories(chosen, match):
    with pytest.raises(ValueError, match=match):
        find_categories(pd.DataFrame(DATA), chosen)


def test_names_need_a_frame():
    with pytest.raises(ValueError, match="X must be a DataFrame to have names: give positions or a mask"):
        find_categories(np.ones((2, 2)), ["age"])


@pytest.mark.parametrize("container", [list, lambda rows: np.array(rows, dtype=object)])
def test_categories_of_an_array(container, read):
    rows = [["a", 1.5, 3], [None, np.nan, 4], ["b", None, 3]]
    raw = read(container(rows), [0, 2])
    np.testing.assert_array_equal(raw.numeric, [[1.5], [np.nan], [np.nan]])
    assert [values.tolist() for values in raw.categories] == [["a", None, "b"], [3, 4, 3]]
    assert (raw.numeric_names, raw.category_names) == (["x1"], ["x0", "x2"])


def test_categories_of_a_float_array(read):
    raw = read(np.array([[1, 2], [np.nan, 3]], dtype=np.float32), [0])
    assert raw.numeric.dtype == np.float32
    assert raw.categories[0].tolist() == [1.0, None]


def test_the_same_columns_are_categories_later_even_if_their_type_changes():
    X = pd.DataFrame({"sex": ["male", "female"], "age": [1.0, 2.0]})
    estimator, categorical = BaseEstimator(), find_categories(X)
    read_table(estimator, X, categorical, reset=True)
    before = dict(vars(estimator))
    for later in (
        pd.DataFrame({"sex": [np.nan], "age": [3.0]}),
        pd.DataFrame({"sex": [None], "age": [3]}),
        pl.DataFrame({"sex": [None], "age": [3]}),
        pd.DataFrame([{"sex": pd.NA, "age": 3}]),
        pd.DataFrame({"sex": pd.Categorical([None], categories=["male"]), "age": pd.Series([3], dtype="Int8")}),
    ):
        raw = read_table(estimator, later, categorical, reset=False)
        assert raw.categories[0].tolist() == [None]
        assert raw.numeric.tolist() == [[3.0]]
    one = X.iloc[0].to_frame().T  # a single row is a frame of objects
    assert read_table(estimator, one, categorical, reset=False).categories[0].tolist() == ["male"]
    assert (
        read_table(estimator, pd.DataFrame({"sex": [5], "age": [None]}), categorical, reset=False).numeric.dtype
        == float
    )
    assert vars(estimator) == before


def test_other_or_reordered_columns_raise():
    X = pd.DataFrame(DATA)
    estimator, categorical = BaseEstimator(), find_categories(X)
    read_table(estimator, X, categorical, reset=True)
    assert estimator.feature_names_in_.tolist() == list(DATA)
    with pytest.raises(ValueError, match="must be in the same order"):
        read_table(estimator, X[["sex", "age", "sibsp", "adult"]], categorical, reset=False)
    with pytest.raises(ValueError, match="seen at fit time, yet now missing:\n- age"):
        read_table(estimator, X.drop(columns="age"), categorical, reset=False)
    with (
        pytest.warns(UserWarning, match="valid feature names"),
        pytest.raises(ValueError, match="expecting 4 features"),
    ):
        read_table(estimator, np.ones((2, 3)), categorical, reset=False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_float_array_is_not_copied(dtype, tmp_path, read):
    X = np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    X[0, 0] = np.nan
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    for given in (X, mapped):
        raw = read(given)
        assert np.shares_memory(raw.numeric, given)
        assert raw.numeric.dtype == dtype
    np.testing.assert_array_equal(read(mapped, [1]).numeric, X[:, [0, 2]])


def test_other_numbers_become_float64(read):
    for X in ([[1, 2]], np.array([[1, 2]]), np.array([[True, False]]), np.array([[1.0]], dtype=np.float16)):
        assert read(X).numeric.dtype == np.float64
    assert read(np.array([[1, None], ["2.5", np.nan]], dtype=object)).numeric.tolist()[1][0] == 2.5
    for frame in (pd.DataFrame, pl.DataFrame):
        assert read(frame({"a": np.ones(2, np.float32), "b": np.ones(2, np.float32)})).numeric.dtype == np.float32
        assert read(frame({"a": np.ones(2, np.float32), "b": [1, 2]})).numeric.dtype == np.float64


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"])
@pytest.mark.parametrize("make", [sp.random, sp.random_array])
def test_sparse_becomes_csr(form, make, read):
    options = {"density": 0.3, "format": form}
    X = make((6, 4), **options) if make is sp.random_array else make(6, 4, **options)
    raw = read(X)
    assert raw.numeric.format == "csr"
    np.testing.assert_array_equal(raw.numeric.toarray(), X.toarray())
    np.testing.assert_array_equal(raw.take(np.array([1, 3])).numeric.toarray(), X.toarray()[[1, 3]])
    assert len(raw) == 6


def test_a_sparse_frame_becomes_csr(read):
    X = pd.DataFrame.sparse.from_spmatrix(sp.eye(3, format="csr"))
    assert sp.issparse(read(X).numeric)
    X["dense"] = [1.0, 2.0, 3.0]
    X.columns = X.columns.astype(str)
    np.testing.assert_array_equal(read(X).numeric[:, 3], [1, 2, 3])


def test_sparse_with_categories_raises(read):
    with pytest.raises(ValueError, match="X must be a DataFrame or an array .* but it is a sparse matrix: one-hot"):
        read(sp.eye_array(3, format="csr"), [0])


def test_take_and_len(read):
    raw = read(pd.DataFrame(DATA).astype({"adult": "boolean"}))
    for rows in (np.array([2, 0]), np.array([True, False, True])):
        part = raw.take(rows)
        assert len(part) == 2
        np.testing.assert_array_equal(part.numeric, raw.numeric[rows])
        assert part.categories[0].tolist() == raw.categories[0][rows].tolist()
        assert part.category_names == ["sex"]


def test_names_by_position(read):
    raw = read(pd.DataFrame([[1.0, "a"], [2.0, "b"]]))
    assert (raw.numeric_names, raw.category_names) == (["x0"], ["x1"])


def frame_of(kind):
    return lambda X: kind(X, **{"columns" if kind is pd.DataFrame else "schema": ["x0", "x1"]})


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array, frame_of(pd.DataFrame), frame_of(pl.DataFrame)])
def test_infinity_raises(make, infinity, read):
    with pytest.raises(ValueError, match=r"column 'x1' contains infinity: replace it"):
        read(make(np.array([[1.0, 2.0], [np.nan, infinity]])))


@pytest.mark.parametrize(
    "values",
    [
        [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)],
        [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)],
        [datetime.timedelta(1), datetime.timedelta(2)],
    ],
)
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_dates_raise(frame, values, read):
    with pytest.raises(ValueError, match="Column 'when' of X must be numeric, but it .*: convert it to numbers"):
        read(frame({"when": values}), None)


@pytest.mark.parametrize("values", [pd.date_range("2020", periods=2, tz="UTC"), pd.period_range("2020", periods=2)])
def test_dates_of_pandas_raise(values, read):
    with pytest.raises(ValueError, match="Column 'when' of X must be numeric"):
        read(pd.DataFrame({"when": values}))


DAYS = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)]
ARRAYS_OF_DATES = [
    np.array(DAYS, "datetime64[D]")[:, None],
    np.array(DAYS, "datetime64[s]")[:, None] - np.datetime64("2020"),
    np.array(DAYS, object)[:, None],
    [[1.0, day] for day in DAYS],
]


@pytest.mark.parametrize("X", ARRAYS_OF_DATES, ids=lambda X: str(getattr(X, "dtype", "list")))
def test_dates_without_names_raise(X, read):
    with pytest.raises(ValueError, match="X must be numeric, but .* dates or times: convert it to numbers"):
        read(X)


REPEATED = {
    "pandas": pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a", "b", "a"]),
    "sparse": pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a", "b", "a"]).astype(pd.SparseDtype(float)),
    "categories": pd.DataFrame([["u", 2.0, "v"]], columns=["a", "b", "a"]),
    "pyarrow": pa.table([[1.0], [2.0], [3.0]], names=["a", "b", "a"]),
}


@pytest.mark.parametrize("X", REPEATED.values(), ids=REPEATED)
def test_names_that_are_repeated_raise(X, read):
    with pytest.raises(ValueError, match="columns of X must have different names, but several have the name 'a'"):
        read(X)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_text_as_numbers_raises(frame, read):
    with pytest.raises(ValueError, match=r"Column 'sex' of X must be numeric.*'male'.*list it in categorical_features"):
        read(frame(DATA), None)


def test_complex_raises(read):
    for X in (np.ones((2, 2)) * 1j, pd.DataFrame({"a": [1j, 2j]}), pd.DataFrame({"a": ["x", "y"], "b": [1j, 2j]})):
        with pytest.raises(ValueError, match="Complex data not supported"):
            read(X)


def test_a_dict_in_a_cell_raises(read):
    X = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=object)
    X[0, 0] = {"foo": "bar"}
    with pytest.raises(TypeError, match="argument must be .* string.* number"):
        read(X)
    with pytest.raises(TypeError, match="Column 'a' of X must hold numbers or categories such as strings, but a cell"):
        read(pd.DataFrame({"a": [{"foo": "bar"}, "x"]}))
    with pytest.raises(TypeError, match="Column 'a' of X must hold"):
        read(pl.DataFrame({"a": [[1, 2], [3, 4]]}))


def test_nested_polars_raises(read):
    with pytest.raises(ValueError, match="Column 'a' of X must be numeric, but it has the nested type"):
        read(pl.DataFrame({"a": [{"b": 1}, {"b": 2}]}))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_no_rows_or_columns_raise(frame, read):
    X = frame({"a": ["x"], "b": [1], "c": [2]})
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\) \(shape=\(0, 3\)\) while a minimum of 1"):
        read(X.head(0))
    with pytest.raises(ValueError, match=r"0 feature\(s\) \(shape=\(12, 0\)\) while a minimum of 1 is required"):
        read(pd.DataFrame(index=range(12)))
    with pytest.raises(ValueError, match=r"0 sample"):
        read(np.ones((0, 3), dtype=object), [0])


@pytest.mark.parametrize("chosen", ["from_dtype", [0]])
def test_one_dimension_raises(chosen, read):
    for X in ([1.0, 2.0], np.ones(3)):
        with pytest.raises(ValueError, match="Expected 2D array"):
            read(X, chosen)
