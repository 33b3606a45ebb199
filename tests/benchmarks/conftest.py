"""Shared fixtures of the tests of the benchmarks: small tables, results and methods."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.dummy import DummyClassifier, DummyRegressor

from benchmarks import accuracy, methods, report, results, tables


@pytest.fixture
def make_table():
    """A function that makes a table of a numeric and a categorical column, both with a missing value."""

    def make(n=80, task="binary", name="toy"):
        rng = np.random.default_rng(n)
        X = pd.DataFrame({"x": rng.normal(size=n), "word": pd.Categorical(rng.choice(["a", "b"], n))})
        X.loc[0, ["x", "word"]] = np.nan
        y = rng.normal(size=n) if task == "regression" else np.arange(n) % (2 if task == "binary" else 3)
        return tables.Table(name, task, X, y)

    return make


@pytest.fixture
def measure():
    """A function that fits a method on the first split of a table and returns the result."""
    return lambda method, table: results.measure("new", method, table, tables.split(table, 0), results.Fit(0, 8000, 0))


@pytest.fixture
def make_result():
    """A function that makes the result of a method on a table; the task is regression if there is an RMSE."""

    def make(method, table, split=0, size=8000, random_state=0, **numbers):
        task = "regression" if "rmse" in numbers else "binary"
        return results.Result(method, f"{method} 1.0", table, task, split, size, random_state, 60, **numbers)

    return make


@pytest.fixture
def six_results(make_result):
    """Results of the methods "base" and "new" on two tables of classes and one of regression."""
    return [
        make_result("base", "a", error=0.19, log_loss=0.39, auc=0.81, ece=0.1, fit_s=1),
        make_result("new", "a", error=0.04, log_loss=0.09, auc=0.96, ece=0.2, fit_s=2),
        make_result("base", "b", error=0.09, log_loss=0.19, auc=0.91, ece=0.3, fit_s=1),
        make_result("new", "b", error=0.09, log_loss=0.79, auc=0.91, ece=0.4, fit_s=8),
        make_result("base", "c", rmse=0.5, fit_s=2),
        make_result("new", "c", rmse=0.4, fit_s=2),
    ]


@pytest.fixture
def summarise():
    """A function that summarises a method of a list of results, with ratios to "base"."""
    return lambda method, run: report.summarise(method, report.pair([run], "base")[method])


@pytest.fixture
def saved_figures(monkeypatch):
    """A list to which each figure is appended when it is saved."""
    figures, savefig = [], Figure.savefig

    def save(figure, path):
        figures.append(figure)
        savefig(figure, path)

    monkeypatch.setattr(Figure, "savefig", save)
    return figures


@pytest.fixture
def failing_method():
    """A method whose estimator cannot be made."""

    def fail(table, seed):
        raise RuntimeError("no memory\nand more")

    return methods.Method("numpy", fail)


@pytest.fixture
def run_accuracy(monkeypatch, make_table, failing_method):
    """benchmarks.accuracy with two small tables, stubs as other methods, and a tiny network as ours."""
    small_tables = {
        "one": lambda: make_table(name="one"),
        "two": lambda: make_table(task="regression", name="two"),
    }
    monkeypatch.setattr(accuracy, "sources", lambda folder: small_tables)

    def stub(table, seed):
        return DummyClassifier() if table.classes else DummyRegressor()

    peers = {
        "base": methods.Method("numpy", stub),
        "absent": methods.Method("no-such-distribution", stub),
        "failing": failing_method,
    }
    small_network = ["--set", "width=2", "--set", "max_iter=1"]
    return lambda *arguments: accuracy.main([*small_network, *arguments], peers=peers, baseline="base")
