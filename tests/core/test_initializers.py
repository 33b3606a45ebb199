"""Initializers against the moments and the bounds of the distributions they are named after."""

import numpy as np
import pytest
from scipy import stats

from skscratch.core.initializers import INITIALIZERS, Normal, Uniform, VarianceScaling, Zeros

FAN_IN, FAN_OUT = 300, 500
VARIANCES = {  # of the papers, written out
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "normal": 1,
    "uniform": 1 / 3,
    "zeros": 0,
}
every_initializer = pytest.mark.parametrize("name", INITIALIZERS)


def fill(initializer, shape=(FAN_IN, FAN_OUT), dtype=float, seed=0, fan_in=FAN_IN, fan_out=FAN_OUT):
    out = np.full(shape, np.nan, dtype)
    initializer.fill(out, np.random.default_rng(seed), fan_in, fan_out)
    return out


@every_initializer
def test_distribution(name):
    draws, sd = fill(INITIALIZERS[name]).ravel(), VARIANCES[name] ** 0.5
    if name == "zeros":
        assert not draws.any()
    elif name.endswith("normal"):
        assert stats.kstest(draws, stats.norm(0, sd).cdf).pvalue > 0.01
    else:
        assert stats.kstest(draws, stats.uniform(-(3**0.5) * sd, 2 * 3**0.5 * sd).cdf).pvalue > 0.01


@every_initializer
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (4, 2, 3)])
def test_one_seed_is_one_network_in_either_dtype(name, shape):
    wide, narrow = (fill(INITIALIZERS[name], shape, dtype) for dtype in (np.float64, np.float32))
    assert wide.shape == narrow.shape == shape
    np.testing.assert_array_equal(narrow, wide.astype(np.float32))


@every_initializer
def test_fills_the_view_it_is_given_and_nothing_else(name):
    buffer = np.full((3, 40), np.nan)
    INITIALIZERS[name].fill(buffer[1, 10:30].reshape(4, 5), np.random.default_rng(0), 4, 5)
    filled = np.zeros(buffer.shape, bool)
    filled[1, 10:30] = True
    np.testing.assert_array_equal(~np.isnan(buffer), filled)
    np.testing.assert_array_equal(buffer[filled].reshape(4, 5), fill(INITIALIZERS[name], (4, 5), fan_in=4, fan_out=5))


@every_initializer
def test_seeds_and_successive_draws_differ(name):
    if name == "zeros":
        return
    rng, first, second = np.random.default_rng(0), np.empty(5), np.empty(5)
    for out in (first, second):
        INITIALIZERS[name].fill(out, rng, 5, 5)
    assert len(np.unique([first, second, fill(INITIALIZERS[name], (5,), seed=1)])) == 15


@every_initializer
def test_a_layer_without_inputs_gets_finite_parameters(name):
    assert np.isfinite(fill(INITIALIZERS[name], (3,), fan_in=0, fan_out=0)).all()
    assert fill(INITIALIZERS[name], (0, 3), fan_in=0).shape == (0, 3)


def test_the_constants_scale_the_draws():
    np.testing.assert_allclose(fill(Normal(3.0)), 3 * fill(Normal()))
    np.testing.assert_allclose(fill(Uniform(3.0)), 3 * fill(Uniform()))
    np.testing.assert_array_equal(fill(Zeros()), 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, "fan_in", "normal"), "scale must be > 0, got 0.0"),
        ((np.nan, "fan_in", "normal"), "scale must be > 0, got nan"),
        ((1.0, "fan_out", "normal"), "mode must be 'fan_in' or 'fan_avg', got 'fan_out'"),
        ((1.0, "fan_in", "cauchy"), "distribution must be 'normal' or 'uniform', got 'cauchy'"),
    ],
)
def test_constants_outside_their_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        VarianceScaling(*arguments)
