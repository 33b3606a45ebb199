"""What users of scikit-learn's neural networks ask for, where no other file has a reference for it."""

import numpy as np
import pytest
from helpers import ignore_convergence
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_regression
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

each_solver = pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
X = np.random.default_rng(0).normal(size=(300, 4))
y = (X[:, 0] + X[:, 1] ** 2 > 0.8).astype(int)
SMALL = {"width": 8, "depth": 1, "n_estimators": 1, "max_iter": 6, "random_state": 0, "dtype": "float64"}
LINEAR = {"hidden_layer_sizes": (), "n_estimators": 1, "init": "zeros", "numeric_embedding": None, "scaling": None}


def test_the_validation_curve_against_log_loss():
    """A scorer is called after every epoch; the reported loss is scikit-learn's of its predictions."""
    seen = []

    def remember(model, rows, labels):
        seen.append(log_loss(labels, model.predict_proba(rows)))
        return 0.0

    model = ScratchMLPClassifier(**SMALL, scoring=remember).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert len(set(seen)) == 6
    assert_allclose(model.validation_loss_curve_, seen)
    assert_allclose(log_loss(y[200:], model.predict_proba(X[200:])), min(seen))  # the loss decides between equal scores


def test_the_reported_loss_is_a_mean_over_weight():
    """At a rate of zero it is that of z = 0, for any batches, also with a shorter last one."""
    w = np.linspace(0.1, 3, 300)
    target = X[:, 0] ** 3
    model = ScratchMLPRegressor(
        **LINEAR, solver="sgd", learning_rate=lambda progress: 0.0, alpha=0.0, batch_size=128, max_iter=2,
        early_stopping=False, random_state=0, dtype="float64",
    )  # fmt: skip
    model.fit(X, target, sample_weight=w)
    mean = np.average(target, weights=w)
    s2 = np.average((target - mean) ** 2, weights=w)
    assert_allclose(model.loss_curve_, 0.5 * np.average((target - mean) ** 2 / s2, weights=w))
    absolute = model.set_params(loss="absolute_error").fit(X, target, sample_weight=w)
    assert_allclose(absolute.loss_curve_, np.average(np.abs(target - mean) / np.sqrt(s2), weights=w))


@each_solver
@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("cosine", lambda t: (1 + np.cos(np.pi * t)) / 2),
        ("flat_cosine", lambda t: 1.0 if t <= 0.5 else (1 + np.cos(2 * np.pi * (t - 0.5))) / 2),
        ("coslog4", lambda t: (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))) / 2),
    ],
)
def test_schedules_by_their_formula(Estimator, solver, name, factor):
    options = SMALL | {"solver": solver, "batch_size": 60, "learning_rate_init": 0.05, "early_stopping": False}
    named = Estimator(**options, learning_rate=name).fit(X, y)
    by_formula = Estimator(**options, learning_rate=lambda progress: float(factor(progress))).fit(X, y)
    constant = Estimator(**options, learning_rate=lambda progress: 1.0).fit(X, y)
    assert_allclose(named.coefs_[1], by_formula.coefs_[1], rtol=1e-9)
    assert not np.allclose(named.coefs_[1], constant.coefs_[1], rtol=1e-3)


def test_every_member_is_clipped_by_itself():
    """The step of each member has the length of the bound, for any number of members."""
    options = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 1.0, "max_iter": 1, "batch_size": 300}
    options |= {"init": "glorot_uniform", "numeric_embedding": None, "width": 8, "depth": 1, "dtype": "float64"}
    for n_estimators in (1, 3):
        model = ScratchMLPRegressor(**options, n_estimators=n_estimators, alpha=0.0, random_state=0)
        start = model.set_params(learning_rate=lambda progress: 0.0).fit(X, y)
        before = [a.copy() for a in (*start.coefs_, *start.intercepts_)]
        after = model.set_params(learning_rate="cosine", clip_norm=0.05).fit(X, y)
        steps = zip(before, (*after.coefs_, *after.intercepts_), strict=True)
        squares = sum(((b - a) ** 2).reshape(n_estimators, -1).sum(axis=1) for a, b in steps)
        assert_allclose(np.sqrt(squares), 0.05)


def test_lbfgs_of_several_outputs_reports_its_objective():
    """The last value of the curve is Ridge's minimum: half the squared error, summed over outputs, plus the penalty."""
    A, B = make_regression(80, 5, n_targets=3, noise=5, random_state=0)
    model = ScratchMLPRegressor(**LINEAR, solver="lbfgs", alpha=2.0, tol=1e-9, early_stopping=False).fit(A, B)
    Z = (B - B.mean(axis=0)) / B.std(axis=0)
    ridge = Ridge(alpha=2.0).fit(A, Z)
    minimum = (np.sum((ridge.predict(A) - Z) ** 2) + 2.0 * np.sum(ridge.coef_**2)) / (2 * 80)
    assert_allclose(model.loss_curve_[-1], minimum, rtol=1e-6)
    assert_allclose(model.coefs_[0][0].T, ridge.coef_, rtol=1e-3)
    assert (np.diff(model.loss_curve_) <= 1e-12).all()


@ignore_convergence
def test_lbfgs_keeps_the_best_iteration_on_validation_rows():
    rng = np.random.default_rng(0)
    A, noise = rng.normal(size=(120, 10)), rng.normal(size=120)
    b = A[:, 0] + noise
    options = {"n_estimators": 1, "width": 32, "depth": 1, "alpha": 0.0, "max_iter": 40, "random_state": 0}
    model = ScratchMLPRegressor(solver="lbfgs", n_iter_no_change=np.inf, tol=0.0, **options)
    model.fit(A[:60], b[:60], X_val=A[60:], y_val=b[60:])
    curve = np.array(model.validation_loss_curve_)
    assert model.best_iter_[0] == 1 + curve.argmin() < len(curve)  # it overfits afterwards
    stopped = model.set_params(n_iter_no_change=3, tol=1e-4).fit(A[:60], b[:60], X_val=A[60:], y_val=b[60:])
    assert stopped.n_iter_ < len(curve)
    assert_allclose(stopped.validation_loss_curve_, curve[: stopped.n_iter_])


def test_dropout_drops_its_share():
    """At a rate of zero the training loss is that of thinned networks: its mean over many masks is known."""
    target = X[:, 0] - X[:, 1]
    options = {"solver": "sgd", "learning_rate": lambda progress: 0.0, "alpha": 0.0, "init": "glorot_uniform"}
    options |= {"activation": "identity", "numeric_embedding": None, "scaling": None, "early_stopping": False}
    model = ScratchMLPRegressor(**SMALL | options | {"max_iter": 200}, dropout=0.5, batch_size=300).fit(X, target)
    (W, V), (b, c) = [a[0] for a in model.coefs_], [a[0] for a in model.intercepts_]
    a = X @ W + b
    z = (target - target.mean()) / target.std()
    # E (m a v / (1 - q) + c - z)^2 over masks m: the square of the mean, plus the variance q / (1 - q) of each unit
    expected = 0.5 * np.mean((a @ V[:, 0] + c[0] - z) ** 2 + ((a * V[:, 0]) ** 2).sum(axis=1) * 0.5 / (1 - 0.5))
    assert_allclose(np.mean(model.loss_curve_), expected, rtol=0.02)
    assert_array_equal(model.hidden_activations(X)[0], a)
