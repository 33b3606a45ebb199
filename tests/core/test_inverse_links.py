"""Inverse links against SciPy and NumPy: predictions, logarithms of probabilities, classes."""

import numpy as np
import pytest
from scipy import special

from skscratch.core import (
    ClassInverseLink,
    InverseIdentity,
    InverseIncrements,
    InverseLink,
    InverseLog,
    InverseLogit,
    InverseMultinomialLogit,
    log_softmax,
    softmax,
)

K, N, OUTPUTS = 2, 5, 3


def increments(z):
    """Each number is the one before plus log(1 + exp(z)), one after the other."""
    p = [z[..., 0]]
    for j in range(1, OUTPUTS):
        p.append(p[-1] + np.logaddexp(0, z[..., j]))
    return np.stack(p, axis=-1)


ROWS = [  # an inverse link, its name, and its formula by SciPy
    (InverseIdentity(), "identity", lambda z: z),
    (InverseLog(), "exp", np.exp),
    (InverseIncrements(OUTPUTS), "increments", increments),
    (InverseLogit(), "logistic", special.expit),
    (InverseMultinomialLogit(), "softmax", lambda z: special.softmax(z, axis=-1)),
]
every_row = pytest.mark.parametrize(("link", "name", "reference"), ROWS, ids=[name for _, name, _ in ROWS])
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
LOGIT, SOFTMAX = InverseLogit(), InverseMultinomialLogit()


@pytest.fixture
def z(rng):
    """Raw scores (K, N, OUTPUTS)."""
    return 3 * rng.standard_normal((K, N, OUTPUTS))


def test_every_class_has_a_row(concrete_classes):
    assert {type(link) for link, _, _ in ROWS} == concrete_classes(InverseLink)
    assert concrete_classes(ClassInverseLink) == {InverseLogit, InverseMultinomialLogit}


@every_row
@both_dtypes
def test_predict_equals_reference(link, name, reference, dtype, z):
    z = z.astype(dtype)
    kept, prediction = z.copy(), link.predict(z)
    assert link.name == name
    assert prediction.dtype == dtype
    np.testing.assert_allclose(prediction, reference(z.astype(float)), rtol=1e-12 if dtype is np.float64 else 2e-6)
    np.testing.assert_array_equal(z, kept)


@both_dtypes
def test_probabilities_far_from_zero(dtype):
    z = np.array([[[1e4, -1e4], [-1e4, 1e4], [0, 0]]], dtype)
    for link in (LOGIT, SOFTMAX):
        np.testing.assert_array_equal(link.predict(z), [[[1, 0], [0, 1], [0.5, 0.5]]])
        assert np.isfinite(link.log_probabilities(z)).all()


@both_dtypes
def test_log_probabilities_of_two_classes(dtype):
    z = np.linspace(-30, 30, 2 * 5 * 3).reshape(2, 5, 3).astype(dtype)
    log_p, wide = LOGIT.log_probabilities(z), z.astype(float)
    assert log_p.shape == (2, 5, 3, 2)
    assert log_p.dtype == dtype
    np.testing.assert_allclose(log_p[..., 1], special.log_expit(wide), rtol=1e-5)
    np.testing.assert_allclose(log_p[..., 0], special.log_expit(-wide), rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_p.astype(float)).sum(axis=-1), 1, rtol=1e-6)


@both_dtypes
def test_log_probabilities_of_several_classes(dtype):
    z = np.linspace(-30, 30, 2 * 5 * 3).reshape(2, 5, 3).astype(dtype)[..., [2, 0, 1]]
    log_p = SOFTMAX.log_probabilities(z)
    assert log_p.shape == z.shape
    assert log_p.dtype == dtype
    np.testing.assert_allclose(log_p, special.log_softmax(z.astype(float), axis=-1), rtol=1e-5)


