"""Which rows validate, which train, and how many there are."""

import numpy as np
import pytest
from helpers import TANH, ignore_convergence, member_raw_scores
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss

from skscratch import ScratchMLPClassifier
from skscratch.estimators import base
from skscratch.estimators.splitting import choose_validation_rows, split_rows

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=12, random_state=0)


@pytest.mark.parametrize("n, fraction, m", [(10, 0.1, 1), (11, 0.1, 2), (100, 0.25, 25), (5, 0.9, 5), (7, 0.5, 4)])
@pytest.mark.parametrize("k", [1, 3])
def test_how_many_rows(n, fraction, m, k, rng):
    if m == n:
        with pytest.raises(
            ValueError, match="validation_fraction must leave rows for training and for validation, but 0.9 of 5 rows"
        ):
            choose_validation_rows(n, fraction, k, rng)
        return
    left_out = choose_validation_rows(n, fraction, k, rng)
    assert left_out.shape == (k, m) and (np.diff(left_out, axis=1) > 0).all()
    assert 0 <= left_out.min() and left_out.max() < n


@pytest.mark.parametrize("n, k", [(40, 4), (400, 8), (1000, 10)])
def test_each_member_leaves_out_other_rows(n, k, rng):
    left_out = np.concatenate(choose_validation_rows(n, 0.1, k, rng, rng.integers(0, 2, n)))
    assert len(set(left_out)) == len(left_out) == k * n // 10


def test_more_members_than_shares(rng):
    left_out = choose_validation_rows(10, 0.5, 5, rng)
    assert all(len(set(rows)) == 5 for rows in left_out) and len(set(np.concatenate(left_out))) == 10


@pytest.mark.parametrize("k", [1, 2])
def test_every_row_is_drawn_equally_often(k, rng):
    counts = sum(np.bincount(choose_validation_rows(20, 0.2, k, rng)[-1], minlength=20) for _ in range(2000))
    assert counts.min() > 300 and counts.max() < 500  # 400 expected
    strata = np.repeat([0, 1], [15, 5])
    counts = sum(np.bincount(choose_validation_rows(20, 0.2, k, rng, strata)[-1], minlength=20) for _ in range(2000))
    assert counts.min() > 300 and counts.max() < 500


@pytest.mark.parametrize("sizes", [(50, 50), (90, 10), (80, 15, 5), (33, 33, 34)])
def test_each_class_gives_its_share(sizes, rng):
    strata = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    for _ in range(20):
        for rows in choose_validation_rows(100, 0.2, 3, rng, strata):
            given = np.bincount(strata[rows], minlength=len(sizes))
            assert len(rows) == 20 and np.abs(given - 0.2 * np.array(sizes)).max() <= 1
            assert (given < sizes).all()


def test_a_class_of_one_row_stays_in_training(rng):
    strata = np.r_[np.zeros(10, int), np.ones(10, int), 2, 3]
    for _ in range(50):
        assert not {20, 21} & set(np.concatenate(choose_validation_rows(22, 0.3, 3, rng, strata)))


def test_a_class_among_single_rows_keeps_its_share(rng):
    """Rows that must stay in training do not increase the share of other classes."""
    strata = np.r_[np.zeros(10, int), np.arange(1, 91)]
    (rows,) = choose_validation_rows(100, 0.2, 1, rng, strata)
    assert len(rows) == 2 and (strata[rows] == 0).all()


