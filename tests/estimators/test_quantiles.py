"""Several quantiles by one network: in order, as good as one fit for each, and with all that a model can do."""

import importlib
import sys

import numpy as np
import pytest
from helpers import SMALL, ignore_convergence
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

from skscratch import ScratchMLPRegressor, load, save
from skscratch.export import to_numpy
from skscratch.onnx import to_onnx

LEVELS = [0.1, 0.5, 0.9]


def rows(n, seed):
    """Make rows whose noise grows with the first column."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, 1, (n, 3))
    return X, 10 * X[:, 1] + 5 * X[:, 0] * rng.standard_normal(n)


@pytest.fixture(name="fitted", scope="module")
def fitted_on_all():
    """A regressor that was fitted to rows, and other rows."""
    return ScratchMLPRegressor("quantile", quantile=LEVELS, random_state=0).fit(*rows(2000, 0)), *rows(2000, 1)


def test_quantiles_are_in_order_and_right(fitted):
    model, X, y = fitted
    p = model.predict(X)
    assert p.shape == (2000, 3)
    assert (np.diff(p, axis=1) >= 0).all()
    assert (np.diff(model.predict(10 * X - 5), axis=1) >= 0).all()  # far from the training rows
    np.testing.assert_allclose((y[:, None] <= p).mean(axis=0), LEVELS, atol=0.05)
    assert (p[:, 2] - p[:, 0])[X[:, 0] > 0.8].mean() > 3 * (p[:, 2] - p[:, 0])[X[:, 0] < 0.2].mean()


def test_quantiles_are_as_good_as_those_of_single_fits(fitted):
    model, X, y = fitted
    for q, column in zip(LEVELS, model.predict(X).T, strict=True):
        single = ScratchMLPRegressor("quantile", quantile=q, random_state=0).fit(*rows(2000, 0)).predict(X)
        assert mean_pinball_loss(y, column, alpha=q) < 1.05 * mean_pinball_loss(y, single, alpha=q)


def test_scores_are_means_over_quantiles(fitted):
    model, X, y = fitted
    expected = [d2_pinball_score(y, p, alpha=q) for q, p in zip(LEVELS, model.predict(X).T, strict=True)]
    np.testing.assert_allclose(model.score(X, y), np.mean(expected))
    np.testing.assert_allclose(model.oof_score_, np.mean(expected), atol=0.05)
    assert model.oof_prediction_.shape == (2000, 3)


def test_what_a_model_can_do(fitted, tmp_path, monkeypatch):
    model, X, _ = fitted
    save(model, tmp_path / "model.skscratch")
    np.testing.assert_array_equal(load(tmp_path / "model.skscratch").predict(X), model.predict(X))
    assert model.predict_members(X).shape == (8, 2000, 3)
    assert model.input_gradients(X).shape == (2000, 3, 3)
    assert model.feature_importances_[2] < 0.05
    to_numpy(model, tmp_path / "predict.py")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "predict", raising=False)
    predictor = importlib.import_module("predict").load()
    np.testing.assert_allclose(predictor.predict(X), model.predict(X), rtol=1e-5, atol=1e-5)


def test_an_onnx_model(fitted):
    pytest.importorskip("onnx")
    session = pytest.importorskip("onnxruntime").InferenceSession(to_onnx(fitted[0]).SerializeToString())
    X = fitted[1]
    (p,) = session.run(None, {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(p, fitted[0].predict(X), rtol=1e-5, atol=1e-5)


def test_what_several_quantiles_have_not(fitted):
    model, X, y = fitted
    with pytest.raises(ValueError, match="quantile must be one number for predict_interval"):
        model.predict_interval(X)
    with pytest.raises(ValueError, match="one output for several quantiles, got 2 outputs"):
        ScratchMLPRegressor("quantile", quantile=LEVELS).fit(X, np.column_stack([y, y]))
    for wrong in ([0.9, 0.1], []):
        with pytest.raises(ValueError, match="several in ascending order"):
            ScratchMLPRegressor("quantile", quantile=wrong).fit(X, y)


@ignore_convergence
def test_other_ways_to_fit(fitted):
    X, y = rows(200, 0)
    options = {**SMALL, "loss": "quantile"}
    assert ScratchMLPRegressor(**options, quantile=(0.5,)).fit(X, y).predict(X).shape == (200, 1)
    model = ScratchMLPRegressor(**options, quantile=LEVELS).partial_fit(X, y).partial_fit(X, y)
    assert model.predict(X).shape == (200, 3)
    lbfgs = ScratchMLPRegressor(**{**options, "solver": "lbfgs"}, quantile=LEVELS).fit(X, y)
    assert (np.diff(lbfgs.predict(X), axis=1) >= 0).all()
