"""Callbacks of scikit-learn: what they are called with, when, and that they may end a fit."""

import subprocess
import sys

import numpy as np
import pytest
from helpers import ignore_convergence
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
CASES = {
    ScratchMLPClassifier: (
        load_iris,
        "neg_log_loss",
        lambda model, X, y, w: -log_loss(y, model.predict_proba(X), sample_weight=w),
    ),
    ScratchMLPRegressor: (
        load_diabetes,
        "neg_mean_squared_error",
        lambda model, X, y, w: -mean_squared_error(y, model.predict(X), sample_weight=w),
    ),
}
each_solver = pytest.mark.parametrize("solver", ["adam", "lbfgs"])


def small(Estimator, **options):
    return Estimator(**{"width": 8, "depth": 1, "max_iter": 4, "n_estimators": 2, "random_state": 0} | options)


class Recorder:
    """A callback that records the calls of its hooks, and ends the loop of a task if `stop` of its context is true."""

    def __init__(self, stop=lambda context: False):
        self.stop, self.begun, self.ended, self.torn_down = stop, [], [], 0

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.begun.append((context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.ended.append(((context.task_name, context.task_id), fitted_estimator, metadata))
        return self.stop(context)

    def teardown(self, estimator, context):
        self.torn_down += 1

    def names(self):
        return [task for task, *_ in self.ended]


@ignore_convergence
@each_solver
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_each_epoch_and_of_the_fit(Estimator, solver, weighted):
    load, scoring, score = CASES[Estimator]
    X, y = load(return_X_y=True)
    w = np.linspace(0.5, 2, len(y)) if weighted else None
    monitor = callback.ScoringMonitor(scoring=scoring)
    model = small(Estimator, solver=solver, n_estimators=1).set_callbacks(monitor).fit(X, y, sample_weight=w)
    rows = monitor.get_logs().data
    by_name = {
        name: [row[scoring] for row in rows if row["task_name"] == name] for name in ("fit", "epoch", "iteration")
    }
    assert by_name["fit"] == pytest.approx([score(model, X, y, w)])
    epochs = by_name["iteration" if solver == "lbfgs" else "epoch"]
    assert len(epochs) == model.n_iter_ == 4
    assert len(set(epochs)) == 4 and max(epochs) >= by_name["fit"][0] - 1e-12


def test_the_fitted_estimator_has_the_parameters_of_its_epoch(Estimator):
    """At a constant rate, after e epochs it is what e calls of partial_fit make; later epochs do not change it."""
    X, y = CASES[Estimator][0](return_X_y=True)
    recorder = Recorder()
    options = {"learning_rate": "constant", "early_stopping": False, "n_iter_no_change": np.inf, "tol": 0}
    with pytest.warns(ConvergenceWarning):
        small(Estimator, **options).set_callbacks(recorder).fit(X, y)
    reference = small(Estimator, **options)
    for (name, number), fitted, _ in recorder.ended[:-1]:
        reference.partial_fit(X, y)
        assert (name, fitted.n_iter_) == ("epoch", number + 1)
        np.testing.assert_array_equal(fitted.predict(X), reference.predict(X))
        np.testing.assert_array_equal(fitted.coefs_[0], reference.coefs_[0])


def test_the_tree_of_a_fit(Estimator):
    X, y = CASES[Estimator][0](return_X_y=True)
    recorder = Recorder()
    model = small(Estimator).set_callbacks(recorder).fit(X, y)
    assert recorder.names() == [*(("epoch", i) for i in range(4)), ("fit", 0)]
    assert recorder.begun == [("fit", 0), *(("epoch", i) for i in range(4))]
    assert recorder.torn_down == 1
    np.testing.assert_array_equal(recorder.ended[-1][1].predict(X), model.predict(X))


@ignore_convergence
def test_the_tree_of_lbfgs(Estimator):
    """Each member has a task of its own; the estimator passed there predicts with this member alone."""
    X, y = CASES[Estimator][0](return_X_y=True)
    recorder = Recorder()
    model = small(Estimator, solver="lbfgs").set_callbacks(recorder).fit(X, y)
    of_one = [("iteration", i) for i in range(4)]
    assert recorder.names() == [*of_one, ("network", 0), *of_one, ("network", 1), ("fit", 0)]
    assert sorted(recorder.begun) == sorted(recorder.names())
    networks = [fitted for (name, _), fitted, _ in recorder.ended if name == "network"]
    for member, network in zip(model.predict_members(X), networks, strict=True):
        np.testing.assert_allclose(network.predict_members(X)[0], member, rtol=1e-12)


@ignore_convergence
@each_solver
def test_a_callback_ends_the_fit(Estimator, solver):
    X, y = CASES[Estimator][0](return_X_y=True)
    recorder = Recorder(stop=lambda context: context.task_id == 2)
    model = small(Estimator, solver=solver).set_callbacks(recorder).fit(X, y)
    assert model.n_iter_ == 3
    assert ("fit", 0) in recorder.names() and not {("epoch", 3), ("iteration", 3)} & set(recorder.names())


def test_callbacks_get_weights_and_rows_as_passed(Estimator):
    X, y = load_titanic(return_X_y=True)
    y, w = (y == y.iloc[0]).astype(int), np.ones(len(y))
    scoring = "accuracy" if Estimator is ScratchMLPClassifier else "r2"
    monitor, recorder = callback.ScoringMonitor(scoring=scoring), Recorder()
    model = small(Estimator, max_iter=2).set_callbacks(monitor, recorder).fit(X, y, sample_weight=w)
    assert monitor.get_logs().data[0][scoring] == pytest.approx(model.score(X, y, sample_weight=w))
    assert all(metadata == {"sample_weight": w} for *_, metadata in recorder.ended)


def test_callbacks_change_nothing(Estimator):
    X, y = CASES[Estimator][0](return_X_y=True)
    with_them = small(Estimator).set_callbacks(Recorder()).fit(X, y)
    without = small(Estimator).fit(X, y)
    np.testing.assert_array_equal(with_them.predict(X), without.predict(X))
    assert with_them.loss_curve_ == without.loss_curve_


def test_a_clone_keeps_callbacks_and_they_can_be_removed(Estimator):
    X, y = CASES[Estimator][0](return_X_y=True)
    recorder = Recorder()
    model = clone(small(Estimator).set_callbacks(recorder)).fit(X, y)
    assert len(recorder.ended) == 5
    model.set_callbacks().fit(X, y)
    assert len(recorder.ended) == 5


def test_no_tasks_without_callbacks(Estimator, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("a task was made")

    X, y = CASES[Estimator][0](return_X_y=True)
    monkeypatch.setattr(Estimator, "_init_callback_context", fail)
    small(Estimator).set_callbacks(Recorder()).set_callbacks().fit(X, y)
    with pytest.raises(AssertionError, match="a task was made"):
        small(Estimator).set_callbacks(Recorder()).fit(X, y)


def test_teardown_is_called_after_an_error(Estimator):
    X, y = CASES[Estimator][0](return_X_y=True)
    recorder = Recorder()
    with pytest.raises(ValueError, match="learning rate function"):
        small(Estimator, learning_rate=lambda progress: -1.0).set_callbacks(recorder).fit(X, y)
    assert recorder.torn_down == 1


@ignore_convergence
@each_solver
def test_progress_bar(Estimator, solver, capsys):
    pytest.importorskip("rich")
    X, y = CASES[Estimator][0](return_X_y=True)
    small(Estimator, solver=solver).set_callbacks(callback.ProgressBar()).fit(X, y)
    printed = capsys.readouterr().out
    assert f"{Estimator.__name__} - fit" in printed and "100%" in printed
    assert ("network #1" in printed) == (solver == "lbfgs")


def test_in_a_pipeline(Estimator, capsys):
    pytest.importorskip("rich")
    load, scoring, score = CASES[Estimator]
    X, y = load(return_X_y=True)
    monitor = callback.ScoringMonitor(scoring=scoring)
    model = make_pipeline(StandardScaler(), small(Estimator).set_callbacks(monitor))
    model.set_callbacks(callback.ProgressBar()).fit(X, y)
    rows = monitor.get_logs().data
    assert [row["task_name"] for row in rows] == ["fit", *["epoch"] * 4]
    assert rows[0][scoring] == pytest.approx(score(model, X, y, None))
    assert f"| {Estimator.__name__} - fit" in capsys.readouterr().out


def test_in_a_parallel_search(Estimator, capsys):
    """One monitor collects the epochs of every fold, candidate and process, and of the last fit."""
    pytest.importorskip("rich")
    load, scoring, score = CASES[Estimator]
    X, y = load(return_X_y=True)
    monitor = callback.ScoringMonitor(scoring=scoring)
    search = GridSearchCV(small(Estimator).set_callbacks(monitor), {"width": [4, 8]}, cv=2, n_jobs=2)
    search.set_callbacks(callback.ProgressBar()).fit(X, y)
    rows = monitor.get_logs().data
    assert len(rows) == 5 * (4 + 1)
    refit = min((row for row in rows if row["task_name"] == "fit"), key=lambda row: len(row["task_id_path"]))
    assert refit[scoring] == pytest.approx(score(search, X, y, None))
    assert f"{Estimator.__name__} - fit" in capsys.readouterr().out


def test_a_warning_shows_the_line_of_the_caller():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning) as record:
        small(ScratchMLPClassifier, solver="lbfgs").fit(X, y)
    assert [warning.filename for warning in record] == [__file__]


WITHOUT = """
import sys, warnings
import sklearn.datasets, sklearn.linear_model, sklearn.model_selection, sklearn.pipeline, sklearn.preprocessing
sys.modules["sklearn.callback"] = None  # importing it now raises ImportError
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
X, y = sklearn.datasets.load_iris(return_X_y=True)
for Estimator in (ScratchMLPClassifier, ScratchMLPRegressor):
    assert not hasattr(Estimator, "set_callbacks")
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        model = Estimator(width=8, solver="lbfgs", max_iter=4).fit(X, y)
    assert model.predict(X).shape == (150,)
    assert [warning.filename for warning in record] == ["<string>"]
"""


def test_without_callbacks_in_scikit_learn():
    """As below 1.9: the package imports, its estimators fit, and set_callbacks is absent."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