def test_only_classes_of_one_row(rng):
    with pytest.raises(ValueError, match="early_stopping must be False where every class has a single row"):
        choose_validation_rows(4, 0.5, 1, rng, np.arange(4))


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_each_member_is_validated_on_rows_of_its_own(Estimator, solver, data):
    """The validation loss is that of the kept members, each on the rows that it left out."""
    X, y, *_ = data
    y = y if Estimator is ScratchMLPClassifier else X[:, 0] + y
    model = Estimator(**TANH, early_stopping=True, solver=solver, scoring="loss", tol=1e-9).set_params(max_iter=1)
    model.fit(X, y)
    rng = np.random.default_rng(np.random.SeedSequence(model._state.seed).spawn(3)[1])
    strata = y if Estimator is ScratchMLPClassifier else None
    losses = []
    for i, rows in enumerate(choose_validation_rows(300, 0.1, 3, rng, strata)):
        z = member_raw_scores(model, X[rows], i)[:, 0]
        if strata is not None:
            losses.append(log_loss(y[rows], 1 / (1 + np.exp(-z))))
        else:
            losses.append(np.mean((z - (y[rows] - y.mean()) / y.std()) ** 2) / 2)
    assert_allclose(model.validation_loss_curve_[0], np.mean(losses), rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_no_member_trains_on_its_validation_rows(Estimator, weighted, data, monkeypatch):
    """Each has weight zero for its own validation rows, and for no others."""
    X, y, *_ = data
    model, seen = Estimator(**TANH, early_stopping=True).set_params(max_iter=1), []

    def spy(*arguments):
        seen.append(split_rows(*arguments))
        return seen[-1]

    monkeypatch.setattr(base, "split_rows", spy)
    w = np.arange(1.0, 301) if weighted else None
    model.fit(X, y, w)
    (split,) = seen
    rows, validator, left_out = split.rows, split.validator, split.left_out.validation_rows
    assert rows.w.shape == (300, 3)
    assert_array_equal(left_out, validator.positions)
    for i in range(3):
        excluded = rows.w[:, i] == 0
        assert excluded.sum() == 30
        assert_array_equal(np.flatnonzero(excluded), left_out[i])
        assert_array_equal(rows.w[~excluded, i], (np.ones(300) if w is None else w / 128)[~excluded])


@pytest.mark.parametrize(
    "early_stopping, batch_size, validates",
    [("auto", "auto", True), ("auto", 300, False), ("auto", 299, True), (True, 300, True), (False, 10, False)],
)
def test_when_there_are_validation_rows(Estimator, data, early_stopping, batch_size, validates):
    X, y, *_ = data
    options = dict(SMALL, early_stopping=early_stopping, batch_size=batch_size, n_iter_no_change=np.inf)
    model = Estimator(**options).fit(X, y)
    assert (model.validation_scores_ is not None) == validates
    assert model.t_ == model.n_iter_ * 300
    assert (model.validation_loss_curve_ is None) == (model.best_validation_score_ is None) == (not validates)
    assert len(model.loss_curve_) == model.n_iter_ == 12
    if validates:
        assert len(model.validation_loss_curve_) == len(model.validation_scores_) == 12


def test_auto_uses_no_validation_rows_with_one_batch(Estimator, data):
    X, y, *_ = data
    assert Estimator(**SMALL).fit(X[:31], y[:31]).validation_scores_ is None
    assert Estimator(**SMALL).fit(X[:32], y[:32]).validation_scores_ is not None
    assert Estimator(**SMALL, solver="lbfgs", tol=0.1).fit(X, y).validation_scores_ is None


def test_validation_fraction(Estimator, data):
    X, y, *_ = data
    model = Estimator(**SMALL, early_stopping=True, validation_fraction=0.4).fit(X, y)
    assert model.t_ == 12 * 300
    assert (
        Estimator(**dict(SMALL, n_estimators=1), early_stopping=True, validation_fraction=0.4).fit(X, y).t_ == 12 * 180
    )
    with pytest.raises(ValueError, match="validation_fraction must leave rows for training and for validation"):
        Estimator(early_stopping=True, validation_fraction=0.99).fit(X[:3], [0, 1, 0])


def test_a_class_of_one_row_can_be_predicted():
    X = np.r_[np.random.default_rng(0).normal(size=(299, 2)), [[50, 50]]]
    y = np.r_[(X[:299, 0] > 0).astype(int), 2]
    model = ScratchMLPClassifier(random_state=0, width=16).fit(X, y)
    assert model.validation_scores_ is not None
    assert_array_equal(model.classes_, [0, 1, 2])
