"""Every loss x activation x layer x dtype x members: the gradient is the gradient, and a wrong one is seen."""

import numpy as np
import pytest
from scipy import sparse

from skscratch.core.activations import ACTIVATIONS, Activation, Tanh
from skscratch.core.embeddings import NumericEmbedding, Periodic, PiecewiseLinear
from skscratch.core.gradcheck import gradcheck
from skscratch.core.initializers import Normal
from skscratch.core.layers import Dense, Dropout, Layer, Scale
from skscratch.core.losses import CosineDistance, Loss, MulticlassLogLoss, SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective

ROWS, INPUTS, OUTPUTS = 6, 4, 3
LOSSES = sorted(
    (loss for loss in Loss.__subclasses__() if loss.__module__ == Loss.__module__), key=lambda loss: loss.__name__
)
EDGES = ((-2.0, -0.5, 0.3, 0.3, 2.5), (-1.0, -0.2, 0.1, 0.6, 0.9))  # a bin without width, values beyond both ends


def ntk(units):
    return Dense(units, Normal(), Normal(), ntk=True)


# Layers between the input and a last dense layer, for an activation f.
HIDDEN = {
    "dense": lambda f: (Dense(5), f),
    "bottleneck": lambda f: (Dense(5), f, Dense(1), f),
    "ntk": lambda f: (ntk(5), f, ntk(4), f),
    "scale": lambda f: (Scale(), Dense(5), f),
    "scale_inside": lambda f: (Dense(5), f, Scale()),
    "periodic": lambda f: (Periodic((0, 1), frequencies=3), Scale(), Dense(5), f),
    "piecewise": lambda f: (PiecewiseLinear((0, 1), edges=EDGES), Scale(), Dense(5), f),
    "dropout": lambda f: (Dropout(0.2), Dense(5), f, Dropout(0.4), Dense(4), f, Dropout(0.3)),
    "sparse": lambda f: (Dense(5), f),
    "no_hidden": lambda f: (),
}
# The targets that a link allows.
TARGETS = {
    "identity": lambda rng, o: rng.standard_normal((ROWS, o)),
    "exp": lambda rng, o: rng.gamma(2.0, size=(ROWS, o)),
    "logistic": lambda rng, o: rng.integers(0, 2, (ROWS, o)).astype(float),
    "softmax": lambda rng, o: np.eye(o)[rng.integers(0, o, ROWS)],
}


def error(layers, loss, k=3, weighted=True, dtype=np.float64, outputs=OUTPUTS, variant="dense", last=Dense, seed=0):
    """The error that `gradcheck` finds for these layers and a last dense one, at random parameters."""
    rng = np.random.default_rng(seed)
    objective = Objective(Network((*layers, last(outputs)), INPUTS), loss, alpha=2.0)
    x = rng.standard_normal((ROWS, INPUTS))
    if variant == "sparse":
        x = sparse.csr_array(np.where(np.abs(x) > 0.4, x, 0))
    w = rng.uniform(0.2, 3, ROWS) if weighted else None
    P = objective.network.init(k, rng, dtype)
    P.values += 0.2 * rng.standard_normal(P.values.shape).astype(dtype)
    y = TARGETS[loss.link](rng, outputs)
    return gradcheck(objective, P, x, y, w, rng=rng, directions=1, dropout_seed=1 if variant == "dropout" else None)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients(loss, activation, dtype):
    f = Activate(ACTIVATIONS[activation]())
    errors = {
        (variant, k, weighted): error(hidden(f), loss(), k, weighted, dtype, variant=variant)
        for variant, hidden in HIDDEN.items()
        for k, weighted in ((1, True), (3, False), (3, True))
    }
    assert {case: e for case, e in errors.items() if not e < (1e-7 if dtype is np.float64 else 1e-3)} == {}


@pytest.mark.parametrize("loss", [x for x in LOSSES if x not in (CosineDistance, MulticlassLogLoss)])
def test_gradients_with_one_output(loss):
    assert error((Dense(5), Tanh()), loss(), outputs=1) < 1e-7
    assert error((), loss(), outputs=1, k=1) < 1e-7


def test_everything_that_can_be_checked_is():
    assert set(ACTIVATIONS.values()) == set(Activation.__subclasses__())
    layers = {type(layer) for hidden in HIDDEN.values() for layer in hidden(Tanh())}
    ours = {layer for layer in all_subclasses(Layer) if layer.__module__.startswith("skscratch")}
    assert layers == ours - {NumericEmbedding}


def all_subclasses(base):
    return {base}.union(*map(all_subclasses, base.__subclasses__())) - {Layer}


class WrongWeights(Dense):
    def backward(self, p, g, s, dp):
        dx = super().backward(p, g, s, dp)
        dp.W *= 1.1
        return dx


class WrongBiases(Dense):
    def backward(self, p, g, s, dp):
        dx = super().backward(p, g, s, dp)
        dp.b[...] = g[:, 0]
        return dx


class WrongInput(Dense):
    def backward(self, p, g, s, dp):
        return -super().backward(p, g, s, dp)


class WrongActivation(Tanh):
    def backward(self, g, a, s):
        g *= 1 - a


class WrongScale(Scale):
    def backward(self, p, g, s, dp):
        dx = super().backward(p, g, s, dp)
        dp.s[...] = 0
        return dx


class WrongError(SquaredError):
    def gradient(self, z, y, out):
        return np.sinh(z - y, out=out)


@pytest.mark.parametrize(
    ("hidden", "last", "loss"),
    [
        ((Dense(5), Tanh()), WrongWeights, SquaredError()),
        ((Dense(5), Tanh()), WrongBiases, SquaredError()),
        ((Dense(5), Tanh()), WrongInput, SquaredError()),
        ((Dense(5), WrongActivation()), Dense, SquaredError()),
        ((WrongScale(), Dense(5), Tanh()), Dense, SquaredError()),
        ((Dense(5), Tanh()), Dense, WrongError()),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_wrong_gradient_is_seen(hidden, last, loss, dtype):
    assert error(hidden, loss, last=last, dtype=dtype) > 1e-2


def test_a_wrong_penalty_is_seen(monkeypatch):
    gradient = Objective.gradient

    def without_its_slope(self, P, x, y, w, s, dP, rngs=None):
        z = gradient(self, P, x, y, w, s, dP, rngs)
        ((block, _, t),) = s.decay
        dP.values[block] -= t
        return z

    monkeypatch.setattr(Objective, "gradient", without_its_slope)
    assert error((Dense(5), Tanh()), SquaredError()) > 1e-2


def test_a_wrong_member_among_several_is_seen():
    class OneWrong(Dense):
        def backward(self, p, g, s, dp):
            dx = super().backward(p, g, s, dp)
            dp.W[1] *= -1
            return dx

    assert error((Dense(5), Tanh()), SquaredError(), last=OneWrong) > 1e-2


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
