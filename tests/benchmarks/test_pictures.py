"""Every picture of the pages is drawn by a command, and that of measured figures from files of this repository."""

import re
from pathlib import Path

import pytest

from benchmarks import pictures
from benchmarks.methods import BASELINE, OURS

ROOT = Path(__file__).parents[2]
DRAWN_BY = {"record.png": "docs/draw_record.py", "sine.png": "docs/examples/sine.py"}  # the other pictures


def shown():
    """Return the names of the pictures in the README and on the pages, by page."""
    pages = [ROOT / "README.md", *(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
    found = {path: re.findall(r"images/(\w+\.png)\)", path.read_text(encoding="utf-8")) for path in pages}
    return {path.relative_to(ROOT).as_posix(): names for path, names in found.items()}


def test_every_picture_has_a_command():
    drawn = {*pictures.PICTURES, *DRAWN_BY, *shown()["docs/guide/displays.md"]}
    everything = {name for names in shown().values() for name in names}
    assert everything <= drawn and {path.name for path in pictures.IMAGES.iterdir()} == everything


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_the_command_draws_a_picture(name, tmp_path):
    pictures.PICTURES[name](tmp_path / name)
    assert (tmp_path / name).stat().st_size > 20_000


def test_main_draws_all(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pictures, "PICTURES", {"a.png": Path.touch, "b.png": Path.touch})
    pictures.main([str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    assert capsys.readouterr().out.count("png") == 2


def test_the_runs_have_all_that_is_drawn():
    """At each size all tables, of all kinds, and the usual other methods."""
    for name, numbers in (("sizes", pictures.SIZES_BY_KIND), ("accuracy", [pictures.MOST])):
        runs = pictures.runs_of(name)
        for n in numbers:
            found = {s.method: s for s in pictures.summaries(runs, n)}
            assert {OURS, BASELINE, "hist_gradient_boosting", "random_forest"} <= found.keys()
            assert {s.tables for s in found.values()} == {30}
        assert {r.task for run in runs for r in run} == pictures.KINDS.keys()
        assert "catboost" in found


def test_at_most_takes_the_largest_size_of_each_table(make_result):
    sizes = [("a", 100), ("b", 100), ("b", 200), ("b", 500)]
    run = [make_result("base", table, size=size, fit_s=size) for table, size in sizes]
    other = [make_result("only_100", table, size=100) for table in "ab"]
    (found,) = pictures.at_most([run + other], 200)
    assert [(r.method, r.table, r.size, r.fit_s) for r in found] == [("base", "a", 200, 100), ("base", "b", 200, 200)]
    assert {r.method for r in pictures.at_most([run + other], 100)[0]} == {"base", "only_100"}


def test_the_title_names_methods_with_fewer_splits(make_result):
    run = [make_result("base", table, split=split) for table in "ab" for split in (0, 1, 2)]
    assert pictures.title([run]) == "Tables: 2, splits of each: 3."
    other = [make_result("catboost", "a", split=0)]
    assert pictures.title([run, other]) == "Tables: 2, splits of each: 3, CatBoost 1."


def test_each_file_is_explained():
    text = (pictures.FIGURES / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+\.csv)`", text, flags=re.MULTILINE)) == {
        path.name for path in pictures.FIGURES.glob("*.csv")
    }
