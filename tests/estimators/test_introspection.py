"""Predictions of each member and activations of each hidden layer, against NumPy by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

PLAIN = {"init": "glorot_uniform", "numeric_embedding": None, "scaling": None, "dtype": "float64"}


def layers_by_hand(model, X, f=np.tanh):
    """Compute activations of hidden layers, then raw scores, of all members: a list of arrays (k, n, units)."""
    members = []
    for i in range(model.n_estimators):
        a, of_member = X, []
        for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
            a = f(a @ W[i] + b[i])
            of_member.append(a)
        members.append([*of_member, a @ model.coefs_[-1][i] + model.intercepts_[-1][i]])
    return [np.stack(layer) for layer in zip(*members, strict=True)]


def fitted(Estimator, X, y, **options):
    options = {"activation": "tanh", "n_estimators": 3, "max_iter": 3, "random_state": 0} | PLAIN | options
    return Estimator(hidden_layer_sizes=[7, 5], **options).fit(X, y)


@pytest.fixture(scope="module")
def iris(Estimator):
    """X of iris, and an estimator fitted on it that no test changes."""
    X, y = load_iris(return_X_y=True)
    return X, fitted(Estimator, X, y)


def test_members_of_a_classifier():
    X, y = load_iris(return_X_y=True)
    model = fitted(ScratchMLPClassifier, X, y)
    *_, z = layers_by_hand(model, X)
    np.testing.assert_allclose(model.predict_members(X), softmax(z, axis=-1), rtol=1e-9)
    np.testing.assert_allclose(model.predict_members(X).mean(axis=0), model.predict_proba(X), rtol=1e-12)


def test_members_with_two_classes():
    X, y = load_iris(return_X_y=True)
    model = fitted(ScratchMLPClassifier, X, y == 1)
    *_, z = layers_by_hand(model, X)
    np.testing.assert_allclose(model.predict_members(X), np.concatenate([expit(-z), expit(z)], axis=-1), rtol=1e-9)
    np.testing.assert_allclose(model.predict_members(X).mean(axis=0), model.predict_proba(X), rtol=1e-12)


def test_members_with_labels():
    X, Y = make_multilabel_classification(50, n_features=6, n_classes=4, random_state=0)
    model = fitted(ScratchMLPClassifier, X, Y)
    *_, z = layers_by_hand(model, X)
    np.testing.assert_allclose(model.predict_members(X), expit(z), rtol=1e-9)


@pytest.mark.parametrize("outputs", [None, 2])
def test_members_of_a_regressor(outputs):
    X, y = load_diabetes(return_X_y=True)
    y = y if outputs is None else np.column_stack([y, y[::-1] ** 2])
    model = fitted(ScratchMLPRegressor, X, y)
    *_, z = layers_by_hand(model, X)
    expected = y.mean(axis=0) + y.std(axis=0) * (z[..., 0] if outputs is None else z)
    expected = np.clip(expected, y.min(axis=0), y.max(axis=0))
    members = model.predict_members(X)
    assert members.shape == (3, *y.shape)
    np.testing.assert_allclose(members, expected, rtol=1e-9)


def test_a_regressor_predicts_the_mean_of_its_members():
    X, y = load_diabetes(return_X_y=True)
    model = fitted(ScratchMLPRegressor, X, y)
    members = model.predict_members(X)
    inside = ((members > y.min()) & (members < y.max())).all(axis=0)
    assert inside.mean() > 0.9
    np.testing.assert_allclose(members.mean(axis=0)[inside], model.predict(X)[inside], rtol=1e-9)


@pytest.mark.parametrize(("layer", "index"), [(0, 0), (1, 1), (-1, 1), (-2, 0)])
def test_hidden_activations(iris, layer, index):
    X, model = iris
    np.testing.assert_allclose(model.hidden_activations(X, layer), layers_by_hand(model, X)[index], rtol=1e-9)


def test_the_last_hidden_layer_is_the_default(iris):
    X, model = iris
    np.testing.assert_array_equal(model.hidden_activations(X), model.hidden_activations(X, layer=1))


def test_hidden_activations_with_embedding_scale_and_dropout(Estimator):
    """Embedding, front scale and dropout are not hidden layers; dropout is not active."""
    X, y = load_iris(return_X_y=True)
    model = Estimator(
        hidden_layer_sizes=[7, 5], n_estimators=4, dropout=0.5, max_iter=3, random_state=0, dtype="float64"
    ).fit(X, y)
    a = model.hidden_activations(X)
    assert a.shape == (4, 150, 5) and model.hidden_activations(X, 0).shape == (4, 150, 7)
    z = a @ model.coefs_[-1] + model.intercepts_[-1][:, None]
    p = softmax(z, axis=-1) if Estimator is ScratchMLPClassifier else y.mean() + y.std() * z[..., 0]
    np.testing.assert_allclose(model.predict_members(X), p, rtol=1e-9, atol=1e-12)


def test_hidden_activations_of_sparse_rows(Estimator):
    X, y = load_iris(return_X_y=True)
    model = fitted(Estimator, csr_array(X), y)
    np.testing.assert_allclose(model.hidden_activations(csr_array(X), 0), layers_by_hand(model, X)[0], rtol=1e-9)


@pytest.mark.parametrize("layer", [2, -3, 1.0, None, "last"])
def test_a_layer_that_does_not_exist(iris, layer):
    X, model = iris
    with pytest.raises(ValueError, match=r"layer must be the number of one of the 2 hidden layers, .*got .*; hidden"):
        model.hidden_activations(X, layer)


def test_hidden_activations_without_hidden_layers(Estimator):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="one of the 0 hidden layers"):
        Estimator(hidden_layer_sizes=(), max_iter=1).fit(X, y).hidden_activations(X)
