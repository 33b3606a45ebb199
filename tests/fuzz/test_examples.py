"""The smallest cases of all defects that random cases have found."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from parameters import TINY
from sklearn.metrics import r2_score

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core import InverseMultinomialLogit
from skscratch.tabular import RegressionTarget, Scaler

LARGEST = np.finfo(np.float64).max
n = 40
A = np.random.default_rng(0).normal(size=(n, 2))
y = np.resize([0, 1], n)


@pytest.mark.parametrize("names", [["c", "c"], [1, 1], [None, None]])
def test_repeated_names_are_refused(names):
    """narwhals, which scikit-learn 1.9 calls, raised an error of its own, in several lines."""
    frame = pd.DataFrame(A, columns=names)
    with pytest.raises(ValueError, match="must have different names, but several have the name"):
        ScratchMLPClassifier(**TINY).fit(frame, y)
    with pytest.raises(ValueError, match="must have different names, but several have the name"):
        ScratchMLPClassifier(**TINY).fit([frame.iloc[:20], frame.iloc[20:]], "y")


def test_a_target_with_a_repeated_name_is_refused():
    with pytest.raises(ValueError, match="must have different names, but several have the name 'y'"):
        ScratchMLPRegressor(**TINY).fit(pd.DataFrame(np.hstack([A, A]), columns=["a", "y", "b", "y"]), "y")


def test_a_sparse_frame_of_other_values_than_zero_is_read_as_dense():
    """pandas refused to convert it: "fill value must be 0"."""
    frame = pd.DataFrame(np.where(A > 0, A, np.nan), columns=["a", "b"])
    models = [ScratchMLPClassifier(**TINY).fit(X, y) for X in (frame.astype("Sparse[float64]"), frame)]
    assert_array_equal(*(model.predict_proba(frame) for model in models))


@pytest.mark.parametrize("scaling", Scaler.names())
@pytest.mark.parametrize("rare", [n // 2, 3])
def test_differences_of_the_largest_numbers(scaling, rare):
    """x - median and the interquartile range were infinite, with a warning of NumPy."""
    X = np.where(np.arange(n) < rare, -LARGEST, LARGEST)[:, None]
    model = ScratchMLPClassifier(**TINY, scaling=scaling).fit(X, np.arange(n) < rare)
    p = model.predict_proba(X)
    assert np.isfinite(p).all() and p[0, 1] != p[-1, 1]


@pytest.mark.parametrize("size", [1.0, 1e300, 1e-300])
def test_score_of_targets_of_any_size(size):
    """Squares of large errors were infinite, and those of small ones zero."""
    models = [ScratchMLPRegressor(**TINY).fit(A, A[:, 0] * factor) for factor in (1.0, size)]
    assert_allclose(models[1].oof_score_, models[0].oof_score_, rtol=1e-4)
    seen = ~np.isnan(models[0].oof_prediction_)
    gain = models[0]._out_of_fold.gain / models[0]._out_of_fold.y.var()
    assert_allclose(models[0].oof_score_, r2_score(A[seen, 0], models[0].oof_prediction_[seen]) + gain, rtol=1e-4)


def test_targets_beyond_the_precision_are_refused():
    """The cast to float32 overflowed, with a warning of NumPy."""
    for dtype in ("float32", "float64"):
        model = ScratchMLPRegressor("cosine", **TINY, dtype=dtype)
        with pytest.raises(ValueError, match=r"y must be at most \S+ times as large as the standard deviation"):
            model.fit(A, A * 1e300)
    model = ScratchMLPRegressor("poisson", **TINY).partial_fit(A, np.exp(A[:, 0]))
    with pytest.raises(ValueError, match="rescale it"):
        model.partial_fit(A, np.full(n, 1e300))


def test_targets_far_apart_are_standardised():
    """y - mean was infinite."""
    numbers = np.array([-LARGEST, LARGEST, LARGEST, LARGEST])
    z = RegressionTarget.fit(numbers).encode(numbers)
    assert_allclose(z[:, 0], RegressionTarget.fit(numbers / LARGEST).encode(numbers / LARGEST)[:, 0], rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_epsilon_that_float32_rounds_to_zero(solver, dtype):
    """Parameters without a gradient became 0 / 0, and all members diverged."""
    model = ScratchMLPRegressor(**TINY, solver=solver, epsilon=5e-324, dtype=dtype).fit(A, A[:, 0])
    assert np.isfinite(model.loss_curve_).all()


def test_log_probabilities_of_raw_scores_of_any_size():
    """The difference of two scores was infinite, with a warning of NumPy."""
    z = np.array([[[LARGEST, -LARGEST, 0.0]]])
    link = InverseMultinomialLogit()
    assert_array_equal(link.log_probabilities(z), [[[0, -LARGEST, -LARGEST]]])
    assert_array_equal(link.predict(z), [[[1, 0, 0]]])


def test_targets_of_the_gamma_loss_that_float32_rounds_to_zero():
    y = np.where(np.arange(64) % 2, 1.0, 1e-300)
    X = np.arange(64.0)[:, None]
    model = ScratchMLPRegressor("gamma", width=2, max_iter=2, n_estimators=1, random_state=0)
    assert np.isfinite(model.fit(X, y).loss_curve_).all()


@pytest.mark.parametrize("scaling", ["robust", "standard", "quantile"])
def test_rows_in_float32_after_a_fit_to_larger_numbers_than_it_has(scaling):
    """The centre of a column was infinite in float32 and its factor zero, with a warning of NumPy."""
    model = ScratchMLPRegressor(**TINY, scaling=scaling).fit(A * 1e299, A[:, 0])
    rows = np.array(A, np.float32)
    assert_allclose(model.predict(rows), model.predict(rows.astype(np.float64)), rtol=1e-6)


@pytest.mark.parametrize("scaling", ["robust", "standard"])
def test_numbers_far_from_a_constant_column(scaling):
    """Their difference from the centre was infinite, and was multiplied by zero, with a warning of NumPy."""
    model = ScratchMLPClassifier(**TINY, scaling=scaling).fit(np.full((4, 1), 1e300), [0, 1, 0, 1])
    p = model.predict_proba([[LARGEST], [-LARGEST], [1e300]])
    assert_array_equal(p, p[[2, 2, 2]])


def test_a_factor_that_float32_rounds_to_zero():
    """Infinity times zero was no number."""
    x, statistics = np.array([[np.inf], [-np.inf]], np.float32), (np.array([0.1]), np.array([1e-300]))
    assert_allclose(Scaler.make("robust").transform(x, statistics), [[3], [-3]], rtol=1e-6)


def test_missing_numbers_in_float32_after_a_fit_to_larger_numbers_than_it_has():
    """They become the median, which overflowed with a warning of NumPy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such columns cannot be learned without a scaling
        model = ScratchMLPClassifier(**TINY, scaling=None).fit([[1e299], [1e300]], [0, 1])
    rows = np.array([[np.nan], [0.1]])
    assert_allclose(model.predict_proba(rows.astype(np.float32)), model.predict_proba(rows), rtol=1e-6)


