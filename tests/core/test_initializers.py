"""Initializers against the distributions after which they are named, in SciPy."""

import numpy as np
import pytest
from scipy import stats

from skscratch.core import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Normal,
    Uniform,
    VarianceScaling,
    Zeros,
)

FAN_IN, FAN_OUT = 300, 500


def normal(variance):
    return stats.norm(0, variance**0.5)


def uniform(variance):
    bound = (3 * variance) ** 0.5
    return stats.uniform(-bound, 2 * bound)


ROWS = [  # an initializer and its distribution, with the variances of the papers; None is always zero
    (HeNormal(), normal(2 / FAN_IN)),
    (HeUniform(), uniform(2 / FAN_IN)),
    (GlorotNormal(), normal(2 / (FAN_IN + FAN_OUT))),
    (GlorotUniform(), uniform(2 / (FAN_IN + FAN_OUT))),
    (LecunNormal(), normal(1 / FAN_IN)),
    (LecunUniform(), uniform(1 / FAN_IN)),
    (VarianceScaling(1.5, "fan_in", "uniform"), uniform(1.5 / FAN_IN)),
    (Normal(), normal(1)),
    (Normal(3.0), normal(9)),
    (Uniform(), uniform(1 / 3)),
    (Uniform(3.0), uniform(3)),
    (Zeros(), None),
]
INITIALIZERS = [initializer for initializer, _ in ROWS]
RANDOM = [initializer for initializer, distribution in ROWS if distribution is not None]
every_initializer = pytest.mark.parametrize("initializer", INITIALIZERS, ids=repr)


def fill(initializer, shape=(FAN_IN, FAN_OUT), dtype=float, seed=0, fan_in=FAN_IN, fan_out=FAN_OUT):
    out = np.full(shape, np.nan, dtype)
    initializer.fill(out, np.random.default_rng(seed), fan_in, fan_out)
    return out


def test_every_class_has_a_row(concrete_classes):
    assert {type(initializer) for initializer in INITIALIZERS} == concrete_classes(Initializer)


def test_every_name_makes_an_initializer_of_a_row():
    made = [Initializer.make(name) for name in Initializer.names()]
    assert all(initializer in INITIALIZERS for initializer in made)
    assert {type(initializer) for initializer in made} == {type(x) for x in INITIALIZERS} - {
        VarianceScaling,
        Normal,
        Uniform,
    }


@pytest.mark.parametrize(("initializer", "distribution"), ROWS, ids=map(repr, INITIALIZERS))
def test_distribution(initializer, distribution):
    draws = fill(initializer).ravel()
    if distribution is None:
        np.testing.assert_array_equal(draws, 0)
    else:
        assert stats.kstest(draws, distribution.cdf).pvalue > 0.01


@every_initializer
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (4, 2, 3)])
def test_one_seed_makes_one_network_in_both_dtypes(initializer, shape):
    wide, narrow = (fill(initializer, shape, dtype) for dtype in (np.float64, np.float32))
    assert wide.shape == narrow.shape == shape
    np.testing.assert_array_equal(narrow, wide.astype(np.float32))


@every_initializer
def test_only_the_given_view_is_filled(initializer):
    buffer = np.full((3, 40), np.nan)
    initializer.fill(buffer[1, 10:30].reshape(4, 5), np.random.default_rng(0), 4, 5)
    filled = np.zeros(buffer.shape, bool)
    filled[1, 10:30] = True
    np.testing.assert_array_equal(~np.isnan(buffer), filled)
    np.testing.assert_array_equal(buffer[filled].reshape(4, 5), fill(initializer, (4, 5), fan_in=4, fan_out=5))


@pytest.mark.parametrize("initializer", RANDOM, ids=repr)
def test_seeds_and_successive_draws_differ(initializer):
    rng, first, second = np.random.default_rng(0), np.empty(5), np.empty(5)
    for out in (first, second):
        initializer.fill(out, rng, 5, 5)
    third = fill(initializer, (5,), seed=1)
    assert len(np.unique([first, second, third])) == 15


def test_zeros_draw_no_random_number(rng):
    Zeros().fill(np.empty(5), rng, 5, 5)
    assert rng.random() == np.random.default_rng(0).random()


@every_initializer
def test_a_layer_without_inputs_gets_finite_parameters(initializer):
    assert np.isfinite(fill(initializer, (3,), fan_in=0, fan_out=0)).all()
    assert fill(initializer, (0, 3), fan_in=0).shape == (0, 3)


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
