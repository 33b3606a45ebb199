"""Splits and sizes are as documented, and a folder is read as its manifest describes."""

import gzip
import json

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from benchmarks import tables

FRUIT = dict(name="fruit", target="kind", task="multiclass", categorical=["colour"])


@pytest.fixture
def folder(tmp_path):
    """A folder with a gzipped table of classes, and a plain table of numbers whose first row has a missing value."""
    entries = [
        {**FRUIT, "source": "ignored"},
        {"name": "price", "target": "euros", "task": "regression", "categorical": []},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    with gzip.open(tmp_path / "fruit.csv.gz", "wt") as file:
        file.write("grams,colour,kind\n5,red,plum\n,NA,apple\n9,,plum\n7,red,02\n")
    (tmp_path / "price.csv").write_text("size,euros\n,1\n2,2.5\n")
    return tmp_path


def test_split_is_the_documented_one(make_table):
    t = make_table()
    train, test = train_test_split(np.arange(80), test_size=0.25, random_state=7, stratify=t.y)
    X, y, X_test, y_test = tables.split(t, 7)
    assert list(X.index) == list(train) and list(X_test.index) == list(test)
    assert list(y) == list(t.y[train]) and list(y_test) == list(t.y[test])
    assert y_test.sum() == 10  # 10 of each class


def counts_of_test_classes(table):
    """The numbers of test rows of both classes in twenty splits."""
    splits = [tables.split(table, seed) for seed in range(20)]
    return {tuple(np.bincount(split.y_test, minlength=2)) for split in splits}


def test_classes_with_four_rows_are_stratified(make_table):
    assert counts_of_test_classes(make_table(16)._replace(y=np.repeat([0, 1], [12, 4]))) == {(3, 1)}


def test_classes_with_three_rows_are_not_stratified(make_table):
    assert len(counts_of_test_classes(make_table(16)._replace(y=np.repeat([0, 1], [13, 3])))) > 1


def test_rows_are_limited(monkeypatch, make_table):
    monkeypatch.setattr(tables, "TEST_ROWS", 10)
    X, y, X_test, y_test = tables.split(make_table(task="regression"), 0, 30)
    assert (len(X), len(y), len(X_test), len(y_test)) == (30, 30, 10, 10)
    assert not set(X.index) & set(X_test.index)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_training_rows_are_nested_and_test_rows_equal(task, make_table):
    t = make_table(81, task)
    all_rows = tables.split(t, 3, np.inf)
    assert len(all_rows.X) == t.train_rows == 60
    train, _ = train_test_split(np.arange(81), test_size=0.25, random_state=3, stratify=t.y if t.classes else None)
    order = train[np.random.RandomState(3).permutation(60)]
    for size in (1, 10, 59):
        rows = tables.split(t, 3, size)
        assert list(rows.X.index) == list(order[:size]) and list(rows.y) == list(t.y[order[:size]])
        assert list(rows.X_test.index) == list(all_rows.X_test.index)
    assert list(tables.split(t, 3, 60).X.index) == list(all_rows.X.index) == list(train)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(300, [100, 200, 500]), (200, [100, 200]), (201, [100, 200, 500]), (50, [100]), (2000, [100, 200, 500, np.inf])],
)
def test_no_training_set_occurs_twice(rows, expected):
    assert tables.different_sizes([500, 200, np.inf, 100, 200], rows) == expected


def test_a_folder_is_read_as_its_manifest_describes(folder):
    loaded = {name: load() for name, load in tables.sources(folder).items()}
    fruit, price = loaded["fruit"], loaded["price"]
    assert fruit.categorical == ["colour"] and fruit.classes == 3 and price.classes == 0
    assert list(fruit.y) == [2, 1, 2, 0]  # the labels are strings, sorted: 02, apple, plum
    assert list(fruit.X["colour"].cat.categories) == ["NA", "red"]  # only the empty cell is missing, "NA" is a string
    assert list(fruit.X["colour"].isna()) == [False, False, True, False]
    assert fruit.X["grams"].dtype == float and np.isnan(fruit.X["grams"][1])
    assert list(price.y) == [1, 2.5]


def test_the_manifest_can_order_the_classes(folder):
    assert list(tables.read(folder, **FRUIT, classes=["plum", "02", "apple"]).y) == [0, 2, 0, 1]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"task": "ranking"}, ValueError, "task of fruit must be one of binary, multiclass, regression, got 'ranking'"),
        ({"name": "pear"}, FileNotFoundError, "pear must be in pear.csv or pear.csv.gz, got neither in"),
        ({"categorical": []}, ValueError, r"columns of fruit must be numbers, got \['colour'\]"),
        (
            {"target": "grams", "task": "regression", "categorical": ["colour", "kind"]},
            ValueError,
            "target grams of fruit must have no missing values, got 1",
        ),
        (
            {"classes": ["plum", "apple"]},
            ValueError,
            r"classes of fruit must contain all labels, got none for \['02'\]",
        ),
    ],
    ids=["task", "file", "columns", "target", "classes"],
)
def test_a_wrong_entry_is_named(folder, change, error, message):
    with pytest.raises(error, match=message):
        tables.read(folder, **{**FRUIT, **change})


@pytest.mark.parametrize("name", tables.SHIPPED)
def test_each_default_table_loads(name):
    t = tables.sources()[name]()
    assert t.name == name and len(t.X) == len(t.y)
    assert min(t.classes, 3) == {"regression": 0, "binary": 2, "multiclass": 3}[t.task]
    assert t.categorical == (["sex", "embarked"] if name == "titanic" else [])
