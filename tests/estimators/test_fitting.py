"""When training ends: at max_iter, by patience, by divergence or by Ctrl-C; and the warnings that say so."""

import re
import warnings

import numpy as np
import pytest
from helpers import scores, two_classes
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skscratch import ScratchMLPRegressor
from skscratch.core.lbfgs import lbfgs
from skscratch.core.schedules import Schedule
from skscratch.estimators import fitting

SMALL = dict(width=8, depth=1, n_estimators=2, random_state=0)
X, y = two_classes(300)
PATIENT = ["constant", "invscaling", "adaptive"]
PLANNED = [name for name in Schedule.names() if name not in PATIENT]


def interrupt_after(steps):
    """Make a learning-rate function that raises KeyboardInterrupt, as Ctrl-C does, after some calls."""
    calls = iter(range(10**9))

    def learning_rate(progress):
        if next(calls) >= steps:
            raise KeyboardInterrupt
        return 1.0

    return learning_rate


@pytest.mark.parametrize("learning_rate", [*PLANNED, lambda progress: 1 - progress])
def test_planned_schedules_reach_max_iter(Estimator, learning_rate):
    """No patience and no warning, though nothing improves by so large a tol."""
    patience = np.inf if learning_rate == "flat_cosine" else 1
    options = dict(learning_rate=learning_rate, max_iter=15, tol=100.0, n_iter_no_change=patience)
    assert Estimator(**SMALL, **options).fit(X, y).n_iter_ == 15


@pytest.mark.parametrize("options, n_iter", [({}, 10), ({"n_iter_no_change": 2}, 6), ({"early_stopping": False}, 15)])
def test_flat_cosine_starts_to_decay_where_validation_does_not_improve(Estimator, options, n_iter):
    """At such a rate the first epoch is the best; after the patience the rate starts to decay."""
    options = dict(early_stopping=True, max_iter=15, init="he_normal", learning_rate_init=1e-30) | options
    assert Estimator(**SMALL, **options).fit(X, y).n_iter_ == n_iter


@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_patience_ends_a_fit(Estimator, learning_rate, early_stopping):
    """An epoch counts if it does not improve by tol; the fit ends after n_iter_no_change + 1 such epochs."""
    options = dict(learning_rate=learning_rate, early_stopping=early_stopping, max_iter=50, tol=100.0)
    assert Estimator(**SMALL, **options, n_iter_no_change=4).fit(X, y).n_iter_ == 6
    assert Estimator(**SMALL, **options, n_iter_no_change=7).fit(X, y).n_iter_ == 9


@pytest.mark.parametrize("learning_rate", PATIENT)
def test_a_fit_with_patience_warns_if_it_has_not_converged(Estimator, learning_rate):
    model = Estimator(**SMALL, learning_rate=learning_rate, max_iter=3)
    message = rf"^{Estimator.__name__} reached max_iter=3 before its loss had converged; raise max_iter or tol\.$"
    with pytest.warns(ConvergenceWarning, match=message) as record:
        model.fit(X, y)
    assert len(record) == 1 and model.n_iter_ == 3


def test_lbfgs_warns_if_it_has_not_converged(Estimator):
    with pytest.warns(ConvergenceWarning, match="reached max_iter=3 before"):
        assert Estimator(**SMALL, solver="lbfgs", max_iter=3, tol=0.0).fit(X, y).n_iter_ == 3
    with pytest.warns(
        ConvergenceWarning, match="ended after . iterations, before it reached max_iter=300 or .* max_fun"
    ):
        assert Estimator(**SMALL, solver="lbfgs", max_iter=300, max_fun=5, tol=0.0).fit(X, y).n_iter_ <= 5
    assert Estimator(**SMALL, solver="lbfgs", max_iter=300, tol=0.1).fit(X, y).n_iter_ < 300


@pytest.mark.filterwarnings("ignore:.*reached max_iter")
@pytest.mark.parametrize(("tol", "ftol"), [(1.0, 2.2e-9), (1e-4, 2.2e-9), (1e-6, 2.2e-11), (0.0, 1.4e-14)])
def test_tol_of_lbfgs_bounds_the_decrease_of_the_loss_too(tol, ftol, monkeypatch):
    """Up to the default it is SciPy's bound; below, it is as many times smaller, but no rounding error."""
    seen = {}

    def spy(*arguments, **options):
        seen.update(options)
        return lbfgs(*arguments, **options)

    monkeypatch.setattr(fitting, "lbfgs", spy)
    model = ScratchMLPRegressor(hidden_layer_sizes=(), solver="lbfgs", tol=tol, n_estimators=1, random_state=0)
    model.set_params(init="zeros", max_iter=20).fit(X, X[:, 0])
    assert seen["tol"] == tol and abs(seen["ftol"] / ftol - 1) < 0.02


