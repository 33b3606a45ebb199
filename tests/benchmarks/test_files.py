"""The comparison of the files in which a model can be kept."""

import csv

import pytest

for library in ("onnx", "onnxruntime", "skops"):
    pytest.importorskip(library)

from benchmarks import files  # noqa: E402


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_what_is_measured(make_table, task):
    measured = files.measure(make_table(task=task), max_iter=2, repeats=1)
    assert [each.format for each in measured] == list(files.FORMATS)
    assert all(min(each.size_kb, each.write_ms, each.read_ms) > 0 for each in measured)


def test_what_is_printed_and_written(tmp_path, capsys):
    files.main(["--only", "iris", "--max-iter", "1", "--repeats", "1", "--csv", str(tmp_path / "files.csv")])
    assert all(line.startswith("iris ") for line in capsys.readouterr().out.splitlines()[-len(files.FORMATS) :])
    with (tmp_path / "files.csv").open(encoding="utf-8") as file:
        assert [row["format"] for row in csv.DictReader(file)] == list(files.FORMATS)
