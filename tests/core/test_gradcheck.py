"""Every loss x activation x layer x dtype: the gradient is right, and `gradcheck` finds every wrong one."""

import numpy as np
import pytest
from scipy import sparse

from skscratch.core import (
    Activation,
    BinaryLogLoss,
    CosineDistance,
    Dense,
    Dropout,
    Gradient,
    Layer,
    Loss,
    MulticlassLogLoss,
    Network,
    Normal,
    Objective,
    Periodic,
    PiecewiseLinear,
    SquaredError,
    Tanh,
    gradcheck,
)

ROWS, INPUTS, OUTPUTS = 6, 4, 3
LOSSES = [*map(Loss.make, Loss.names()), BinaryLogLoss(), MulticlassLogLoss()]
EDGES = ((-2.0, -0.5, 0.3, 0.3, 2.5), (-1.0, -0.2, 0.1, 0.6, 0.9))  # a bin without width, values beyond both ends
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def ntk(units):
    return Dense(units, Normal(), Normal(), ntk=True)


# Layers between the input and a last dense layer, for an activation f.
HIDDEN = {
    "dense": lambda f: (Dense(5), f),
    "bottleneck": lambda f: (Dense(5), f, Dense(1), f),
    "ntk": lambda f: (ntk(5), f, ntk(4), f),
    "factors": lambda f: (Dense(5, input_factors=True), f),
    "factors_inside": lambda f: (ntk(4), f, Dense(5, ntk=True, input_factors=True)),
    "embedding_and_dropout": lambda f: (Periodic((0, 1), frequencies=3), Dropout(0.0), Dense(5), f),
    "periodic": lambda f: (Periodic((0, 1), frequencies=3), Dense(5, input_factors=True), f),
    "piecewise": lambda f: (PiecewiseLinear((0, 1), bins=4, edges=EDGES), Dense(5, input_factors=True), f),
    "dropout": lambda f: (Dropout(0.2), Dense(5), f, Dropout(0.4), Dense(4), f, Dropout(0.3)),
    "sparse": lambda f: (Dense(5), f),
    "no_hidden": lambda f: (),
}
# Targets for each inverse link.
TARGETS = {
    "identity": lambda rng, o: rng.standard_normal((ROWS, o)),
    "exp": lambda rng, o: rng.gamma(2.0, size=(ROWS, o)),
    "logistic": lambda rng, o: rng.integers(0, 2, (ROWS, o)).astype(float),
    "softmax": lambda rng, o: np.eye(o)[rng.integers(0, o, ROWS)],
}


def error(layers, loss, k=3, weighted=True, dtype=np.float64, outputs=OUTPUTS, variant="dense", last=Dense, seed=0):
    """Compute the error that `gradcheck` finds for these layers and a last dense one, at random parameters."""
    rng = np.random.default_rng(seed)
    objective = Objective(Network((*layers, last(outputs)), INPUTS), loss, alpha=2.0)
    x = rng.standard_normal((ROWS, INPUTS))
    if variant == "sparse":
        x = sparse.csr_array(np.where(np.abs(x) > 0.4, x, 0))
    w = rng.uniform(0.2, 3, ROWS) if weighted else None
    P = objective.network.init(k, rng, dtype)
    P.values += 0.2 * rng.standard_normal(P.values.shape).astype(dtype)
    y = TARGETS[loss.inverse_link.name](rng, outputs)
    return gradcheck(objective, P, x, y, w, rng=rng, directions=1, dropout_seed=1 if variant == "dropout" else None)


@both_dtypes
@pytest.mark.parametrize("activation", Activation.names())
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_gradients(loss, activation, dtype):
    f = Activation.make(activation)
    cases = [(variant, *case) for variant in HIDDEN for case in ((1, True), (3, False))] + [("dense", 3, True)]
    errors = {
        (variant, k, weighted): error(HIDDEN[variant](f), loss, k, weighted, dtype, variant=variant)
        for variant, k, weighted in cases
    }
    assert {case: e for case, e in errors.items() if not e < (1e-7 if dtype is np.float64 else 1e-3)} == {}


@pytest.mark.parametrize("loss", [x for x in LOSSES if not isinstance(x, CosineDistance | MulticlassLogLoss)], ids=repr)
def test_gradients_with_one_output(loss):
    assert error((Dense(5), Tanh()), loss, outputs=1) < 1e-7
    assert error((), loss, outputs=1, k=1) < 1e-7


