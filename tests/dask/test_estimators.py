"""Both estimators on a cluster of processes: the same statistics, parameters and predictions as in memory."""

import pickle
import subprocess
import sys

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skscratch import ScratchMLPRegressor
from skscratch.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor

FAST = dict(
    width=8, depth=1, n_estimators=2, max_iter=6, n_tasks=2, sync_every=64, random_state=0
)  # repeatable, whatever the cluster


def frame(n=600):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "c": rng.choice(["u", "v", "w"], n)})
    X.loc[::9, "b"] = np.nan
    y = X["a"] + np.where(X["c"] == "u", 1.0, -1.0) + 0.1 * rng.normal(size=n)
    return X, y.rename("y")


def same(a, b):
    """Compare predictions: BLAS rounds a row differently in another number of rows."""
    if a.dtype.kind == "f":
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    else:
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def regressor(cluster):
    from distributed import Client

    X, y = frame()
    with Client(cluster):
        yield DaskScratchMLPRegressor(**FAST).fit(dd.from_pandas(X, npartitions=5), dd.from_pandas(y, npartitions=5))


def test_hyperparameters_are_those_of_the_estimator_in_memory_and_four_more():
    own = {"sync_every": "auto", "n_tasks": "auto", "mix_partitions": False, "worker_timeout": 300.0}
    for ours in (DaskScratchMLPClassifier, DaskScratchMLPRegressor):
        local = ours._local
        assert ours().get_params() == {**local().get_params(), **own}
    model = DaskScratchMLPClassifier([8, 4], n_estimators=2).set_params(alpha=0.1, n_tasks=3)
    assert repr(clone(model)) == repr(model)
    assert repr(model.set_params(n_estimators=8)) == (
        "DaskScratchMLPClassifier(alpha=0.1, hidden_layer_sizes=[8, 4], n_tasks=3)"
    )
    with pytest.raises(TypeError, match="no_such"):
        DaskScratchMLPClassifier(no_such=1)


def test_statistics_are_those_of_the_estimator_in_memory(regressor):
    X, y = frame()
    local = ScratchMLPRegressor(width=8, depth=1, n_estimators=2, max_iter=6).fit(X, y)
    ours, theirs = regressor._model, local._model
    assert ours.encoder.feature_names_out_.tolist() == theirs.encoder.feature_names_out_.tolist()
    for a, b in zip(ours.encoder.scaler_.statistics, theirs.encoder.scaler_.statistics, strict=True):
        np.testing.assert_array_equal(a, b)  # the sample has all rows
    np.testing.assert_allclose(ours.target.shift, theirs.target.shift)
    np.testing.assert_allclose(ours.target.scale, theirs.target.scale)
    assert (ours.target.low, ours.target.high) == (theirs.target.low, theirs.target.high)


def test_fitted_attributes(regressor):
    assert regressor.score(*frame()) > 0.9
    assert regressor.n_iter_ == len(regressor.loss_curve_) == len(regressor.validation_loss_curve_) == 6
    assert regressor.n_features_in_ == 3
    assert regressor.feature_names_in_.tolist() == ["a", "b", "c"]
    assert regressor.t_ == 6 * 540  # 60 of 600 rows are validation rows
    assert regressor.n_rounds_ == 6 * 4  # 270 rows of each task, 64 in a round, and the rest with the last


def test_to_local_has_all_attributes_and_needs_no_dask(regressor, tmp_path):
    local, X = regressor.to_local(), frame()[0]
    assert type(local) is ScratchMLPRegressor
    assert local.get_params() == {k: v for k, v in regressor.get_params().items() if k in local.get_params()}
    for name in ("loss_curve_", "best_iter_", "n_iter_", "t_", "validation_scores_", "feature_names_in_"):
        assert np.all(getattr(local, name) == getattr(regressor, name))
    np.testing.assert_array_equal(local.coefs_[0], regressor.coefs_[0])
    file, rows = tmp_path / "model.pickle", tmp_path / "rows.pickle"
    file.write_bytes(pickle.dumps(local))
    X.head(4).to_pickle(rows)
    code = (
        "import pickle, sys, pandas\n"
        f"model = pickle.load(open({str(file)!r}, 'rb'))\n"
        f"print(model.predict(pandas.read_pickle({str(rows)!r})).tolist(), 'dask' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == f"{local.predict(X.head(4)).tolist()} False"


def test_import_of_the_package_does_not_import_dask():
    code = "import sys, skscratch; print([m for m in ('dask', 'distributed', 'skscratch.dask') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_predictions_are_lazy_and_equal(regressor):
    X, y = frame()
    collection = dd.from_pandas(X, npartitions=4)
    prediction = regressor.predict(collection)
    assert isinstance(prediction, da.Array)
    same(prediction.compute(), regressor.to_local().predict(X))
    np.testing.assert_array_equal(regressor.predict(X), regressor.to_local().predict(X))
    mean, std = regressor.predict(collection, return_std=True)
    assert isinstance(std, da.Array)
    same(np.array(da.compute(mean, std)), np.array(regressor.to_local().predict(X, return_std=True)))
    assert prediction.compute(scheduler="synchronous").shape == (600,)  # needs no cluster


def test_dates_are_no_targets_and_no_weights_of_a_score(regressor, client):
    X, y = frame()
    hours = pd.Series(pd.to_timedelta(np.arange(len(X)), unit="h"), name="hours")
    rows, numbers, dates = (dd.from_pandas(a, npartitions=3) for a in (X, y, hours))
    for given, message in (
        ((rows, dates), "y must be numeric"),
        ((rows, numbers, dates), "sample_weight must hold real"),
    ):
        with pytest.raises(ValueError, match=f"{message}.*it holds dates, times or durations"):
            regressor.score(*given)


def test_score_is_that_of_the_estimator_in_memory(regressor, client):
    X, y = frame()
    w = np.random.default_rng(1).random(600)
    w[:130] = 0  # a whole partition
    collections = dd.from_pandas(X, npartitions=5), dd.from_pandas(y, npartitions=5), da.from_array(w, chunks=100)
    ours = regressor.score(*collections)
    assert ours == pytest.approx(regressor.to_local().score(X, y, w))


def test_a_fit_is_repeatable_and_does_not_depend_on_the_workers(regressor):
    from distributed import Client

    X, y = (dd.from_pandas(a, npartitions=5) for a in frame())
    with Client(processes=False, n_workers=1, threads_per_worker=3, dashboard_address=":0"):
        again = DaskScratchMLPRegressor(**FAST).fit(X, y)
    np.testing.assert_array_equal(again._model.parameters.values, regressor._model.parameters.values)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "strings", "multilabel"])
