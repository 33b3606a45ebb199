"""Every source gives all rows in numbered parts, the same in every pass, whatever the order of the parts."""

import os

import numpy as np
import pandas as pd
import pytest

from skscratch.tabular import column_names, find_categories, find_source, sources
from skscratch.tabular.frames import column_array, columns_of

pl = pytest.importorskip("polars")

pa = pytest.importorskip("pyarrow")
ds = pytest.importorskip("pyarrow.dataset")
pq = pytest.importorskip("pyarrow.parquet")

N = 1000


@pytest.fixture
def table():
    i = np.arange(N)
    missing = np.where(i % 7 == 0, np.nan, i)
    return pa.table({"i": i, "x": pa.array(missing, from_pandas=True), "c": pa.array([f"v{j % 3}" for j in i])})


ROWS = sources.PART_ROWS  # before the following fixture changes it


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr(sources, "PART_ROWS", 64)


class Frames:
    """An object whose __iter__ starts anew."""

    def __init__(self, frames):
        self.frames = frames

    def __iter__(self):
        return iter(self.frames)


def frames_of(table, size=150):
    return [table.slice(start, size) for start in range(0, N, size)]


KINDS = {
    "file": lambda table, path: pq.write_table(table, path / "a.parquet", row_group_size=150) or path / "a.parquet",
    "str": lambda table, path: pq.write_table(table, path / "a.parquet", row_group_size=150) or str(path / "a.parquet"),
    "folder": lambda table, path: (
        ds.write_dataset(table, path, format="parquet", max_rows_per_file=300, max_rows_per_group=150) or path
    ),
    "dataset": lambda table, path: (
        ds.write_dataset(table, path, format="parquet", max_rows_per_group=150) or ds.dataset(path)
    ),
    "filtered dataset": lambda table, path: ds.dataset(table).filter(ds.field("i") >= 0),
    "feather": lambda table, path: (
        ds.write_dataset(table, path, format="feather") or ds.dataset(path, format="feather")
    ),
    "dataset in memory": lambda table, path: ds.dataset(table),
    "lazy frame": lambda table, path: pl.from_arrow(table).lazy(),
    "scan": lambda table, path: pq.write_table(table, path / "a.parquet") or pl.scan_parquet(path / "a.parquet"),
    "list of tables": lambda table, path: frames_of(table),
    "list of record batches": lambda table, path: table.to_batches(max_chunksize=150),
    "list of pandas frames": lambda table, path: [frame.to_pandas() for frame in frames_of(table)],
    "tuple of polars frames": lambda table, path: tuple(pl.from_arrow(frame) for frame in frames_of(table)),
    "function": lambda table, path: lambda: (frame for frame in frames_of(table)),
    "iterable": lambda table, path: Frames(frames_of(table)),
}
ANY_ORDER = {"file", "str", "folder", "dataset", "list of tables", "list of record batches", "list of pandas frames"}
ANY_ORDER |= {"tuple of polars frames"}


def parts(source, names, rng=None):
    """{number: {name: array}} in the order of reading."""
    read = {}
    for number, frame in source.frames(names, rng):
        assert number not in read
        assert column_names(frame) == names
        read[number] = dict(zip(names, map(column_array, columns_of(frame)), strict=True))
    return read


@pytest.mark.parametrize("kind", KINDS)
def test_all_rows_in_numbered_parts(kind, table, tmp_path):
    source = find_source(KINDS[kind](table, tmp_path))
    assert source.names == ["i", "x", "c"]
    first, second = parts(source, ["c", "i"]), parts(source, ["c", "i"], np.random.default_rng(0))
    assert sorted(second) == sorted(first) == list(range(len(first)))
    for number, columns in first.items():
        np.testing.assert_array_equal(second[number]["i"], columns["i"])
        np.testing.assert_array_equal(second[number]["c"], columns["c"])
    np.testing.assert_array_equal(np.concatenate([columns["i"] for columns in first.values()]), np.arange(N))
    assert (list(second) != list(first)) == (kind in ANY_ORDER)
    assert len(first) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values(kind, table, tmp_path):
    source = find_source(KINDS[kind](table, tmp_path))
    x = np.concatenate([columns["x"] for columns in parts(source, ["x"]).values()])
    np.testing.assert_array_equal(x, table["x"].to_numpy())


