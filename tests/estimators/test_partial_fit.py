"""A call of partial_fit is one epoch at a constant rate."""

import numpy as np
import pytest
from helpers import STEADY, ignore_convergence, scores, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.base import clone

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

X, y = two_classes(120)


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("batch_size", ["auto", 50])
def test_calls_of_partial_fit_are_epochs_of_fit(Estimator, solver, batch_size):
    """At a constant rate so small that the last epoch is the best, which fit keeps."""
    options = dict(STEADY, solver=solver, batch_size=batch_size, learning_rate_init=1e-3, early_stopping=False)
    partial = Estimator(**options)
    for epochs in range(1, 6):
        assert partial.partial_fit(X, y) is partial
        assert partial.n_iter_ == len(partial.loss_curve_) == epochs and partial.t_ == 120 * epochs
        assert (partial.best_iter_ == epochs).all()
    whole = Estimator(**options, max_iter=5).fit(X, y)
    assert_allclose(partial.loss_curve_, whole.loss_curve_, rtol=1e-12)
    assert_allclose(scores(partial, X), scores(whole, X), rtol=1e-10)


def test_the_rate_is_constant(Estimator):
    """No schedule is applied: the number of calls is not known in advance."""

    def after(learning_rate):
        model = Estimator(width=8, depth=1, learning_rate=learning_rate, power_t=1.0, random_state=0)
        for _ in range(4):
            model.partial_fit(X, y)
        return scores(model, X)

    constant = after("constant")
    for learning_rate in ("flat_cosine", "one_cycle", "invscaling", "adaptive", lambda progress: 0.0):
        assert_array_equal(after(learning_rate), constant)


def test_partial_fit_learns(Estimator):
    model = Estimator(width=16, depth=1, random_state=0)
    for start in range(0, 120 * 40, 40):
        rows = np.arange(start, start + 40) % 120
        model.partial_fit(X[rows], y[rows])
    assert model.score(X, y) > (0.85 if Estimator is ScratchMLPClassifier else 0.5)


def test_classes_of_the_first_call():
    model = ScratchMLPClassifier(**STEADY).partial_fit(X[:10], np.repeat(["a", "b"], 5), classes=["c", "b", "a"])
    assert_array_equal(model.classes_, ["a", "b", "c"])
    assert model.predict_proba(X).shape == (120, 3)
    model.partial_fit(X[:10], np.repeat(["b", "c"], 5))
    model.partial_fit(X[:1], ["c"])
    with pytest.raises(ValueError, match=r"y must hold no other classes than \['a', 'b', 'c'\], but it holds 'd'"):
        model.partial_fit(X[:2], ["a", "d"])


def test_a_first_call_with_one_class():
    model = ScratchMLPClassifier(**STEADY).partial_fit(X[:5], np.zeros(5, int), classes=[0, 1])
    assert_array_equal(model.classes_, [0, 1])
    with pytest.raises(ValueError, match="y must hold two classes or more"):
        ScratchMLPClassifier().partial_fit(X[:5], np.zeros(5, int))
    with pytest.raises(ValueError, match="y must hold no other classes than"):
        ScratchMLPClassifier().partial_fit(X[:5], np.full(5, 7), classes=[0, 1])


def test_all_classes_may_be_in_the_first_y():
    """Unlike in scikit-learn, `classes` are needed only if the first y lacks some of them."""
    model = ScratchMLPClassifier(**STEADY).partial_fit(X, y)
    assert_array_equal(scores(model, X), scores(ScratchMLPClassifier(**STEADY).partial_fit(X, y, classes=[1, 0]), X))


def test_partial_fit_of_labels():
    Y = (X[:, :3] > 0).astype(int)
    model = ScratchMLPClassifier(width=16, depth=1, random_state=0)
    for _ in range(60):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert model.predict(X).shape == Y.shape and model.score(X, Y) > 0.7
    with pytest.raises(ValueError, match="y must be multilabel, as it was at first"):
        model.partial_fit(X, Y[:, :2])
    with pytest.raises(ValueError, match="classes must be the column numbers 0 to 2 when y is multilabel"):
        ScratchMLPClassifier().partial_fit(X, Y, classes=[1, 2, 3])


def test_the_range_of_y_grows():
    model = ScratchMLPRegressor(**STEADY).partial_fit(X, y).partial_fit(X, 100.0 * y)
    for _ in range(100):
        model.partial_fit(X, 100.0 * y)
    assert model.predict(X).max() > 10


@ignore_convergence
def test_partial_fit_after_fit(Estimator):
    """It continues from the parameters of the fit."""
    model = Estimator(**STEADY, max_iter=10).fit(X, y)
    before, curve = [W.copy() for W in model.coefs_], list(model.loss_curve_)
    model.set_params(learning_rate_init=1e-7).partial_fit(X, y)
    for W, old in zip(model.coefs_, before, strict=True):
        assert_allclose(W, old, atol=1e-5)
    assert model.loss_curve_[:-1] == curve and model.n_iter_ == 11


@ignore_convergence
def test_fit_after_partial_fit_starts_anew(Estimator):
    model = Estimator(**STEADY, max_iter=10).partial_fit(X[:50], 1 - y[:50]).fit(X, y)
    assert_array_equal(scores(model, X), scores(Estimator(**STEADY, max_iter=10).fit(X, y), X))
    assert model.n_iter_ == len(model.loss_curve_) == 10


def test_lbfgs_has_no_partial_fit(Estimator):
    assert not hasattr(Estimator(solver="lbfgs"), "partial_fit")
    assert hasattr(Estimator(solver="sgd"), "partial_fit")
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'"):
        Estimator(solver="lbfgs").partial_fit(X, y)


def test_bad_input_to_a_later_call(Estimator):
    model = Estimator(**STEADY).partial_fit(X, y)
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 4 features"):
        model.partial_fit(X[:, :3], y)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        model.set_params(alpha=-1).partial_fit(X, y)


def test_bad_input_to_a_first_call_changes_nothing(Estimator):
    model = Estimator(**STEADY)
    with pytest.raises(ValueError, match="y must"):
        model.partial_fit(X, np.full(120, np.nan))
    assert_array_equal(scores(model.partial_fit(X, y), X), scores(clone(model).partial_fit(X, y), X))


def test_partial_fit_of_labels_by_hand():
    """One step of gradient descent from zero: the probabilities there are one half."""
    Y = (X[:, :3] > 0.5).astype(int)
    model = ScratchMLPClassifier(
        hidden_layer_sizes=(), n_estimators=1, init="zeros", numeric_embedding=None, scaling=None, dtype="float64",
        solver="sgd", momentum=0.0, learning_rate_init=0.5, batch_size=300, alpha=0.0,
    )  # fmt: skip
    W, b = np.zeros((4, 3)), np.zeros(3)
    for _ in range(3):
        model.partial_fit(X, Y)
        g = (expit(X @ W + b) - Y) / len(X)  # the loss of a row is the sum over its labels
        W, b = W - 0.5 * X.T @ g, b - 0.5 * g.sum(axis=0)
    assert_allclose(model.coefs_[0][0], W)
    assert_allclose(model.predict_proba(X), expit(X @ W + b))


@pytest.mark.parametrize("early_stopping", ["auto", False])
def test_partial_fit_uses_no_validation_rows(Estimator, early_stopping):
    model = Estimator(**STEADY, batch_size=30, early_stopping=early_stopping).partial_fit(X, y)
    assert model.t_ == 120 and model.validation_scores_ is None
