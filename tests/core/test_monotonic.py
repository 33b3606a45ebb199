"""Networks that are monotonic in some inputs: whatever the parameters within the bounds, and whatever trains them."""

from typing import ClassVar

import numpy as np
import pytest

from skscratch.core import (
    Activation,
    AdamW,
    Dense,
    Dropout,
    Gelu,
    Layer,
    Network,
    Objective,
    Parameters,
    Periodic,
    PiecewiseLinear,
    Relu,
    RmsProp,
    Rows,
    Sgd,
    SquaredError,
    Tanh,
    Trainer,
    lbfgs,
)

SIGNS = (1, 0, -1)
INCREASING = [Activation.make(name) for name in Activation.names() if Activation.make(name).increasing]


def embedding():
    edges = ((-1.0, -0.5, 0.0, 0.0, 2.0), (-3.0, 0.0, 1.0, 2.0, 2.5))
    return PiecewiseLinear(columns=(0, 1), outputs=2, bins=4, edges=edges)


def random_parameters(network, rng, k=12):
    """Parameters of any size and sign, projected on the bounds."""
    P = Parameters(rng.standard_normal((k, network.n_parameters)) * 3, network.specs)
    P.project(network.bounds())
    return P


def steps(network, P, x, column):
    """Changes of raw scores (k, n, 19, o) along a line in one input, from the rows x (n, d)."""
    line = np.repeat(x, 20, axis=0)
    line[:, column] = np.tile(np.linspace(-4, 4, 20), len(x))
    z = network.predict(P, line).reshape(len(P.values), len(x), 20, -1)
    return np.diff(z, axis=2) / max(np.abs(z).max(), 1)


@pytest.mark.parametrize("activation", INCREASING, ids=repr)
@pytest.mark.parametrize("front", [(), (embedding(),)], ids=["numbers", "embedding"])
@pytest.mark.parametrize("ntk", [False, True])
@pytest.mark.parametrize("signs", [SIGNS, (1, -1, 1)], ids=str)
def test_raw_scores_are_monotonic_for_any_parameters_within_the_bounds(signs, ntk, front, activation, rng):
    first = Dense(7, ntk=ntk, input_factors=ntk)
    layers = (*front, first, activation, Dropout(0.5), Dense(5, ntk=ntk), activation, Dense(2, ntk=ntk))
    network = Network(layers, n_inputs=3, signs=signs)
    P, x = random_parameters(network, rng), rng.standard_normal((30, 3))
    for column, sign in enumerate(signs):
        change = steps(network, P, x, column)
        if sign:
            assert (sign * change > -1e-12).all() and (sign * change > 1e-6).any()
        else:
            assert change.min() < -1e-6 and change.max() > 1e-6  # no constraint reaches this input


def test_what_the_bounds_prevent(rng):
    network = Network((Dense(7), Relu(), Dense(1)), n_inputs=3, signs=SIGNS)
    P = Parameters(rng.standard_normal((4, network.n_parameters)), network.specs)
    assert steps(network, P, rng.standard_normal((30, 3)), 0).min() < -1e-3


def test_units_have_three_signs_in_turn():
    network = Network((Dense(4), Relu(), Dense(2)), n_inputs=3, signs=SIGNS)
    low, high = (Parameters(row[None], network.specs).layers for row in network.bounds())
    inf = np.inf
    np.testing.assert_array_equal(low[0].W[0], [[0, -inf, 0, 0], [-inf] * 4, [-inf, 0, 0, -inf]])
    np.testing.assert_array_equal(high[0].W[0], [[inf, 0, 0, inf], [inf] * 4, [0, inf, 0, 0]])
    np.testing.assert_array_equal(low[2].W[0], [[0, 0], [-inf, -inf], [-inf, -inf], [0, 0]])
    np.testing.assert_array_equal(high[2].W[0], [[inf, inf], [0, 0], [inf, inf], [inf, inf]])
    assert np.isinf(low[0].b).all() and np.isinf(high[2].b).all()


