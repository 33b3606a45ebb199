"""Frames of three libraries have the same names, columns, types and rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skscratch.tabular import column_names, is_frame, read_table, select, take_rows
from skscratch.tabular.columns import find_categories
from skscratch.tabular.frames import column_array, columns_of, number_of_rows, require_distinct

pl = pytest.importorskip("polars")

pa = pytest.importorskip("pyarrow")

DATA = {"x": [1.5, 2.5, 3.5], "c": ["a", "b", "a"]}
FRAMES = {
    "pandas": pd.DataFrame(DATA),
    "polars": pl.DataFrame(DATA),
    "table": pa.table(DATA),
    "record batch": pa.RecordBatch.from_pydict(DATA),
}
each_frame = pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))


@each_frame
def test_names_columns_and_rows(frame):
    assert is_frame(frame)
    assert column_names(frame) == ["x", "c"]
    assert [column_array(column).tolist() for column in columns_of(frame)] == [DATA["x"], DATA["c"]]
    chosen = take_rows(select(frame, ["c", "x"]), np.array([2, 0]))
    assert column_names(chosen) == ["c", "x"]
    assert [column_array(column).tolist() for column in columns_of(chosen)] == [["a", "a"], [3.5, 1.5]]


@pytest.mark.parametrize("X", [np.zeros((2, 2)), [[1.0]], sparse.csr_array(np.zeros((2, 2))), None, pd.Series([1])])
def test_no_frames(X):
    assert not is_frame(X)


ARROW = {
    "bool": (pa.array([True, None, False]), [1.0, np.nan, 0.0]),
    "int": (pa.array([1, None, 3]), [1.0, np.nan, 3.0]),
    "float32": (pa.array([1.5, None, 3], pa.float32()), [1.5, np.nan, 3.0]),
    "float16": (pa.array(np.array([1.5, 2.5, 3], np.float16)), [1.5, 2.5, 3.0]),
    "decimal": (pa.array([1, None, 3], pa.decimal128(5, 2)), [1.0, np.nan, 3.0]),
    "null": (pa.nulls(3), [np.nan] * 3),
    "string": (pa.array(["b", None, "a"]), ["b", None, "a"]),
    "large string": (pa.array(["b", None, "a"], pa.large_string()), ["b", None, "a"]),
    "dictionary": (pa.array(["b", None, "a"]).dictionary_encode(), ["b", None, "a"]),
    "dictionary of numbers": (pa.array([2, None, 1]).dictionary_encode(), [2.0, None, 1.0]),
}


@pytest.mark.parametrize("kind", ARROW)
@pytest.mark.parametrize("chunks", [1, 2])
def test_types_of_pyarrow(kind, chunks):
    from sklearn.base import BaseEstimator

    array, expected = ARROW[kind]
    column = array if chunks == 1 else pa.chunked_array([array.slice(0, 1), array.slice(1)])
    table = pa.table({"a": column, "b": [1.0, 2.0, 3.0]})
    raw = read_table(BaseEstimator(), table, find_categories(table), reset=True)
    if "string" in kind or "dictionary" in kind:
        assert raw.category_names == ["a"] and raw.categories[0].tolist() == expected
    else:
        assert raw.numeric_names == ["a", "b"]
        np.testing.assert_array_equal(raw.numeric[:, 0], expected)


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (pa.array([[1], [2]]), "a cell is a list"),
        (pa.array([{"u": 1}, {"u": 2}]), "a cell is a list, a dict"),
        (pa.array([1, 2], pa.timestamp("us")), "it has the type timestamp"),
        (pa.array([1, 2], pa.date32()), "it has the type date32"),
        (pa.array([b"a", b"b"]), "it is not"),
    ],
)
def test_unreadable_types_of_pyarrow(array, problem):
    from sklearn.base import BaseEstimator

    table = pa.table({"a": array})
    with pytest.raises((ValueError, TypeError), match=f"Column 'a' of X must .*{problem}"):
        read_table(BaseEstimator(), table, find_categories(table), reset=True)


def test_a_column_by_name():
    table = pa.table({"a": [1, 2], "b": [3, 4]})
    assert find_categories(table, ["b"]) == (1,)


@each_frame
def test_number_of_rows(frame):
    assert number_of_rows(frame) == 3


def test_number_of_rows_of_arrays_and_lists():
    for X in (np.ones((3, 2)), sparse.csr_array(np.ones((3, 2))), [[1], [2], [3]], ((1,), (2,), (3,))):
        assert number_of_rows(X) == 3


def test_at_most_five_repeated_names_are_listed():
    with pytest.raises(ValueError, match=r"several have the name 'a', 'b', 'c', 'd', 'e': rename or drop some\.$"):
        require_distinct([*"abcdefg", "x", *"abcdefg"])
