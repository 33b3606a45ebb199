"""Statistics are learned once, without training, and used by all later calls of partial_fit."""

import numpy as np
import pandas as pd
import pytest
from helpers import two_classes
from numpy.testing import assert_allclose, assert_array_equal

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

SMALL = dict(width=8, depth=1, n_estimators=2, random_state=0)
X, y = two_classes(300)


def outputs(model):
    return model.predict_proba(X) if isinstance(model, ScratchMLPClassifier) else model.predict(X)


def test_the_first_partial_fit_is_the_same_with_and_without(Estimator):
    with_statistics = Estimator(**SMALL).fit_statistics(X, y).partial_fit(X, y)
    without = Estimator(**SMALL).partial_fit(X, y)
    assert_array_equal(outputs(with_statistics), outputs(without))
    assert with_statistics.n_iter_ == without.n_iter_ == 1
    assert with_statistics.loss_curve_ == without.loss_curve_


def test_later_parts_use_the_statistics(Estimator):
    """The first part has other medians and scales than all rows."""
    order = np.argsort(X[:, 0], kind="stable")
    parts = np.array_split(order, 5)
    model, biased = Estimator(**SMALL).fit_statistics(X, y), Estimator(**SMALL)
    expected = model._model.encoder.scaler_.median.copy()
    for rows in parts:
        model.partial_fit(X[rows], y[rows])
        biased.partial_fit(X[rows], y[rows], **({"classes": np.unique(y)} if hasattr(biased, "predict_proba") else {}))
    assert_array_equal(model._model.encoder.scaler_.median, expected)
    assert_allclose(expected, np.median(X, axis=0), atol=0.02)
    assert biased._model.encoder.scaler_.median[0] < expected[0]
    assert model.n_iter_ == 5 and model.t_ == 300


def test_before_training_the_prediction_is_that_of_the_initial_parameters():
    regressor = ScratchMLPRegressor(**SMALL).fit_statistics(X, 3.0 + X[:, 0])
    assert_allclose(regressor.predict(X), np.mean(3.0 + X[:, 0]), rtol=1e-5)
    classifier = ScratchMLPClassifier(**SMALL).fit_statistics(X, y)
    assert_allclose(classifier.predict_proba(X), 0.5)
    for model in (regressor, classifier):
        assert model.n_iter_ == 0 and model.loss_curve_ == [] and np.isnan(model.loss_) and np.isnan(model.best_loss_)
        assert model.loss_curves_.shape == (0, 2) and model.best_iter_.tolist() == [0, 0] and model.t_ == 0
        assert model.validation_loss_curve_ is None


def test_warm_start_uses_the_statistics(Estimator):
    model = Estimator(**SMALL, warm_start=True, max_iter=2).fit_statistics(X, y)
    before = model._model.encoder
    model.fit(X[:100], y[:100])
    assert model._model.encoder is before and model.n_iter_ == 2


def test_of_a_source(Estimator):
    data = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    parts = [data.assign(y=y)[:100], data.assign(y=y)[100:]]
    streamed, memory = Estimator(**SMALL).fit_statistics(parts, "y"), Estimator(**SMALL).fit_statistics(data, y)
    assert_array_equal(streamed._model.parameters.values, memory._model.parameters.values)
    encoded = [model._model.encode(_read(model, data)).x for model in (streamed, memory)]
    assert_allclose(*encoded, rtol=1e-6)


def _read(model, X):
    from skscratch.tabular import read_table

    return read_table(model, X, (), reset=False)


def test_all_classes():
    model = ScratchMLPClassifier(**SMALL).fit_statistics(X[:20], np.repeat(["a", "b"], 10), classes=["a", "b", "c"])
    assert model.classes_.tolist() == ["a", "b", "c"]
    model.partial_fit(X[:5], ["c"] * 5)


def test_not_with_lbfgs(Estimator):
    with pytest.raises(AttributeError, match="fit_statistics"):
        Estimator(solver="lbfgs").fit_statistics  # noqa: B018


def test_hyperparameters_must_stay(Estimator):
    model = Estimator(**SMALL).fit_statistics(X, y)
    with pytest.raises(ValueError, match="hidden layers must stay as they were in partial_fit"):
        model.set_params(width=16).partial_fit(X, y)
