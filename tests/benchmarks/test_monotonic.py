"""The benchmark of monotonic constraints counts steps in the wrong direction, and prints what it measures."""

import re

import numpy as np
import pandas as pd
import pytest

from benchmarks import monotonic


class Falling:
    """Predicts x, but 2 less above 0: one step of -2 in each row."""

    def predict(self, X):
        return (X["a"] - 2 * (X["a"] > 0)).to_numpy()


def test_wrong_steps(make_table):
    X = pd.DataFrame({"a": np.linspace(-1, 1, 5), "b": 0.0})
    table = make_table(10, "regression")
    count, largest = monotonic.wrong_steps(table, Falling(), X, {"a": 1, "b": 0})
    step = 2 / (monotonic.LINE - 1)
    assert (count, largest) == (5, pytest.approx((2 - step) / 2, rel=0.05))
    assert monotonic.wrong_steps(table, Falling(), X, {"a": -1})[0] == 5 * (monotonic.LINE - 2)


def test_functions_are_monotonic_in_their_signs():
    for name, _, parts, truth, signs in monotonic.generated(rows=50, splits=1):
        function = monotonic.FUNCTIONS[name][0]
        for column, sign in signs.items():
            more = parts.X_test.assign(**{column: parts.X_test[column] + 0.1})
            assert (sign * (function(*more.to_numpy().T) - truth) >= 0).all()


def test_results_are_printed(monkeypatch, capsys, make_table):
    monkeypatch.setattr(monotonic, "FUNCTIONS", {"steps": monotonic.FUNCTIONS["steps"]})
    monotonic.main(["--rows", "60", "--splits", "2"])
    printed = capsys.readouterr().out
    (line,) = re.findall(r"^steps .*$", printed, flags=re.MULTILINE)
    assert len(line.split()) == 9 and line.split()[-2] == "0" and "ratios to ours without constraints: 1.000" in printed


def test_tables_of_a_folder(monkeypatch, tmp_path, make_table):
    table = make_table(200, "binary")
    column = next(name for name in table.X if name not in table.categorical)
    monkeypatch.setattr(monotonic, "sources", lambda folder: {table.name: lambda: table})
    monkeypatch.setattr(monotonic, "SIGNS", {table.name: {column: 1}})
    ((name, _, parts, truth, signs),) = monotonic.public(tmp_path, rows=100, splits=1)
    assert (name, len(parts.y), signs) == (table.name, 100, {column: 1})
    np.testing.assert_array_equal(truth, parts.y_test)
    results = monotonic.compare(table, parts, truth, signs, 0)
    assert len(results) == 8 and np.isfinite(results).all() and results[6] == 0