def test_without_constraints_nothing_is_bounded(rng):
    layers = (Dense(4), Relu(), Dense(1))
    free, zero = Network(layers, n_inputs=2), Network(layers, n_inputs=2, signs=(0, 0))
    assert free.bounds() is None and zero.bounds() is None
    np.testing.assert_array_equal(
        free.init(2, np.random.default_rng(0)).values, zero.init(2, np.random.default_rng(0)).values
    )


def data(rng, n=300):
    """Rows with y = min(x_0, x_1) - exp(-x_0 - x_1), concave and increasing in both columns."""
    x = rng.uniform(-1, 1, (n, 3))
    y = np.minimum(x[:, 0], x[:, 1]) - np.exp(-x[:, 0] - x[:, 1])
    return Rows(x, y[:, None], None)


def layers_of(activation):
    return (Dense(24, ntk=True, input_factors=True), activation, Dense(24, ntk=True), activation, Dense(1, ntk=True))


@pytest.mark.parametrize("optimizer", [Sgd(0.9, True), RmsProp(), AdamW()], ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_optimizer_stays_within_the_bounds(optimizer, dtype, rng):
    rows = data(rng)
    rows = rows._replace(x=rows.x.astype(dtype), y=-rows.y.astype(dtype))  # against the constraints
    network = Network(layers_of(Relu()), n_inputs=3, signs=(1, 1, 0))
    P = network.init(2, np.random.default_rng(0), dtype)
    trainer = Trainer(Objective(network, SquaredError()), optimizer.chain(0.05), np.random.default_rng(0), 32)
    low, high = network.bounds()
    for _ in range(3):
        trainer.run(P, rows, epochs=2, keep_best=False)
        assert (low <= P.values).all() and (P.values <= high).all()


@pytest.mark.parametrize("activation", [Relu(), Tanh()], ids=repr)
def test_lbfgs_finds_a_concave_increasing_function(activation, rng):
    """Units of one sign only would make a network with ReLU convex."""
    rows, network = data(rng), Network(layers_of(activation), n_inputs=3, signs=(1, 1, 0))
    P = network.init(1, np.random.default_rng(0))
    lbfgs(Objective(network, SquaredError()), P, rows, max_iter=300)
    low, high = network.bounds()
    assert (low <= P.values).all() and (P.values <= high).all()
    new = data(np.random.default_rng(5))
    assert np.square(network.predict(P, new.x)[0] - new.y).mean() < 0.02 * new.y.var()


class Negation(Layer):
    """z = -x."""

    in_place: ClassVar[bool] = False

    def width(self, d):
        return d

    def record(self, do, p, x, rngs):
        return -x, lambda g, dp, columns: -g


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        ((Dense(2), Gelu(), Dense(1)), ValueError, r"must be increasing, but Gelu\(\) is not: .* 'relu'"),
        ((Periodic(columns=(0,)), Dense(1)), ValueError, "columns of Periodic must have no monotonic constraint"),
        ((Negation(), Dense(1)), TypeError, r"Negation must have a method bound\(p, signs, is_last\)"),
    ],
)
def test_layers_that_are_not_monotonic(layers, error, message):
    with pytest.raises(error, match=message):
        Network(layers, n_inputs=3, signs=SIGNS).init(1, np.random.default_rng(0))


def test_the_same_layer_twice_is_the_last_one_only_at_the_end():
    layer = Dense(6)
    twice, different = (Network((layer, Tanh(), last), n_inputs=3, signs=SIGNS) for last in (layer, Dense(6)))
    np.testing.assert_array_equal(twice.bounds(), different.bounds())


def test_periodic_features_of_other_columns(rng):
    network = Network((Periodic(columns=(1,)), Dense(5), Tanh(), Dense(1)), n_inputs=3, signs=SIGNS)
    P, x = random_parameters(network, rng), rng.standard_normal((30, 3))
    assert (steps(network, P, x, 0) > -1e-12).all() and steps(network, P, x, 1).min() < -1e-3


def test_a_sign_for_each_input():
    with pytest.raises(ValueError, match="signs must have one entry for each of the 3 inputs, got 2; 0 is no"):
        Network((Dense(1),), n_inputs=3, signs=(1, 0))
