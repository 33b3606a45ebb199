"""Rows held out: which ones, what they judge, and that the parameters kept are those that were judged best."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skscratch.estimators.held_out import Validator, minus_accuracy, rows_to_hold_out

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.activations import Tanh
from skscratch.core.batches import Rows
from skscratch.core.initializers import Normal
from skscratch.core.layers import Dense
from skscratch.core.losses import BinaryLogLoss, MulticlassLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.estimators import base
from skscratch.estimators.validation import split_rows

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=12, random_state=0)
each_estimator = pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])


def noisy(n=400, seed=0):
    return make_classification(n, 5, n_informative=3, flip_y=0.3, random_state=seed)


@pytest.fixture(scope="module")
def data():
    X, y = noisy()
    return X[:300], y[:300], X[300:], y[300:]


# rows_to_hold_out


@pytest.mark.parametrize("n, fraction, m", [(10, 0.1, 1), (11, 0.1, 2), (100, 0.25, 25), (5, 0.9, 5), (7, 0.5, 4)])
@pytest.mark.parametrize("k", [1, 3])
def test_how_many_rows(n, fraction, m, k, rng):
    if m == n:
        with pytest.raises(ValueError, match="validation_fraction must leave rows on both sides, but 0.9 of 5 rows"):
            rows_to_hold_out(n, fraction, k, rng)
        return
    left_out = rows_to_hold_out(n, fraction, k, rng)
    assert len(left_out) == k
    for rows in left_out:
        assert len(rows) == m and (np.diff(rows) > 0).all() and rows.min() >= 0 and rows.max() < n


@pytest.mark.parametrize("n, k", [(40, 4), (400, 8), (1000, 10)])
def test_members_leave_out_other_rows(n, k, rng):
    left_out = np.concatenate(rows_to_hold_out(n, 0.1, k, rng, rng.integers(0, 2, n)))
    assert len(set(left_out)) == len(left_out) >= k * 0.1 * n - k


def test_more_members_than_shares(rng):
    left_out = rows_to_hold_out(10, 0.5, 5, rng)
    assert all(len(set(rows)) == 5 for rows in left_out) and len(set(np.concatenate(left_out))) == 10


@pytest.mark.parametrize("k", [1, 2])
def test_every_row_has_its_turn(k, rng):
    counts = sum(np.bincount(rows_to_hold_out(20, 0.2, k, rng)[-1], minlength=20) for _ in range(2000))
    assert counts.min() > 300 and counts.max() < 500  # 400 expected
    strata = np.repeat([0, 1], [15, 5])
    counts = sum(np.bincount(rows_to_hold_out(20, 0.2, k, rng, strata)[-1], minlength=20) for _ in range(2000))
    assert counts.min() > 300 and counts.max() < 500


@pytest.mark.parametrize("sizes", [(50, 50), (90, 10), (80, 15, 5), (33, 33, 34)])
def test_each_class_gives_its_share(sizes, rng):
    strata = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    for _ in range(20):
        for rows in rows_to_hold_out(100, 0.2, 3, rng, strata):
            given = np.bincount(strata[rows], minlength=len(sizes))
            assert len(rows) == 20 and np.abs(given - 0.2 * np.array(sizes)).max() <= 1
            assert (given < sizes).all()


def test_a_class_of_one_row_stays_in_training(rng):
    strata = np.r_[np.zeros(10, int), np.ones(10, int), 2, 3]
    for _ in range(50):
        assert not {20, 21} & set(np.concatenate(rows_to_hold_out(22, 0.3, 3, rng, strata)))


def test_a_class_among_single_rows_keeps_its_share(rng):
    """Rows that cannot be held out do not make other classes give more."""
    strata = np.r_[np.zeros(10, int), np.arange(1, 91)]
    (rows,) = rows_to_hold_out(100, 0.2, 1, rng, strata)
    assert len(rows) == 2 and (strata[rows] == 0).all()


def test_nothing_but_single_rows(rng):
    with pytest.raises(ValueError, match="holds out 0; choose another fraction or early_stopping=False"):
        rows_to_hold_out(4, 0.5, 1, rng, np.arange(4))


@pytest.mark.filterwarnings("ignore:.*reached max_iter")
@each_estimator
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_each_network_is_judged_by_rows_of_its_own(Estimator, solver, data):
    """The held-out loss is that of the kept networks, each on the rows it left out."""
    X, y, *_ = data
    y = y if Estimator is ScratchMLPClassifier else X[:, 0] + y
    model = Estimator(**PLAIN, early_stopping=True, solver=solver, scoring="loss", tol=1e-9).set_params(max_iter=1)
    model.fit(X, y)
    rng = np.random.default_rng(np.random.SeedSequence(model._state.seed).spawn(3)[1])
    strata = y if Estimator is ScratchMLPClassifier else None
    losses = []
    for i, rows in enumerate(rows_to_hold_out(300, 0.1, 3, rng, strata)):
        z = of_member(model, X[rows], i)[:, 0]
        if strata is not None:
            losses.append(log_loss(y[rows], 1 / (1 + np.exp(-z))))
        else:
            losses.append(np.mean((z - (y[rows] - y.mean()) / y.std()) ** 2) / 2)
    assert_allclose(model.validation_loss_curve_[0], np.mean(losses), rtol=1e-6)


@each_estimator
@pytest.mark.parametrize("weighted", [False, True])
def test_no_member_trains_on_its_validation_rows(Estimator, weighted, data, monkeypatch):
    """Each has weight zero for its own validation rows, and for no others."""
    X, y, *_ = data
    model, seen = Estimator(**PLAIN, early_stopping=True).set_params(max_iter=1), []

    def spy(*arguments):
        seen.append(split_rows(*arguments))
        return seen[-1]

    monkeypatch.setattr(base, "split_rows", spy)
    w = np.arange(1.0, 301) if weighted else None
    model.fit(X, y, w)
    ((rows, validator, left_out),) = seen
    assert rows.w.shape == (300, 3)
    assert_array_equal(left_out, validator.chosen)
    for i in range(3):
        excluded = rows.w[:, i] == 0
        assert excluded.sum() == 30
        assert_array_equal(np.flatnonzero(excluded), left_out[i])
        assert_array_equal(rows.w[~excluded, i], (np.ones(300) if w is None else w)[~excluded])


# early_stopping


@each_estimator
@pytest.mark.parametrize(
    "early_stopping, batch_size, holds_out",
    [("auto", "auto", True), ("auto", 300, False), ("auto", 299, True), (True, 300, True), (False, 10, False)],
)
def test_when_rows_are_held_out(Estimator, data, early_stopping, batch_size, holds_out):
    X, y, *_ = data
    options = dict(SMALL, early_stopping=early_stopping, batch_size=batch_size, n_iter_no_change=np.inf)
    model = Estimator(**options).fit(X, y)
    assert (model.validation_scores_ is not None) == holds_out
    assert model.t_ == model.n_iter_ * 300
    assert (model.validation_loss_curve_ is None) == (model.best_validation_score_ is None) == (not holds_out)
    assert len(model.loss_curve_) == model.n_iter_ == 12
    if holds_out:
        assert len(model.validation_loss_curve_) == len(model.validation_scores_) == 12


@each_estimator
def test_auto_holds_nothing_out_of_one_batch(Estimator, data):
    X, y, *_ = data
    assert Estimator(**SMALL).fit(X[:31], y[:31]).validation_scores_ is None
    assert Estimator(**SMALL).fit(X[:32], y[:32]).validation_scores_ is not None
    assert Estimator(**SMALL, solver="lbfgs", tol=0.1).fit(X, y).validation_scores_ is None


@each_estimator
def test_validation_fraction(Estimator, data):
    X, y, *_ = data
    model = Estimator(**SMALL, early_stopping=True, validation_fraction=0.4).fit(X, y)
    assert model.t_ == 12 * 300
    assert (
        Estimator(**dict(SMALL, n_estimators=1), early_stopping=True, validation_fraction=0.4).fit(X, y).t_ == 12 * 180
    )
    with pytest.raises(ValueError, match="validation_fraction must leave rows on both sides"):
        Estimator(early_stopping=True, validation_fraction=0.99).fit(X[:3], [0, 1, 0])


def test_a_class_of_one_row_can_be_predicted():
    X = np.r_[np.random.default_rng(0).normal(size=(299, 2)), [[50, 50]]]
    y = np.r_[(X[:299, 0] > 0).astype(int), 2]
    model = ScratchMLPClassifier(random_state=0, width=16).fit(X, y)
    assert model.validation_scores_ is not None
    assert_array_equal(model.classes_, [0, 1, 2])


# what is kept is what was judged best


def of_member(model, X, i):
    """Raw scores of one network by hand; the models of these tests have one hidden layer of tanh and no embedding."""
    W, b = [W[i] for W in model.coefs_], [b[i] for b in model.intercepts_]
    return np.tanh(X @ W[0] + b[0]) @ W[1] + b[1]


PLAIN = dict(
    SMALL, activation="tanh", init="glorot_normal", numeric_embedding=None, scaling=None, n_estimators=3,
    learning_rate_init=0.2, max_iter=30, dtype="float64",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*reached max_iter")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_kept_parameters_have_the_best_accuracy_and_then_the_best_loss(data, solver):
    X, y, X_val, y_val = data
    model = ScratchMLPClassifier(**PLAIN, solver=solver, tol=1e-9, n_iter_no_change=float("inf"))
    model.fit(X, y, X_val=X_val, y_val=y_val)
    z = np.stack([of_member(model, X_val, i)[:, 0] for i in range(3)])
    accuracy = ((z > 0) == y_val).mean(axis=1)
    losses = [log_loss(y_val, 1 / (1 + np.exp(-row))) for row in z]
    one = ScratchMLPClassifier(**dict(PLAIN, n_estimators=1), solver=solver, tol=1e-9, n_iter_no_change=float("inf"))
    one.fit(X, y, X_val=X_val, y_val=y_val)
    scores = np.array(one.validation_scores_)
    assert one.best_validation_score_ == scores.max()
    best = np.flatnonzero(scores == scores.max())
    epoch = best[np.argmin(np.array(one.validation_loss_curve_)[best])]
    assert_array_equal(one.best_iter_, [epoch + 1])
    assert_allclose(accuracy[0], scores.max())
    assert_allclose(losses[0], one.validation_loss_curve_[epoch], rtol=1e-6)
    assert len(set(model.best_iter_)) > 1 or solver == "lbfgs"  # every member has its own best epoch


@pytest.mark.parametrize("scoring", ["loss", "accuracy", "neg_log_loss", "roc_auc", make_scorer(accuracy_score)])
def test_scoring_of_a_classifier(data, scoring):
    X, y, X_val, y_val = data
    model = ScratchMLPClassifier(**dict(PLAIN, n_estimators=1), scoring=scoring).fit(X, y, X_val=X_val, y_val=y_val)
    best = model.best_validation_score_
    assert model.best_iter_[0] == 1 + np.flatnonzero(np.array(model.validation_scores_) == best).min() or (
        np.sum(np.array(model.validation_scores_) == best) > 1
    )
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
    model = ScratchMLPRegressor(**dict(PLAIN, n_estimators=1), scoring=scoring)
    model.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    best = model.best_validation_score_
    if scoring in (None, "loss"):  # half the squared error, in standard deviations of the training rows, unclipped
        z, s = of_member(model, X[150:], 0)[:, 0], y[:150].std()
        achieved = -0.5 * np.mean((z - (y[150:] - y[:150].mean()) / s) ** 2)
        assert_allclose(model.validation_scores_, -np.array(model.validation_loss_curve_))
    else:
        achieved = sklearn.metrics.get_scorer(scoring)(model, X[150:], y[150:])
    assert_allclose(achieved, best, rtol=1e-6)


def test_scoring_chooses_the_epoch(rng):
    X = rng.normal(size=(200, 3))
    y = X[:, 0] + rng.standard_cauchy(200)
    common = dict(X_val=X[150:], y_val=y[150:])
    found = {}
    for scoring in ("loss", "neg_mean_absolute_error"):
        model = ScratchMLPRegressor(**dict(PLAIN, n_estimators=1), scoring=scoring).fit(X[:150], y[:150], **common)
        found[scoring] = mean_absolute_error(y[150:], model.predict(X[150:]))
    assert found["neg_mean_absolute_error"] <= found["loss"]


def test_without_held_out_rows_the_training_loss_chooses(data):
    X, y, *_ = data
    model = ScratchMLPClassifier(**dict(PLAIN, n_estimators=1), early_stopping=False).fit(X, y)
    assert_array_equal(model.best_iter_, [1 + np.argmin(model.loss_curve_)])
    assert model.best_loss_ == min(model.loss_curve_) and model.loss_ == model.loss_curve_[-1]


# X_val and y_val


@each_estimator
def test_given_rows_replace_held_out_rows(Estimator, data):
    X, y, X_val, y_val = data
    model = Estimator(**SMALL).fit(X, y, X_val=X_val, y_val=y_val)
    assert model.t_ == 12 * 300
    other = Estimator(**SMALL).fit(X, y, X_val=X_val[:20], y_val=y_val[:20])
    assert model.validation_loss_curve_ != other.validation_loss_curve_
    assert_allclose(model.loss_curve_, other.loss_curve_)


@each_estimator
@pytest.mark.parametrize("given", [["X_val"], ["y_val"], ["sample_weight_val"], ["X_val", "sample_weight_val"]])
def test_half_of_what_is_needed(Estimator, data, given):
    X, y, X_val, y_val = data
    all_of_it = dict(X_val=X_val, y_val=y_val, sample_weight_val=np.ones(100))
    with pytest.raises(ValueError, match=f"X_val and y_val must be given together, got only {given[0]}; pass both"):
        Estimator().fit(X, y, **{name: all_of_it[name] for name in given})


@each_estimator
def test_given_rows_without_early_stopping(Estimator, data):
    X, y, X_val, y_val = data
    with pytest.raises(ValueError, match="early_stopping must be 'auto' or True where X_val and y_val are given"):
        Estimator(early_stopping=False).fit(X, y, X_val=X_val, y_val=y_val)


@each_estimator
def test_bad_held_out_rows(Estimator, data):
    X, y, X_val, y_val = data
    with pytest.raises(ValueError, match="X has 4 features, but .* is expecting 5 features"):
        Estimator().fit(X, y, X_val=X_val[:, :4], y_val=y_val)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Estimator().fit(X, y, X_val=X_val, y_val=y_val[:5])
    with pytest.raises(ValueError, match="y must"):
        Estimator().fit(X, y, X_val=X_val, y_val=np.full(100, np.nan))


def test_a_class_only_in_the_held_out_rows(data):
    X, y, X_val, _ = data
    with pytest.raises(ValueError, match=r"y must hold no other classes than \[0, 1\], but it holds 7"):
        ScratchMLPClassifier().fit(X, y, X_val=X_val, y_val=np.full(100, 7))


def test_nothing_is_learned_from_validation_targets(rng):
    """The range to which predictions are clipped is that of the training rows."""
    X = np.arange(200.0)[:, None]
    model = ScratchMLPRegressor(**dict(SMALL, max_iter=60, scaling="standard", numeric_embedding=None))
    model.fit(X[:150], X[:150, 0], X_val=X[150:], y_val=X[150:, 0])
    assert model.predict(X).max() <= 149
    partial = ScratchMLPRegressor(**SMALL, warm_start=True).fit(X[:150], X[:150, 0])
    partial.fit(X[:150], X[:150, 0], X_val=1e6 * X[150:], y_val=1e6 * X[150:, 0])
    assert partial.predict(1e6 * X).max() <= 149


def test_held_out_targets_outside_the_domain(rng):
    X = rng.normal(size=(20, 2))
    with pytest.raises(ValueError, match="target of PoissonLoss must be >= 0"):
        ScratchMLPRegressor("poisson").fit(X, np.ones(20), X_val=X, y_val=-np.ones(20))


@each_estimator
def test_class_weights_count_in_held_out_rows_too(Estimator, data):
    if Estimator is ScratchMLPRegressor:
        return
    X, y, X_val, y_val = data
    weighted = Estimator(**SMALL, class_weight={0: 5, 1: 1}).fit(X, y, X_val=X_val, y_val=y_val)
    w, w_val = np.where(y == 0, 5.0, 1.0), np.where(y_val == 0, 5.0, 1.0)
    by_row = Estimator(**SMALL).fit(X, y, w, X_val=X_val, y_val=y_val, sample_weight_val=w_val)
    assert_allclose(weighted.validation_scores_, by_row.validation_scores_)


@each_estimator
def test_through_a_pipeline(Estimator, data):
    """transform_input carries X_val through the steps before the network."""
    X, y, X_val, y_val = data
    with sklearn.config_context(enable_metadata_routing=True):
        model = Estimator(**SMALL).set_fit_request(X_val=True, y_val=True, sample_weight_val=True, sample_weight=False)
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False), model, transform_input=["X_val"]
        )
        pipeline.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=np.ones(100))
    scale = StandardScaler().fit(X)
    by_hand = Estimator(**SMALL).fit(
        scale.transform(X), y, X_val=scale.transform(X_val), y_val=y_val, sample_weight_val=np.ones(100)
    )
    assert_array_equal(pipeline.predict(X), by_hand.predict(scale.transform(X)))
    assert pipeline[-1].validation_scores_ == by_hand.validation_scores_


# rows of their own


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("link", ["logistic", "softmax", None])
def test_all_members_at_once_or_one_by_one(weighted, link, rng):
    network = Network((Dense(4), Tanh(), Dense(3, Normal())), 3)
    objective = Objective(network, MulticlassLogLoss() if link == "softmax" else BinaryLogLoss())
    P = network.init(5, rng)
    x, y = rng.standard_normal((30, 3)), np.eye(3)[rng.integers(0, 3, 30)]
    w = rng.random(30) if weighted else None
    chosen = np.stack([rng.choice(30, 9, replace=False) for _ in range(5)])
    expected = []
    for i, some in enumerate(chosen):
        rows = Rows(x, y, w).take(some)
        first = minus_accuracy(link, rows.y, rows.w) if link else None
        expected.append(Validator(objective, rows, first)(P.like(P.values[i : i + 1])))
    own_y, own_w = y[chosen], None if w is None else w[chosen.T]
    first = minus_accuracy(link, own_y, own_w) if link else None
    for table in (x, csr_array(x)):
        judge = Validator(objective, Rows(table, own_y, own_w), first, chosen)
        assert_allclose(judge(P), np.concatenate(expected, axis=1), rtol=1e-12)
