"""Intervals and sets: the formulas of the papers, and the share of new rows that they contain."""

import numpy as np
import pytest
from helpers import SMALL, ignore_convergence, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators.conformal import class_sets, intervals, quantile

X, y = two_classes(400)
OPTIONS = dict(SMALL, n_estimators=3, early_stopping=True)


@pytest.mark.parametrize("alpha, n, rank", [(0.1, 9, 9), (0.1, 10, 10), (0.1, 99, 90), (0.3, 9, 7), (0.9, 9, 1)])
def test_quantile(alpha, n, rank, rng):
    """The rank is the smallest whole number that is at least (1 - alpha) (n + 1), without rounding errors."""
    assert quantile(rng.permutation(n) + 1.0, alpha) == rank


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 2, "0.1", None, True, np.nan])
def test_alpha_must_be_a_share(alpha):
    with pytest.raises(ValueError, match="alpha must be a number between 0 and 1"):
        quantile(np.zeros(100), alpha)


def test_alpha_for_few_rows():
    with pytest.raises(
        ValueError, match="alpha must be at least 0.111 where 8 rows were left out of training, got 0.1"
    ):
        quantile(np.zeros(8), 0.1)


@pytest.mark.parametrize("g", [1, 2, 3, 8])
def test_at_least_half_of_the_sets_of_members_reject_what_is_outside(g, rng):
    """And inside at most half reject from above, or from below: a vote for each of many numbers."""
    centres, residuals = rng.normal(size=(g, 50)), rng.exponential(4, size=60)
    half = np.sort(residuals)[48]  # ceil(0.8 * 61) - 1
    lower, upper = intervals(centres, residuals, 0.2).T
    for y in np.linspace(-20, 20, 401):
        above, below = (y > centres + half).sum(axis=0), (y < centres - half).sum(axis=0)
        assert_array_equal((lower <= y) & (y <= upper), (above < g / 2) & (below < g / 2))


def test_bounds_are_in_order_where_members_disagree():
    assert_array_equal(intervals(np.array([[0.0], [10.0]]), np.ones(9), 0.1), [[1.0, 9.0]])


def test_bounds_of_the_largest_numbers_are_finite():
    largest = np.finfo(float).max
    assert_array_equal(intervals(np.array([[largest, 0.0]]), np.full(9, np.inf), 0.1), [[-largest, largest]] * 2)
    targets = np.resize([-largest, largest], 40)
    model = ScratchMLPRegressor(**OPTIONS).fit(np.zeros((40, 1)), targets)
    assert np.isfinite(model.predict_interval(np.zeros((3, 1)), alpha=0.5)).all()


@pytest.mark.parametrize("g", [1, 2, 5])
@pytest.mark.parametrize("alpha", [0.05, 0.4])
def test_a_majority_accepts_each_class_of_a_set(g, alpha, rng):
    scores, known = rng.random((g, 30, 4)).round(2), rng.random(40).round(2)
    p = np.array([[[(1 + (known >= s).sum()) / 41 for s in row] for row in member] for member in scores])
    votes = (p > alpha + 1e-9).sum(axis=0)  # conformal p-values, one for each set of members
    assert_array_equal(class_sets(scores, known, alpha), votes > g / 2)


@pytest.mark.parametrize("alpha", [0.1, 0.25])
def test_intervals_of_one_set_of_members_equal_those_of_mapie(alpha, rng):
    """Split conformal prediction with the same linear regression and the same rows."""
    regression = pytest.importorskip("mapie.regression")
    x = rng.normal(size=(203, 3))
    t = x[:, 0] + rng.normal(size=203)
    model, new = LinearRegression().fit(x[:100], t[:100]), rng.normal(size=(40, 3))
    theirs = regression.SplitConformalRegressor(model, confidence_level=1 - alpha, prefit=True)
    bounds = theirs.conformalize(x[100:], t[100:]).predict_interval(new)[1][:, :, 0]
    assert_allclose(intervals(model.predict(new)[None], np.abs(t[100:] - model.predict(x[100:])), alpha), bounds)


def test_sets_of_one_set_of_members_equal_those_of_mapie(rng):
    classification = pytest.importorskip("mapie.classification")
    x, c = rng.normal(size=(303, 2)), rng.integers(0, 3, 303)
    x[:, 0] += c
    model, new = LogisticRegression().fit(x[:100], c[:100]), rng.normal(size=(80, 2))
    theirs = classification.SplitConformalClassifier(model, confidence_level=0.8, prefit=True, conformity_score="lac")
    expected = theirs.conformalize(x[100:], c[100:]).predict_set(new)[1][:, :, 0]
    known = 1 - model.predict_proba(x[100:])[np.arange(203), c[100:]]
    assert_array_equal(class_sets(1 - model.predict_proba(new)[None], known, 0.2), expected)


def test_interval_of_a_regressor_from_its_attributes():
    """After one epoch the out-of-fold predictions are those of the fitted members."""
    t = X[:300, 0] * 50 + 7
    model = ScratchMLPRegressor(**OPTIONS | {"max_iter": 1}).fit(X[:300], t)
    out = model.oof_prediction_
    rows = ~np.isnan(out)
    half = np.sort(np.abs(t - out)[rows])[int(np.ceil(0.8 * (rows.sum() + 1))) - 1]
    middle = np.median(model.predict_members(X[300:]), axis=0)[:, None]
    assert_allclose(model.predict_interval(X[300:], alpha=0.2), middle + [-half, half], rtol=1e-5, atol=1e-4)


