"""The benchmark of large files writes a file of the size asked for, fits on it, and compares with rows in memory."""

import csv
import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks import out_of_core, resident
from benchmarks.generated import FAMILIES

pytest.importorskip("pyarrow")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
NAME = "interactions_regression"
SMALL = "max_iter=1, width=4, n_estimators=1"


@pytest.fixture(autouse=True)
def short_row_groups(monkeypatch):
    monkeypatch.setattr(out_of_core, "ROW_GROUP", 1000)


def test_the_file_has_the_rows_of_the_table(tmp_path):
    path = tmp_path / "a.parquet"
    assert out_of_core.write(path, NAME, 2500, seed=0) == 2500
    data = pd.read_parquet(path)
    assert [*data] == [f"x{j}" for j in range(20)] + ["y"]
    residual = data["y"] - FAMILIES["interactions"].f(data.drop(columns="y"))
    assert residual.std() == pytest.approx(FAMILIES["interactions"].noise, rel=0.1)
    assert len(data.drop_duplicates()) == 2500


def test_the_file_has_the_size_asked_for(tmp_path):
    path = tmp_path / "a.parquet"
    rows = out_of_core.write(path, NAME, 10**9, max_bytes=1e6)
    assert 1e6 <= path.stat().st_size < 1.5e6
    assert 4000 < rows < 8000  # 21 numbers of 8 bytes, not compressed


@linux
def test_memory_over_time_is_printed_written_and_drawn(tmp_path, capsys):
    files = [tmp_path / name for name in ("a.csv", "a.png")]
    main = ["--gigabytes", "0.001", "--set", SMALL, "--folder", str(tmp_path)]
    out_of_core.main([*main, "--csv", str(files[0]), "--plot", str(files[1])])
    assert "peak of the resident memory" in capsys.readouterr().out
    rows = list(csv.DictReader(files[0].read_text().splitlines()))
    assert all(50 < float(row["resident MB"]) < 2000 for row in rows)
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == sorted(seconds)
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.png"]
    with pytest.raises(SystemExit, match="must be below 0.01 GB"):
        out_of_core.main([*main, "--limit", "0.01"])


@pytest.mark.parametrize("name", [NAME, "interactions_binary"])
def test_comparison_with_rows_in_memory(name, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(out_of_core, "TEST_ROWS", 500)
    arguments = ["--rows", "3000", "--seeds", "2", "--table", name, "--set", "max_iter=10, n_estimators=2"]
    out_of_core.main([*arguments, "--folder", str(tmp_path)])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{'table'")]
    assert len(lines) == 2
    for seed, line in enumerate(lines):
        assert f"'rows': 3000, 'seed': {seed}" in line
        losses = [
            float(line.partition(f"'loss, {kind}': ")[2].split("}")[0].split(",")[0]) for kind in ("file", "memory")
        ]
        assert np.isfinite(losses).all() and losses[0] == pytest.approx(losses[1], rel=0.3)


def test_hyperparameters_from_the_command_line():
    assert resident.estimator("binary", "width=4, batch_size='auto'").get_params()["width"] == 4
