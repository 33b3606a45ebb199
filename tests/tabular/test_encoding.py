"""Encoding tables: pandas and polars, one-hot codes against scikit-learn, weights against repeated rows, new values."""

import pickle
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import OneHotEncoder

from skscratch.tabular import Category, RawTable, Robust, Scaler, Standard, TableEncoder, Unscaled

pl = pytest.importorskip("polars")

AGE = [22.0, None, 38.0, 4.0, 35.0, 35.0]
FARE = [7, 71, 8, 16, 8, 8]
SEX = ["male", "female", None, "male", "male", "female"]
EMBARKED = ["S", "C", "Q", "Q", None, None]
DATA = {"age": AGE, "fare": FARE, "sex": SEX, "embarked": EMBARKED}


def objects(*values):
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def raw_of(numeric=None, categories=()):
    """Make a table of arrays, with columns named by position."""
    numeric = np.zeros((len(categories[0]), 0)) if numeric is None else numeric
    names = [f"x{j}" for j in range(numeric.shape[1])]
    return RawTable(numeric, list(categories), names, [f"c{j}" for j in range(len(categories))])


def test_layout_and_names(read):
    raw = read(pd.DataFrame(DATA))
    encoder = TableEncoder(scaling=None).fit(raw)
    table = encoder.transform(raw, np.float64)
    names = ["age", "fare", "age is missing", "sex=male", "embarked=Q", "embarked is missing"]
    assert encoder.feature_names_out_.tolist() == names
    assert table.n_numeric == 2
    expected = [
        [22, 7, 0, 1, 0, 0],
        [35, 71, 1, -1, 0, 0],  # the median age
        [38, 8, 0, 0, 1, 0],
        [4, 16, 0, 1, 1, 0],
        [35, 8, 0, 1, 0, 1],
        [35, 8, 0, -1, 0, 1],
    ]
    np.testing.assert_array_equal(table.x, expected)
    assert table.x.flags.c_contiguous


def test_pandas_and_polars_are_encoded_alike(scaling, read):
    frames = [
        pd.DataFrame(DATA),
        pl.DataFrame(DATA),
        pd.DataFrame(DATA).astype({"age": "Float64", "fare": "Int64", "sex": "category", "embarked": "string"}),
        pl.DataFrame(DATA).with_columns(pl.col("sex").cast(pl.Categorical)),
    ]
    encoders = [TableEncoder(scaling).fit(read(X)) for X in frames]
    for dtype in (np.float32, np.float64):
        tables = [encoder.transform(read(X), dtype) for encoder, X in zip(encoders, frames, strict=True)]
        for encoder, table in zip(encoders, tables, strict=True):
            assert encoder.feature_names_out_.tolist() == encoders[0].feature_names_out_.tolist()
            np.testing.assert_array_equal(table.x, tables[0].x)
            assert table.x.dtype == dtype


def test_one_hot_codes_are_sklearns():
    rng = np.random.default_rng(0)
    values = rng.choice(list("abcdefg"), size=(200, 1), p=[0.3, 0.3, 0.2, 0.1, 0.08, 0.01, 0.01]).astype(object)
    values[:2, 0] = ["h", "i"]  # seen once
    reference = OneHotEncoder(min_frequency=2, handle_unknown="ignore", sparse_output=False).fit(values)
    n_rare = len(reference.infrequent_categories_[0])
    raw = raw_of(categories=[values[:, 0]])
    later = objects("a", "new", "g", "h")
    encoder = TableEncoder().fit(raw)
    np.testing.assert_array_equal(encoder.transform(raw).x, reference.transform(values)[:, : 9 - n_rare])
    known = np.array([[v] for v in later[[0, 2, 3]]], dtype=object)
    x = encoder.transform(raw_of(categories=[later])).x
    np.testing.assert_array_equal(x[[0, 2, 3]], reference.transform(known)[:, : 9 - n_rare])
    np.testing.assert_array_equal(x[1], 0)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["a", "b"], ["c=b"]),
        (["a", "b", None, None], ["c=b"]),
        ([True, False, False], ["c=True"]),
        (["a", "a"], []),
        ([None, None], []),
        (["a", "a", None, None], ["c=a", "c is missing"]),
        (["a", "a", None], ["c=a"]),
        (["a", "b", "c"], []),
        (["b", "a", "b", "c", "a"], ["c=a", "c=b"]),
        ([2, 1.0, np.int64(2), 1, "1", "1", 10, 10], ["c=1", "c=2", "c=10", "c=1"]),
        ([(1, 2), (1, 2), "a", "a", 3, 3], ["c=3", "c=a", "c=(1, 2)"]),
    ],
)
def test_columns_of_a_category(values, names):
    category = Category.learn(Counter(values), "c")
    assert category.names == names
    np.testing.assert_array_equal(category.code[0], np.zeros(len(names)))
    backwards = Category.learn(Counter(values[::-1]), "c")
    assert backwards.values == category.values


