"""A fit that is resumed from a checkpoint ends bit for bit where the uninterrupted one does."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import ignore_convergence, two_classes
from interruption import Crash, CrashError, assert_equal, fit, interrupt
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load
from skscratch.callbacks import Checkpoint
from skscratch.core.schedules import Schedule

pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
SMALL = dict(
    width=8, depth=1, max_iter=7, batch_size=40, n_iter_no_change=1, tol=1e-3, random_state=0, n_estimators=2
)  # fmt: skip
X, y = two_classes(120)
ROWS = (X, y, {})
SOLVERS = ["adam", "adamw", "sgd", "rmsprop", "lbfgs"]


def assert_resumed(model, expected, X):
    """Compare what a resumed fit made with what an uninterrupted one made, bit for bit."""
    assert_equal(model, expected, X)
    assert_array_equal(model.feature_importances_, expected.feature_importances_)
    assert (model._out_of_fold is None) == (expected._out_of_fold is None)
    if expected._out_of_fold is not None:
        assert_array_equal(model._out_of_fold.outputs, expected._out_of_fold.outputs, strict=True)


def frame():
    """Make rows of a frame with numbers, categories and missing values."""
    port = pd.Series(np.resize(np.array(["x", "y", "z", None], object), 120), dtype="category")
    return pd.DataFrame(X, columns=[*"abcd"]).assign(port=port, old=np.resize([True, False], 120))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("learning_rate", Schedule.names())
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("dropout, n_estimators", [(0.0, 1), (0.3, 3)])
def test_every_solver_schedule_and_kind_of_validation(
    Estimator, solver, learning_rate, early_stopping, dropout, n_estimators, tmp_path
):
    """Interrupted after the first, a middle and a late epoch, or iteration of some member."""
    model = Estimator(**SMALL).set_params(
        solver=solver, learning_rate=learning_rate, early_stopping=early_stopping, n_estimators=n_estimators,
        dropout=0.0 if solver == "lbfgs" else dropout,
    )  # fmt: skip
    expected = fit(model, ROWS)
    for after in (1, 4, 6):
        interrupt(model, ROWS, tmp_path / "file", after)
        assert_resumed(fit(model, ROWS, resume_from=tmp_path / "file"), expected, X)


def parts(changed=0.0):
    """Make a source of three parts with their target, in the order of the source or any other."""
    table = frame().assign(y=y + 0.0)
    table.loc[0, "a"] += changed
    return [table[:50], table[50:100], table[100:]]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_source_of_rows(Estimator, early_stopping, tmp_path):
    model = Estimator(**SMALL, early_stopping=early_stopping)
    rows = (parts(), "y", {})
    expected = fit(model, rows)
    interrupt(model, rows, tmp_path / "file", after=3)
    assert_resumed(fit(model, rows, resume_from=tmp_path / "file"), expected, frame())
    with pytest.raises(ValueError, match="must be those that the fit .* began with"):
        fit(model, (parts(changed=1.0), "y", {}), resume_from=tmp_path / "file")
    longer = [*parts()[:2], pd.concat([parts()[2]] * 2)]  # the first rows are the same
    with pytest.raises(ValueError, match="must be those that the fit .* began with"):
        fit(model, (longer, "y", {}), resume_from=tmp_path / "file")
    with pytest.raises(ValueError, match="A column of the first fit is 'd'"):
        fit(model, ([part.drop(columns="d") for part in parts()], "y", {}), resume_from=tmp_path / "file")


KINDS_OF_ROWS = {
    "weights": (X, y, {"sample_weight": np.arange(120) % 4}),
    "sparse": (csr_array(np.where(X > 0.5, X, 0)), y, {}),
    "frame": (frame(), y, {}),
    "passed validation rows": (X[:90], y[:90], {"X_val": X[90:], "y_val": y[90:], "sample_weight_val": np.ones(30)}),
    "sparse validation rows": (csr_array(X[:90]), y[:90], {"X_val": csr_array(X[90:]), "y_val": y[90:]}),
    "two columns of y": (X, np.column_stack([y, X[:, 0] > 0]).astype(int), {}),
    "strings or large numbers": (X, np.array(["no", "yes"])[y], {}),
}


@pytest.mark.parametrize("rows", KINDS_OF_ROWS.values(), ids=KINDS_OF_ROWS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_every_kind_of_rows(Estimator, rows, solver, tmp_path):
    if Estimator is ScratchMLPRegressor and rows[1].dtype.kind == "U":
        rows = (X, 1e6 * X[:, 0] ** 3, {})
    model = Estimator(**SMALL, solver=solver, early_stopping=True)
    expected = fit(model, rows)
    assert interrupt(model, rows, tmp_path / "file", after=3)
    assert_resumed(fit(model, rows, resume_from=tmp_path / "file"), expected, rows[0])


OPTIONS = [
    {"early_stopping": "auto", "batch_size": "auto", "max_iter": 12},
    {"numeric_embedding": "periodic", "scaling": "quantile", "activation": ["tanh"], "init": "he_normal"},
    {"dtype": "float64", "clip_norm": 0.1, "shuffle": False, "alpha": 0.1},
    {"scoring": "neg_mean_squared_error", "early_stopping": True},
    {"learning_rate": "constant", "learning_rate_init": 1e30, "init": "he_normal"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore:.*diverged:RuntimeWarning")
def test_other_options(Estimator, options, tmp_path):
    model = Estimator(**SMALL).set_params(**options)
    expected = fit(model, ROWS)
    if interrupt(model, ROWS, tmp_path / "file", after=2):
        assert_resumed(fit(model, ROWS, resume_from=tmp_path / "file"), expected, X)
    else:
        assert "learning_rate_init" in options  # all members diverged in the first epoch


def test_members_that_diverge_in_the_last_step(tmp_path):
    """Their initial parameters, which the checkpoint contains, are restored."""
    model = ScratchMLPRegressor(**SMALL | {"depth": 3, "batch_size": 120}, solver="sgd", learning_rate="constant")
    model.set_params(early_stopping=False, init="he_normal", activation="identity", learning_rate_init=1000.0)
    with pytest.warns(RuntimeWarning, match="diverged"):
        expected = fit(model, ROWS)
    assert expected.best_iter_.tolist() == [1, 0]
    assert interrupt(model, ROWS, tmp_path / "file", after=1)
    with pytest.warns(RuntimeWarning, match="diverged"):
        assert_resumed(fit(model, ROWS, resume_from=tmp_path / "file"), expected, X)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_without_a_random_state(Estimator, solver, tmp_path):
    """The seed is in the checkpoint: a fit that is interrupted twice equals the one that wrote the checkpoints."""
    model = Estimator(**SMALL | {"random_state": None}, solver=solver)
    expected = fit(model, ROWS, Checkpoint(tmp_path / "file", every=3))
    resumed = fit(model, ROWS, resume_from=tmp_path / "file")
    assert_equal(resumed, expected, X)
    assert resumed._state.seed != fit(model, ROWS)._state.seed


def test_interrupted_again_while_it_is_resumed(Estimator, tmp_path):
    model, path = Estimator(**SMALL, dropout=0.2), tmp_path / "file"
    expected = fit(model, ROWS)
    assert interrupt(model, ROWS, path, after=2)
    assert interrupt(model, ROWS, path, after=3, resume_from=path)
    assert load(path).n_iter_ == 5
    assert_resumed(fit(model, ROWS, resume_from=path), expected, X)


def test_a_fit_that_had_ended(Estimator, tmp_path):
    """By the number of epochs, or by patience: nothing is trained again."""
    for options in ({"learning_rate": "cosine"}, {"learning_rate": "constant", "tol": 100.0}):
        model = Estimator(**SMALL).set_params(**options)
        expected = fit(model, ROWS, Checkpoint(tmp_path / "file"))
        crash = Crash(after=1)
        assert_resumed(fit(model, ROWS, crash, resume_from=tmp_path / "file"), expected, X)
        assert crash.left == 1


def test_a_fit_that_a_callback_had_ended_goes_on(Estimator, tmp_path):
    model = Estimator(**SMALL, learning_rate="cosine")
    ended = fit(model.set_params(max_time=1e-9), ROWS, Checkpoint(tmp_path / "file"))
    assert ended.n_iter_ == 1
    model.set_params(max_time=None)
    assert_resumed(fit(model, ROWS, resume_from=tmp_path / "file"), fit(model, ROWS), X)


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_warm_start(Estimator, solver, tmp_path):
    """It is resumed without the model that it began with, which the checkpoint replaces."""
    path = tmp_path / "file"
    options = SMALL | {"learning_rate": "constant", "n_iter_no_change": np.inf}
    model = fit(Estimator(**options, solver=solver, warm_start=True), ROWS)
    expected = pickle.loads(pickle.dumps(model)).fit(X, y)
    with pytest.raises(CrashError):
        model.set_callbacks(Checkpoint(path), Crash(after=3)).fit(X, y)
    resumed = fit(Estimator(**options, solver=solver, warm_start=True), ROWS, resume_from=path)
    assert_equal(resumed, expected, X)
    assert_equal(resumed.fit(X, y), expected.fit(X, y), X)


def test_in_a_pipeline(Estimator, tmp_path):
    expected = make_pipeline(StandardScaler(), Estimator(**SMALL)).fit(X, y)
    pipeline = make_pipeline(StandardScaler(), Estimator(**SMALL))
    pipeline[-1].set_callbacks(Checkpoint(tmp_path / "file"), Crash(after=3))
    with pytest.raises(CrashError):
        pipeline.fit(X, y)
    pipeline[-1].set_callbacks()
    step = pipeline.steps[-1][0]
    pipeline.fit(X, y, **{f"{step}__resume_from": tmp_path / "file"})
    assert_equal(pipeline[-1], expected[-1], StandardScaler().fit_transform(X))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_checkpoint_is_an_estimator_with_the_best_epochs_so_far(Estimator, early_stopping, tmp_path):
    """The same as a fit that a callback ends after these epochs."""
    model = Estimator(**SMALL, early_stopping=early_stopping)
    assert interrupt(model, ROWS, tmp_path / "file", after=4)

    class Stop(Crash):
        def on_fit_task_end(self, estimator, context):
            self.left -= context.task_name == "epoch"
            return self.left == 0

    assert_equal(load(tmp_path / "file"), fit(model, ROWS, Stop(after=4)), X)


def test_a_checkpoint_of_lbfgs_has_the_members_whose_training_has_begun(Estimator, tmp_path):
    model = Estimator(**SMALL, solver="lbfgs", learning_rate="constant").set_params(n_estimators=3)
    expected = fit(model, ROWS)
    assert interrupt(model, ROWS, tmp_path / "file", after=8)
    members = load(tmp_path / "file").predict_members(X)
    assert len(members) == 2
    np.testing.assert_array_equal(members[0], expected.predict_members(X)[0])


def test_a_checkpoint_of_a_warm_start_continues(Estimator, tmp_path):
    """Where the model keeps its optimizer state, so does the checkpoint."""
    options = SMALL | {"learning_rate": "constant", "n_iter_no_change": np.inf, "early_stopping": False}
    model = Estimator(**options, warm_start=True)
    assert interrupt(model, ROWS, tmp_path / "file", after=3)
    assert load(tmp_path / "file")._state.optimizer_state.t == 9
    assert interrupt(model.set_params(warm_start=False), ROWS, tmp_path / "file", after=3)
    assert load(tmp_path / "file")._state.optimizer_state is None


def test_only_what_does_not_matter_may_change(tmp_path):
    model = ScratchMLPClassifier(**SMALL)
    assert interrupt(model, ROWS, tmp_path / "file", after=3)
    expected = fit(model, ROWS)
    other = clone(model).set_params(random_state=7, max_time=1e6, warm_start=True)
    resumed = fit(other, ROWS, resume_from=tmp_path / "file")
    assert_equal(resumed, expected, X)
    assert resumed._state.optimizer_state.t == expected.n_iter_ * 3


def test_every_few_epochs_or_seconds(tmp_path):
    model = ScratchMLPClassifier(**SMALL, learning_rate="cosine")
    for every, n_iter in ((2, 6), (3, 6), (4, 4), (7, 7)):
        fit(model, ROWS, Checkpoint(tmp_path / "file", every=every))
        assert load(tmp_path / "file").n_iter_ == n_iter
    fit(model, ROWS, Checkpoint(tmp_path / "file", seconds=3600))
    assert load(tmp_path / "file").n_iter_ == 1
    fit(model, ROWS, Checkpoint(tmp_path / "other", every=8))
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
