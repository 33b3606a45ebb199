"""A fit that fails or is interrupted at any moment leaves the estimator as it was, fitted or not."""

import copy
import inspect
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import ignore_convergence, scores
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

import skscratch
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators import base

PACKAGE = str(Path(skscratch.__file__).parent)
SMALL = dict(width=4, depth=1, n_estimators=2, max_iter=2, batch_size=30, early_stopping=True, random_state=0)
X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc"))
OTHER_X = np.random.default_rng(1).normal(size=(60, 2))
Y = {ScratchMLPClassifier: np.resize(["a", "b", "c"], 60), ScratchMLPRegressor: X["a"].to_numpy() + 1}
OTHER_Y = {ScratchMLPClassifier: np.resize(["x", "y"], 60), ScratchMLPRegressor: 1000 * X["b"].to_numpy()}


def fitted(Estimator, **options):
    return Estimator(**SMALL | options).fit(X, Y[Estimator])


class Unchanged:
    """An estimator as it is now; `check` fails if anything that a user or a later fit can see has changed."""

    def __init__(self, model):
        self.model, self.attributes = model, dict(vars(model))
        self.copy = copy.deepcopy(model)
        self.fitted = hasattr(model, "coefs_")
        self.scores = scores(model, X) if self.fitted else None

    def check(self):
        attributes = vars(self.model)
        assert attributes.keys() == self.attributes.keys()
        assert all(attributes[name] is value for name, value in self.attributes.items())
        if not self.fitted:
            with pytest.raises(NotFittedError):
                check_is_fitted(self.model)
            with pytest.raises(NotFittedError):
                self.model.predict(X)
            return
        assert_array_equal(scores(self.model, X), self.scores)
        y = Y[type(self.model)]
        now, before = (copy.deepcopy(model).set_params(warm_start=True).fit(X, y) for model in (self.model, self.copy))
        assert_array_equal(scores(now, X), scores(before, X))
        assert now.loss_curve_ == before.loss_curve_


class RaiseAtCall:
    """A context in which the n-th call of a function of this package raises, counted from the first check of a fit."""

    def __init__(self, n=None, error=ValueError):
        self.n, self.error, self.calls = n, error, 0

    def trace(self, frame, event, argument):
        code = frame.f_code
        ours = code.co_filename.startswith(PACKAGE) and not code.co_flags & inspect.CO_GENERATOR
        if event == "call" and ours and (self.calls or code.co_name == "check_parameters"):
            self.calls += 1
            if self.calls == self.n:
                sys.settrace(None)
                raise self.error("raised by the test")

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)


