"""Derivatives of predictions against central differences, and importances against those of permutations."""

import numpy as np
import pandas as pd
import pytest
from helpers import SMALL
from scipy.sparse import csr_array
from scipy.stats import spearmanr
from sklearn.datasets import load_diabetes, load_wine, make_classification, make_friedman1, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import permutation_importance

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load, save
from skscratch.core import InverseLink, SquaredError
from skscratch.tabular import Scaler

SMOOTH = {**SMALL, "activation": "tanh", "dtype": "float64"}


def differences(f, X, h=1e-5):
    """Central differences (n, d, ...) of f with respect to each column of X."""
    steps = h * np.eye(X.shape[1])
    return np.stack([(f(X + step) - f(X - step)) / (2 * h) for step in steps], axis=1)


def check(gradients, expected):
    """Compare, relative to the largest derivative."""
    assert gradients.shape == expected.shape
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(gradients, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.fixture(name="rows")
def rows_between():
    """Rows that are no training rows, so that they are not at kinks; one is far from all training rows."""
    X = 3 * np.random.default_rng(1).standard_normal((20, 3))
    X[0] *= 30
    return X


@pytest.mark.parametrize("scaling", ["robust", "standard", "quantile", None])
@pytest.mark.parametrize("embedding", ["piecewise", "periodic", None])
def test_derivatives_through_scaling_and_embedding(scaling, embedding, rows):
    X, y = make_regression(200, 3, random_state=0)
    options = {"scaling": scaling, "numeric_embedding": embedding}
    shift, size = (0, 1) if scaling is None else (100, 5)
    model = ScratchMLPRegressor(**{**SMOOTH, "dropout": 0.1}, **options).fit(shift + size * X, 1e3 * y)
    for moved in (shift + size * rows, shift + size * rows / 3):
        check(model.input_gradients(moved), differences(model.predict, moved))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "poisson", "gamma"])
def test_derivatives_of_each_loss(loss, rows):
    X, y = make_regression(200, 3, random_state=0)
    model = ScratchMLPRegressor(loss, **SMOOTH).fit(X, np.exp(y / y.std()))
    check(model.input_gradients(rows / 3), differences(model.predict, rows / 3))


def test_derivatives_of_several_outputs(rows):
    X, y = make_regression(200, 3, n_targets=2, random_state=0)
    model = ScratchMLPRegressor(**SMOOTH).fit(X, y)
    check(model.input_gradients(rows / 3), differences(model.predict, rows / 3))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_derivatives_of_probabilities(n_classes, rows):
    X, y = make_classification(200, 3, n_informative=3, n_redundant=0, n_classes=n_classes, random_state=0)
    model = ScratchMLPClassifier(**SMOOTH).fit(X, y)
    gradients = model.input_gradients(rows / 3)
    check(gradients, differences(model.predict_proba, rows / 3))
    np.testing.assert_allclose(gradients.sum(axis=2), 0, atol=1e-12)


def test_derivatives_of_labels(rows):
    X, y = make_regression(200, 3, n_targets=2, random_state=0)
    model = ScratchMLPClassifier(**SMOOTH).fit(X, (y > 0).astype(int))
    check(model.input_gradients(rows / 3), differences(model.predict_proba, rows / 3))


def test_derivatives_of_sparse_rows(rows):
    X, y = make_regression(200, 3, random_state=0)
    model = ScratchMLPRegressor(**SMOOTH).fit(csr_array(X), y)
    check(model.input_gradients(csr_array(rows / 3)), differences(model.predict, rows / 3))


def test_derivatives_where_numbers_are_clipped():
    """Unscaled numbers are clipped to 4.3e9 in float32; predictions to the range of y."""
    X = np.linspace(0, 1, 100)[:, None]
    model = ScratchMLPRegressor(scaling=None, numeric_embedding=None, loss="cosine", **SMALL)
    model.fit(X, np.column_stack([X, 1 - X]))
    assert (model.input_gradients([[1e10]]) == 0).all()
    line = ScratchMLPRegressor(activation="identity", scaling="standard", numeric_embedding=None, random_state=0)
    line.fit(X, X[:, 0])
    np.testing.assert_array_equal(line.input_gradients([[-5.0], [5.0]]), 0)
    np.testing.assert_allclose(line.input_gradients([[0.5]]), 1, atol=0.1)


@pytest.fixture(name="frame", scope="module")
def frame_with_categories():
    """A frame with a category between two numbers, of which the second has missing values, and y."""
    rng = np.random.default_rng(0)
    number, useless = rng.standard_normal((2, 400))
    kind = rng.choice(["a", "b", "c"], 400)
    y = number + 2 * np.select([kind == "a", kind == "b"], [-1, 0], 1) + 0.1 * rng.standard_normal(400)
    useless[::5] = np.nan
    return pd.DataFrame({"number": number, "kind": kind, "useless": useless}), y


def test_categories_and_missing_numbers_have_no_derivative(frame):
    X, y = frame
    gradients = ScratchMLPRegressor(random_state=0).fit(X, y).input_gradients(X)
    assert np.isnan(gradients[:, 1]).all()
    np.testing.assert_array_equal(np.isnan(gradients[:, [0, 2]]), X[["number", "useless"]].isna())
    assert 0.5 < np.median(gradients[:, 0]) < 1.5
    assert np.nanmedian(np.abs(gradients[:, 2])) < 0.1


def test_importances_are_those_of_all_columns(frame):
    X, y = frame
    importances = ScratchMLPRegressor(random_state=0).fit(X, y).feature_importances_
    assert importances.shape == (3,)
    np.testing.assert_allclose(importances.sum(), 1, rtol=1e-12)
    # variances of the terms: 1 for the number, 4 * 2 / 3 for the category
    np.testing.assert_allclose(importances, [0.27, 0.73, 0], atol=0.12)


