"""The Titanic data against the source file, read by another parser, and against known facts."""

import gzip
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from skscratch.datasets import load_titanic
from skscratch.datasets.make_titanic import SOURCE, make_titanic


@pytest.fixture(scope="module")
def source():
    """OpenML's file, read by pandas."""
    with gzip.open(resources.files("sklearn") / SOURCE, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    start = lines.index("@data\n")
    names = [line.split()[1].strip("'") for line in lines if line.startswith("@attribute")]
    with gzip.open(resources.files("sklearn") / SOURCE, "rt", encoding="utf-8") as file:
        return pd.read_csv(file, skiprows=start + 1, header=None, names=names, na_values="?")


def test_every_cell_equals_the_source(source):
    """All 1309 x 8 values are equal, missing ones included, if types are ignored."""
    frame = load_titanic().frame
    assert list(frame.columns) == ["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked", "survived"]
    for name in frame:
        ours, theirs = frame[name].astype(object), source[name].astype(object)
        assert_array_equal(ours.isna(), theirs.isna(), err_msg=name)
        assert_array_equal(ours.dropna(), theirs.dropna(), err_msg=name)


def test_known_facts():
    X, y = load_titanic(return_X_y=True)
    assert X.shape == (1309, 7) and y.name == "survived"
    assert y.value_counts().to_dict() == {0: 809, 1: 500}
    assert X.isna().sum().to_dict() == dict(pclass=0, sex=0, age=263, sibsp=0, parch=0, fare=1, embarked=2)


def test_dtypes_of_numbers_and_categories():
    dtypes = load_titanic().frame.dtypes.astype(str).to_dict()
    assert dtypes == dict(
        pclass="int64", sex="category", age="float64", sibsp="int64", parch="int64", fare="float64",
        embarked="category", survived="int64",
    )  # fmt: skip


def test_array_contains_the_frame_with_categories_by_position():
    frame, bunch = load_titanic().data, load_titanic(as_frame=False)
    assert bunch.frame is None and bunch.data.dtype == np.float64 and bunch.target.dtype.kind == "i"
    coded = frame.assign(
        sex=frame["sex"].map({"female": 0, "male": 1}), embarked=frame["embarked"].map({"C": 0, "Q": 1, "S": 2})
    )
    assert_array_equal(bunch.data, coded.to_numpy(dtype=float))
    assert_array_equal(bunch.target, load_titanic().target)


def test_array_needs_no_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    X, y = load_titanic(return_X_y=True, as_frame=False)
    assert X.shape == (1309, 7) and y.sum() == 500


def test_frame_without_pandas_raises_with_the_command_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "skscratch\[examples\]"'):
        load_titanic()


def test_bunch_has_the_attributes_of_load_iris():
    bunch = load_titanic()
    assert isinstance(bunch, Bunch)
    assert list(bunch.data) == bunch.feature_names and list(bunch.frame) == [*bunch.feature_names, "survived"]
    assert_array_equal(bunch.target_names[bunch.target[:3]], ["survived", "survived", "died"])
    assert Path(bunch.filename).is_file()


def test_description_agrees_with_the_table():
    """The summary statistics in the description are those of the data."""
    bunch = load_titanic()
    for name in ["pclass", "age", "sibsp", "parch", "fare"]:
        column = bunch.data[name]
        stated = next(line for line in bunch.DESCR.splitlines() if line.startswith(name + ":")).split()[1:]
        true = [column.min(), column.max(), column.mean(), column.std()]
        assert stated == [f"{v:.2f}" for v in true] + [str(column.isna().sum())]


def test_file_can_be_made_again(tmp_path):
    make_titanic(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == Path(load_titanic().filename).read_bytes()
