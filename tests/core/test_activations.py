"""Every activation against SciPy, a central difference and what a layer in place must keep."""

import tracemalloc

import numpy as np
import pytest
from scipy import special, stats

from skscratch.core import (
    Activation,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Logistic,
    Mish,
    Relu,
    Selu,
    Silu,
    Softplus,
    Tanh,
    Tape,
    run,
)

ROWS = [  # an activation, and its formula in other functions
    (Identity(), lambda z: z),
    (Logistic(), special.expit),
    (Tanh(), lambda z: 1 - 2 * special.expit(-2 * z)),
    (Relu(), lambda z: np.where(z > 0, z, 0)),
    (LeakyRelu(), lambda z: np.where(z > 0, z, 0.01 * z)),
    (LeakyRelu(0.3), lambda z: np.where(z > 0, z, 0.3 * z)),
    (LeakyRelu(0.0), lambda z: np.where(z > 0, z, 0)),
    (Elu(), lambda z: np.where(z > 0, z, special.expm1(z.clip(max=0)))),
    (Elu(2.5), lambda z: np.where(z > 0, z, 2.5 * special.expm1(z.clip(max=0)))),
    (Selu(), lambda z: 1.05070098 * np.where(z > 0, z, 1.67326324 * special.expm1(z.clip(max=0)))),
    (Gelu(), lambda z: z * stats.norm.cdf(z)),
    (Silu(), lambda z: z * np.exp(special.log_expit(z))),
    (Mish(), lambda z: z * np.tanh(np.logaddexp(0, z))),
    (Softplus(), lambda z: np.logaddexp(0, z)),
]
ACTIVATIONS = [activation for activation, _ in ROWS]
every_row = pytest.mark.parametrize(("activation", "reference"), ROWS, ids=map(repr, ACTIVATIONS))
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def value_and_derivative(activation, z):
    """f(z) and f'(z); z is kept."""
    a, g = z.copy(), np.ones_like(z)
    multiply_by_derivative = activation.forward(run, a)
    multiply_by_derivative(g)
    return a, g


def grid(dtype, bound=12.0):
    """z (2, 51, 4) over [-bound, bound], away from the kink at 0."""
    return np.linspace(-bound, bound, 2 * 51 * 4).reshape(2, 51, 4).astype(dtype)


def test_every_class_has_a_row(concrete_classes):
    assert {type(activation) for activation in ACTIVATIONS} == concrete_classes(Activation)


def test_every_name_makes_an_activation_of_a_row():
    made = [Activation.make(name) for name in Activation.names()]
    assert {type(activation) for activation in made} == {type(activation) for activation in ACTIVATIONS}
    assert all(activation in ACTIVATIONS for activation in made)


@every_row
def test_increasing_is_said_of_those_that_never_decrease(activation, reference):
    values = reference(np.linspace(-12, 12, 2001))
    assert activation.increasing == bool((np.diff(values) >= -1e-12).all())


@every_row
@both_dtypes
def test_value_equals_reference(activation, reference, dtype):
    z = grid(dtype)
    a, _ = value_and_derivative(activation, z)
    assert a.dtype == dtype
    np.testing.assert_allclose(a, reference(z.astype(float)), rtol=1e-6, atol=20 * np.finfo(dtype).eps)


@every_row
def test_derivative_equals_central_difference(activation, reference):
    z, h = grid(float), 1e-5
    slope = (reference(z + h) - reference(z - h)) / (2 * h)
    np.testing.assert_allclose(value_and_derivative(activation, z)[1], slope, rtol=2e-8, atol=1e-9)


@every_activation
def test_derivative_is_the_same_in_both_dtypes(activation):
    _, narrow = value_and_derivative(activation, grid(np.float32))
    _, wide = value_and_derivative(activation, grid(float))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, wide, atol=4e-6)


@every_row
@both_dtypes
def test_far_from_zero_nothing_overflows_and_the_slopes_are_the_asymptotes(activation, reference, dtype):
    z = np.array([[[-1e4, -100, 0, 100, 1e4]]], dtype)
    a, slopes = value_and_derivative(activation, z)
    np.testing.assert_allclose(a, reference(z.astype(float)), rtol=1e-6, atol=1e-6)
    far = z[0, 0].astype(float)
    expected = np.diff(reference(far))[[0, -1]] / np.diff(far)[[0, -1]]
    np.testing.assert_allclose(slopes[0, 0, [0, -1]], expected, rtol=1e-6, atol=1e-6)


@every_row
def test_an_activation_is_a_layer_that_works_in_place(activation, reference, rng):
    """It overwrites its input and the gradient; the backward pass keeps the output, which a later layer needs."""
    z, g = grid(float), rng.standard_normal((2, 51, 4))
    x, original_g, (_, slope) = z.copy(), g.copy(), value_and_derivative(activation, z)
    assert activation.in_place
    assert activation.width(7) == 7
    assert activation.parameters(7) == ()
    a, backward = activation.record(run, (), x, None)
    assert a is x
    np.testing.assert_allclose(a, reference(z), rtol=1e-6, atol=1e-14)
    kept = a.copy()
    assert np.shares_memory(backward(g, (), slice(None)), g)
    np.testing.assert_array_equal(a, kept)
    np.testing.assert_allclose(g, original_g * slope, rtol=1e-15)


@every_activation
@both_dtypes
def test_a_replay_equals_the_calls_at_once(activation, dtype, check_replay):
    check_replay(activation, dtype=dtype)


@every_activation
@both_dtypes
def test_a_replay_allocates_nothing(activation, dtype):
    tape, a, g = Tape(dtype), np.ones((2, 500, 200), dtype), np.ones((2, 500, 200), dtype)
    activation.forward(tape, a)(g)
    tracemalloc.start()
    try:
        tape.replay()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < a.nbytes / 4  # NumPy's buffers for conversions hold 8192 numbers


@pytest.mark.parametrize("slope", [-0.1, 1.0, np.nan])
def test_a_negative_slope_outside_its_range(slope):
    with pytest.raises(ValueError, match=r"negative_slope must be in \[0, 1\), got"):
        LeakyRelu(slope)


@pytest.mark.parametrize("alpha", [0.0, -1.0, np.nan])
def test_an_alpha_of_elu_outside_its_range(alpha):
    with pytest.raises(ValueError, match="alpha must be a number > 0, got"):
        Elu(alpha)


def test_selu_keeps_mean_and_variance_of_standard_normal_input():
    """The fixed point for which its constants were solved: E f = 0 and E f**2 = 1."""
    z = np.linspace(-12, 12, 200_001).reshape(1, -1, 1)
    a, _ = value_and_derivative(Selu(), z)
    weight = stats.norm.pdf(z)
    moments = [np.trapezoid((a**power * weight).ravel(), z.ravel()) for power in (1, 2)]
    np.testing.assert_allclose(moments, [0, 1], atol=1e-8)
