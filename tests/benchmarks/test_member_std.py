"""The benchmark of the standard deviation over the members compares it with errors, and prints means."""

import numpy as np
import pytest

from benchmarks import member_std


def test_the_four_numbers():
    std = np.arange(1.0, 11.0)
    found = member_std.evaluate(error=2 * std, std=std, width=-std)
    assert found == pytest.approx((1, -1, 9.5 / 1.5, 0))
    assert member_std.evaluate(error=std[::-1], std=std, width=std).inside == 0.6


def test_tables_of_numbers_are_printed(capsys, make_table, monkeypatch):
    tables = {task: lambda task=task: make_table(200, task, task) for task in ("multiclass", "regression")}
    monkeypatch.setattr(member_std, "sources", lambda folder: tables)
    member_std.main(["--size", "100", "--splits", "2", "--set", "width=4,max_iter=2,n_estimators=3"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-3:]] == ["table", "regression", "mean"]
    assert lines[-1].split()[1:] == lines[-2].split()[1:]
