"""Out-of-fold predictions: of every row by the members that left it out, at the position of the row in X."""

import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, ignore_convergence, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators.ensemble_gain import ensemble_gain
from skscratch.estimators.out_of_fold import sets_of_members
from skscratch.estimators.reading import Sample
from skscratch.estimators.splitting import choose_validation_rows
from skscratch.tabular import read_table

X, y = two_classes(200)
# after one epoch there is no choice of epochs: out-of-fold predictions are those of the fitted members
OPTIONS = dict(SMALL, n_estimators=3, early_stopping=True, max_iter=1)


def left_out(model, n, strata=None):
    """Which members (k, n) left out which of n rows."""
    rng = np.random.default_rng(np.random.SeedSequence(model._state.seed).spawn(3)[1])
    rows = choose_validation_rows(n, model.validation_fraction, model.n_estimators, rng, strata)
    return np.array([np.isin(np.arange(n), member) for member in rows])


def expected(model, rows, mask):
    """Mean predictions of the members that left out each row; NaN without any."""
    members, k = model.predict_members(rows), mask.shape[0]
    weights = mask.reshape(k, -1, *[1] * (members.ndim - 2)).astype(float)
    with np.errstate(invalid="ignore"):
        return (members * weights).sum(axis=0) / weights.sum(axis=0)


@pytest.mark.parametrize("k, m", [(1, 3), (3, 4), (5, 12), (70, 9)])
def test_sets_of_members(k, m, rng):
    positions = np.array([np.sort(rng.permutation(20)[:m]) for _ in range(k)])
    mask = np.array([np.isin(np.arange(20), rows) for rows in positions]).T
    assert_array_equal(sets_of_members(positions, 20), np.unique(mask[mask.any(axis=1)], axis=0))


@pytest.mark.parametrize("options", [{}, {"n_estimators": 1}, {"n_estimators": 9, "validation_fraction": 0.3},
                                     {"solver": "lbfgs", "max_iter": 200, "tol": 1e-2}])  # fmt: skip
def test_a_row_is_predicted_by_the_members_that_left_it_out(options):
    regressor = ScratchMLPRegressor(**OPTIONS | options).fit(X, X[:, 0])
    mask = left_out(regressor, 200)
    assert_allclose(regressor.oof_prediction_, expected(regressor, X, mask), rtol=1e-6, atol=1e-6)
    assert_array_equal(np.isnan(regressor.oof_prediction_), ~mask.any(axis=0))
    classifier = ScratchMLPClassifier(**OPTIONS | options).fit(X, y)
    proba = expected(classifier, X, left_out(classifier, 200, y))
    assert_allclose(classifier.oof_decision_function_, proba, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "read", [np.asarray, csr_array, lambda X: X.tolist(), lambda X: pd.DataFrame(X, index=X[:, 0])]
)
def test_positions_are_those_of_x_as_passed(Estimator, read):
    """Rows of zero weight are NaN, and the others are predicted as if those rows were absent."""
    weights = np.ones(200)
    weights[::3] = 0
    name = "oof_decision_function_" if Estimator is ScratchMLPClassifier else "oof_prediction_"
    found = getattr(Estimator(**OPTIONS).fit(read(X), y, weights), name)
    kept = getattr(Estimator(**OPTIONS).fit(read(X[weights > 0]), y[weights > 0]), name)
    assert len(found) == 200 and np.isnan(found[::3]).all()
    assert_array_equal(found[weights > 0], kept)


def gain(model, rows, mask):
    """How much better all members are than those (k, n) that left out a row, from the predictions of members."""
    members = model.predict_members(rows)
    sets = np.unique(mask.T[mask.any(axis=0)], axis=0)
    means, f = np.array([members[each].mean(axis=0) for each in sets]), members.mean(axis=0)
    if isinstance(model, ScratchMLPRegressor):
        return np.square(means - f).mean(axis=(0, 1))
    if f.ndim == 2 and model._target.kind == "multilabel":
        right = [np.where(p > 0.5, f, 1 - f).prod(axis=1).mean() for p in [f, *means]]
    else:
        right = [f[np.arange(len(f)), p.argmax(axis=1)].mean() for p in [f, *means]]
    return right[0] - np.mean(right[1:])


def test_a_constant_output_gains_nothing():
    """Its score is that of scikit-learn, and the gain of the other one counts for one of two."""
    targets = np.column_stack([X[:, 0], np.full(200, 5.0)])
    model = ScratchMLPRegressor(**OPTIONS).fit(X, targets)
    rows, more = ~np.isnan(model.oof_prediction_[:, 0]), gain(model, X, left_out(model, 200))
    expected_score = r2_score(targets[rows], model.oof_prediction_[rows]) + more[0] / targets[rows, 0].var() / 2
    assert_allclose(model.oof_score_, expected_score, rtol=1e-4)