def test_classes(client, kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = {
        "binary": (x[:, 0] > 0).astype(int),
        "multiclass": np.digitize(x[:, 0], [-0.5, 0.5]),
        "strings": np.where(x[:, 0] > 0, "yes", "no"),
        "multilabel": (x[:, :2] > 0).astype(int),
    }[kind]
    X, Y = da.from_array(x, chunks=(90, 2)), da.from_array(y, chunks=(90, *y.shape[1:]))
    model = DaskScratchMLPClassifier(**FAST).fit(X, Y)
    local = model.to_local()
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        lazy, expected = getattr(model, method)(X), getattr(local, method)(x)
        assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
        same(lazy.compute(), expected)
    assert model.score(X, Y) == pytest.approx(local.score(x, y))
    assert model.score(X, Y) > 0.7


def test_weights_are_used_and_rows_of_zero_weight_have_no_effect(client):
    X, y = frame()
    w = np.ones(600)
    w[::2] = 0
    y_wrong = y.where(w > 0, 100.0)
    options = dict(FAST, early_stopping=False, n_tasks=1, sync_every=10_000, shuffle=False)
    weighted = DaskScratchMLPRegressor(**options).fit(
        dd.from_pandas(X, npartitions=1), dd.from_pandas(y_wrong, npartitions=1), da.from_array(w, chunks=600)
    )
    dropped = DaskScratchMLPRegressor(**options).fit(
        dd.from_pandas(X[w > 0], npartitions=1), dd.from_pandas(y[w > 0], npartitions=1)
    )
    np.testing.assert_allclose(weighted.predict(X), dropped.predict(X), rtol=1e-4)
    heavy = np.where(X["a"] > 0, 50.0, 1.0)
    model = DaskScratchMLPRegressor(
        **dict(FAST, depth=0, width=None, numeric_embedding=None, max_iter=30, sync_every=300)
    )
    a = dd.from_pandas(X, npartitions=3)["a"]
    model.fit(a.to_frame(), a.abs(), da.from_array(heavy, chunks=200))
    assert model.coefs_[0].mean() > 0  # |a| is a where rows are heavy


def test_class_weights_use_the_classes_of_all_partitions(client):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 2))
    y = (x[:, 0] + rng.normal(size=800) > 1.8).astype(int)  # about a tenth
    order = np.argsort(y, kind="stable")  # partitions of one class
    X, Y = da.from_array(x[order], chunks=(200, 2)), da.from_array(y[order], chunks=200)
    options = dict(FAST, sync_every=200, class_weight="balanced", mix_partitions=True)
    model = DaskScratchMLPClassifier(**options).fit(X, Y)
    assert 0.25 < model.predict(X).compute().mean() < 0.6


def test_sorted_partitions_warn_and_mixing_helps(client):
    x = np.random.default_rng(0).normal(size=(2000, 3))
    y = (x[:, 0] > 0).astype(int)
    order = np.argsort(y, kind="stable")
    X, Y = da.from_array(x[order], chunks=(250, 3)), da.from_array(y[order], chunks=250)
    with pytest.warns(UserWarning, match="sorted; set mix_partitions=True"):
        DaskScratchMLPClassifier(**dict(FAST, max_iter=1)).fit(X, Y)
    mixed = DaskScratchMLPClassifier(**dict(FAST, sync_every=300), mix_partitions=True).fit(X, Y)
    assert mixed.score(X, Y) > 0.95
    assert mixed.t_ == 6 * 1800  # all rows, each epoch


def test_patience_ends_the_fit(client):
    X, y = frame()
    model = DaskScratchMLPRegressor(**dict(FAST, max_iter=60), learning_rate="constant", tol=10.0, n_iter_no_change=3)
    model.fit(dd.from_pandas(X, npartitions=5), dd.from_pandas(y, npartitions=5))
    assert model.n_iter_ == 5


def test_unfitted():
    with pytest.raises(NotFittedError):
        DaskScratchMLPClassifier().predict(np.zeros((2, 2)))
    with pytest.raises(NotFittedError):
        DaskScratchMLPClassifier().to_local()


def test_callbacks_are_called_after_each_epoch_and_may_end_the_fit(client):
    pytest.importorskip("sklearn.callback")

    class SecondEpoch:
        def __init__(self):
            self.scores = []

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
            pass

        def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
            self.scores.append(fitted_estimator.score(*frame()))
            return context.task_id == 1

    X, y = frame()
    callback = SecondEpoch()
    model = DaskScratchMLPRegressor(**FAST).set_callbacks(callback)
    model.fit(dd.from_pandas(X, npartitions=5), dd.from_pandas(y, npartitions=5))
    assert model.n_iter_ == 2
    assert callback.scores[-1] == model.score(X, y)
    assert len(callback.scores) == 3  # two epochs and the fit
