"""Without hidden layers, L-BFGS finds the minimum that scikit-learn's linear models find: predictions agree to 1e-6."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor, QuantileRegressor, Ridge
from sklearn.metrics import mean_pinball_loss

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

LINEAR = dict(
    hidden_layer_sizes=(), solver="lbfgs", init="glorot_uniform", numeric_embedding=None, scaling=None,
    n_estimators=1, max_iter=5000, tol=1e-10, random_state=0,
)  # fmt: skip
n = 200
weighted = pytest.mark.parametrize("w", [None, np.random.default_rng(1).uniform(0.2, 3, n)], ids=["equal", "weighted"])
each_alpha = pytest.mark.parametrize("alpha", [0.5, 20.0])


def with_mean_one(w):
    """Their penalty depends on the size of the weights, ours does not."""
    return None if w is None else w / w.mean()


def table(classes=2):
    return make_classification(n, 5, n_informative=4, n_redundant=0, n_classes=classes, flip_y=0.3, random_state=0)


@weighted
@each_alpha
@pytest.mark.parametrize("classes", [2, 4])
def test_logistic_regression(classes, alpha, w):
    X, y = table(classes)
    theirs = LogisticRegression(C=1 / alpha, tol=1e-12, solver="newton-cholesky", max_iter=1000)
    expected = theirs.fit(X, y, with_mean_one(w)).predict_proba(X)
    ours = ScratchMLPClassifier(**LINEAR, alpha=alpha).fit(X, y, w).predict_proba(X)
    assert_allclose(ours, expected, rtol=0, atol=1e-6)


@weighted
@each_alpha
def test_ridge_regression(alpha, w, rng):
    X, _ = table()
    y = 1000 + 300 * (X @ rng.normal(size=5) + rng.normal(size=n))
    expected = Ridge(alpha, solver="cholesky").fit(X, y, with_mean_one(w)).predict(X).clip(y.min(), y.max())
    ours = ScratchMLPRegressor(**LINEAR, alpha=alpha).fit(X, y, w).predict(X)
    assert_allclose(ours, expected, rtol=0, atol=1e-6 * y.std())


@weighted
@each_alpha
@pytest.mark.parametrize(("loss", "Model"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)])
def test_regressions_with_a_log_link(loss, Model, alpha, w, rng):
    """Their penalty is not divided by n. Poisson's deviance is proportional to y, which we divide by its mean."""
    X, _ = table()
    mean = 7 * np.exp(0.2 * X @ rng.normal(size=5))
    y = rng.poisson(mean).astype(float) if loss == "poisson" else rng.gamma(2, mean / 2)
    unit = np.average(y, weights=w) if loss == "poisson" else 1
    theirs = Model(alpha=alpha * unit / n, tol=1e-12, solver="newton-cholesky", max_iter=1000).fit(X, y, w)
    ours = ScratchMLPRegressor(loss, **LINEAR, alpha=alpha).fit(X, y, w)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6)


@weighted
@pytest.mark.parametrize("quantile", [0.2, 0.5])
def test_quantile_regression(quantile, w, rng):
    """The pinball loss has kinks, where L-BFGS ends too early; Adam converges if its rate decays geometrically."""
    X, _ = table()
    y = 1000 + 300 * (X @ rng.normal(size=5) + rng.normal(size=n))
    expected = QuantileRegressor(quantile=quantile, alpha=0).fit(X, y, w).predict(X).clip(y.min(), y.max())
    options = dict(solver="adam", learning_rate=lambda t: 1e-7**t, learning_rate_init=0.05, batch_size=n, max_iter=8000)
    ours = ScratchMLPRegressor("quantile", quantile=quantile, **LINEAR | options, dtype="float64").fit(X, y, w)
    predicted = ours.predict(X)
    assert_allclose(predicted, expected, rtol=0, atol=1e-6 * y.std())
    losses = [mean_pinball_loss(y, p, sample_weight=w, alpha=quantile) for p in (predicted, expected)]
    assert_allclose(*losses, rtol=1e-8)