def test_quantiles_that_are_hardly_different():
    """F had an infinite slope between them, and its two sides were infinity and minus infinity."""
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])[:, None] * 5e-324
    for column in (x, np.vstack([x, np.ones((5, 1))])):
        (Q,) = Scaler.make("quantile").learn(column, np.quantile(column, Scaler.make("quantile").levels, axis=0))
        t = Scaler.make("quantile").transform(column, (Q,))
        assert np.isfinite(t).all() and (np.diff(t, axis=0) >= 0).all()
        assert np.isfinite(Scaler.make("quantile").derivative(column, (Q,))).all()
    assert t[5, 0] > t[4, 0]


def test_out_of_fold_score_of_the_largest_numbers():
    """A decoded target was infinite by rounding, and infinity divided by infinity is no number."""
    y = np.where(np.arange(n) < 25, LARGEST, -LARGEST)
    model = ScratchMLPRegressor(**TINY).fit(A, y)
    assert np.isfinite(model.oof_score_)
    assert_allclose(model._target.numbers(model._target.encode(y)), y[:, None], rtol=1e-6)


def test_raw_scores_of_validation_rows_that_overflow():
    """Parameters that diverged are finite, but their raw scores were infinite, with a warning of NumPy."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"c0": np.full(32, 1e16), "c1": 5e38 * rng.normal(size=32), "y": np.resize([0, 1], 32)})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = ScratchMLPClassifier(**TINY, scaling=None, solver="sgd").fit([frame[:16], frame[16:]], "y")
        assert not [warning for warning in caught if "encountered" in str(warning.message)]
        assert model.oof_score_ is None or 0 <= model.oof_score_ <= 1
