"""The benchmark of out-of-fold scores compares them with further fits, and prints and writes what it measures."""

import csv

import numpy as np
import pytest
from scipy import stats

from benchmarks import out_of_fold

SMALL = ["--set", "width=4", "--set", "max_iter=2", "--set", "n_estimators=3"]


def test_share_and_width():
    bounds = np.array([[0.0, 2.0], [1.0, 5.0], [3.0, 3.0], [9.0, 9.0]])
    y = np.array([2.0, 0.0, 3.0, 8.0])
    assert out_of_fold.evaluate_intervals(bounds, y) == (0.5, pytest.approx(1.5 / y.std()))
    sets = np.array([[True, True, False], [False, False, False], [False, False, True]])
    assert out_of_fold.evaluate_sets(sets, np.array([0, 1, 3]), np.array([1, 0, 3])) == (2 / 3, 1.0)


def test_half_of_an_interval():
    values = np.random.default_rng(0).normal(size=12)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert out_of_fold.half_interval(values) == pytest.approx((high - low) / 2)
    assert np.isnan(out_of_fold.half_interval([0.9]))


def test_results_are_printed_and_written(tmp_path, capsys, make_table, monkeypatch):
    tables = {task: lambda task=task: make_table(200, task, task) for task in ("multiclass", "regression")}
    monkeypatch.setattr(out_of_fold, "sources", lambda folder: tables)
    monkeypatch.setattr(out_of_fold, "FOLDS", 3)
    monkeypatch.setattr(out_of_fold, "find_spec", lambda name: None)
    file = tmp_path / "results.csv"
    out_of_fold.main([*SMALL, "--splits", "2", "--size", "120", "--csv", str(file)])
    printed = capsys.readouterr().out
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(r["table"], r["n"], r["split"]) for r in rows] == [(t, "120", s) for t in tables for s in "01"]
    assert all(0.5 < float(r["inside"]) <= 1 and float(r["width"]) > 0 and r["mapie_width"] == "nan" for r in rows)
    difference = np.mean([float(r["out_of_fold"]) - float(r["cross_validation"]) for r in rows])
    assert f"out-of-fold minus cross-validation: mean {difference:+.4f}" in printed
    assert "95 % interval" in printed and "with the whole interval: " in printed
    assert len([line for line in printed.splitlines() if line.startswith("regression")]) == 3
    out_of_fold.main([*SMALL, "--only", "multiclass", "--one-fit", "--size", "120"])
    assert "+nan" in capsys.readouterr().out


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_mapie(task, make_table, monkeypatch):
    pytest.importorskip("mapie")
    monkeypatch.setattr(out_of_fold, "FOLDS", 3)
    settings = {"width": 4, "max_iter": 2, "n_estimators": 2}
    found = out_of_fold.compare(make_table(200, task), 0, 120, settings, one_fit=False)
    assert 0.5 < found.mapie_inside <= 1 and found.mapie_width > 0


def test_wrong_arguments_are_named(capsys):
    with pytest.raises(SystemExit):
        out_of_fold.main(["--only", "nothing"])
    assert "tables must be any of" in capsys.readouterr().err
