"""Cells of object arrays: what they are, missing values among them, and sentences about wrong ones."""

import pickle
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skscratch.tabular import brief, explain_matrix, kind_of, none_for_missing, require_values, to_floats

NAN = float("nan")
DAYS = np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]")


def objects(*cells):
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2.5, Decimal("3"), Fraction(1, 3), np.float32(2), np.int8(1), None, pd.NA, NAN, pd.NaT], "numbers"),
        ([None, NAN, Decimal("NaN"), 1], "numbers"),
        ([10**400], "numbers"),
        ([1, "2"], "categories"),
        (["2", 1], "categories"),
        ([True, False, None], "categories"),
        ([1, True], "categories"),
        ([None, NAN], "categories"),
        ([], "categories"),
        ([date(2020, 1, 1), None], "dates"),
        ([pd.Timestamp("2020-01-01"), pd.Timedelta(1), np.datetime64("2020")], "dates"),
        ([np.timedelta64(1, "h"), None], "dates"),
        ([pd.Period("2020-01"), None], "dates"),
        ([date(2020, 1, 1), "soon"], "categories"),
    ],
)
def test_kinds(cells, kind):
    assert kind_of(objects(*cells)) == kind


def test_every_kind_of_missing_value_becomes_none():
    clean = none_for_missing(objects(NAN, None, pd.NA, pd.NaT, np.float64("nan"), "a", (NAN, ("b", None))), "x")
    assert clean.tolist() == [None, None, None, None, None, "a", (None, ("b", None))]


def test_tuples_with_nan_are_equal_after_pickling():
    cells = objects((NAN, 1), (2, 3))
    again = pickle.loads(pickle.dumps(cells))
    assert cells.tolist() != again.tolist()  # a NaN differs from the NaN of another object
    assert none_for_missing(cells, "x").tolist() == none_for_missing(again, "x").tolist()


@pytest.mark.parametrize("cell", [[1], {"a": 1}, Decimal("sNaN")], ids=str)
def test_cells_that_are_not_hashable(cell):
    with pytest.raises(TypeError, match="Column 'x' of X must hold numbers or categories .* split it into several"):
        none_for_missing(objects("a", cell), "x")


@pytest.mark.parametrize(
    "values", [[10**400], ["a"], [None, "a"], [1j], np.array([1j]), [Decimal("sNaN")], [{}], DAYS, [*DAYS]]
)
def test_what_has_no_float(values):
    with pytest.raises(ValueError, match=r"beyond|convert|complex|dates|float\(\)"):
        to_floats(values)
    assert to_floats([Decimal("0.5"), None])[0] == 0.5


def test_long_numbers_are_shortened():
    assert brief(10**400).endswith("...") and len(brief(10**400)) == 45
    assert brief(-(10**44)) == str(-(10**44))[:42] + "..." and brief(10**40) == str(10**40)
    assert brief(10**44) == str(10**44) and len(brief(10**45)) == 45 and brief(10**45).endswith("...")
    assert brief(10**5000) == "an int of 16610 bits"


def test_values_that_are_accepted():
    for values in ([1], np.ones(2), np.ma.array([1.0]), pd.Series([1]), None):
        require_values(values, "y")


def test_masks_are_refused():
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    with pytest.raises(ValueError, match=r"^X must not be a masked array .* pass X.filled\(np.nan\)"):
        require_values(masked, "X")
    with pytest.raises(ValueError, match="^y must not be a masked array .* leave out the masked rows"):
        require_values(masked, "y")


def test_matrices_with_strings_name_the_columns():
    error = ValueError("could not convert string to float: 'a'")
    explained = explain_matrix([[1, "a", 2], [1, 2, "b"]], error)
    assert "column 1 holds 'a'" in str(explained) and "categorical_features=[1, 2]" in str(explained)
    for other in ([[1], [2, 3]], [1, 2], [[1, 2]], np.ones((2, 2))):
        assert explain_matrix(other, error) is None


def test_matrices_with_dates_name_the_first_column():
    error = TypeError("float() argument must be a string or a real number, not 'datetime.date'")
    day = date(2020, 1, 2)
    explained = explain_matrix([[1, day, day], [2, day, day]], error)
    assert str(explained).startswith("X must be numeric, but its column 1 holds dates or times")


@pytest.mark.parametrize("X", [pd.DataFrame({"a": ["x"]}), csr_array([[1.0]])], ids=["frame", "sparse"])
def test_errors_of_frames_and_sparse_matrices_are_not_explained_by_cells(X):
    """A frame has names, which other messages use; a sparse matrix has no cells of text."""
    error = OverflowError("int too large to convert to float")
    assert explain_matrix(X, error) is None
