"""The comparison of fits on clusters with a fit in memory, on a small table."""

import csv

import numpy as np
import pytest

pytest.importorskip("distributed")

from benchmarks.distributed.__main__ import main  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_row_for_memory_and_for_each_number_of_processes(tmp_path, capsys):
    path = tmp_path / "results.csv"
    settings = ["--set", "width=4", "--set", "max_iter=2", "--set", "n_estimators=1"]
    main(["--only", "steps_binary", "--rows", "800", "--processes", "1", "--seeds", "1", "--csv", str(path), *settings])
    with path.open(newline="", encoding="utf-8") as file:
        memory, cluster = csv.DictReader(file)
    assert (memory["method"], cluster["method"]) == ("skscratch", "1 processes")
    assert [row["note"] for row in (memory, cluster)] == ["", ""]
    assert int(memory["rounds"]) == 0 < int(cluster["rounds"])
    assert int(cluster["bytes_per_task"]) % (2 * 3 * 4) == 0  # float32, parameters and two moments, both ways
    assert np.isfinite([float(row["log_loss"]) for row in (memory, cluster)]).all()
    assert "steps_binary" in capsys.readouterr().out