def test_log_probabilities_are_precise_where_probabilities_round():
    z = np.array([[[40.0, 0.0, -800.0]]])
    small = np.exp(-40.0)
    np.testing.assert_allclose(SOFTMAX.log_probabilities(z), [[[-small, -40, -840]]], rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(LOGIT.log_probabilities(z)[0, 0, 0], [-40, -small], rtol=1e-12)


@pytest.mark.parametrize("outputs", [1, OUTPUTS])
def test_labels_are_right_where_all_of_a_row_are(outputs, rng):
    z, y = rng.standard_normal((K, N, outputs)), rng.integers(0, 2, (N, outputs)).astype(float)
    y[0], z[0, 0] = 1, 3  # one row is right for certain
    right = LOGIT.is_right(z, y)
    assert right.shape == (K, N)
    expected = [[np.array_equal(np.round(special.expit(row)), y_i) for row, y_i in zip(m, y, strict=True)] for m in z]
    np.testing.assert_array_equal(right, expected)
    assert 0 < right.mean() < 1
    np.testing.assert_array_equal(LOGIT.is_right(z, np.stack([y] * K)), expected)


def test_a_class_is_right_where_its_score_is_the_largest(z, rng):
    classes = rng.integers(0, OUTPUTS, N)
    y = np.eye(OUTPUTS)[classes]
    right = SOFTMAX.is_right(z, y)
    assert right.shape == (K, N)
    np.testing.assert_array_equal(right, z.argmax(axis=-1) == classes)
    assert 0 < right.mean() < 1
    np.testing.assert_array_equal(SOFTMAX.is_right(z, np.stack([y] * K)), right)


def test_strata_are_the_classes(rng):
    classes = rng.integers(0, OUTPUTS, 20)
    np.testing.assert_array_equal(SOFTMAX.strata(np.eye(OUTPUTS)[classes]), classes)
    strata = LOGIT.strata((classes > 0)[:, None].astype(float))
    np.testing.assert_array_equal(strata, classes > 0)
    assert strata.dtype.kind == "i"
    assert LOGIT.strata(np.zeros((20, 2))) is None


def test_number_of_classes():
    assert [LOGIT.n_classes(o) for o in (1, 2, 5)] == [2, 2, 2]
    assert [SOFTMAX.n_classes(o) for o in (2, 3, 5)] == [2, 3, 5]


@pytest.mark.parametrize(("ours", "theirs"), [(softmax, special.softmax), (log_softmax, special.log_softmax)])
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 7), (3, 4, 2), (2, 0, 3)])
def test_softmax_is_over_the_last_axis(ours, theirs, shape, rng):
    z = rng.standard_normal(shape)
    np.testing.assert_allclose(ours(z), theirs(z, axis=-1), rtol=1e-13, atol=1e-15)
    wide = np.repeat(z, 2, axis=-1)[..., ::2]  # not contiguous
    np.testing.assert_array_equal(ours(wide), ours(z))


@both_dtypes
def test_exponents_are_bounded(dtype):
    z = np.array([[[-1e30], [87.0], [88.5], [1e30]]], dtype)
    p = InverseLog().predict(z)
    assert np.isfinite(p).all() and p.dtype == dtype
    np.testing.assert_allclose(p.ravel(), [0, *np.exp([87.0, 88.0, 88.0])], rtol=1e-5)


@every_row
def test_gradient_equals_differences(link, name, reference, z, rng):
    v, h = rng.standard_normal(z.shape), 1e-6
    gradient = link.gradient(z, v)
    for j in range(OUTPUTS):
        step = h * np.eye(OUTPUTS)[j]
        difference = (v * (link.predict(z + step) - link.predict(z - step))).sum(axis=-1) / (2 * h)
        np.testing.assert_allclose(gradient[..., j], difference, rtol=1e-6, atol=1e-6 * np.abs(gradient).max())


def test_gradient_of_a_clipped_exponent_is_zero():
    np.testing.assert_array_equal(InverseLog().gradient(np.array([[[100.0]]]), np.ones((1, 1, 1))), 0)


def test_a_class_without_gradient():
    class Square(InverseLink):
        name = "square"

        def predict(self, z):
            return z**2

    with pytest.raises(TypeError, match="Square must have a method gradient"):
        Square().gradient(np.zeros((1, 1, 1)), np.ones((1, 1, 1)))
