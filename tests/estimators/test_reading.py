"""Checks of the rows that a user passes to fit, and of those for validation."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=12, random_state=0)


def test_passed_validation_rows_replace_a_share_of_the_rows(Estimator, data):
    X, y, X_val, y_val = data
    model = Estimator(**SMALL).fit(X, y, X_val=X_val, y_val=y_val)
    assert model.t_ == 12 * 300
    other = Estimator(**SMALL).fit(X, y, X_val=X_val[:20], y_val=y_val[:20])
    assert model.validation_loss_curve_ != other.validation_loss_curve_
    assert_allclose(model.loss_curve_, other.loss_curve_)


@pytest.mark.parametrize("given", [["X_val"], ["y_val"], ["sample_weight_val"], ["X_val", "sample_weight_val"]])
def test_validation_rows_without_their_targets(Estimator, data, given):
    X, y, X_val, y_val = data
    all_of_it = dict(X_val=X_val, y_val=y_val, sample_weight_val=np.ones(100))
    with pytest.raises(ValueError, match=f"X_val and y_val must be given together, got only {given[0]}; pass both"):
        Estimator().fit(X, y, **{name: all_of_it[name] for name in given})


def test_passed_validation_rows_without_early_stopping(Estimator, data):
    X, y, X_val, y_val = data
    with pytest.raises(ValueError, match="early_stopping must be 'auto' or True where X_val and y_val are given"):
        Estimator(early_stopping=False).fit(X, y, X_val=X_val, y_val=y_val)


def test_bad_validation_rows(Estimator, data):
    X, y, X_val, y_val = data
    with pytest.raises(ValueError, match="X has 4 features, but .* is expecting 5 features"):
        Estimator().fit(X, y, X_val=X_val[:, :4], y_val=y_val)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Estimator().fit(X, y, X_val=X_val, y_val=y_val[:5])
    with pytest.raises(ValueError, match="y must"):
        Estimator().fit(X, y, X_val=X_val, y_val=np.full(100, np.nan))


def test_a_class_only_in_the_validation_rows(data):
    X, y, X_val, _ = data
    with pytest.raises(ValueError, match=r"y must hold no other classes than \[0, 1\], but it holds 7"):
        ScratchMLPClassifier().fit(X, y, X_val=X_val, y_val=np.full(100, 7))


def test_nothing_is_learned_from_validation_targets():
    """The range to which predictions are clipped is that of the training rows."""
    X = np.arange(200.0)[:, None]
    model = ScratchMLPRegressor(**dict(SMALL, max_iter=60, scaling="standard", numeric_embedding=None))
    model.fit(X[:150], X[:150, 0], X_val=X[150:], y_val=X[150:, 0])
    assert model.predict(X).max() <= 149
    partial = ScratchMLPRegressor(**SMALL, warm_start=True).fit(X[:150], X[:150, 0])
    partial.fit(X[:150], X[:150, 0], X_val=1e6 * X[150:], y_val=1e6 * X[150:, 0])
    assert partial.predict(1e6 * X).max() <= 149


def test_validation_targets_outside_the_domain(rng):
    X = rng.normal(size=(20, 2))
    with pytest.raises(ValueError, match="target for loss='poisson' must be >= 0"):
        ScratchMLPRegressor("poisson").fit(X, np.ones(20), X_val=X, y_val=-np.ones(20))


def test_class_weights_count_in_validation_rows(data):
    X, y, X_val, y_val = data
    weighted = ScratchMLPClassifier(**SMALL, class_weight={0: 5, 1: 1}).fit(X, y, X_val=X_val, y_val=y_val)
    w, w_val = np.where(y == 0, 5.0, 1.0), np.where(y_val == 0, 5.0, 1.0)
    by_row = ScratchMLPClassifier(**SMALL).fit(X, y, w, X_val=X_val, y_val=y_val, sample_weight_val=w_val)
    assert_allclose(weighted.validation_scores_, by_row.validation_scores_)


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
