"""The command `python -m benchmarks.usage` prints and writes the ratios of its parts."""

import csv

import pytest

from benchmarks.usage import __main__ as usage
from benchmarks.usage.measurement import Measurement


def test_parts_are_printed_and_written(monkeypatch, capsys, tmp_path):
    measurement = Measurement("name", 3.0, "reference", 4.0, "s", 0.5)
    monkeypatch.setattr(usage, "PARTS", {"one": lambda repeats: [measurement] * repeats})
    path = tmp_path / "usage.csv"
    usage.main(["--repeats", "2", "--csv", str(path)])
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["part"], row["name"], row["ratio"]) for row in rows] == [("one", "name", "0.75")] * 2
    assert capsys.readouterr().out.count(str(measurement)) == 2


def test_an_unknown_part_is_named(capsys):
    with pytest.raises(SystemExit):
        usage.main(["two"])
    assert "parts must be any of search, predict, memory, import, got two" in capsys.readouterr().err
