"""The benchmarks run; how fast anything is, is not asked."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

STEPS = Path(__file__).parents[1] / "benchmarks" / "steps.py"


@pytest.fixture
def steps(monkeypatch):
    """benchmarks/steps.py as a module, with two tiny networks."""
    spec = importlib.util.spec_from_file_location("steps", STEPS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert len(module.PROBLEMS) == 5
    tiny = [module.Problem(3, (4,), 8, 2, epochs=2, batches=3), module.Problem(3, (4, 5), 8, 3, epochs=1, batches=3)]
    monkeypatch.setattr(module, "PROBLEMS", tiny)
    return module


def test_prints_and_writes_a_row_per_network(steps, tmp_path, capsys):
    path = tmp_path / "steps.csv"
    steps.main(["--repeats", "1", "--csv", str(path)])
    printed = capsys.readouterr().out
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["network"] for row in rows] == [problem.name for problem in steps.PROBLEMS]
    assert all(row["network"] in printed for row in rows)
    assert all(float(row[f"{name} (us)"]) > 0 for row in rows for name in steps.CONTENDERS)
    assert all(row["numpy"] == np.__version__ and row["cpu"] for row in rows)


def test_only_chooses_networks_by_name(steps, capsys):
    steps.main(["--repeats", "1", "--only", "3 classes"])
    printed = capsys.readouterr().out
    assert steps.PROBLEMS[1].name in printed and steps.PROBLEMS[0].name not in printed


def test_all_contenders_train_the_same_network(steps):
    """As many steps on as many parameters, in float32: the estimators say so themselves."""
    problem = steps.PROBLEMS[1]
    with pytest.warns(ConvergenceWarning):
        ours, theirs = steps.fit(problem)(), steps.scikit_learn(problem)()
    assert [W.shape[1:] for W in ours.coefs_] == [W.shape for W in theirs.coefs_]
    assert ours.t_ == theirs.t_ == problem.steps * problem.batch
    assert ours.coefs_[0].dtype == theirs.coefs_[0].dtype == np.float32
    assert steps.core(problem)().loss[-1].shape == (1,)
