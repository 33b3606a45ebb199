"""Every loss x activation x layer x dtype: the gradient is right, and `gradcheck` finds every wrong one.

The first part compares with differences in float64, which are right to nine digits. The last part evaluates the same
functions in 80-bit floating point, where differences are right to fourteen digits, and adds up the loss by itself.
"""

import numpy as np
import pytest
from scipy import sparse, special

from skscratch.core import (
    Activation,
    BinaryLogLoss,
    CosineDistance,
    Dense,
    Dropout,
    Gradient,
    InverseIncrements,
    Layer,
    Loss,
    MulticlassLogLoss,
    Network,
    Normal,
    Objective,
    Periodic,
    PiecewiseLinear,
    QuantileLoss,
    Rows,
    SquaredError,
    Tanh,
    activations,
    gradcheck,
    losses,
    run,
)
from skscratch.core.network import as_input

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
    "increments": lambda rng, o: rng.standard_normal((ROWS, 1)),
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


# Differences in 80-bit floating point.

extended = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="the long double of this platform has no more digits than float64"
)
QUANTILES = QuantileLoss((0.1, 0.5, 0.9))


@pytest.fixture
def functions_of_long_double(monkeypatch):
    """SciPy has these functions for float64 only."""
    monkeypatch.setattr(activations, "ndtr", ndtr)
    monkeypatch.setattr(losses, "xlogy", lambda x, y: x * np.log(np.where(x > 0, y, 1)))


def ndtr(z, out):
    """1/2 + density (z + z^3/3 + z^5/15 + ...), the distribution function of the normal distribution."""
    if z.dtype != np.longdouble:
        return special.ndtr(z, out=out)
    term, total = z.copy(), z.copy()
    for i in range(3, 1001, 2):
        term = term * z * z / i
        total += term
    out[...] = 0.5 + total * np.exp(-z * z / 2) / np.sqrt(2 * np.arccos(np.longdouble(-1)))
    return out


def directional_derivative(f, q, v, h=1e-5):
    """Compute the central difference of fourth order of f at q along v, in the precision of q."""
    h = np.longdouble(h)
    near, far = (f(q + step * v) - f(q - step * v) for step in (h, 2 * h))
    return (8 * near - far) / (12 * h)


def exact_errors(layers, loss, outputs=OUTPUTS, variant="dense", k=2):
    """Compute the errors of the gradients in 80 bits and in float64, relative to |gradient| |direction|."""
    rng, alpha, wide = np.random.default_rng(0), 2.0, np.longdouble
    objective = Objective(Network((*layers, Dense(outputs)), INPUTS), loss, alpha)
    x, y, w = rng.normal(size=(ROWS, INPUTS)), TARGETS[loss.inverse_link.name](rng, outputs), rng.uniform(0.2, 3, ROWS)
    if variant == "sparse":
        x = sparse.csr_array(np.where(np.abs(x) > 0.4, x, 0))
    P = objective.network.init(k, rng)
    P.values += 0.2 * rng.normal(size=P.values.shape)
    v = rng.normal(size=P.values.shape) * np.linalg.norm(P.values, axis=1, keepdims=True) / P.values.shape[1] ** 0.5
    penalized = P.by_kind({"weight": 1.0}, default=0.0)

    def generators():
        return np.random.default_rng(1).spawn(k) if variant == "dropout" else None

    def value(q):
        z = objective.network.record(run, P.like(q), as_input(x.astype(wide)), generators()).z
        return (w * loss.value(z, y.astype(wide)) + alpha / 2 * (penalized * q**2).sum(1)[:, None] / ROWS).sum(
            1
        ) / w.sum()

    difference, errors = directional_derivative(value, P.values.astype(wide), v), []
    for dtype in (wide, np.float64):
        gradient = Gradient(
            objective, P.like(P.values.astype(dtype)), Rows(*(a.astype(dtype) for a in (x, y, w))), rngs=generators()
        )
        gradient.value()
        g = gradient.dP.values
        assert g.dtype == dtype
        size = np.linalg.norm(g, axis=1) * np.linalg.norm(v, axis=1)
        errors.append(float(np.max(np.abs((g * v).sum(axis=1) - difference) / size)))
    return errors


@extended
@pytest.mark.usefixtures("functions_of_long_double")
@pytest.mark.parametrize("variant", HIDDEN)
@pytest.mark.parametrize("activation", Activation.names())
def test_gradients_of_layers_to_fourteen_digits(activation, variant):
    layers = HIDDEN[variant](Activation.make(activation))
    assert max(exact_errors(layers, SquaredError(), variant=variant)) < 1e-13


@extended
@pytest.mark.usefixtures("functions_of_long_double")
@pytest.mark.parametrize("variant", [name for name in HIDDEN if name not in ("sparse", "dropout")])
def test_gradients_of_inputs_to_thirteen_digits(variant, rng):
    network = Network((*HIDDEN[variant](Tanh()), Dense(OUTPUTS)), INPUTS)
    P, x, v = network.init(2, rng), rng.normal(size=(ROWS, INPUTS)), rng.normal(size=(ROWS, INPUTS))
    c = rng.normal(size=(2, ROWS, OUTPUTS))
    wide = P.like(P.values.astype(np.longdouble))
    difference = directional_derivative(
        lambda x: (c * network.record(run, wide, as_input(x)).z).sum(axis=(0, 2)), x.astype(np.longdouble), v
    )
    dx = network.input_gradient(P, x, lambda z, rows: c[:, rows])
    np.testing.assert_allclose((dx * v).sum(axis=1), difference.astype(float), rtol=1e-12, atol=1e-13)


@extended
@pytest.mark.parametrize("link", [loss.inverse_link for loss in LOSSES] + [InverseIncrements(OUTPUTS)], ids=type)
def test_gradients_of_inverse_links_to_thirteen_digits(link, rng):
    z, v, c = rng.normal(size=(3, 2, ROWS, OUTPUTS)) * 3
    difference = directional_derivative(lambda z: (c * link.predict(z)).sum(axis=-1), z.astype(np.longdouble), v)
    np.testing.assert_allclose((link.gradient(z, c) * v).sum(axis=-1), difference.astype(float), rtol=1e-12, atol=1e-12)


@extended
@pytest.mark.usefixtures("functions_of_long_double")
@pytest.mark.parametrize("loss", [*LOSSES, QUANTILES], ids=repr)
def test_gradients_of_losses_to_fourteen_digits(loss):
    assert max(exact_errors(HIDDEN["periodic"](Tanh()), loss)) < 1e-13