def test_an_adaptive_rate_falls_before_the_fit_ends(Estimator):
    """From 1 down to 1e-6, a fifth at each plateau: nine plateaus of n_iter_no_change + 1 epochs."""
    options = dict(learning_rate="adaptive", learning_rate_init=1.0, clip_norm=0.1, max_iter=500, tol=1e5)
    model = Estimator(**SMALL, **options, n_iter_no_change=1).fit(X, y)
    assert model.n_iter_ == 1 + 2 * 10


def test_infinite_patience(Estimator):
    model = Estimator(**SMALL, learning_rate="constant", max_iter=20, tol=100.0, n_iter_no_change=float("inf"))
    with pytest.warns(ConvergenceWarning):
        assert model.fit(X, y).n_iter_ == 20


@pytest.mark.parametrize("n", [100, 300])
def test_a_fit_that_diverges_warns_once(Estimator, n):
    model = Estimator(**SMALL, solver="sgd", learning_rate_init=1e30, max_iter=40)
    with pytest.warns(RuntimeWarning) as record:
        model.fit(X[:n], y[:n])
    assert len(record) == 1
    message = str(record[0].message)
    assert re.fullmatch(r"2 of 2 members diverged: loss and parameters must stay finite, but [^.]*\.", message)
    assert model.n_iter_ < 40
    assert all(np.isfinite(W).all() for W in model.coefs_ + model.intercepts_)
    with np.errstate(over="ignore"):
        assert np.isfinite(scores(model, X)).all()


def test_a_large_rate(Estimator):
    model = Estimator(**SMALL, solver="sgd", learning_rate_init=1e6)
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        model.fit(X, y)
    assert len(record) == 1 and "members diverged" in str(record[0].message)
    with np.errstate(over="ignore"):
        assert np.isfinite(scores(model, X)).all()


def test_clipping_prevents_it(Estimator):
    options = dict(SMALL, solver="sgd", learning_rate_init=1e4)
    with pytest.warns(RuntimeWarning, match="of 2 members diverged"):
        Estimator(**options).fit(X, y)
    model = Estimator(**options, clip_norm=1e-5).fit(X, y)
    assert np.isfinite(model.loss_curve_).all() and np.isfinite(scores(model, X)).all()


@pytest.mark.parametrize("steps, epochs", [(3, 1), (9, 4), (25, 12)])
def test_an_interrupted_fit_keeps_the_best_so_far(Estimator, steps, epochs):
    """An epoch has two batches; the rate is also computed once at the end of each epoch."""
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


@pytest.mark.parametrize("steps", [0, 1])
def test_a_fit_that_is_interrupted_in_its_first_epoch_changes_nothing(Estimator, steps):
    """An untrained network is of no use."""
    model = Estimator(**SMALL, learning_rate=interrupt_after(steps), max_iter=30, batch_size=150)
    with (
        pytest.warns(RuntimeWarning, match="The fit was interrupted in epoch 1"),
        pytest.warns(RuntimeWarning, match="the estimator stays as it was"),
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


def test_an_interrupted_fit_is_the_best_of_its_epochs(Estimator):
    options = {**SMALL, "early_stopping": True, "batch_size": 300}
    stopped = Estimator(**options, learning_rate=interrupt_after(10), max_iter=30)
    with pytest.warns(RuntimeWarning, match="interrupted in epoch 6"):
        stopped.fit(X, y)
    whole = Estimator(**options, learning_rate=lambda progress: 1.0, max_iter=5).fit(X, y)
    assert_array_equal(scores(stopped, X), scores(whole, X))
    assert_array_equal(stopped.best_iter_, whole.best_iter_)


@pytest.mark.parametrize("max_iter", [1, 8])
def test_parameters_that_diverged_in_the_last_step_are_not_kept(max_iter):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), rng.normal(size=300)
    model = ScratchMLPRegressor(
        width=8, solver="sgd", learning_rate_init=1e6, early_stopping=False, max_iter=max_iter, random_state=0
    )
    with pytest.warns(RuntimeWarning, match="diverged"):
        model.fit(X, y)
    assert np.isfinite(model.predict(X)).all()
