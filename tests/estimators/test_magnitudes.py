"""Numbers and weights of every magnitude: predictions are finite, and small columns are not lost."""

from contextlib import nullcontext

import numpy as np
import pytest
from helpers import ignore_convergence, scores
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.exceptions import ColumnWarning
from skscratch.tabular import Scaler

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=6, random_state=0)
n = 100
X = np.random.default_rng(0).normal(size=(n, 3))
X /= np.abs(X).max()
y = (X[:, 0] > 0).astype(int)
each_scaling = pytest.mark.parametrize("scaling", [None, *Scaler.names()])
each_kind = pytest.mark.parametrize("kind", [np.asarray, csr_array])


@each_kind
@each_scaling
def test_predictions_are_finite_for_any_numbers(Estimator, scaling, kind):
    model = Estimator(**SMALL, scaling=scaling).fit(kind(X), y)
    for factor in (1e39, 1e200, 1.7e308, 1e-42, 1e-310):
        assert np.isfinite(scores(model, kind(X * factor))).all()


@pytest.mark.parametrize("factor", [1e39, 1.7e308])
@each_kind
@pytest.mark.parametrize("scaling", Scaler.names())
def test_scaled_columns_may_be_of_any_size(Estimator, scaling, kind, factor):
    model, expected = (Estimator(**SMALL, scaling=scaling).fit(kind(A), y) for A in (X * factor, X))
    assert_allclose(scores(model, kind(X * factor)), scores(expected, kind(X)), atol=1e-4)


@each_kind
@pytest.mark.filterwarnings("ignore:.*members are worse than their initial parameters:RuntimeWarning")
def test_numbers_that_are_not_scaled_are_clipped(Estimator, kind):
    """With a warning where it is known, and not for the sparse format."""
    model = Estimator(**SMALL, scaling=None)
    if kind is np.asarray:
        with pytest.warns(ColumnWarning, match="numbers are clipped or 0 in 'x0', 'x1', 'x2': set scaling"):
            model.fit(kind(X * 1e39), y)
    else:
        model.fit(kind(X * 1e39), y)
    assert np.isfinite(scores(model, kind(X * 1e39))).all()
    limit = np.finfo(np.float32).max ** 0.25
    assert_array_equal(scores(model, kind(X * 1e39)), scores(model, kind(np.clip(X * 1e39, -limit, limit))))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("factor", [1e-42, 1e-100, 1e-300])
@pytest.mark.parametrize("scaling", Scaler.names())
def test_small_columns_are_not_lost(Estimator, scaling, factor, dtype):
    """Also in float32, where 1e-42 has two digits."""
    if factor < 1e-42 and dtype is np.float32:
        return
    A = (np.rint(X * 50) * (factor / 0.5)).astype(dtype)
    model = Estimator(**SMALL, scaling=scaling).fit(A, y)
    B = (A / dtype(factor)).astype(dtype)
    expected = scores(Estimator(**SMALL, scaling=scaling).fit(B, y), B)
    assert_allclose(scores(model, A), expected, atol=1e-3)


@pytest.mark.parametrize("factor", [1e-42, 1e-100])
def test_small_columns_of_sparse_tables_are_not_lost(Estimator, factor):
    model, expected = (Estimator(**SMALL).fit(csr_array(A), y) for A in (X * factor, X))
    assert_allclose(scores(model, csr_array(X * factor)), scores(expected, csr_array(X)), atol=1e-4)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
@pytest.mark.parametrize("scaling", [None, "standard"])
def test_means_of_log_links_are_finite(loss, scaling):
    for size in (1.0, 1e300):
        model = ScratchMLPRegressor(loss, **SMALL, scaling=scaling).fit(X, np.exp(3 * X[:, 0]) * size)
        for factor in (1e3, 1e39):
            for predicted in (model.predict(X * factor), model.predict_members(X * factor)):
                assert np.isfinite(predicted).all() and (predicted >= 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("step", [1e-310, 1e-44])
def test_edges_that_are_nearly_equal(step, dtype):
    A = np.repeat(np.arange(20) * step, 5)[:, None]
    for scaling in (None, "robust", "standard"):
        model = ScratchMLPClassifier(**SMALL, scaling=scaling, dtype=dtype)
        is_lost = scaling is None and (dtype == "float32" or step < 1e-308)
        with pytest.warns(ColumnWarning, match="set scaling") if is_lost else nullcontext():
            model.fit(A, y)
        assert np.isfinite(model.predict_proba(A)).all()


@pytest.mark.parametrize("weight", [5e-324, 1e-300, 1e-46, 1e-6, 1e37, 1e300])
def test_only_ratios_of_weights_matter(Estimator, weight):
    w = np.resize([1.0, 2.0, 4.0], n) if weight > 5e-324 else np.ones(n)
    for options in ({}, {"alpha": 0.5, "solver": "sgd"}):
        models = [Estimator(**SMALL, **options).fit(X, y, w * factor) for factor in (1.0, weight)]
        assert_allclose(scores(models[1], X), scores(models[0], X), rtol=1e-3, atol=1e-6)
        assert_allclose(models[1].loss_curve_, models[0].loss_curve_, rtol=1e-3)


def test_equal_weights_are_none(Estimator):
    assert_allclose(*(scores(Estimator(**SMALL).fit(X, y, w), X) for w in (None, np.full(n, 0.3))), rtol=1e-4)


def test_negligible_weights_are_zero(Estimator):
    w = np.full(n, 1e-300)
    w[:40] = 1
    w[40:50] = 1e-17
    model, of_first = Estimator(**SMALL).fit(X, y, w), Estimator(**SMALL).fit(X[:40], y[:40])
    assert_array_equal(scores(model, X), scores(of_first, X))


def test_only_ratios_of_class_weights_matter():
    models = [
        ScratchMLPClassifier(**SMALL, alpha=0.5, class_weight={0: f, 1: 3 * f}).fit(X, y) for f in (1, 1e-200, 1e37)
    ]
    for model in models[1:]:
        assert_allclose(model.predict_proba(X), models[0].predict_proba(X), rtol=1e-3, atol=1e-6)


@ignore_convergence
def test_the_penalty_does_not_depend_on_the_number_of_repetitions_in_weights():
    """Rows of weight 2 are as rows of weight 1; rows that are repeated double n, and halve the penalty."""
    options = dict(SMALL, solver="lbfgs", tol=1e-3, max_iter=15)
    weighted = ScratchMLPRegressor(**options, alpha=1.0).fit(X, X[:, 0], np.full(n, 2.0)).predict(X)
    X2, y2 = np.repeat(X, 2, axis=0), np.repeat(X[:, 0], 2)
    assert_allclose(weighted, ScratchMLPRegressor(**options, alpha=2.0).fit(X2, y2).predict(X), rtol=1e-6, atol=1e-9)
    assert np.abs(weighted - ScratchMLPRegressor(**options, alpha=1.0).fit(X2, y2).predict(X)).max() > 1e-4
