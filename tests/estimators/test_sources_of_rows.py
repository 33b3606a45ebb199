"""A fit on a source of rows equals that on the same rows in memory, where nothing depends on the order of the rows."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators import progress
from skscratch.tabular import summary

pl = pytest.importorskip("polars")

pa = pytest.importorskip("pyarrow")
ds = pytest.importorskip("pyarrow.dataset")
pq = pytest.importorskip("pyarrow.parquet")

N, PART = 600, 150
SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=3, random_state=0)
# Every batch is the same as in memory
SAME = dict(SMALL, shuffle=False, early_stopping=False, dtype="float64")


def table(n=N, seed=0):
    """Numbers with missing values, a category, weights; targets: numbers t, u, classes k, bin, labels l0, l1."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    X["g"] = rng.choice(["u", "v", "w"], n)
    t = np.sin(2 * X.b) + X.c + (X.g == "u") + 0.1 * rng.normal(size=n)
    X.loc[::9, "a"], X.loc[::11, "g"] = np.nan, None
    targets = {"t": t, "u": 3 * t + 1, "k": np.array(["x", "y", "z"])[(t > 0) * 1 + (t > 1)], "bin": (t > 0) * 1}
    labels = {"l0": (t > 0) * 1, "l1": (X.c > 0) * 1}
    return X.assign(**targets, **labels, weight=rng.integers(0, 3, n) * 1.0)


FEATURES, DATA = ["a", "b", "c", "g"], table()


def only(*names):
    """The features and these columns."""
    return DATA[[*FEATURES, *names]]


def frames(data=DATA):
    return [data[start : start + PART] for start in range(0, len(data), PART)]


def write(path, data=DATA):
    data.to_parquet(path, row_group_size=PART, index=False)
    return path


TASKS = {
    "numbers": (ScratchMLPRegressor, "t"),
    "columns of numbers": (ScratchMLPRegressor, ["t", "u"]),
    "classes": (ScratchMLPClassifier, "k"),
    "two classes": (ScratchMLPClassifier, "bin"),
    "labels": (ScratchMLPClassifier, ["l0", "l1"]),
}


def outputs(model, X):
    return model.predict_proba(X) if isinstance(model, ScratchMLPClassifier) else model.predict(X)


def targets(stream, rng=None):
    """All encoded targets of a stream, sorted."""
    return np.sort(np.concatenate([part.y[:, 0] for part in stream.parts(rng)]))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("weight", [None, "weight"])
def test_equal_to_rows_in_memory(task, weight, tmp_path):
    Estimator, y = TASKS[task]
    names = [y] if isinstance(y, str) else y
    path = write(tmp_path / "a.parquet", only(*names, *([weight] if weight else [])))
    streamed = Estimator(**SAME).fit(path, y, weight)
    memory = Estimator(**SAME).fit(DATA[FEATURES], DATA[y], None if weight is None else DATA[weight])
    assert_allclose(outputs(streamed, DATA[FEATURES]), outputs(memory, DATA[FEATURES]), rtol=1e-6)
    assert_allclose(streamed.loss_curve_, memory.loss_curve_, rtol=1e-6)
    assert streamed.t_ == memory.t_ and streamed.n_iter_ == memory.n_iter_
    assert streamed.feature_names_in_.tolist() == FEATURES


def test_balanced_classes_by_the_weights_of_all_parts(tmp_path):
    data = only("k").sort_values("k")  # parts of one class
    streamed = ScratchMLPClassifier(**SAME, class_weight="balanced").fit(frames(data), "k")
    memory = ScratchMLPClassifier(**SAME, class_weight="balanced").fit(data[FEATURES], data["k"])
    assert_allclose(outputs(streamed, DATA[FEATURES]), outputs(memory, DATA[FEATURES]), rtol=1e-6)