@pytest.mark.parametrize(
    ("Estimator", "data"),
    [
        (ScratchMLPRegressor, load_diabetes(return_X_y=True)),
        (ScratchMLPClassifier, load_wine(return_X_y=True)),
        (ScratchMLPRegressor, make_friedman1(1000, noise=1, random_state=0)),
        (ScratchMLPRegressor, make_regression(1000, 12, n_informative=6, noise=20, random_state=0)),
        (ScratchMLPClassifier, make_classification(1000, 12, n_informative=5, random_state=0)),
    ],
    ids=["diabetes", "wine", "friedman1", "regression", "classification"],
)
def test_importances_have_the_order_of_permutation_importances(Estimator, data):
    X, y = data
    model = Estimator(random_state=0).fit(X, y)
    scoring = "neg_log_loss" if Estimator is ScratchMLPClassifier else "r2"
    expected = permutation_importance(model, X, y, n_repeats=3, scoring=scoring, random_state=0).importances_mean
    assert spearmanr(model.feature_importances_, expected).statistic > 0.75


def test_importances_count_weights():
    """A column that matters only in rows of nearly no weight is not important."""
    rng = np.random.default_rng(0)
    X, is_first = rng.standard_normal((1000, 2)), np.arange(1000) < 500
    y, w = np.where(is_first, X[:, 0], X[:, 1]), np.where(is_first, 1, 1e-9)
    importances = ScratchMLPRegressor(random_state=0).fit(X, y, sample_weight=w).feature_importances_
    assert importances[0] > 0.8


@pytest.mark.parametrize("seed", range(10))
def test_a_rare_value_has_an_importance(seed):
    """Two thirds of the variance are due to one row of a hundred."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(1000, 2)), np.zeros(1000)])
    X[rng.permutation(1000)[:10], 2] = 1
    model = ScratchMLPRegressor(n_estimators=1, max_iter=10, random_state=seed).fit(X, X @ [1, 1, 20])
    assert model.feature_importances_[2] > 0.2


def test_outputs_that_are_opposite_do_not_cancel():
    """Every output counts for itself."""
    X = np.random.default_rng(0).normal(size=(600, 2))
    y = np.column_stack([X[:, 0], -X[:, 0]]) + 0.1 * X[:, [1]]
    importances = ScratchMLPRegressor(random_state=0).fit(X, y).feature_importances_
    assert importances[0] > 0.9


def test_importances_are_selected_saved_and_reproduced(tmp_path):
    X, y = make_regression(200, 4, n_informative=1, random_state=0)
    model = ScratchMLPRegressor(**SMALL).fit(X, y)
    again = ScratchMLPRegressor(**SMALL).fit(X, y)
    np.testing.assert_array_equal(again.feature_importances_, model.feature_importances_)
    save(model, tmp_path / "model.skscratch")
    loaded = load(tmp_path / "model.skscratch")
    np.testing.assert_array_equal(loaded.feature_importances_, model.feature_importances_)
    np.testing.assert_array_equal(loaded.input_gradients(X), model.input_gradients(X))
    assert SelectFromModel(model, prefit=True).transform(X).shape[1] < 4


def test_importances_of_rows_in_parts():
    X, y = make_regression(400, 4, n_informative=1, random_state=0)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(y=y)
    model = ScratchMLPRegressor(**SMALL).fit([frame[:200], frame[200:]], "y")
    assert model.feature_importances_.shape == (4,)
    assert model.input_gradients([frame[:200].drop(columns="y")]).shape == (200, 4)


def test_without_rows_there_are_no_importances():
    X, y = make_regression(100, 4, random_state=0)
    with pytest.raises(NotFittedError):
        _ = ScratchMLPRegressor().feature_importances_
    model = ScratchMLPRegressor(**SMALL).fit(X, y).partial_fit(X, y)
    with pytest.raises(AttributeError, match=r"must be computed from the rows of a fit.*permutation_importance"):
        _ = model.feature_importances_
    assert not hasattr(model.fit_statistics(X, y), "feature_importances_")


def test_explainers_of_shap():
    """The sum over columns is the difference from the mean prediction of the background."""
    shap = pytest.importorskip("shap")
    X, y = make_regression(200, 3, random_state=0)
    model = ScratchMLPRegressor(**SMALL).fit(X, y)
    values = shap.PermutationExplainer(model.predict, X[:50], seed=0)(X[:4]).values
    np.testing.assert_allclose(values.sum(axis=1), model.predict(X[:4]) - model.predict(X[:50]).mean(), rtol=1e-3)


def test_constant_columns_have_no_importance():
    y = np.random.default_rng(0).standard_normal(100)
    model = ScratchMLPRegressor(**SMALL).fit(np.ones((100, 2)), y)
    np.testing.assert_array_equal(model.feature_importances_, 0)
    np.testing.assert_array_equal(model.input_gradients(np.ones((3, 2))), 0)


def test_classes_of_the_user_without_a_derivative():
    class Link(InverseLink):
        name = "identity"

        def predict(self, z):
            return z

    class MyError(SquaredError):
        inverse_link = Link()

    class Third(Scaler):
        def learn(self, x, Q, sample_weight=None):
            return ()

        def transform(self, x, statistics):
            return x / 3

    X, y = make_regression(100, 2, random_state=0)
    model = ScratchMLPRegressor(MyError(), **SMALL).fit(X, y)
    assert not hasattr(model, "feature_importances_")
    with pytest.raises(TypeError, match="Link must have a method gradient"):
        model.input_gradients(X)
    with pytest.raises(TypeError, match="Third must have a method derivative"):
        ScratchMLPRegressor(scaling=Third(), **SMALL).fit(X, y).input_gradients(X)
