"""The report about columns: kinds, shares, counts and reasons, and the sentence of the warning."""

import numpy as np
import pandas as pd
import pytest

from skscratch.tabular import ColumnTable, TableEncoder, bound, find_categories, report_columns, warning_of

N = 200


def frame():
    position = np.arange(N)
    return pd.DataFrame(
        {
            "city": [f"c{i % 60}" if i < 120 else f"c{i % 3}" for i in position],  # 60 values in 2 rows or more
            "age": np.where(position < 50, np.nan, position),
            "id": [f"i{i}" for i in position],
            "one": 1.0,
            "country": "x",
            "sex": np.resize(["f", "m"], N),
            "port": np.resize(["a", "b", "c", None], N),
            "rare": [f"r{i}" if i < 150 else "r" for i in position],
            "empty": np.full(N, np.nan),
            "known": np.where(position < 50, np.nan, 1.0),
            "none": pd.Series([None] * N, dtype=object),
        }
    )


def report(read, X, **options):
    encoder = TableEncoder(**options).fit(read(X))
    return report_columns(encoder, find_categories(X)), encoder


def test_every_column_is_reported_in_order(read):
    table, encoder = report(read, frame(), max_categories=40)
    rows = {row.name: row for row in table}
    assert list(rows) == list(frame().columns)
    assert sum(row.inputs for row in table) == len(encoder.feature_names_out_)
    expected = {
        "city": ("category", 0.0, 40, 20, 40, "an input for each value kept; 20 beyond max_categories"),
        "age": ("number", 0.25, None, None, 2, "the number, and whether it is missing"),
        "id": ("category", 0.0, 0, N, 0, "all values differ"),
        "one": ("number", 0.0, None, None, 1, "constant"),
        "country": ("category", 0.0, 0, 1, 0, "one value only"),
        "sex": ("category", 0.0, 2, 0, 1, "one input for two values"),
        "port": ("category", 0.25, 3, 0, 4, "an input for each value kept, and for missing values"),
        "rare": ("category", 0.0, 1, 150, 1, "an input for each value kept; 150 in too few rows"),
        "empty": ("number", 1.0, None, None, 2, "all values are missing"),
        "known": ("number", 0.25, None, None, 2, "constant, but not always known"),
        "none": ("category", 1.0, 0, 0, 0, "all values are missing"),
    }
    assert {name: tuple(row)[1:7] for name, row in rows.items()} == expected
    assert {name for name, row in rows.items() if row.is_useless} == {"id", "one", "country", "empty", "none"}
    assert {name for name, row in rows.items() if row.loses_values} == {"city", "rare"}


def test_counts_are_those_of_pandas(read):
    """Values in two rows or more have inputs."""
    X = frame()[["city", "rare"]]
    table, encoder = report(read, X, max_categories=None)
    counts = [X[name].value_counts() for name in X]
    assert [row.kept for row in table] == [(count >= 2).sum() for count in counts]
    assert [row.dropped for row in table] == [(count < 2).sum() for count in counts]
    assert [len(category.values) for category in encoder.categories_] == [row.kept for row in table]


def test_warning_is_one_sentence_with_names(read):
    text = warning_of(report(read, frame(), max_categories=40)[0])
    assert text == (
        "Of the columns of X, nothing is learned from 'id' (all values differ), 'one' (constant), 'country' (one value "
        "only), 'empty' (all values are missing), 'none' (all values are missing), and values are ignored in "
        "'city' (40 of 60 values kept), 'rare' (1 of 151 values kept): see max_categories and min_frequency; columns_ "
        "lists what was made of each."
    )


