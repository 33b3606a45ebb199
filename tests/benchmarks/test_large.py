"""The benchmark on many rows fits on nested training rows, and prints, writes and draws its results."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sklearn.dummy import DummyClassifier, DummyRegressor

from benchmarks import large, methods, results
from benchmarks.generated import GENERATED


@pytest.fixture
def command(monkeypatch):
    """benchmarks.large with stubs as other methods and 200 test rows, and a list of the splits that are fitted."""

    def stub(table, seed):
        return DummyClassifier(strategy="prior") if table.classes else DummyRegressor()

    splits = []
    peers = {name: methods.Method("numpy", stub) for name in large.METHODS[1:]}
    monkeypatch.setattr(large, "PEERS", peers)
    monkeypatch.setattr(large, "TEST_ROWS", 200)
    measure = results.measure
    monkeypatch.setattr(large, "measure", lambda *a: splits.append(a[3]) or measure(*a))
    small = ["--set", "width=2", "--set", "max_iter=1"]
    return lambda *arguments: large.main([*small, *arguments]), splits


def test_loss_against_rows_is_printed_written_and_drawn(command, tmp_path, capsys):
    run, splits = command
    files = [tmp_path / name for name in ("a.csv", "a.png")]
    tables = "interactions_regression,steps_binary"
    run("--rows", "80,40", "--only", tables, "--csv", str(files[0]), "--plot", str(files[1]))
    printed = capsys.readouterr().out
    found, _ = results.read_csv(files[0])
    assert [(r.table, r.n) for r in found] == [(t, n) for t in tables.split(",") for n in (40, 80) for _ in range(4)]
    assert list(dict.fromkeys(r.method for r in found)) == [*large.METHODS, large.BEST]
    small, large_ = splits[0], splits[4]
    assert_frame_equal(small.X, large_.X[:40])
    assert_frame_equal(small.X_test, large_.X_test)
    assert not set(small.y_test) & set(large_.y)
    for title in ("steps_binary: log loss", "steps_binary: error", "interactions_regression: RMSE"):
        lines = printed.partition(f"{title}\n")[2].splitlines()
        assert lines[0].split()[:3] == ["rows", "skscratch", "sklearn_mlp"]
        assert [line.split()[0] for line in lines[1:3]] == ["40", "80"]
    best = {r.table: r for r in found if r.method == large.BEST}
    noise = GENERATED["interactions_regression"](200, 1)
    expected = np.sqrt(np.mean((noise.table.y - noise.truth) ** 2)) / noise.table.y.std()
    assert best["interactions_regression"].rmse == pytest.approx(expected, rel=1e-4)
    assert files[1].read_bytes().startswith(b"\x89PNG")
    run("--from", str(files[0]), "--only", "steps_binary", "--methods", "skscratch")
    restricted = capsys.readouterr().out.partition("\n")[2]
    assert "sklearn_mlp" not in restricted and "interactions" not in restricted and large.BEST in restricted


def test_wrong_arguments_are_named(command, capsys):
    run, _ = command
    for arguments, message in [(["--only", "iris"], "tables must be any of"), (["--rows", "all"], "argument --rows")]:
        with pytest.raises(SystemExit):
            run(*arguments)
        assert message in capsys.readouterr().err
