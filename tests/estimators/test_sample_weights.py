"""A weight of 2 counts as two equal rows, and a weight of 0 as no row."""

import numpy as np
import pandas as pd
import pytest
from helpers import ignore_convergence, scores
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

# One batch, which has no validation rows, in double precision: only then is the equality exact.
SMALL = dict(width=8, depth=2, n_estimators=2, max_iter=15, batch_size=1000, dtype="float64", random_state=0)
LBFGS = dict(SMALL, solver="lbfgs", tol=1e-3)
n = 60


def table(kind):
    """Make sixty rows of a kind of X, with at least two rows of every category."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n, 3))
    numbers[:, 2] = rng.integers(0, 3, n)
    if kind == "array":
        return numbers
    if kind == "sparse":
        return csr_array(np.where(rng.random((n, 3)) < 0.5, numbers, 0))
    numbers[rng.random((n, 3)) < 0.1] = np.nan
    frame = pd.DataFrame(numbers, columns=["a", "b", "c"])
    frame["port"] = pd.Series(np.resize(["C", "Q", "S", None], n)).astype("category")
    frame["sex"] = np.resize(["f", "m"], n)
    return frame


def targets(Estimator, kind="one"):
    rng = np.random.default_rng(1)
    if Estimator is ScratchMLPRegressor:
        return rng.gamma(2, size=(n, 2) if kind == "several" else n)
    return rng.integers(0, 2, (n, 2)) if kind == "several" else np.resize(["x", "y", "z"], n)


def rows_of(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def with_wrong_values(X, rows):
    """Replace the values in the given rows by huge numbers, missing values and new categories."""
    if hasattr(X, "iloc"):
        X = X.astype({"port": object, "sex": object})
        X.loc[rows, ["a", "b"]] = 1e9, np.nan
        X.loc[rows, "port"], X.loc[rows, "sex"] = "nowhere", "unknown"
        return X.astype({"port": "category"})
    X = X.toarray() if not isinstance(X, np.ndarray) else X.copy()
    X[rows] = 1e9
    X[rows[0], 0] = np.nan
    return X


each_table = pytest.mark.parametrize("kind", ["array", "frame", "sparse"])
each_options = pytest.mark.parametrize(
    "options",
    [
        SMALL,
        LBFGS,
        dict(SMALL, scaling="standard", alpha=0.5, numeric_embedding="periodic"),
        dict(SMALL, scaling="quantile", solver="sgd", init="he_normal", label_smoothing=0.1, loss="poisson"),
    ],
    ids=["default", "lbfgs", "standard", "quantile"],
)


def build(Estimator, options):
    """Make the estimator with those of the options that it has."""
    known = Estimator().get_params()
    options = {name: value for name, value in options.items() if name in known}
    if Estimator is ScratchMLPClassifier:
        options.pop("loss", None)
    return Estimator(**options)


@ignore_convergence
@each_options
@each_table
def test_weighted_equals_repeated(Estimator, kind, options):
    X, y = table(kind), targets(Estimator)
    w = np.random.default_rng(2).integers(0, 4, n)
    w[:12] = 1  # every category keeps two rows
    rows = np.repeat(np.arange(n), w)
    weighted = build(Estimator, options).fit(X, y, w)
    # the penalty is alpha / (2 n), whatever the weights: repeated rows are more
    alpha = options.get("alpha", 0.0) * len(rows) / np.count_nonzero(w)
    repeated = build(Estimator, {**options, "alpha": alpha}).fit(rows_of(X, rows), y[rows])
    assert_allclose(scores(weighted, X), scores(repeated, X), rtol=1e-7, atol=1e-7)
    unweighted = build(Estimator, options).fit(X, y)
    assert np.abs(scores(weighted, X) - scores(unweighted, X)).max() > 1e-3
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-7)


def test_weighted_equals_repeated_for_several_targets(Estimator):
    X, y = table("frame"), targets(Estimator, "several")
    w = np.resize([1, 2, 1, 3], n)
    rows = np.repeat(np.arange(n), w)
    weighted = Estimator(**SMALL).fit(X, y, w)
    repeated = Estimator(**SMALL).fit(X.iloc[rows], y[rows])
    assert_allclose(scores(weighted, X), scores(repeated, X), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"x": 2.0, "y": 0.5}])
def test_weighted_equals_repeated_with_class_weights(class_weight):
    X, y = table("frame"), np.r_[["x"] * 30, ["y"] * 20, ["z"] * 10]
    w = np.resize([1, 2, 1, 3], n)
    rows = np.repeat(np.arange(n), w)
    model = ScratchMLPClassifier(**SMALL, class_weight=class_weight)
    weighted = model.fit(X, y, w).predict_proba(X)
    assert_allclose(weighted, model.fit(X.iloc[rows], y[rows]).predict_proba(X), rtol=1e-7, atol=1e-7)


def test_weighted_equals_repeated_in_validation_rows(Estimator):
    X, y = table("frame"), targets(Estimator)
    w = np.resize([1, 2, 0, 3], 20)
    rows = 40 + np.repeat(np.arange(20), w)
    model = Estimator(**SMALL)
    weighted = model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:], sample_weight_val=w)
    a, history = scores(weighted, X), (weighted.validation_loss_curve_, weighted.validation_scores_)
    repeated = model.fit(X[:40], y[:40], X_val=X.iloc[rows], y_val=y[rows])
    assert_allclose(a, scores(repeated, X), rtol=1e-7)
    assert_allclose(history, (repeated.validation_loss_curve_, repeated.validation_scores_), rtol=1e-7)


def test_weighted_equals_repeated_for_a_scorer(Estimator):
    X, y = table("array"), targets(Estimator)
    w = np.resize([1, 2, 1, 3], 20)
    rows = 40 + np.repeat(np.arange(20), w)
    scoring = "neg_log_loss" if Estimator is ScratchMLPClassifier else "neg_mean_absolute_error"
    model = Estimator(**SMALL, scoring=scoring)
    weighted = model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:], sample_weight_val=w).validation_scores_
    repeated = model.fit(X[:40], y[:40], X_val=X[rows], y_val=y[rows]).validation_scores_
    assert_allclose(weighted, repeated, rtol=1e-7)


@each_table
def test_rows_without_weight_have_no_influence(Estimator, kind):
    """Neither do wrong values in them, nor more of them than one batch has rows."""
    X, y = table(kind), targets(Estimator)
    w = np.ones(n)
    excluded = np.arange(5, n, 6)
    w[excluded] = 0
    model = Estimator(**SMALL).fit(X, y, w)
    spoiled = with_wrong_values(X, excluded)
    of_spoiled = Estimator(**SMALL).fit(csr_array(spoiled) if kind == "sparse" else spoiled, y, w)
    left_out = Estimator(**SMALL).fit(rows_of(X, np.flatnonzero(w)), y[w > 0], w[w > 0])
    for equal in (of_spoiled, left_out):
        assert_array_equal(scores(model, X), scores(equal, X))
        assert model.loss_curve_ == equal.loss_curve_
    positions = np.concatenate([np.arange(n), np.resize(excluded, 500)])
    repeated = Estimator(**SMALL).fit(rows_of(X, positions), y[positions], w[positions])
    assert_array_equal(scores(model, X), scores(repeated, X))


def test_rows_without_weight_do_not_validate(Estimator):
    X, y = table("array"), targets(Estimator)
    w = np.ones(n)
    w[::4] = 0
    model = Estimator(**SMALL, early_stopping=True)
    one = scores(model.fit(X, y, w), X)
    assert_allclose(one, scores(model.fit(X[w > 0], y[w > 0]), X), rtol=1e-7)


def test_a_class_without_weight_stays_in_classes():
    X, y = table("frame"), targets(ScratchMLPClassifier)
    model = ScratchMLPClassifier(**SMALL).fit(X, y, y != "z")
    assert_array_equal(model.classes_, ["x", "y", "z"])
    assert model.predict_proba(X).shape == (n, 3) and "z" not in model.predict(X)


def test_targets_without_weight_have_no_influence():
    X, y = table("array"), targets(ScratchMLPRegressor)
    w = np.resize([1.0, 1.0, 0.0], n)
    one = ScratchMLPRegressor(**SMALL).fit(X, y, w).predict(1000 * X)
    other = ScratchMLPRegressor(**SMALL).fit(X, np.where(w > 0, y, 1e6), w).predict(1000 * X)
    assert_array_equal(one, other)


def test_all_weights_times_a_number_change_nothing(Estimator):
    X, y = table("frame"), targets(Estimator)
    w = np.resize([1.0, 2.0, 0.5], n)
    free = {**SMALL, "alpha": 0.0}  # the penalty is divided by the weight
    one = scores(Estimator(**free).fit(X, y, w), X)
    assert_allclose(one, scores(Estimator(**free).fit(X, y, 1024 * w), X), rtol=1e-7)
    plain = scores(Estimator(**free).fit(X, y), X)
    assert_allclose(plain, scores(Estimator(**free).fit(X, y, 3.0), X), rtol=1e-7)


def test_weighted_equals_repeated_in_partial_fit(Estimator):
    X, y = table("frame"), targets(Estimator)
    w = np.resize([1, 2, 1, 3], n)
    rows = np.repeat(np.arange(n), w)
    weighted, repeated = Estimator(**SMALL), Estimator(**SMALL)
    for _ in range(3):
        weighted.partial_fit(X, y, w)
        repeated.partial_fit(X.iloc[rows], y[rows])
    assert_allclose(scores(weighted, X), scores(repeated, X), rtol=1e-7)


@pytest.mark.parametrize(
    "w, message",
    [
        (-np.ones(n), "sample_weight must be finite and not negative, but it holds -1.0"),
        (np.full(n, np.nan), "sample_weight must be finite and not negative, but it holds nan"),
        (np.zeros(n), "sample_weight must be above zero in at least one row, but every weight is zero"),
        (np.ones(3), r"sample_weight.shape == \(3,\), expected \(60,\)"),
        (np.ones((n, 2)), "Sample weights must be 1D array or scalar"),
    ],
)
def test_bad_weights(Estimator, w, message):
    X, y = table("array"), targets(Estimator)
    with pytest.raises(ValueError, match=message):
        Estimator().fit(X, y, w)
    with pytest.raises(ValueError, match=message):
        Estimator().fit(X, y, X_val=X, y_val=y, sample_weight_val=w)
    with pytest.raises(ValueError, match=message):
        Estimator().partial_fit(X, y, w)
