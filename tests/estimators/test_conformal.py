"""Intervals and sets: the formulas of the papers, and the share of new rows that they contain."""

import numpy as np
import pytest
from helpers import SMALL, ignore_convergence, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators.conformal import class_sets, intervals, rank

X, y = two_classes(400)
OPTIONS = dict(SMALL, n_estimators=3, early_stopping=True)


@pytest.mark.parametrize("alpha, n, expected", [(0.1, 9, 9), (0.1, 10, 10), (0.1, 99, 90), (0.3, 9, 7), (0.9, 9, 1)])
def test_rank(alpha, n, expected):
    """The smallest whole number that is at least (1 - alpha) (n + 1), without rounding errors."""
    assert rank(alpha, n) == expected


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 2, "0.1", None, True, np.nan])
def test_alpha_must_be_a_share(alpha):
    with pytest.raises(ValueError, match="alpha must be a number between 0 and 1"):
        rank(alpha, 100)


def test_alpha_for_few_rows():
    with pytest.raises(ValueError, match="alpha must be at least 0.111 where 8 rows were left out of training, got 0.1"):
        rank(0.1, 8)


@pytest.mark.parametrize("decimals", [1, 12])
@pytest.mark.parametrize("g", [1, 2, 7])
@pytest.mark.parametrize("alpha", [0.03, 0.1, 0.5, 0.9])
def test_intervals_are_order_statistics(g, alpha, decimals, rng):
    """Equation 11 of Barber et al., from all sums in one sorted list; with many ties, and with none."""
    centres = rng.normal(size=(g, 20)).round(decimals)
    residuals, group = rng.exponential(size=50).round(decimals), np.r_[np.arange(g), rng.integers(0, g, 50 - g)]
    number = int(np.ceil((1 - alpha) * 51 - 1e-9))
    upper = np.sort(centres[group] + residuals[:, None], axis=0)[number - 1]
    lower = np.sort(centres[group] - residuals[:, None], axis=0)[50 - number]
    found = intervals(centres, residuals, group, alpha)
    assert_allclose(found, np.stack([lower, upper], axis=1), rtol=0, atol=1e-11)


@pytest.mark.parametrize("g", [1, 5])
@pytest.mark.parametrize("alpha", [0.05, 0.4])
def test_class_sets_count_smaller_scores(g, alpha, rng):
    scores, known = rng.random((g, 30, 4)).round(2), rng.random(40).round(2)
    group = np.r_[np.arange(g), rng.integers(0, g, 40 - g)]
    count = (known[:, None, None] < scores[group]).sum(axis=0)
    assert_array_equal(class_sets(scores, known, group, alpha), count < (1 - alpha) * 41)


def test_intervals_equal_those_of_mapie(rng):
    """The same folds of the same linear regression."""
    regression = pytest.importorskip("mapie.regression")
    x = rng.normal(size=(103, 3))
    t = x[:, 0] + rng.normal(size=103)
    folds, new = list(KFold(5).split(x)), rng.normal(size=(40, 3))
    theirs = regression.CrossConformalRegressor(LinearRegression(), confidence_level=0.85, method="plus", cv=KFold(5))
    bounds = theirs.fit_conformalize(x, t).predict_interval(new)[1][:, :, 0]
    models = [LinearRegression().fit(x[train], t[train]) for train, _ in folds]
    group, residuals = np.empty(103, int), np.empty(103)
    for i, (model, (_, test)) in enumerate(zip(models, folds, strict=True)):
        group[test], residuals[test] = i, np.abs(t[test] - model.predict(x[test]))
    found = intervals(np.stack([model.predict(new) for model in models]), residuals, group, 0.15)
    assert_allclose(found, bounds, rtol=1e-9)


def test_interval_of_a_regressor_from_its_attributes():
    """The bounds are those of the formula, with the predictions of the member that left out each row."""
    model = ScratchMLPRegressor(**OPTIONS | {"max_iter": 1}).fit(X[:300], X[:300, 0] * 50 + 7)
    t, out = X[:300, 0] * 50 + 7, model.oof_prediction_
    rows = np.flatnonzero(~np.isnan(out))
    own = np.abs(model.predict_members(X[rows]) - out[rows]).argmin(axis=0)  # the member that left out the row
    centres = model.predict_members(X[300:])[own]
    residuals = np.abs(t - out)[rows, None]
    n = len(rows)
    number = int(np.ceil(0.8 * (n + 1)))
    expected = [np.sort(centres - residuals, axis=0)[n - number], np.sort(centres + residuals, axis=0)[number - 1]]
    assert_allclose(model.predict_interval(X[300:], alpha=0.2).T, expected, rtol=1e-4, atol=1e-3)


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
    assert_allclose(model.predict_interval(X[300:]), expected, rtol=1e-5)


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
    with pytest.raises(ValueError, match="y must have had one class for each row in fit for predict_set, but it was multilabel"):
        model.predict_set(X)


@ignore_convergence
@pytest.mark.parametrize("spoil", [lambda m: m.set_params(early_stopping=False).fit(X, y), lambda m: m.partial_fit(X, y)])
def test_without_validation_rows(Estimator, spoil):
    model = spoil(Estimator(**OPTIONS).fit(X, y))
    predict = model.predict_set if Estimator is ScratchMLPClassifier else model.predict_interval
    with pytest.raises(ValueError, match="The last fit must have had validation rows"):
        predict(X)