def test_numbers_written_as_strings(read):
    """A file in which one cell of a column is a blank gives strings, as in a well-known table of customers."""
    total = [f"{i / 8}" for i in range(N)]
    X = pd.DataFrame(
        {
            "total": [*total[:-1], " "],
            "twice": np.resize(total[: N // 2], N),
            "few": np.resize(["1", "2", "3"], N),  # loses nothing
            "text": [f"{value} pieces" for value in total],
            "year": "2024",  # a number would be as constant
        }
    )
    table = report(read, X, max_categories=40)[0]
    assert [row.written for row in table] == ["numbers", "numbers", "", "", ""]
    assert [row.reason for row in table] == [
        "all values differ; most values are numbers written as strings",
        "an input for each value kept; 60 beyond max_categories; most values are numbers written as strings",
        "an input for each value kept",
        "all values differ",
        "one value only",
    ]
    assert warning_of(table).endswith(
        "and numbers are categories because of strings in 'total', 'twice': convert them if they are quantities; "
        "columns_ lists what was made of each."
    )
    numbers = X.assign(**{name: pd.to_numeric(X[name], errors="coerce") for name in ("total", "twice")})
    assert "strings" not in warning_of(report(read, numbers, max_categories=40)[0])


def test_numbers_beside_strings(read):
    """A spreadsheet with a text in one cell of a column."""
    position = np.arange(N)
    age = [*(position[:-1] % 60).tolist(), "n/a"]
    X = pd.DataFrame({"age": age, "flag": np.resize([True, "?", None], N).astype(object), "code": ["a", 7] * (N // 2)})
    table = report(read, X)[0]
    assert [row.written for row in table] == ["mixed", "", ""]
    assert (
        table[0].reason
        == "an input for each value kept; 1 in too few rows; most values are numbers, others are strings"
    )
    assert warning_of(table) == (
        "Of the columns of X, numbers are categories because of strings in 'age': convert them if they are quantities; "
        "columns_ lists what was made of each."
    )
    numbers = X[["age"]].astype(str).replace("n/a", "0")
    assert warning_of(report(read, numbers)[0]) is None  # codes that are all strings, and all kept


@pytest.mark.parametrize("form", ["{}", "-{}.5", "{}%", "{} %", "1,{}00.50", "{},5", "${}", "{} €", "1e-{}"])
def test_numbers_with_units_and_commas(read, form):
    X = pd.DataFrame({"x": np.resize([form.format(i) for i in range(10, 20)], N)})
    assert report(read, X, max_categories=5)[0][0].written == "numbers"


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"])
def test_dates_written_as_strings(read, form):
    days = pd.date_range("2024-01-01", periods=N // 4).strftime(form)
    table = report(read, pd.DataFrame({"day": np.repeat(days, 4), "plan": np.repeat(["2024-A", "2024-B"], N // 2)}))[0]
    assert [row.written for row in table] == ["dates", ""]
    assert warning_of(table) == (
        "Of the columns of X, dates are categories in 'day': convert them to numbers, such as days; columns_ lists "
        "what was made of each."
    )


def test_values_that_are_all_rare(read):
    X = pd.DataFrame({"pairs": [f"v{i // 2}" for i in range(N)], "some": [f"v{i}" if i else None for i in range(N)]})
    pairs, some = report(read, X, min_frequency=3)[0]
    assert (pairs.reason, some.reason) == ("all values are rare", "all values differ")
    assert (pairs.dropped, some.dropped) == (N // 2, N - 1)


def test_no_warning_without_losses(read):
    X = frame()[["age", "sex", "port", "known"]].assign(name=[f"n{i}" if i < 90 else "n" for i in range(N)])
    assert warning_of(report(read, X)[0]) is None


def test_long_lists_are_shortened(read):
    table, _ = report(read, pd.DataFrame({f"c{j}": np.ones(3) for j in range(70)}))
    assert "'c4' (constant) and 65 more;" in warning_of(table)
    assert repr(table).splitlines()[-1] == "... and 10 more columns" and len(repr(table).splitlines()) == 62
    assert table._repr_html_().count("<tr>") == 61


def test_repr(read):
    table, _ = report(read, frame()[["age", "port"]])
    assert isinstance(table, ColumnTable)
    assert repr(table).splitlines() == [
        "column  kind      missing  kept  dropped  inputs  reason",
        "age     number    25 %                    2       the number, and whether it is missing",
        "port    category  25 %     3     0        4       an input for each value kept, and for missing values",
    ]
    html = table._repr_html_()
    assert html.count("<tr>") == 3 and "<td>25 %</td>" in html
    escaped = report(read, pd.DataFrame({"<b>": np.arange(3.0)}))[0]._repr_html_()
    assert "&lt;b&gt;" in escaped and "<b>" not in escaped


@pytest.mark.parametrize("max_categories", [1, 3, None])
@pytest.mark.parametrize("min_frequency", [1, 4, 0.02, None])
def test_the_options_mean_what_they_mean_for_one_hot_encoder(read, max_categories, min_frequency):
    """scikit-learn has another column for infrequent values, which counts as a category."""
    from sklearn.preprocessing import OneHotEncoder

    values = np.repeat([f"v{j:02d}" for j in range(12)], np.arange(1, 13))
    X = pd.DataFrame({"v": values})
    x = TableEncoder(min_frequency=min_frequency, max_categories=max_categories).fit(read(X)).transform(read(X)).x
    limit = None if max_categories is None else max_categories + 1
    reference = OneHotEncoder(
        min_frequency=min_frequency, max_categories=limit, sparse_output=False, handle_unknown="infrequent_if_exist"
    ).fit(X)
    expected = reference.transform(X)
    expected = expected[:, : x.shape[1]]
    assert len(reference.get_feature_names_out()) - x.shape[1] == (x.shape[1] < 12)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 1e10), (np.float64, 1e80), (np.float32, 1e-40)])
def test_numbers_out_of_range(read, dtype, largest):
    X = pd.DataFrame({"a": np.linspace(0, largest, 9), "b": np.arange(9.0)})
    encoder = TableEncoder(scaling=None).fit(read(X))
    assert [row.loses_values for row in report_columns(encoder, (), dtype)] == [True, False]
    assert "numbers are clipped or 0 in 'a': set scaling" in warning_of(report_columns(encoder, (), dtype))
    x = encoder.transform(read(X), dtype).x
    assert np.isfinite(x).all() and np.abs(x).max() <= bound(dtype)
    assert not any(row.loses_values for row in report(read, X)[0])


def test_the_fourth_power_of_the_bound_is_finite():
    for dtype in (np.float32, np.float64):
        limit = dtype(bound(dtype)) * dtype(0.999)
        assert np.isfinite(limit * limit * limit * limit) and bound(dtype) > float(np.finfo(dtype).max) ** 0.249