def test_numbers_are_equal_by_value_and_differ_from_text():
    category = Category.learn(Counter((1, 1, 2, 2, 3, 3, "1", "1")), "c")
    codes = category.encode(objects(1, 1.0, np.int64(1), np.float32(1), "1", np.str_("1"), 4, "2"))
    np.testing.assert_array_equal(codes[:4], np.tile([1, 0, 0, 0], (4, 1)))
    np.testing.assert_array_equal(codes[4:6], np.tile([0, 0, 0, 1], (2, 1)))
    np.testing.assert_array_equal(codes[6:], 0)


def test_the_hundred_most_frequent_values():
    rng = np.random.default_rng(0)
    values = np.repeat([f"v{i:03}" for i in range(150)], [2] * 100 + [3] * 50).astype(object)
    names = Category.learn(Counter(rng.permutation(values).tolist()), "c").names
    assert names == [f"c=v{i:03}" for i in [*range(50), *range(100, 150)]]


def test_new_and_missing_values_of_two():
    encoder = TableEncoder().fit(raw_of(categories=[objects("b", "a", "a")]))
    x = encoder.transform(raw_of(categories=[objects("a", "b", "new", None)])).x
    np.testing.assert_array_equal(x, [[-1], [1], [0], [0]])


def test_weights_are_repetitions(scaling):
    rng = np.random.default_rng(0)
    n = 60
    numeric = rng.normal(size=(n, 3))
    numeric[rng.random((n, 3)) < 0.2] = np.nan
    numeric[:, 2] = np.round(np.nan_to_num(numeric[:, 2]))
    raw = raw_of(numeric, [rng.choice(list("abc"), n).astype(object), rng.choice([None, "x"], n)])
    times = rng.integers(1, 4, n)
    repeated = raw.take(rng.permutation(np.repeat(np.arange(n), times)))
    weighted, rows = TableEncoder(scaling).fit(raw, times.astype(float)), TableEncoder(scaling).fit(repeated)
    assert weighted.feature_names_out_.tolist() == rows.feature_names_out_.tolist()
    x = weighted.transform(raw, np.float64).x
    np.testing.assert_allclose(x, rows.transform(raw, np.float64).x, rtol=1e-12, atol=1e-15)
    if scaling is not None:
        assert np.abs(x - TableEncoder(scaling).fit(raw).transform(raw, np.float64).x).max() > 1e-3


def test_missing_numbers(scaling):
    X = np.array([[1.0, 1.0], [2.0, np.nan], [3.0, 9.0], [7.0, 2.0]])
    encoder = TableEncoder(scaling).fit(raw_of(X))
    assert encoder.feature_names_out_.tolist() == ["x0", "x1", "x1 is missing"]
    median = encoder.transform(raw_of(np.array([[2.0, 2.0]])), np.float64).x
    later = encoder.transform(raw_of(np.full((1, 2), np.nan)), np.float64).x  # x0 was never missing before
    np.testing.assert_array_equal(later, median + [[0, 0, 1]])
    if scaling == "robust":
        np.testing.assert_array_equal(later, [[0, 0, 1]])
    assert np.isnan(X[1, 1])


