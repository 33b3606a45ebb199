"""How a fit ends: at max_iter, by patience, by divergence, by Ctrl-C; and what it prints on the way."""

import re
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.schedules import SCHEDULES

SMALL = dict(width=8, depth=1, n_estimators=2, random_state=0)
ESTIMATORS = [ScratchMLPClassifier, ScratchMLPRegressor]
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)
X, y = make_classification(300, 4, n_informative=3, n_redundant=0, random_state=0)
PATIENT = ["constant", "invscaling", "adaptive"]
PLANNED = [name for name in SCHEDULES if name not in PATIENT]


def scores(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def interrupt_after(steps):
    """A learning rate that is interrupted like a fit by Ctrl-C."""
    calls = iter(range(10**9))

    def learning_rate(progress):
        if next(calls) >= steps:
            raise KeyboardInterrupt
        return 1.0

    return learning_rate


@each_estimator
@pytest.mark.parametrize("learning_rate", [*PLANNED, lambda progress: 1 - progress])
def test_schedules_run_their_course(Estimator, learning_rate):
    """No patience and no warning, though nothing improves by so large a tol."""
    patience = np.inf if learning_rate == "flat_cosine" else 1
    options = dict(learning_rate=learning_rate, max_iter=15, tol=100.0, n_iter_no_change=patience)
    assert Estimator(**SMALL, **options).fit(X, y).n_iter_ == 15


@each_estimator
@pytest.mark.parametrize("options, n_iter", [({}, 10), ({"n_iter_no_change": 2}, 6), ({"early_stopping": False}, 15)])
def test_flat_cosine_turns_down_where_held_out_rows_see_no_progress(Estimator, options, n_iter):
    """The first epoch is as good as any at such a rate; after as many more as are borne, half of the fit is done."""
    options = dict(early_stopping=True, max_iter=15, init="he_normal", learning_rate_init=1e-30) | options
    assert Estimator(**SMALL, **options).fit(X, y).n_iter_ == n_iter


@each_estimator
@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_patience_ends_a_fit(Estimator, learning_rate, early_stopping):
    """An epoch without improvement by tol counts; one more than n_iter_no_change of them end the fit."""
    options = dict(learning_rate=learning_rate, early_stopping=early_stopping, max_iter=50, tol=100.0)
    assert Estimator(**SMALL, **options, n_iter_no_change=4).fit(X, y).n_iter_ == 6
    assert Estimator(**SMALL, **options, n_iter_no_change=7).fit(X, y).n_iter_ == 9


@each_estimator
@pytest.mark.parametrize("learning_rate", PATIENT)
def test_a_patient_fit_says_that_it_has_not_converged(Estimator, learning_rate):
    model = Estimator(**SMALL, learning_rate=learning_rate, max_iter=3)
    message = rf"^{Estimator.__name__} reached max_iter=3 before its loss had converged; raise max_iter or tol\.$"
    with pytest.warns(ConvergenceWarning, match=message) as record:
        model.fit(X, y)
    assert len(record) == 1 and model.n_iter_ == 3


@each_estimator
def test_lbfgs_says_so_too(Estimator):
    with pytest.warns(ConvergenceWarning, match="reached max_iter=3 before"):
        assert Estimator(**SMALL, solver="lbfgs", max_iter=3, tol=0.0).fit(X, y).n_iter_ == 3
    with pytest.warns(ConvergenceWarning, match="reached max_iter=300 before"):
        assert Estimator(**SMALL, solver="lbfgs", max_iter=300, max_fun=5, tol=0.0).fit(X, y).n_iter_ <= 5
    assert Estimator(**SMALL, solver="lbfgs", max_iter=300, tol=0.1).fit(X, y).n_iter_ < 300


@each_estimator
def test_an_adaptive_rate_falls_before_the_fit_ends(Estimator):
    """A fifth at each stall, down to 1e-6: nine stalls from 1, each of n_iter_no_change + 1 epochs after the first."""
    options = dict(learning_rate="adaptive", learning_rate_init=1.0, clip_norm=0.1, max_iter=500, tol=1e5)
    model = Estimator(**SMALL, **options, n_iter_no_change=1).fit(X, y)
    assert model.n_iter_ == 1 + 2 * 10


@each_estimator
def test_infinite_patience(Estimator):
    model = Estimator(**SMALL, learning_rate="constant", max_iter=20, tol=100.0, n_iter_no_change=float("inf"))
    with pytest.warns(ConvergenceWarning):
        assert model.fit(X, y).n_iter_ == 20


# divergence


@each_estimator
@pytest.mark.parametrize("n", [100, 300])
def test_a_fit_that_diverges_says_so_once(Estimator, n):
    model = Estimator(**SMALL, solver="sgd", learning_rate_init=1e30, max_iter=40)
    with pytest.warns(RuntimeWarning) as record:
        model.fit(X[:n], y[:n])
    assert len(record) == 1
    message = str(record[0].message)
    assert re.fullmatch(
        r"The fit of 2 of 2 networks diverged: loss and parameters must stay finite, but [^.]*\.", message
    )
    assert model.n_iter_ < 40
    assert all(np.isfinite(W).all() for W in model.coefs_ + model.intercepts_)
    with np.errstate(over="ignore"):
        assert np.isfinite(scores(model, X)).all()


@each_estimator
def test_a_large_rate(Estimator):
    model = Estimator(**SMALL, solver="sgd", learning_rate_init=1e6)
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        model.fit(X, y)
    assert len(record) == 1 and "networks diverged" in str(record[0].message)
    with np.errstate(over="ignore"):
        assert np.isfinite(scores(model, X)).all()


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_clipping_prevents_it(Estimator):
    options = dict(SMALL, solver="sgd", learning_rate_init=1e4)
    with pytest.warns(RuntimeWarning, match="of 2 networks diverged"):
        Estimator(**options).fit(X, y)
    model = Estimator(**options, clip_norm=0.01).fit(X, y)  # and warns of nothing
    assert np.isfinite(model.loss_curve_).all() and np.isfinite(scores(model, X)).all()


# Ctrl-C


@each_estimator
@pytest.mark.parametrize("steps, epochs", [(3, 1), (9, 4), (25, 12)])
def test_an_interrupted_fit_keeps_the_best_so_far(Estimator, steps, epochs):
    """Two batches to an epoch; the loop also asks for the rate once, at the end of each epoch."""
    model = Estimator(**SMALL, learning_rate=interrupt_after(steps + steps // 2), max_iter=30, early_stopping=False)
    model.set_params(batch_size=150)
    message = rf"^The fit was interrupted in epoch {epochs + 1}: the best parameters so far are kept\.$"
    with pytest.warns(RuntimeWarning, match=message) as record:
        model.fit(X, y)
    assert len(record) == 1
    assert model.n_iter_ == len(model.loss_curve_) == epochs
    assert np.isfinite(scores(model, X)).all()
    assert abs(int(model.best_iter_.mean()) - 1 - np.argmin(model.loss_curve_)) <= 1
    if epochs == 12:
        assert model.score(X, y) > 0.5


@each_estimator
@pytest.mark.parametrize("steps", [0, 1])
def test_a_fit_that_is_interrupted_in_its_first_epoch_is_no_fit(Estimator, steps):
    """An untrained network would be worse than none."""
    model = Estimator(**SMALL, learning_rate=interrupt_after(steps), max_iter=30, batch_size=150)
    with (
        pytest.warns(RuntimeWarning, match="The fit was interrupted in epoch 1"),
        pytest.warns(RuntimeWarning, match="the estimator stays as it was"),
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


@each_estimator
def test_an_interrupted_fit_is_the_best_of_its_epochs(Estimator):
    options = {**SMALL, "early_stopping": True, "batch_size": 300}
    stopped = Estimator(**options, learning_rate=interrupt_after(10), max_iter=30)
    with pytest.warns(RuntimeWarning, match="interrupted in epoch 6"):
        stopped.fit(X, y)
    whole = Estimator(**options, learning_rate=lambda progress: 1.0, max_iter=5).fit(X, y)
    assert_array_equal(scores(stopped, X), scores(whole, X))
    assert_array_equal(stopped.best_iter_, whole.best_iter_)


# verbose


@each_estimator
@pytest.mark.parametrize("early_stopping", [True, False])
def test_verbose_prints_a_line_for_each_epoch(Estimator, early_stopping, capsys):
    model = Estimator(**SMALL, verbose=True, max_iter=3, early_stopping=early_stopping).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for i, line in enumerate(lines):
        expected = f"{Estimator.__name__}: iteration {i + 1}/3, loss {model.loss_curve_[i]:.6f}"
        if early_stopping:
            expected += f", held-out loss {model.validation_loss_curve_[i]:.6f}"
        assert line == expected


@each_estimator
def test_a_terminal_has_one_line_that_changes(Estimator, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    Estimator(**SMALL, verbose=1, max_iter=3).fit(X, y)
    out = capsys.readouterr().out
    assert out.count("\r\033[K") == 3 and out.count("\n") == 1 and out.endswith("\n")
    Estimator(**SMALL, verbose=1, max_iter=50, learning_rate="constant", tol=100.0, n_iter_no_change=1).fit(X, y)
    out = capsys.readouterr().out  # ends long before max_iter
    assert out.count("\r\033[K") == 3 and out.count("\n") == 1 and out.endswith("\n")


@pytest.mark.filterwarnings("ignore:.*reached max_iter")
@each_estimator
def test_verbose_lbfgs(Estimator, capsys):
    Estimator(**SMALL, solver="lbfgs", verbose=True, max_iter=3, n_iter_no_change=5, tol=0.0).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and lines[0].startswith(f"{Estimator.__name__}: iteration 1/3, loss ")  # 3 for each network


@each_estimator
def test_silence_is_the_default(Estimator, capsys):
    Estimator(**SMALL, max_iter=2).fit(X, y)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("max_iter", [1, 8])
def test_parameters_that_exploded_in_the_last_step_are_not_kept(max_iter):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), rng.normal(size=300)
    model = ScratchMLPRegressor(
        width=8, solver="sgd", learning_rate_init=1e6, early_stopping=False, max_iter=max_iter, random_state=0
    )
    with pytest.warns(RuntimeWarning, match="diverged"):
        model.fit(X, y)
    assert np.isfinite(model.predict(X)).all()