def test_columns_in_the_names_of_folders(table, tmp_path):
    ds.write_dataset(
        table, tmp_path, format="parquet", partitioning=ds.partitioning(pa.schema([("c", pa.string())]), flavor="hive")
    )
    source = find_source(tmp_path)
    read = parts(source, ["c", "i"], np.random.default_rng(0))
    assert sum(len(columns["i"]) for columns in read.values()) == N
    for columns in read.values():
        np.testing.assert_array_equal(columns["c"], [f"v{j % 3}" for j in columns["i"]])


@pytest.mark.parametrize(
    "X", [np.zeros((2, 2)), [[1.0, 2.0]], [], pd.DataFrame({"a": [1]}), {"a": [1]}, None, 3.0, {1, 2}]
)
def test_data_is_no_source(X):
    assert find_source(X) is None


def test_tables_are_data(table):
    assert find_source(table) is find_source(table.to_batches()[0]) is find_source(pl.from_arrow(table)) is None


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"X must be data, or the path .* there is no file '.*b\.parquet'"):
        find_source(tmp_path / "b.parquet")


def test_another_format_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"X must be the path of a Parquet file .*a\.csv"):
        find_source(str(tmp_path / "a.csv"))


def test_a_file_that_vanishes_is_named(table, tmp_path):
    source = find_source(KINDS["folder"](table, tmp_path))
    list(source.frames(["i"]))
    for path in tmp_path.iterdir():
        os.remove(path)
    with pytest.raises(OSError, match="X could not be read after 0 parts: .* are all its files still there"):
        list(source.frames(["i"]))


def test_an_iterator_can_be_read_only_once(table):
    with pytest.raises(TypeError, match="X must be readable several times, but a generator can be read only once"):
        find_source(frame for frame in [table])


def test_parts_with_other_columns(table):
    source = find_source([table, table.rename_columns(["i", "x", "d"])])
    with pytest.raises(ValueError, match=r"part 1 \(from 0\) differs in \['c', 'd'\]"):
        list(source.frames(["i"]))


def test_a_file_with_other_columns(table, tmp_path):
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.drop_columns(["c"]), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"part 16 \(from 0\) differs in \['c'\]"):
        list(find_source(tmp_path).frames(["i", "c"]))


def test_parts_that_are_no_frames(table):
    with pytest.raises(TypeError, match=r"part 1 \(from 0\) is a list: convert it"):
        list(find_source([table, [1.0]]).frames(["i"]))


def test_sparse_frames():
    frame = pd.DataFrame({"i": pd.arrays.SparseArray([0.0, 1.0], fill_value=0)})
    with pytest.raises(TypeError, match=r"all columns of part 0 \(from 0\) are sparse"):
        list(find_source([frame]).frames(["i"]))


def test_no_parts():
    with pytest.raises(ValueError, match="X must hold at least one frame, but it has none"):
        list(find_source(lambda: []).frames(["i"]))


def test_a_missing_category_is_none():
    column = pa.chunked_array([["a", None, "b"]]).dictionary_encode()
    assert column_array(column).tolist() == ["a", None, "b"]


def test_lazy_frames_need_batches(monkeypatch):
    monkeypatch.delattr(pl.LazyFrame, "collect_batches")
    with pytest.raises(TypeError, match="install a newer polars"):
        find_source(pl.DataFrame({"a": [1]}).lazy())


def test_without_pyarrow(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.dataset", None)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        find_source(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_has_types_and_no_rows(kind, table, tmp_path):
    head = find_source(KINDS[kind](table, tmp_path)).head
    assert len(head) == 0 and find_categories(head) == (2,)


def test_a_part_is_16_mb_of_numbers_or_65_536_rows(monkeypatch):
    """As docs/guide/large_data.md says."""
    monkeypatch.setattr(sources, "PART_ROWS", ROWS)
    assert [sources._rows_in_part(d) for d in (0, 1, 32, 64, 10**9)] == [65_536, 65_536, 65_536, 2**24 // 512, 1]
