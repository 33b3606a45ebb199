"""The best epoch of each member: chosen by the score on its validation rows, then by their loss."""

import numpy as np
import pytest
import sklearn
from helpers import TANH, ignore_convergence, member_raw_scores
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_absolute_error, mean_squared_error

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.activations import Tanh
from skscratch.core.batches import Rows
from skscratch.core.initializers import Normal
from skscratch.core.inverse_links import InverseLogit, InverseMultinomialLogit
from skscratch.core.layers import Dense
from skscratch.core.losses import BinaryLogLoss, MulticlassLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.estimators.validation import Validator, minus_accuracy

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=12, random_state=0)


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_kept_parameters_have_the_best_accuracy_and_then_the_best_loss(data, solver):
    X, y, X_val, y_val = data
    model = ScratchMLPClassifier(**TANH, solver=solver, tol=1e-9, n_iter_no_change=float("inf"))
    model.fit(X, y, X_val=X_val, y_val=y_val)
    z = np.stack([member_raw_scores(model, X_val, i)[:, 0] for i in range(3)])
    accuracy = ((z > 0) == y_val).mean(axis=1)
    losses = [log_loss(y_val, 1 / (1 + np.exp(-row))) for row in z]
    alone = ScratchMLPClassifier(**dict(TANH, n_estimators=1), solver=solver, tol=1e-9, n_iter_no_change=float("inf"))
    alone.fit(X, y, X_val=X_val, y_val=y_val)
    scores = np.array(alone.validation_scores_)
    assert alone.best_validation_score_ == scores.max()
    best = np.flatnonzero(scores == scores.max())
    epoch = best[np.argmin(np.array(alone.validation_loss_curve_)[best])]
    assert_array_equal(alone.best_iter_, [epoch + 1])
    assert_allclose(accuracy[0], scores.max())
    assert_allclose(losses[0], alone.validation_loss_curve_[epoch], rtol=1e-6)
    assert_array_equal(model.best_iter_[0], alone.best_iter_[0])


@pytest.mark.parametrize("scoring", ["loss", "accuracy", "neg_log_loss", "roc_auc", make_scorer(accuracy_score)])
def test_scoring_of_a_classifier(data, scoring):
    X, y, X_val, y_val = data
    model = ScratchMLPClassifier(**dict(TANH, n_estimators=1), scoring=scoring).fit(X, y, X_val=X_val, y_val=y_val)
    best = model.best_validation_score_
    curves = zip(model.validation_scores_, -np.array(model.validation_loss_curve_), strict=True)
    assert model.best_iter_[0] == 1 + max(enumerate(curves), key=lambda epoch: epoch[1])[0]
    if scoring == "loss":
        achieved = -log_loss(y_val, model.predict_proba(X_val))
    else:
        achieved = sklearn.metrics.get_scorer(scoring)(model, X_val, y_val)
    assert_allclose(achieved, best, rtol=1e-6)


def test_default_scoring_is_accuracy(data):
    X, y, X_val, y_val = data
    by_default = ScratchMLPClassifier(**SMALL).fit(X, y, X_val=X_val, y_val=y_val)
    by_name = ScratchMLPClassifier(**SMALL, scoring="accuracy").fit(X, y, X_val=X_val, y_val=y_val)
    assert_allclose(by_default.validation_scores_, by_name.validation_scores_)
    assert_array_equal(by_default.predict_proba(X), by_name.predict_proba(X))


def test_default_scoring_of_several_classes_and_labels(rng):
    X = rng.normal(size=(120, 4))
    for y in (np.digitize(X[:, 0], [-0.5, 0.5]), (X[:, :3] > 0.3).astype(int)):
        model = ScratchMLPClassifier(**dict(SMALL, n_estimators=1)).fit(X[:80], y[:80], X_val=X[80:], y_val=y[80:])
        assert_allclose(model.best_validation_score_, accuracy_score(y[80:], model.predict(X[80:])))


@pytest.mark.parametrize("scoring", [None, "loss", "r2", "neg_mean_absolute_error"])
def test_scoring_of_a_regressor(scoring, rng):
    X = rng.normal(size=(200, 3))
    y = X[:, 0] + rng.normal(size=200)
    model = ScratchMLPRegressor(**dict(TANH, n_estimators=1), scoring=scoring)
    model.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    best = model.best_validation_score_
    if scoring in (None, "loss"):  # half the squared error, in standard deviations of the training rows, unclipped
        z, s = member_raw_scores(model, X[150:], 0)[:, 0], y[:150].std()
        achieved = -0.5 * np.mean((z - (y[150:] - y[:150].mean()) / s) ** 2)
        assert_allclose(model.validation_scores_, -np.array(model.validation_loss_curve_))
    else:
        achieved = sklearn.metrics.get_scorer(scoring)(model, X[150:], y[150:])
    assert_allclose(achieved, best, rtol=1e-6)