def test_one_row_at_a_time(scaling, read):
    raw = read(pl.DataFrame(DATA))
    encoder = pickle.loads(pickle.dumps(TableEncoder(scaling).fit(raw)))
    x = encoder.transform(raw, np.float32).x
    for i in range(len(raw)):
        np.testing.assert_array_equal(encoder.transform(raw.take(np.array([i])), np.float32).x, x[i : i + 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_to_do_is_no_copy(dtype):
    X = np.random.default_rng(0).normal(size=(6, 3)).astype(dtype)
    X.flags.writeable = False
    encoder = TableEncoder(scaling=None).fit(raw_of(X))
    assert encoder.transform(raw_of(X), dtype).x is X
    other = encoder.transform(raw_of(np.asfortranarray(X)), dtype).x
    assert other.flags.c_contiguous
    np.testing.assert_array_equal(other, X)


def test_the_input_is_never_changed(scaling):
    X = np.random.default_rng(0).normal(size=(30, 3))
    X[::4] = np.nan
    before = X.copy()
    values = objects(*(["a", None, "b"] * 10))
    raw = raw_of(X, [values])
    X.flags.writeable = values.flags.writeable = False
    x = TableEncoder(scaling).fit(raw).transform(raw, np.float64).x
    assert np.isfinite(x).all()
    np.testing.assert_array_equal(X, before)


def test_a_constant_column_is_zero_and_stays():
    encoder = TableEncoder().fit(raw_of(np.ones((5, 1))))
    np.testing.assert_array_equal(encoder.transform(raw_of(np.array([[1.0], [7.0]]))).x, 0)


def test_nothing_varies():
    raw = raw_of(categories=[objects("a", "a", "a")])
    encoder = TableEncoder().fit(raw)
    table = encoder.transform(raw)
    assert encoder.feature_names_out_.tolist() == ["nothing varies"]
    assert table.n_numeric == 0
    np.testing.assert_array_equal(table.x, np.zeros((3, 1)))


@pytest.mark.parametrize("container", [sp.csr_array, sp.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_columns_are_divided_by_their_size(container, dtype):
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((40, 5)) < 0.3, rng.normal(size=(40, 5)), 0).astype(dtype)
    dense[:, 3] = 0
    X = container(dense)
    times = rng.integers(1, 4, 40)
    table = TableEncoder().fit(raw_of(X), times.astype(float)).transform(raw_of(X), dtype)
    rms = np.sqrt((np.repeat(dense, times, axis=0).astype(float) ** 2).mean(axis=0))
    rms[3] = 1
    assert table.x.format == "csr" and table.x.dtype == dtype and table.n_numeric == 0
    assert table.x.nnz == X.nnz
    np.testing.assert_allclose(table.x.toarray(), dense / rms, rtol=1e-6 if dtype == np.float32 else 1e-12)
    unscaled = TableEncoder(scaling=None).fit(raw_of(X)).transform(raw_of(X), dtype)
    np.testing.assert_array_equal(unscaled.x.toarray(), dense)
    np.testing.assert_array_equal(X.toarray(), dense)


def test_missing_entries_of_sparse_count_as_zero():
    X = sp.csr_array(np.array([[1.0, np.nan], [3.0, 4.0]]))
    x = TableEncoder().fit(raw_of(X)).transform(raw_of(X), np.float64).x
    np.testing.assert_allclose(x.toarray(), [[1 / np.sqrt(5), 0], [3 / np.sqrt(5), np.sqrt(2)]])


def test_sparse_and_dense_rows_are_encoded_alike_later(scaling):
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((40, 5)) < 0.5, rng.normal(size=(40, 5)), 0)
    for train in (dense, sp.csr_array(dense)):
        encoder = TableEncoder(scaling).fit(raw_of(train))
        one, other = (encoder.transform(raw_of(later), np.float64).x for later in (dense, sp.csr_array(dense)))
        assert sp.issparse(one) == sp.issparse(other) == sp.issparse(train)
        np.testing.assert_array_equal(
            one.toarray() if sp.issparse(one) else one, other.toarray() if sp.issparse(other) else other
        )


def test_wide_numbers_survive_float32():
    raw = raw_of(np.array([[1e6 + 1], [1e6 + 2], [1e6 + 3], [1e6 + 4]]))
    x64 = TableEncoder().fit(raw).transform(raw, np.float64).x
    np.testing.assert_allclose(TableEncoder().fit(raw).transform(raw, np.float32).x, x64, rtol=1e-6)


@dataclass(frozen=True)
class Divided(Scaler):
    """A scaler with a parameter: t = x / by."""

    by: float = 2.0

    def learn(self, x, Q, sample_weight=None):
        return ()

    def transform(self, x, statistics):
        return x / x.dtype.type(self.by)


def test_scaling_is_a_name_or_a_scaler(scaling):
    x = np.array([[1.0], [2.0], [4.0]])

    def scaled(scaling):
        return TableEncoder(scaling).fit(raw_of(x)).transform(raw_of(x), np.float64).x

    np.testing.assert_array_equal(scaled(Robust()), scaled("robust"))
    np.testing.assert_array_equal(scaled(Standard()), scaled("standard"))
    np.testing.assert_array_equal(scaled(Unscaled()), x)
    np.testing.assert_array_equal(scaled(Divided(4.0)), x / 4)


def test_a_scaler_that_is_passed_is_not_changed():
    scaler = Divided(4.0)
    encoder = TableEncoder(scaler).fit(raw_of(np.arange(6.0).reshape(3, 2)))
    assert encoder.scaling is scaler and vars(scaler) == {"by": 4.0}
    TableEncoder(scaler).fit(raw_of(np.ones((5, 1))))
    assert encoder.scaler_.median.tolist() == [2, 3]


@pytest.mark.parametrize("scaling", ["robustt", "Robust", Robust, 3])
def test_other_values_of_scaling_raise(scaling):
    with pytest.raises(
        ValueError, match=r"must be one of \['robust', 'standard', 'quantile'\] or an object of a class"
    ):
        TableEncoder(scaling).fit(raw_of(np.ones((3, 1))))


@pytest.mark.parametrize("scaling", [None, Unscaled()])
def test_sparse_columns_without_scaling_stay(scaling):
    X = sp.csr_array(np.array([[3.0, 0.0], [0.0, 4.0]]))
    x = TableEncoder(scaling).fit(raw_of(X)).transform(raw_of(X), np.float64).x
    np.testing.assert_array_equal(x.toarray(), X.toarray())
