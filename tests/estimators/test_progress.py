"""What verbose prints."""

import sys

import pytest
from helpers import ignore_convergence, two_classes

from skscratch.estimators.progress import watched

SMALL = dict(width=8, depth=1, n_estimators=2, random_state=0)
X, y = two_classes(300)


@pytest.mark.parametrize("early_stopping", [True, False])
def test_verbose_prints_a_line_for_each_epoch(Estimator, early_stopping, capsys):
    model = Estimator(**SMALL, verbose=True, max_iter=3, early_stopping=early_stopping).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for i, line in enumerate(lines):
        expected = f"{Estimator.__name__}: iteration {i + 1}/3, loss {model.loss_curve_[i]:.6f}"
        if early_stopping:
            expected += f", validation loss {model.validation_loss_curve_[i]:.6f}"
        assert line == expected


def test_a_terminal_has_one_line_that_changes(Estimator, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    Estimator(**SMALL, verbose=1, max_iter=3).fit(X, y)
    out = capsys.readouterr().out
    assert out.count("\r\033[K") == 3 and out.count("\n") == 1 and out.endswith("\n")
    Estimator(**SMALL, verbose=1, max_iter=50, learning_rate="constant", tol=100.0, n_iter_no_change=1).fit(X, y)
    out = capsys.readouterr().out  # ends long before max_iter
    assert out.count("\r\033[K") == 3 and out.count("\n") == 1 and out.endswith("\n")


@ignore_convergence
def test_verbose_lbfgs(Estimator, capsys):
    Estimator(**SMALL, solver="lbfgs", verbose=True, max_iter=3, n_iter_no_change=5, tol=0.0).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and lines[0].startswith(f"{Estimator.__name__}: iteration 1/3, loss ")  # 3 for each network


def test_silence_is_the_default(Estimator, capsys):
    Estimator(**SMALL, max_iter=2).fit(X, y)
    assert capsys.readouterr() == ("", "")


def seconds(*times):
    """A function that returns these times, one in each call."""
    return iter(times).__next__


def test_a_short_pass_prints_nothing(capsys):
    parts = [(0, "abc"), (1, "de")]
    assert list(watched(iter(parts), "epoch 1", now=seconds(0, 1, 1.9))) == parts
    assert capsys.readouterr() == ("", "")


def test_a_long_pass_prints_rows_to_stderr(capsys):
    parts = [(i, range(1000)) for i in range(4)]
    list(watched(iter(parts), "epoch 1", n=4000, now=seconds(0, 1, 2, 5, 6, 8)))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "epoch 1: 2,000 of 4,000 rows, 1,000 rows/s",
        "epoch 1: 4,000 of 4,000 rows, 667 rows/s",
        "epoch 1: 4,000 of 4,000 rows, 500 rows/s",
    ]


def test_a_long_pass_has_one_line_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    list(watched(iter([(0, "abc")] * 3), "statistics", now=seconds(0, 2, 3, 4, 9)))
    err = capsys.readouterr().err
    assert err.count("\r\033[Kstatistics: ") == 3 and err.count("\n") == 1 and err.endswith("9 rows, 1 rows/s\n")
