"""The latency of the web service."""

import csv

import pytest

for library in ("fastapi", "uvicorn", "onnx", "onnxruntime"):
    pytest.importorskip(library)

from benchmarks import serving  # noqa: E402


def test_what_is_printed_and_written(tmp_path, capsys):
    path = tmp_path / "serving.csv"
    serving.main(["--calls", "32", "--clients", "4", "--max-iter", "1", "--csv", str(path)])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[-3:]] == list(serving.ENGINES)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert (row["calls"], row["failed"]) == ("32", "0")
            assert 0 < float(row["p50"]) <= float(row["p90"]) <= float(row["p99"]) <= float(row["longest"])


def test_a_service_that_does_not_start(tmp_path):
    with pytest.raises(RuntimeError, match="must start"), serving.service(tmp_path / "nothing"):
        pass