def test_no_gain_if_a_member_is_lost():
    """The square of its difference from the mean is infinite."""
    model = ScratchMLPRegressor(**OPTIONS).fit(X, X[:, 0])._model
    values = model.parameters.values.copy()
    values[0, -1] = np.inf  # the bias of the output
    sample = Sample(X, None, read_table(ScratchMLPRegressor(), X, (), reset=True), X[:, 0], None)
    shares = sets_of_members(np.arange(6).reshape(3, 2), 6) / 1.0
    assert_array_equal(ensemble_gain(model.with_parameters(values), shares, sample, 0), [0.0])


def test_scores_are_those_of_scikit_learn_and_the_gain_of_all_members():
    names = np.array(["no", "yes", "often"])[np.arange(200) % 3]
    for model, target, score in [
        (ScratchMLPRegressor(**OPTIONS), X[:, :2] * 100 + 1e6, r2_score),
        (ScratchMLPRegressor(**OPTIONS), X[:, 0], r2_score),
        (ScratchMLPClassifier(**OPTIONS), names, accuracy_score),
        (ScratchMLPClassifier(**OPTIONS), y == 1, accuracy_score),
        (ScratchMLPClassifier(**OPTIONS), (X[:, :2] > 0).astype(int), accuracy_score),
    ]:
        model.fit(X, target)
        out = model.oof_prediction_ if score is r2_score else model.oof_decision_function_
        rows = ~np.isnan(out.reshape(200, -1)).any(axis=1)
        if score is accuracy_score:
            out = (out > 0.5).astype(int) if target.ndim == 2 else model.classes_[np.nan_to_num(out).argmax(axis=1)]
        strata = None if score is r2_score or target.ndim == 2 else np.unique(target, return_inverse=True)[1]
        more = gain(model, X, left_out(model, 200, strata))
        if score is r2_score:
            more = np.mean(more / target[rows].var(axis=0))
        assert more > 0
        assert model.oof_score_ == pytest.approx(score(target[rows], out[rows]) + more, rel=1e-5)
        assert isinstance(model.oof_score_, float) and rows.sum() in (60, 61, 62, 63)


@ignore_convergence
def test_validation_rows_that_were_passed_give_a_score(Estimator):
    """They are no rows of X, and all members predict them."""
    model = Estimator(**OPTIONS).fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert model.oof_score_ == pytest.approx(model.score(X[150:], y[150:]), rel=1e-6)
    assert getattr(model, "oof_prediction_", None) is getattr(model, "oof_decision_function_", None) is None


def test_no_score_of_a_single_row():
    """R2 and D2 of a single row are not defined; they were NaN."""
    for loss, quantile in (("squared_error", None), ("quantile", (0.2, 0.8))):
        model = ScratchMLPRegressor(loss, quantile=quantile, **OPTIONS).fit(X[1:], y[1:], X_val=X[:1], y_val=y[:1])
        assert model.oof_score_ is None
    assert ScratchMLPClassifier(**OPTIONS).fit(X[1:], y[1:], X_val=X[:1], y_val=y[:1]).oof_score_ in (0.0, 1.0)


def test_none_without_validation_rows(Estimator):
    name = "oof_decision_function_" if Estimator is ScratchMLPClassifier else "oof_prediction_"
    model = Estimator(**OPTIONS)
    for attribute in (name, "oof_score_"):
        with pytest.raises(NotFittedError):
            getattr(model, attribute)
        assert not hasattr(model, attribute)
    assert model.fit(X, y).oof_score_ is not None
    model.partial_fit(X, y)
    assert getattr(model, name) is model.oof_score_ is None
    model.set_params(early_stopping=False).fit(X, y)
    assert getattr(model, name) is model.oof_score_ is None


@ignore_convergence
def test_a_warm_start_has_those_of_its_last_fit():
    model = ScratchMLPRegressor(**OPTIONS, warm_start=True).fit(X[:100], X[:100, 0]).fit(X, X[:, 0])
    mask = np.array([np.isin(np.arange(200), rows) for rows in model._state.validation_rows])
    assert_allclose(model.oof_prediction_, expected(model, X, mask), rtol=1e-5)


def test_how_much_is_kept(Estimator):
    """12 bytes for each row that was left out of a regression in float32, 9 for two classes."""
    rows, z = np.resize(X, (3000, 4)), np.resize(y, 3000)
    kept = Estimator(**OPTIONS, dtype="float32").fit(rows, z)._out_of_fold
    arrays = [kept.outputs, kept.y, kept.rows]
    assert sum(a.nbytes for a in arrays) / 900 == (9 if Estimator is ScratchMLPClassifier else 12)


def test_a_fit_on_parts_has_a_score_and_intervals_but_no_positions(Estimator):
    """Its validation rows are the same for all members: they are predicted by all of them."""
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(target=y)
    parts = [frame[:120], frame[120:]]
    model = Estimator(**SMALL, early_stopping=True).fit(lambda: iter(parts), "target")
    assert 0 < model.oof_score_ < 1 and model._out_of_fold.members.tolist() == [[True, True]]
    if Estimator is ScratchMLPClassifier:
        assert model.oof_decision_function_ is None and model.predict_set(frame[[*"abcd"]], 0.2).shape == (200, 2)
    else:
        assert model.oof_prediction_ is None and model.predict_interval(frame[[*"abcd"]], 0.2).shape == (200, 2)
