"""What verbose prints."""

import sys

import pytest
from helpers import ignore_convergence, two_classes

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
