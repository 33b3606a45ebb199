"""The comparison of exported models with their estimator."""

import csv

import numpy as np
import pytest

from benchmarks import export

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def test_rows_are_damaged_in_a_copy(make_table):
    X = make_table(n=400).X
    before = X.copy()
    rows = export.damaged(X, np.random.default_rng(0))
    assert X.equals(before)
    assert 0.05 < rows["x"].isna().mean() < 0.15 and 0.05 < (rows["word"] == "new").mean() < 0.15


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_what_is_measured(make_table, task):
    measured = export.measure(make_table(task=task), max_iter=2, repeats=1)
    assert max(measured.onnx_deviation, measured.numpy_deviation) < 1e-5
    assert 0 < measured.parameters_kb < min(measured.onnx_kb, measured.numpy_kb)
    assert all(seconds > 0 for seconds in measured[6:])


def test_what_is_printed_and_written(tmp_path, capsys):
    export.main(["--only", "iris", "--max-iter", "1", "--repeats", "1", "--csv", str(tmp_path / "export.csv")])
    assert capsys.readouterr().out.splitlines()[-1].startswith("iris ")
    with (tmp_path / "export.csv").open(encoding="utf-8") as file:
        assert [row["table"] for row in csv.DictReader(file)] == ["iris"]
