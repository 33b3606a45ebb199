"""Every activation against SciPy, a central difference and its own contract (in place, nothing allocated)."""

import inspect
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special, stats

from skscratch.core import activations
from skscratch.core.activations import ACTIVATIONS, Activation, Elu, LeakyRelu

REFERENCES = {
    "identity": lambda z: z,
    "logistic": special.expit,
    "tanh": lambda z: 1 - 2 * special.expit(-2 * z),
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, special.expm1(z.clip(max=0))),
    "selu": lambda z: 1.05070098 * np.where(z > 0, z, 1.67326324 * special.expm1(z.clip(max=0))),
    "gelu": lambda z: z * stats.norm.cdf(z),
    "silu": lambda z: z * np.exp(special.log_expit(z)),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "softplus": lambda z: np.logaddexp(0, z),
}
every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
both_widths = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(autouse=True)
def strict():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


def forward(activation, z):
    """a = f(z) and the scratch it left; z is kept."""
    s, a = SimpleNamespace(), z.copy()
    activation.allocate(z.shape, z.dtype, s)
    activation.forward(a, s)
    return a, s


def derivative(activation, z):
    """f'(z) by way of ``backward``."""
    a, s = forward(activation, z)
    g = np.ones_like(z)
    activation.backward(g, a, s)
    return g


def grid(dtype, bound=12.0):
    """z (2, 51, 4) over [-bound, bound], away from the kink at 0."""
    return np.linspace(-bound, bound, 2 * 51 * 4).reshape(2, 51, 4).astype(dtype)


def test_the_table_holds_every_activation():
    defined = {c for _, c in inspect.getmembers(activations, inspect.isclass) if issubclass(c, Activation)}
    assert defined == {*ACTIVATIONS.values(), Activation}
    assert set(Activation.__subclasses__()) == set(ACTIVATIONS.values())
    assert ACTIVATIONS.keys() == REFERENCES.keys()


@every_activation
@both_widths
def test_value_equals_reference(name, dtype):
    z = grid(dtype)
    a, _ = forward(ACTIVATIONS[name](), z)
    assert a.dtype == dtype
    np.testing.assert_allclose(a, REFERENCES[name](z.astype(float)), rtol=1e-6, atol=20 * np.finfo(dtype).eps)


@every_activation
def test_derivative_equals_central_difference(name):
    z, h = grid(float), 1e-5
    slope = (REFERENCES[name](z + h) - REFERENCES[name](z - h)) / (2 * h)
    np.testing.assert_allclose(derivative(ACTIVATIONS[name](), z), slope, rtol=2e-8, atol=1e-9)


@every_activation
def test_derivative_is_the_same_in_both_widths(name):
    narrow, wide = derivative(ACTIVATIONS[name](), grid(np.float32)), derivative(ACTIVATIONS[name](), grid(float))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, wide, atol=4e-6)


@every_activation
@both_widths
def test_far_from_zero_nothing_overflows_and_the_slopes_are_the_asymptotes(name, dtype):
    activation = ACTIVATIONS[name]()
    z = np.array([[[-1e4, -100, 0, 100, 1e4]]], dtype)
    a, _ = forward(activation, z)
    np.testing.assert_allclose(a, REFERENCES[name](z.astype(float)), rtol=1e-6, atol=1e-6)
    left, _, _, _, right = derivative(activation, z)[0, 0]
    far = z[0, 0].astype(float)
    expected = np.diff(REFERENCES[name](far))[[0, -1]] / np.diff(far)[[0, -1]]
    np.testing.assert_allclose([left, right], expected, rtol=1e-6, atol=1e-6)


@every_activation
def test_backward_multiplies_the_gradient_and_leaves_the_output_alone(name):
    activation, z, g = ACTIVATIONS[name](), grid(float), np.random.default_rng(0).standard_normal((2, 51, 4))
    a, s = forward(activation, z)
    kept, expected = a.copy(), g * derivative(activation, z)
    activation.backward(g, a, s)
    np.testing.assert_array_equal(a, kept)
    np.testing.assert_allclose(g, expected, rtol=1e-15)


@every_activation
def test_scratch_serves_many_steps(name):
    activation, z = ACTIVATIONS[name](), grid(float)
    expected, s = derivative(activation, z), SimpleNamespace()
    activation.allocate(z.shape, z.dtype, s)
    for values in (-z, z):  # what the first step leaves behind must not reach the second
        a, g = values.copy(), np.ones_like(z)
        activation.forward(a, s)
        activation.backward(g, a, s)
    np.testing.assert_array_equal(g, expected)


@every_activation
@both_widths
def test_forward_and_backward_allocate_nothing(name, dtype):
    activation, a, g = ACTIVATIONS[name](), np.ones((2, 500, 200), dtype), np.ones((2, 500, 200), dtype)
    s = SimpleNamespace()
    activation.allocate(a.shape, a.dtype, s)
    tracemalloc.start()
    try:
        activation.forward(a, s)
        activation.backward(g, a, s)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < a.nbytes / 4  # NumPy's own cast buffers hold 8192 elements


@pytest.mark.parametrize(
    ("activation", "reference"),
    [
        (LeakyRelu(0.3), lambda z: np.where(z > 0, z, 0.3 * z)),
        (LeakyRelu(0.0), lambda z: np.where(z > 0, z, 0)),
        (Elu(2.5), lambda z: np.where(z > 0, z, 2.5 * special.expm1(z.clip(max=0)))),
    ],
)
def test_other_constants(activation, reference):
    z, h = grid(float), 1e-5
    np.testing.assert_allclose(forward(activation, z)[0], reference(z), rtol=1e-14)
    np.testing.assert_allclose(derivative(activation, z), (reference(z + h) - reference(z - h)) / (2 * h), atol=1e-8)


@pytest.mark.parametrize("slope", [-0.1, 1.0, np.nan])
def test_leaky_slope_outside_its_range(slope):
    with pytest.raises(ValueError, match=r"negative_slope must be in \[0, 1\), got"):
        LeakyRelu(slope)


@pytest.mark.parametrize("alpha", [0.0, -1.0, np.nan])
def test_elu_alpha_outside_its_range(alpha):
    with pytest.raises(ValueError, match="alpha must be a number > 0, got"):
        Elu(alpha)


def test_selu_keeps_mean_and_variance_of_standard_normal_input():
    """The fixed point its constants were solved for: E f = 0 and E f**2 = 1."""
    z = np.linspace(-12, 12, 200_001).reshape(1, -1, 1)
    a, _ = forward(ACTIVATIONS["selu"](), z)
    weight = stats.norm.pdf(z)
    moments = [np.trapezoid((a**power * weight).ravel(), z.ravel()) for power in (1, 2)]
    np.testing.assert_allclose(moments, [0, 1], atol=1e-8)