KINDS = {
    "path": lambda path: write(path / "a.parquet", only("t")),
    "str": lambda path: str(write(path / "a.parquet", only("t"))),
    "dataset": lambda path: ds.dataset(write(path / "a.parquet", only("t"))),
    "filtered dataset": lambda path: ds.dataset(write(path / "a.parquet", only("t"))).filter(ds.field("b") > -9),
    "lazy frame": lambda path: pl.scan_parquet(write(path / "a.parquet", only("t"))),
    "pandas frames": lambda path: frames(only("t")),
    "polars frames": lambda path: [pl.DataFrame(frame) for frame in frames(only("t"))],
    "tables": lambda path: [pa.Table.from_pandas(frame, preserve_index=False) for frame in frames(only("t"))],
    "function": lambda path: lambda: iter(frames(only("t"))),
    "empty parts": lambda path: [frame for part in frames(only("t")) for frame in (part[:0], part)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source(kind, tmp_path):
    source = KINDS[kind](tmp_path)
    streamed = ScratchMLPRegressor(**SAME).fit(source, "t")
    memory = ScratchMLPRegressor(**SAME).fit(DATA[FEATURES], DATA["t"])
    assert_allclose(streamed.predict(source), memory.predict(DATA[FEATURES]), rtol=1e-6)
    assert streamed.n_features_in_ == 4 and streamed.feature_names_in_.tolist() == FEATURES


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_a_frame_with_the_names_of_y_and_weights(kind, Estimator):
    data = only("bin", "weight")
    frame = {"pandas": data, "polars": pl.DataFrame(data), "pyarrow": pa.Table.from_pandas(data)}[kind]
    named = Estimator(**SMALL).fit(frame, "bin", "weight")
    given = Estimator(**SMALL).fit(DATA[FEATURES], DATA["bin"], DATA["weight"])
    assert_array_equal(outputs(named, DATA[FEATURES]), outputs(given, DATA[FEATURES]))


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("task", ["columns of numbers", "labels"])
def test_a_frame_with_a_list_of_names(task, kind):
    """The names were read as targets."""
    Estimator, names = TASKS[task]
    data = only(*names, "weight")
    frame = {"pandas": data, "polars": pl.DataFrame(data), "pyarrow": pa.Table.from_pandas(data)}[kind]
    given = Estimator(**SMALL).fit(DATA[FEATURES], DATA[names], DATA["weight"])
    for y in (names, tuple(names)):
        named = Estimator(**SMALL).fit(frame, y, "weight")
        assert_array_equal(outputs(named, DATA[FEATURES]), outputs(given, DATA[FEATURES]))
    val = dict(X_val=data[:90], y_val=names, sample_weight_val="weight")
    named = Estimator(**SMALL).fit(frame, names, "weight", **val)
    val = dict(X_val=DATA[FEATURES][:90], y_val=DATA[names][:90], sample_weight_val=DATA["weight"][:90])
    given = Estimator(**SMALL).fit(DATA[FEATURES], DATA[names], DATA["weight"], **val)
    assert named.validation_scores_ == given.validation_scores_


def test_a_list_with_as_many_strings_as_rows_holds_labels():
    two = DATA[["a", "b"]][1:3]
    model = ScratchMLPClassifier(**SMALL).fit(two, ["a", "b"])
    assert model.classes_.tolist() == ["a", "b"] and model.n_features_in_ == 2


def test_many_small_parts():
    parts = [DATA[start : start + 7][[*FEATURES, "t"]] for start in range(0, N, 7)]
    streamed = ScratchMLPRegressor(**SAME).fit(parts, "t")
    memory = ScratchMLPRegressor(**SAME).fit(DATA[FEATURES], DATA["t"])
    assert_allclose(streamed.predict(DATA[FEATURES]), memory.predict(DATA[FEATURES]), rtol=1e-6)


def test_parts_in_which_all_rows_are_validation_rows():
    """The targets of no rows were refused."""
    parts = [DATA[start : start + 1][[*FEATURES, "t"]] for start in range(60)]
    model = ScratchMLPRegressor(**SMALL, early_stopping=True).fit(parts, "t")
    assert model.t_ == 3 * 54 and np.isfinite(model.loss_curve_).all()


def test_more_rows_than_the_sample_may_have(monkeypatch):
    """Half of the sample are validation rows; ranges and the mean are those of all rows."""
    monkeypatch.setattr(summary, "SAMPLE_ROWS", 100)
    monkeypatch.setattr(summary, "FEWEST_ROWS", 100)
    model = ScratchMLPRegressor(**SMALL, validation_fraction=0.5).fit(frames(only("t")), "t")
    assert model.t_ == 3 * (N - 50)
    target = model._model.target
    assert_allclose([target.shift[0], target.scale[0]], [DATA["t"].mean(), DATA["t"].std(ddof=0)])
    assert [target.low[0], target.high[0]] == [DATA["t"].min(), DATA["t"].max()]
    median = model._model.encoder.scaler_.median
    assert_allclose(median, DATA[["a", "b", "c"]].median(), atol=0.4)
    assert np.all(median != DATA[["a", "b", "c"]].median())


def test_shuffled_epochs_are_repeated_by_the_seed(tmp_path):
    path = write(tmp_path / "a.parquet", only("t"))
    first, second, other = (
        ScratchMLPRegressor(**{**SMALL, "random_state": seed}).fit(path, "t").predict(DATA[FEATURES])
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_rows_are_learned():
    """As well as in memory: 3,000 rows in parts, sorted by a column."""
    data = table(3000)[[*FEATURES, "t"]].sort_values("c")
    test = table(1000, seed=1)
    options = dict(n_estimators=2, max_iter=30, random_state=0)
    streamed = ScratchMLPRegressor(**options).fit(frames(data), "t")
    memory = ScratchMLPRegressor(**options).fit(data[FEATURES], data["t"])
    losses = [1 - model.score(test[FEATURES], test["t"]) for model in (streamed, memory)]
    assert losses[0] < 1.15 * losses[1] and losses[1] < 0.1


def test_validation_rows_are_not_trained_on():
    """All members have the same ones, a tenth of the rows."""
    rows = []
    model = ScratchMLPRegressor(**SMALL)
    model._observers = [lambda objective, stream, P: rows.append(stream) or (lambda epoch: None)]
    model.fit(frames(only("t")), "t")
    assert model.t_ == 3 * 540 and len(model.validation_loss_curve_) == 3
    assert len(np.unique(targets(rows[0]))) == 540
    assert_array_equal(targets(rows[0]), targets(rows[0], np.random.default_rng(0)))


@pytest.mark.parametrize("scoring", [None, "loss", "r2", "neg_mean_absolute_error"])
def test_scoring(scoring):
    model = ScratchMLPRegressor(**SMALL, scoring=scoring).fit(frames(only("t")), "t")
    assert np.isfinite(model.validation_scores_).all()


def test_validation_rows_of_the_user():
    X_val = only("t")[:40]
    named = ScratchMLPRegressor(**SMALL).fit(frames(only("t")), "t", X_val=X_val, y_val="t")
    given = ScratchMLPRegressor(**SMALL).fit(frames(only("t")), "t", X_val=X_val[FEATURES], y_val=X_val["t"])
    assert named.t_ == 3 * N
    assert named.validation_loss_curve_ == given.validation_loss_curve_


def test_few_rows_are_few_steps_in_double_precision():
    model = ScratchMLPRegressor(**SMALL).fit([only("t")[:10], only("t")[10:20]], "t")
    assert model.validation_loss_curve_ is None and model._model.parameters.values.dtype == np.float64


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_predictions_of_a_classifier(method, tmp_path):
    model = ScratchMLPClassifier(**SMALL).fit(DATA[FEATURES], DATA["k"])
    predict, path = getattr(model, method), write(tmp_path / "a.parquet")
    assert_allclose_or_equal(predict(path), predict(DATA[FEATURES]))
    assert_allclose_or_equal(predict(frames(DATA[["g", "t", "c", "b", "a"]])), predict(DATA[FEATURES]))


def assert_allclose_or_equal(actual, expected):
    if expected.dtype.kind in "OU":
        assert_array_equal(actual, expected)
    else:
        assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_predictions_of_members_and_activations(Estimator, tmp_path):
    model, path = Estimator(**SMALL).fit(DATA[FEATURES], DATA["bin"]), write(tmp_path / "a.parquet")
    assert_allclose(model.predict_members(path), model.predict_members(DATA[FEATURES]), rtol=1e-5)
    assert_allclose(model.hidden_activations(path), model.hidden_activations(DATA[FEATURES]), rtol=1e-5)


def test_score_of_a_source(Estimator, tmp_path):
    model, path = Estimator(**SMALL).fit(DATA[FEATURES], DATA["bin"]), write(tmp_path / "a.parquet")
    assert model.score(path, DATA["bin"]) == pytest.approx(model.score(DATA[FEATURES], DATA["bin"]), rel=1e-5)


def test_predictions_from_positions_of_columns(tmp_path):
    model = ScratchMLPRegressor(**SMALL).fit(DATA[["a", "b"]].to_numpy(), DATA["t"])
    with pytest.warns(UserWarning, match="X has feature names"):
        predicted = model.predict(write(tmp_path / "a.parquet", DATA[["a", "b"]]))
    assert_allclose(predicted, model.predict(DATA[["a", "b"]].to_numpy()), rtol=1e-5)


def test_warm_start_continues_with_the_same_validation_rows():
    rows = []
    model = ScratchMLPRegressor(**SMALL, warm_start=True)
    model._observers = [lambda objective, stream, P: rows.append(targets(stream)) or (lambda epoch: None)]
    model.fit(frames(only("t")), "t").fit(frames(only("t")), "t")
    assert len(model.loss_curve_) == 6 and model.t_ == 6 * 540
    assert_array_equal(*rows)


def test_partial_fit_on_sources(Estimator):
    """Calls on the parts of the first file and of another; the columns and targets are those of the first."""
    other = table(seed=1)[[*FEATURES, "bin"]]
    streamed, memory = Estimator(**SAME), Estimator(**SAME)
    streamed.partial_fit(frames(only("bin")), "bin").partial_fit(frames(other), "bin")
    memory.partial_fit(DATA[FEATURES], DATA["bin"]).partial_fit(other[FEATURES], other["bin"])
    assert_allclose(outputs(streamed, DATA[FEATURES]), outputs(memory, DATA[FEATURES]), rtol=1e-6)


def test_a_model_of_a_source_pickles_without_it():
    model = ScratchMLPRegressor(**SMALL).fit(lambda: iter(frames(only("t"))), "t")  # a lambda does not pickle
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(DATA[FEATURES]), model.predict(DATA[FEATURES]))


def test_progress_is_printed_to_stderr(capsys, monkeypatch):
    monkeypatch.setattr(progress, "FIRST", 0.0)
    model = ScratchMLPRegressor(**SMALL, verbose=True).fit(frames(only("t")), "t")
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert err.startswith("ScratchMLPRegressor: statistics: 150 rows, ")
    assert "\nScratchMLPRegressor: training: 600 of 600 rows, " in err
    model.predict(frames(only("t")))
    assert capsys.readouterr().err.startswith("ScratchMLPRegressor: prediction: 150 rows, ")
    ScratchMLPRegressor(**SMALL).fit(frames(only("t")), "t").predict(frames(only("t")))
    assert capsys.readouterr().err == ""


def test_arrays_need_no_optional_library():
    code = (
        "import sys, numpy as np, sklearn.utils.validation; before = set(sys.modules); "  # scikit-learn imports pandas
        "from skscratch import ScratchMLPRegressor; X = np.random.rand(50, 2); "
        "ScratchMLPRegressor(max_iter=1).fit(X, X[:, 0]).predict(X); "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "assert not {'pyarrow', 'polars', 'pandas', 'dask'} & new, new"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