def calls_of(fit, model):
    """Choose positions among the calls in a fit of a copy, densest at its start and end."""
    for _ in range(2):  # the first fit of a process fills caches
        with RaiseAtCall() as counted:
            fit(copy.deepcopy(model))
    n = counted.calls
    return sorted({*range(1, n, max(n // 12, 1)), *range(1, 60, 6), *range(n - 28, n + 1, 4)})


def cold_refit(model):
    return model.fit(OTHER_X, OTHER_Y[type(model)])


def warm_refit(model):
    return model.set_params(warm_start=True).fit(X, Y[type(model)])


def another_epoch(model):
    return model.partial_fit(X, Y[type(model)])


def with_scoring(model):
    scoring = "accuracy" if isinstance(model, ScratchMLPClassifier) else "r2"
    return model.set_params(scoring=scoring).fit(OTHER_X, OTHER_Y[type(model)])


def by_lbfgs(model):
    return model.set_params(solver="lbfgs", tol=1.0).fit(OTHER_X, OTHER_Y[type(model)])


each_fit = pytest.mark.parametrize("fit", [cold_refit, warm_refit, another_epoch, with_scoring, by_lbfgs])
start_without_or_with_state = pytest.mark.parametrize("start", ["unfitted", "fitted with optimizer state"])
each_start = pytest.mark.parametrize("start", ["unfitted", "fitted", "fitted with optimizer state"])


def started(Estimator, start):
    if start == "unfitted":
        return Estimator(**SMALL)
    return fitted(Estimator, warm_start=start.endswith("state")).set_params(warm_start=False)


STAGES = (
    "check_parameters", "read_data", "TrainingState", "build", "resume", "split_rows", "train", "fitted_attributes",
)  # fmt: skip


@each_start
@pytest.mark.parametrize("fit", [cold_refit, warm_refit, another_epoch])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_stage_that_fails_changes_nothing(Estimator, start, fit, stage, error, monkeypatch):
    model = started(Estimator, start)
    before, unchanged = model.get_params(), Unchanged(model)

    class Failing:
        def __getattr__(self, name):
            raise error

        def __call__(self, *arguments, **options):
            raise error

    monkeypatch.setattr(base, stage, Failing())
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        try:
            fit(model)
        except error:
            failed = True
        else:
            failed = False  # a fit does not pass through all stages
    monkeypatch.undo()
    if failed:
        assert any("stays as it was" in str(warning.message) for warning in record) == (error is KeyboardInterrupt)
        model.set_params(**before)
        unchanged.check()
    else:
        assert stage not in ("check_parameters", "read_data", "train", "fitted_attributes")


@ignore_convergence
@start_without_or_with_state
@each_fit
def test_an_error_at_any_call_changes_nothing(Estimator, start, fit):
    model = started(Estimator, start)
    for n in calls_of(fit, model):
        attempt = copy.deepcopy(model)
        params = model.get_params()
        unchanged = Unchanged(attempt)
        with RaiseAtCall(n), pytest.raises(ValueError, match="raised by the test"):
            fit(attempt)
        attempt.set_params(**params)
        unchanged.check()


@ignore_convergence
@start_without_or_with_state
@each_fit
def test_an_interruption_at_any_call_leaves_the_old_model_or_a_trained_one(Estimator, start, fit):
    """There is always a warning. The caller gets KeyboardInterrupt unless an epoch was completed."""
    model = started(Estimator, start)
    for n in calls_of(fit, model):
        attempt = copy.deepcopy(model)
        params = model.get_params()
        unchanged = Unchanged(attempt)
        kept = None
        with warnings.catch_warnings(record=True) as record:
            warnings.simplefilter("always")
            try:
                with RaiseAtCall(n, KeyboardInterrupt):
                    kept = fit(attempt)
            except KeyboardInterrupt:
                pass
        assert any("interrupted" in str(warning.message) for warning in record), n
        if kept is None:
            attempt.set_params(**params)
            unchanged.check()
        else:
            assert attempt.n_iter_ > 0 and attempt.best_iter_.any()
            rows = X if fit in (warm_refit, another_epoch) else OTHER_X
            assert np.isfinite(scores(attempt, rows)).all()
            expected = attempt.n_iter_ + 1 if fit is another_epoch else 2
            assert fit(attempt).n_iter_ == expected


@pytest.mark.parametrize(
    "options, error",
    [
        (dict(validation_fraction=0.999), "validation_fraction must leave rows"),
        (dict(solver="lbfgs", dropout=0.1), "dropout must be 0"),
        (dict(scoring="roc_auc"), None),
        (dict(scoring=lambda model, X, y: [1, 2, 3]), None),
        (dict(learning_rate=lambda progress: 1 / 0), "division by zero"),
        (dict(learning_rate=lambda progress: -1.0), "must return a finite number"),
        (dict(hidden_layer_sizes=(3, 3)), "hidden_layer_sizes must be None"),
        (dict(activation=["relu", "relu"]), "one for each of the 1 hidden layers"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_refused_fit_changes_nothing(Estimator, options, error):
    for model in (Estimator(**SMALL), fitted(Estimator)):
        before = model.get_params()
        unchanged = Unchanged(model)
        with pytest.raises((ValueError, TypeError, AttributeError, ZeroDivisionError), match=error):
            model.set_params(**options).fit(OTHER_X, np.resize([0, 1, 2], 60))
        model.set_params(**before)
        unchanged.check()


def test_bad_validation_rows_and_bad_rows(Estimator):
    model = fitted(Estimator)
    unchanged = Unchanged(model)
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        model.fit(OTHER_X, OTHER_Y[Estimator], X_val=OTHER_X)
    unchanged.check()
    with pytest.raises(ValueError, match="expecting 2 features"):
        model.fit(OTHER_X, OTHER_Y[Estimator], X_val=np.c_[OTHER_X, OTHER_X], y_val=OTHER_Y[Estimator])
    unchanged.check()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(OTHER_X, OTHER_Y[Estimator][:5])
    unchanged.check()
