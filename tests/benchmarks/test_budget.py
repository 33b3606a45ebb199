"""The parts of a fit are disjoint and add up to the whole; no test asserts a time."""

import csv

import numpy as np
import pytest

from benchmarks import budget
from skscratch.core import Tape, Trainer
from skscratch.core.groups import MemberGroup

SMALL = {"n_estimators": 2, "max_iter": 2}


def test_the_shares_add_up_to_one():
    line = budget.measure(200, 1, **SMALL)
    assert (line["rows"], line["epochs run"]) == (200, 2)
    assert sum(line[part] for part in budget.PARTS) == pytest.approx(1)
    assert all(line[part] > 0 for part in ("products", "other calls", "around steps", "validation", "reading"))


def test_a_part_contains_others_and_nothing_remains_patched():
    functions = Trainer.run, MemberGroup.train, Tape.replay
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 20)), rng.integers(0, 2, 200)
    seconds = budget.time_fit(budget.ScratchMLPClassifier(**SMALL), X, y)
    assert 0 < seconds["steps"] + seconds["validation"] < seconds["training"] < seconds["fit"]
    assert functions == (Trainer.run, MemberGroup.train, Tape.replay)


def test_calls_are_divided_into_products_and_others(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 20)), rng.integers(0, 2, 200)
    model = budget.ScratchMLPClassifier(**SMALL)
    assert min(budget.time_calls(model, X, y).values()) > 0
    monkeypatch.setattr(budget, "PRODUCTS", ())
    assert budget.time_calls(model, X, y)["products"] == 0


def test_the_table_is_printed_and_written(tmp_path, monkeypatch, capsys):
    def measure(n, repeats):
        return {"rows": n, "epochs run": repeats, "seconds": 1.5} | dict.fromkeys(budget.PARTS, 1 / 6)

    monkeypatch.setattr(budget, "measure", measure)
    budget.main(["--rows", "100,2000", "--repeats", "1", "--csv", str(tmp_path / "budget.csv")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split() == ["2,000", "1", "1.50", *["16.7%"] * 6]
    with open(tmp_path / "budget.csv", newline="") as file:
        assert [row["rows"] for row in csv.DictReader(file)] == ["100", "2000"]