def test_scoring_chooses_the_epoch():
    """With heavy tails the epoch of the least squared error is not that of the least absolute error."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200, 3))
    y = X[:, 0] + rng.standard_t(2, 200)
    errors = {}
    for scoring in ("loss", "neg_mean_absolute_error"):
        model = ScratchMLPRegressor(**dict(TANH, n_estimators=1), scoring=scoring)
        prediction = model.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:]).predict(X[150:])
        errors[scoring] = mean_squared_error(y[150:], prediction), mean_absolute_error(y[150:], prediction)
    (squared, absolute), (other_squared, other_absolute) = errors.values()
    assert squared < other_squared and absolute > other_absolute


def test_without_validation_rows_the_training_loss_chooses(data):
    X, y, *_ = data
    model = ScratchMLPClassifier(**dict(TANH, n_estimators=1), early_stopping=False).fit(X, y)
    assert_array_equal(model.best_iter_, [1 + np.argmin(model.loss_curve_)])
    assert model.best_loss_ == min(model.loss_curve_) and model.loss_ == model.loss_curve_[-1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("link", [InverseLogit(), InverseMultinomialLogit(), None])
def test_all_members_at_once_are_each_member_alone(weighted, link, rng):
    network = Network((Dense(4), Tanh(), Dense(3, Normal())), 3)
    objective = Objective(
        network, MulticlassLogLoss() if isinstance(link, InverseMultinomialLogit) else BinaryLogLoss()
    )
    P = network.init(5, rng)
    x, y = rng.standard_normal((30, 3)), np.eye(3)[rng.integers(0, 3, 30)]
    w = rng.random(30) if weighted else None
    chosen = np.stack([rng.choice(30, 9, replace=False) for _ in range(5)])
    expected = []
    for i, positions in enumerate(chosen):
        rows = Rows(x, y, w).take(positions)
        metric = minus_accuracy(link, rows, None) if link else None
        expected.append(Validator(objective, rows, metric)(P.like(P.values[i : i + 1])))
    for table in (x, csr_array(x)):
        rows = Rows(table, y, w)
        validator = Validator(objective, rows, minus_accuracy(link, rows, chosen) if link else None, chosen)
        assert_allclose(validator(P), np.concatenate(expected, axis=1), rtol=1e-12)
        Q = P.like(P.values[::-1].copy())  # other parameters than those of the last call
        other = Validator(objective, rows, minus_accuracy(link, rows, chosen) if link else None, chosen)
        assert_allclose(validator(Q), other(Q), rtol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_other_members_choose_the_epoch_of_unselected_raw_scores(k, rng):
    """Metrics of members that diverged in an epoch are not in the mean."""
    network = Network((Dense(1, Normal()),), n_inputs=3)
    rows = Rows(rng.normal(size=(40, 3)), rng.integers(0, 2, (40, 1)).astype(float), None)
    positions = np.array([rng.permutation(40)[:10] for _ in range(k)])
    objective = Objective(network, BinaryLogLoss())
    validator = Validator(objective, rows, lambda P, z: P.values[:, 0].round(), positions, has_others=k > 1)  # has ties
    P, epochs = network.init(k, rng), []
    for epoch in range(12):
        P.values[...] = rng.normal(size=P.values.shape)
        if epoch == 5 and k == 4:
            P.values[2] = np.nan
        metrics = validator(P)
        epochs.append((metrics, validator.predict(P).copy()))
    found = validator.unselected(P)
    if k == 1:
        assert_array_equal(found, epochs[-1][1])
        return
    for member in range(k):
        others = [np.nanmean(np.delete(metrics, member, axis=1), axis=1).tolist() for metrics, _ in epochs]
        allowed = [epoch for epoch in range(12) if np.isfinite(epochs[epoch][0][:, member]).all()]
        best = min(allowed, key=lambda epoch: others[epoch])
        assert_array_equal(found[member], epochs[best][1][member])


def test_raw_scores_of_an_epoch_that_was_best_for_the_other_members():
    """Of two epochs, each member's own metric is better in one, and the mean of the others' in the other one."""
    epochs = iter([np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.2, 0.5])])
    objective = Objective(Network((Dense(1),), n_inputs=1), BinaryLogLoss())
    rows, positions = Rows(np.ones((4, 1)), np.ones((4, 1)), None), np.array([[0], [1], [2]])
    validator = Validator(objective, rows, lambda P, z: next(epochs), positions, has_others=True)
    scores = []
    for seed in range(2):
        P = objective.network.init(3, np.random.default_rng(seed), np.float64)
        validator(P)
        scores.append(np.stack([objective.network.predict(P, rows.x[:1])[i] for i in range(3)]))
    assert_allclose(validator.unselected(P), np.stack([scores[1][0], scores[0][1], scores[0][2]]))