def test_several_outputs_have_an_interval_each():
    targets = np.stack([X[:, 0], 1000 * X[:, 1]], axis=1)
    model = ScratchMLPRegressor(**OPTIONS).fit(X[:300], targets[:300])
    bounds = model.predict_interval(X[300:])
    assert bounds.shape == (100, 2, 2)
    inside = (bounds[..., 0] <= targets[300:]) & (targets[300:] <= bounds[..., 1])
    assert ((inside.mean(axis=0) > 0.8) & (inside.mean(axis=0) < 1)).all()
    assert (np.ptp(bounds, axis=2)[:, 1] > 100 * np.ptp(bounds, axis=2)[:, 0]).all()


def test_passed_validation_rows_make_intervals_of_one_width():
    """Split conformal prediction: the mean of all members, plus and minus a quantile of the residuals."""
    t = X[:, 0] + X[:, 1] ** 2
    model = ScratchMLPRegressor(**OPTIONS).fit(X[:200], t[:200], X_val=X[200:300], y_val=t[200:300])
    half = np.sort(np.abs(t[200:300] - model.predict(X[200:300])))[90]  # ceil(0.9 * 101) - 1
    expected = model.predict(X[300:])[:, None] + [-half, half]
    assert_allclose(model.predict_interval(X[300:]), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_share_of_new_rows_inside(seed):
    """Noise of a known distribution: four standard errors of 2,000 rows around the share that was asked for."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2800, 2))
    t, c = x[:, 0] + rng.normal(size=2800), (x[:, 0] + rng.normal(size=2800) > 0).astype(int)
    options = dict(n_estimators=8, width=8, depth=1, max_iter=20, random_state=seed)
    for alpha in (0.1, 0.3):
        lower, upper = ScratchMLPRegressor(**options).fit(x[:800], t[:800]).predict_interval(x[800:], alpha).T
        inside = ((lower <= t[800:]) & (t[800:] <= upper)).mean()
        sets = ScratchMLPClassifier(**options).fit(x[:800], c[:800]).predict_set(x[800:], alpha)
        assert [inside, sets[np.arange(2000), c[800:]].mean()] == pytest.approx([1 - alpha] * 2, abs=0.06)


def test_larger_alpha_means_smaller_intervals_and_sets():
    regressor = ScratchMLPRegressor(**OPTIONS).fit(X, X[:, 0])
    widths = [np.ptp(regressor.predict_interval(X, alpha), axis=1).mean() for alpha in (0.05, 0.1, 0.5)]
    assert widths[0] > widths[1] > widths[2]
    classifier = ScratchMLPClassifier(**OPTIONS).fit(X, y)
    small, large = classifier.predict_set(X, 0.5), classifier.predict_set(X, 0.02)
    assert small.dtype == bool and small.shape == (400, 2) and (large >= small).all() and large.sum() > small.sum()


def test_a_set_of_any_labels(rng):
    names = np.array(["no", "yes", "often"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]
    model = ScratchMLPClassifier(**OPTIONS).fit(X[:300], names[:300])
    sets = model.predict_set(X[300:])
    inside = sets[np.arange(100), np.searchsorted(model.classes_, names[300:])]
    assert sets.shape == (100, 3) and inside.mean() > 0.75


def test_multilabel_targets_have_no_sets():
    model = ScratchMLPClassifier(**OPTIONS).fit(X, (X[:, :2] > 0).astype(int))
    with pytest.raises(
        ValueError, match="y must have had one class for each row in fit for predict_set, but it was multilabel"
    ):
        model.predict_set(X)


@ignore_convergence
@pytest.mark.parametrize(
    "spoil", [lambda m: m.set_params(early_stopping=False).fit(X, y), lambda m: m.partial_fit(X, y)]
)
def test_without_validation_rows(Estimator, spoil):
    model = spoil(Estimator(**OPTIONS).fit(X, y))
    predict = model.predict_set if Estimator is ScratchMLPClassifier else model.predict_interval
    with pytest.raises(ValueError, match="The last fit must have had validation rows"):
        predict(X)


@pytest.mark.parametrize("k", [1, 4])
def test_sets_where_almost_all_probabilities_are_one(k):
    """In float32 one minus such a probability is 0, which few probabilities of other rows are."""
    inside = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, 3000)
        rows = rng.normal(size=(3000, 10)) + 2 * labels[:, None]
        model = ScratchMLPClassifier(n_estimators=k, max_iter=20, random_state=seed).fit(rows[:1000], labels[:1000])
        inside.append(model.predict_set(rows[1000:], alpha=0.1)[np.arange(2000), labels[1000:]].mean())
    assert np.mean(inside) > 0.9


@pytest.mark.parametrize("k", [1, 4])
def test_equal_rows_have_equal_scores(Estimator, k):
    """Of the rows that make the quantile, a share of at least 1 - alpha is inside, although many are equal."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, 900)
    probabilities = np.array([[0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])[kinds]
    rows, z = np.eye(3)[kinds], (rng.random((900, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    model = Estimator(n_estimators=k, max_iter=15, random_state=0).fit(
        rows[:600], z[:600], X_val=rows[600:], y_val=z[600:]
    )
    for alpha in np.arange(0.02, 0.7, 0.02):
        if Estimator is ScratchMLPClassifier:
            inside = model.predict_set(rows[600:], alpha=alpha)[np.arange(300), z[600:]]
        else:
            lower, upper = model.predict_interval(rows[600:], alpha=alpha).T
            inside = (lower <= z[600:]) & (z[600:] <= upper)
        assert inside.mean() >= 1 - alpha
