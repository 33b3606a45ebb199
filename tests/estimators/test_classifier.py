"""The classifier against logistic regression, a forward pass by hand and the properties of probabilities."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skscratch import ScratchMLPClassifier
from skscratch.core.losses import BinaryLogLoss, MulticlassLogLoss

PLAIN = dict(init="he_normal", numeric_embedding=None, scaling=None, dtype="float64", random_state=0)
LINEAR = dict(
    hidden_layer_sizes=(), solver="lbfgs", init="glorot_uniform", numeric_embedding=None, scaling="standard",
    n_estimators=1, max_iter=2000, tol=1e-7, random_state=0,
)  # fmt: skip
SMALL = dict(width=8, depth=2, n_estimators=3, max_iter=10, random_state=0)


def blobs(n=120, classes=3, seed=0):
    return make_classification(
        n, 5, n_informative=4, n_redundant=0, n_classes=classes, class_sep=0.7, random_state=seed
    )  # fmt: skip


def labels(n=120, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, 4))
    return X, (X @ np.array([[1, 0, 1], [1, -1, 0], [0, 1, 1], [0, 0, -1]]) > 0).astype(int)


def y_of_kind(kind):
    return labels() if kind == "multilabel" else blobs(classes=2 if kind == "binary" else 3)


each_kind = pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("alpha", [0.1, 5.0])
def test_without_hidden_layers_it_is_logistic_regression(classes, alpha):
    X, y = blobs(classes=classes)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    S = StandardScaler().fit(X, sample_weight=weight).transform(X)
    theirs = LogisticRegression(C=1 / alpha, tol=1e-8, max_iter=2000).fit(S, y, sample_weight=weight / weight.mean())
    ours = ScratchMLPClassifier(**LINEAR, alpha=alpha).fit(X, y, weight)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(S), atol=2e-4)
    if classes == 2:
        assert_allclose(ours.coefs_[0][0].T, theirs.coef_, atol=1e-4)
        assert_allclose(ours.intercepts_[0][0], theirs.intercept_, atol=1e-4)
    assert_array_equal(ours.predict(X), theirs.predict(S))


def test_multilabel_is_a_logistic_regression_for_each():
    X, Y = labels()
    Y[::7] = 1 - Y[::7]  # not separable
    S = StandardScaler().fit_transform(X)
    ours = ScratchMLPClassifier(**LINEAR, alpha=1.0).fit(X, Y).predict_proba(X)
    for j in range(3):
        theirs = LogisticRegression(C=1.0, tol=1e-8).fit(S, Y[:, j]).predict_proba(S)[:, 1]
        assert_allclose(ours[:, j], theirs, atol=1e-4)


@each_kind
@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize(
    "activation, f", [("tanh", np.tanh), ("relu", lambda z: np.maximum(z, 0)), ("logistic", expit)]
)
def test_prediction_is_the_mean_of_forward_passes_by_hand(kind, n_estimators, activation, f):
    X, y = y_of_kind(kind)
    model = ScratchMLPClassifier(
        (7, 5), activation, n_estimators=n_estimators, solver="adam", learning_rate_init=0.01, max_iter=5, **PLAIN
    ).fit(X, y)
    o = {"binary": 1, "multiclass": 3, "multilabel": 3}[kind]
    d = X.shape[1]
    assert [W.shape for W in model.coefs_] == [(n_estimators, *shape) for shape in [(d, 7), (7, 5), (5, o)]]
    assert [b.shape for b in model.intercepts_] == [(n_estimators, h) for h in (7, 5, o)]
    members = []
    for i in range(n_estimators):
        (W1, W2, W3), (b1, b2, b3) = [W[i] for W in model.coefs_], [b[i] for b in model.intercepts_]
        z = f(f(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        members.append(softmax(z, axis=1) if kind == "multiclass" else expit(z))
    assert n_estimators == 1 or np.ptp(members, axis=0).max() > 0.01
    p = np.mean(members, axis=0)
    shown = np.hstack([1 - p, p]) if kind == "binary" else p
    assert_allclose(model.predict_proba(X), shown, atol=1e-12)
    assert model.n_layers_ == 4 and model.n_outputs_ == o
    assert model.out_activation_ == ("softmax" if kind == "multiclass" else "logistic")


def test_ntk_weights_are_effective_weights():
    """A sparse X has no front scale: the network then has dense layers only."""
    X, y = blobs()
    model = ScratchMLPClassifier(**SMALL, scaling=None, dtype="float64").fit(csr_array(X), y)
    members = []
    for W, b in zip(zip(*model.coefs_, strict=True), zip(*model.intercepts_, strict=True), strict=True):
        a = X
        for W_, b_ in zip(W[:-1], b[:-1], strict=True):
            a = np.maximum(a @ W_ + b_, 0)
        members.append(softmax(a @ W[-1] + b[-1], axis=1))
    assert_allclose(model.predict_proba(csr_array(X)), np.mean(members, axis=0), atol=1e-12)


@each_kind
def test_properties_of_probabilities(kind):
    X, y = y_of_kind(kind)
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    p, log_p, score = model.predict_proba(X), model.predict_log_proba(X), model.decision_function(X)
    assert p.dtype == log_p.dtype == score.dtype == np.float64
    assert p.shape == log_p.shape and ((p >= 0) & (p <= 1)).all()
    assert_allclose(np.exp(log_p), p, rtol=1e-10, atol=1e-15)
    if kind == "multilabel":
        assert_array_equal(model.predict(X), score > 0)
        assert_array_equal(model.predict(X), p > 0.5)
        assert_allclose(expit(score), p, atol=1e-12)
        return
    assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])
    if kind == "binary":
        assert score.shape == (len(X),)
        assert_array_equal(score > 0, model.predict(X) == model.classes_[1])
        assert_allclose(expit(score), p[:, 1], atol=1e-12)
        assert_array_equal(np.argsort(score, kind="stable"), np.argsort(p[:, 1], kind="stable"))
    else:
        assert_array_equal(score.argmax(axis=1), p.argmax(axis=1))
        assert_array_equal(score, log_p)


@pytest.mark.parametrize("classes", [2, 3])
def test_log_probabilities_are_finite_where_probabilities_are_zero(classes):
    X, y = blobs(classes=classes)
    model = ScratchMLPClassifier(**LINEAR, alpha=0.1).fit(X, y)
    far = 1e5 * X
    with np.errstate(all="raise", under="ignore"):
        p, log_p, score = model.predict_proba(far), model.predict_log_proba(far), model.decision_function(far)
    assert (p == 0).any() and np.isfinite(log_p).all() and np.isfinite(score).all()
    assert log_p.min() < -1000


def test_no_worse_than_logistic_regression():
    X, y = blobs(400, 2)
    model = ScratchMLPClassifier(random_state=0, max_iter=20, width=32).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > LogisticRegression().fit(X[:300], y[:300]).score(X[300:], y[300:]) - 0.02
    assert log_loss(y[300:], model.predict_proba(X[300:])) < 0.6


@pytest.mark.parametrize("classes", [2, 3])
def test_class_weight_is_a_sample_weight(classes):
    X, y = blobs(classes=classes)
    for class_weight in ("balanced", {0: 3.0, 1: 0.5}, {0: 2.0}):
        given = np.random.default_rng(0).integers(1, 3, len(y)).astype(float)
        by_class = ScratchMLPClassifier(**SMALL, class_weight=class_weight).fit(X, y).predict_proba(X)
        w = compute_sample_weight(class_weight, y)
        by_row = ScratchMLPClassifier(**SMALL).fit(X, y, w).predict_proba(X)
        assert_allclose(by_class, by_row, atol=1e-9)
        plain = ScratchMLPClassifier(**SMALL).fit(X, y).predict_proba(X)
        if class_weight != "balanced":  # the classes are balanced; with weights of rows the two multiply
            assert np.abs(by_class - plain).max() > 1e-3
            both = ScratchMLPClassifier(**SMALL, class_weight=class_weight).fit(X, y, given).predict_proba(X)
            assert_allclose(both, ScratchMLPClassifier(**SMALL).fit(X, y, given * w).predict_proba(X), atol=1e-9)


def test_balanced_gives_a_rare_class_half_of_the_weight(rng):
    X = rng.normal(size=(200, 2))
    y = np.where(np.arange(200) < 10, "rare", "usual")  # nothing to learn from X
    common = dict(LINEAR, alpha=100.0)
    plain = ScratchMLPClassifier(**common).fit(X, y).predict_proba(X)[:, 0].mean()
    balanced = ScratchMLPClassifier(**common, class_weight="balanced").fit(X, y).predict_proba(X)[:, 0].mean()
    assert abs(plain - 0.05) < 0.02 and abs(balanced - 0.5) < 0.1


def test_a_class_of_weight_zero_stays_in_classes():
    X, y = blobs()
    model = ScratchMLPClassifier(**SMALL, class_weight={2: 0}).fit(X, y)
    assert_array_equal(model.classes_, [0, 1, 2])
    assert model.predict_proba(X).shape == (len(X), 3)
    assert 2 not in model.predict(X)


@pytest.mark.parametrize("class_weight", [{"a": 1}, {0: -1}, {0: np.nan}, {0: 0, 1: 0}], ids=repr)
def test_bad_class_weight(class_weight):
    X, y = blobs(classes=2)
    with pytest.raises(ValueError, match="class_weight (holds|must)"):
        ScratchMLPClassifier(class_weight=class_weight).fit(X, y)


def test_label_smoothing_moves_the_optimum():
    """For constant X the mean of the smoothed labels is the probability."""
    X, y = np.zeros((100, 1)), np.r_[np.zeros(80), np.ones(20)]
    for e, expected in ((0.0, 0.2), (0.5, 0.35)):
        model = ScratchMLPClassifier(**LINEAR, label_smoothing=e).fit(X, y)
        assert_allclose(model.predict_proba(X)[:, 1], expected, atol=1e-4)


@pytest.mark.parametrize("classes, loss", [(2, BinaryLogLoss()), (3, MulticlassLogLoss())])
def test_loss_objects(classes, loss):
    X, y = blobs(classes=classes)
    by_object = ScratchMLPClassifier(**SMALL, loss=loss, label_smoothing=0.2).fit(X, y)
    by_name = ScratchMLPClassifier(**SMALL, label_smoothing=0.2).fit(X, y)
    assert_array_equal(by_object.predict_proba(X), by_name.predict_proba(X))
    assert clone(by_object).loss == loss


def test_the_wrong_loss_object():
    X, y = blobs(classes=3)
    with pytest.raises(
        ValueError,
        match="loss must be 'log_loss' or have the inverse link InverseMultinomialLogit for a multiclass target",
    ):
        ScratchMLPClassifier(loss=BinaryLogLoss()).fit(X, y)