def test_every_layer_and_every_loss_is_checked(concrete_classes):
    layers = {type(layer) for hidden in HIDDEN.values() for layer in hidden(Tanh())}
    activations = {type(Activation.make(name)) for name in Activation.names()}
    assert layers | activations == concrete_classes(Layer)
    assert {type(loss) for loss in LOSSES} == concrete_classes(Loss)


def wrong(base, change):
    """Derive a layer that records one more call on g, dx and the gradients dp at the end of its backward pass."""

    class Wrong(base):
        def record(self, do, p, x, rngs):
            z, backward = super().record(do, p, x, rngs)

            def wrong_backward(g, dp, columns):
                dx = backward(g, dp, columns)
                do(change, g, dx, dp)
                return dx

            return z, wrong_backward

    return Wrong


def multiply_weights(g, dx, dp):
    dp.W[...] *= 1.1


def multiply_weights_of_one_member(g, dx, dp):
    dp.W[1] *= -1


def take_biases_from_one_row(g, dx, dp):
    dp.b[...] = g[:, 0]


def negate_input(g, dx, dp):
    dx *= -1


def clear_factors(g, dx, dp):
    dp.s[...] = 0


class WrongActivation(Tanh):
    def forward(self, do, z):
        do(np.tanh, z, out=z)

        def backward(g):
            t = np.empty_like(z)
            do(np.subtract, 1, z, out=t)
            do(np.multiply, g, t, out=g)

        return backward


class WrongError(SquaredError):
    def gradient(self, z, y, out):
        return np.sinh(z - y, out=out)


@pytest.mark.parametrize(
    ("hidden", "last", "loss"),
    [
        ((Dense(5), Tanh()), wrong(Dense, multiply_weights), SquaredError()),
        ((Dense(5), Tanh()), wrong(Dense, multiply_weights_of_one_member), SquaredError()),
        ((Dense(5), Tanh()), wrong(Dense, take_biases_from_one_row), SquaredError()),
        ((Dense(5), Tanh()), wrong(Dense, negate_input), SquaredError()),
        ((Dense(5), WrongActivation()), Dense, SquaredError()),
        ((wrong(Dense, clear_factors)(5, input_factors=True), Tanh()), Dense, SquaredError()),
        ((Dense(5), Tanh()), Dense, WrongError()),
    ],
    ids=["weights", "one member", "biases", "input", "activation", "factors", "loss"],
)
@both_dtypes
def test_a_wrong_gradient_is_found(hidden, last, loss, dtype):
    assert error(hidden, loss, last=last, dtype=dtype) > 1e-2


def test_a_wrong_penalty_is_found(monkeypatch):
    value = Gradient.value
    monkeypatch.setattr(Gradient, "value", lambda gradient: value(gradient) + gradient.penalty)
    assert error((Dense(5), Tanh()), SquaredError()) > 1e-2


def test_dropout_is_active_if_and_only_if_it_has_a_seed():
    """Each seed keeps other units, so the rounding errors differ; without a seed they are those without dropout."""

    def rounding(rate, seed):
        rng = np.random.default_rng(0)
        objective = Objective(Network((Dense(9), Tanh(), Dropout(rate), Dense(1)), INPUTS), SquaredError())
        P, (x, y) = objective.network.init(1, rng), rng.standard_normal((2, ROWS, INPUTS))
        return gradcheck(objective, P, x, y[:, :1], rng=rng, directions=1, dropout_seed=seed)

    assert len({rounding(0.5, seed) for seed in (1, 2, 3, None)}) == 4
    assert rounding(0.5, None) == rounding(0.0, None)


def test_nothing_is_changed(rng):
    objective = Objective(Network((Dense(3), Tanh(), Dense(1)), INPUTS), SquaredError())
    P = objective.network.init(2, rng)
    x, y, w = rng.standard_normal((ROWS, INPUTS)), rng.standard_normal((ROWS, 1)), rng.uniform(1, 2, ROWS)
    before = [a.copy() for a in (P.values, x, y, w)]
    for a in (P.values, x, y, w):
        a.flags.writeable = False
    assert gradcheck(objective, P, x, y, w, rng=rng) < 1e-7
    for a, kept in zip((P.values, x, y, w), before, strict=True):
        np.testing.assert_array_equal(a, kept)
