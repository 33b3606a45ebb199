"""Generated tables are what they say, and the benchmark on many rows prints and draws them."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sklearn.dummy import DummyClassifier, DummyRegressor

from benchmarks import generated, large, methods, results
from benchmarks.generated import GENERATED


@pytest.mark.parametrize("name", GENERATED)
def test_the_first_rows_are_those_of_a_shorter_table(name):
    short, long, other = GENERATED[name](50, 3), GENERATED[name](333, 3), GENERATED[name](50, 4)
    assert short.table.name == name and list(short.table.X) == list(long.table.X)
    assert_frame_equal(short.table.X, long.table.X[:50], check_exact=True)
    assert np.array_equal(short.table.y, long.table.y[:50]) and np.array_equal(short.truth, long.truth[:50])
    assert not np.array_equal(short.table.y, other.table.y)


@pytest.mark.parametrize("name", generated.FAMILIES)
def test_the_noise_of_numbers_has_the_standard_deviation_of_the_family(name):
    table, truth = GENERATED[f"{name}_regression"](4000, 0)
    noise = table.y - truth
    assert noise.std() == pytest.approx(generated.FAMILIES[name].noise, rel=0.05)
    assert abs(np.corrcoef(noise, truth)[0, 1]) < 0.05


@pytest.mark.parametrize("name", generated.FAMILIES)
def test_classes_are_drawn_from_their_probabilities(name):
    """In ten groups of rows by P(y = 1 | x), and so is the entropy the expected log loss."""
    table, p = GENERATED[f"{name}_binary"](8000, 0)
    groups = np.array_split(np.argsort(p[:, 1]), 10)
    share, expected = ([values[rows].mean() for rows in groups] for values in (table.y, p[:, 1]))
    assert share == pytest.approx(expected, abs=0.06) and min(share) < 0.05 and max(share) > 0.95
    figures = results.evaluate(large.Truth(p), None, table.y, 2)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1).mean()
    assert figures["log_loss"] == pytest.approx(entropy, rel=0.05)
    assert figures["error"] == pytest.approx(p.min(axis=1).mean(), rel=0.08) and 0.09 < figures["error"] < 0.14


def test_functions_are_their_formulas():
    x = np.linspace(-1.5, 1.5, 20)
    X = generated.normal_columns(3, np.random.default_rng(0))
    X.iloc[1] = x
    expected = np.sin(3 * x[0]) * x[1] + abs(x[2]) + (x[3] if x[4] > 0 else 0) + 0.3 * x[5] ** 2
    assert generated.interactions(X)[1] == pytest.approx(expected)
    assert generated.waves(X * 0)[0] == 1  # the cosine of x1 - x2


def test_columns_have_the_distributions_that_are_documented():
    n = 20_000
    draw = {name: family.draw(n, np.random.default_rng(0)) for name, family in generated.FAMILIES.items()}
    assert draw["interactions"].std().to_numpy() == pytest.approx(np.ones(20), abs=0.03)
    shares = draw["steps"]["c0"].value_counts(normalize=True, sort=False)
    assert shares.to_numpy() == pytest.approx(np.array([12, 6, 4, 3]) / 25, abs=0.02)
    assert [draw["steps"][f"c{j}"].nunique() for j in range(3)] == [4, 12, 40]
    ranks = draw["waves"].rank().corr()  # of a t distribution too they tell the correlation
    assert 2 * np.sin(np.pi * ranks["x3"].iloc[[4, 6]] / 6).to_numpy() == pytest.approx([0.6, 0.216], abs=0.03)
    assert 0.01 < (draw["waves"]["x9"].abs() > 3.747).mean() < 0.03  # 0.02 for t, and 0.0002 for normal columns


def test_steps_are_constant_within_cells():
    X = generated.uniform_columns_and_categories(2000, np.random.default_rng(0))
    moved = X.copy()
    numbers = [name for name in X if name.startswith("x")]
    moved[numbers] += 1e-9
    assert np.array_equal(generated.steps(X), generated.steps(moved))
    assert len(np.unique(generated.steps(X))) > 100


@pytest.fixture
def command(monkeypatch):
    def stub(table, seed):
        return DummyClassifier(strategy="prior") if table.classes else DummyRegressor()

    seen = []
    peers = {name: methods.Method("numpy", stub) for name in large.METHODS[1:]}
    monkeypatch.setattr(large, "PEERS", peers)
    monkeypatch.setattr(large, "TEST_ROWS", 200)
    measure = results.measure
    monkeypatch.setattr(large, "measure", lambda *a: seen.append(a[3]) or measure(*a))
    small = ["--set", "width=2", "--set", "max_iter=1"]
    return lambda *arguments: large.main([*small, *arguments]), seen


def test_loss_against_rows_is_printed_written_and_drawn(command, tmp_path, capsys):
    run, seen = command
    files = [tmp_path / name for name in ("a.csv", "a.png")]
    tables = "interactions_regression,steps_binary"
    run("--rows", "80,40", "--only", tables, "--csv", str(files[0]), "--plot", str(files[1]))
    printed = capsys.readouterr().out
    found, _ = results.read_csv(files[0])
    assert [(r.table, r.n) for r in found] == [(t, n) for t in tables.split(",") for n in (40, 80) for _ in range(4)]
    assert list(dict.fromkeys(r.method for r in found)) == [*large.METHODS, large.BEST]
    small, large_ = seen[0], seen[4]
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
    again = capsys.readouterr().out.partition("\n")[2]
    assert "sklearn_mlp" not in again and "interactions" not in again and large.BEST in again


def test_wrong_arguments_are_named(command, capsys):
    run, _ = command
    for arguments, message in [(["--only", "iris"], "tables must be of"), (["--rows", "all"], "argument --rows")]:
        with pytest.raises(SystemExit):
            run(*arguments)
        assert message in capsys.readouterr().err
