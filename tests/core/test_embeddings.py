"""Embeddings against their formulas, written column by column; and where they may stand."""

from types import SimpleNamespace

import numpy as np
import pytest

from skscratch.core.activations import Tanh
from skscratch.core.embeddings import Periodic, PiecewiseLinear
from skscratch.core.layers import Dense, Dropout, Scale
from skscratch.core.losses import SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective

K, N, D = 2, 40, 3
EDGES = ((-1.0, 0.0, 0.0, 2.0), (0.0, 0.5, 1.0, 4.0))


def embed(layer, x, rng, dtype=np.float64):
    """z, and the parameters p that led to it."""
    network = Network((layer,), D)
    P = network.init(K, rng, dtype)
    return network.predict(P, x.astype(dtype)), P.layers[0]


def features_by_definition(x, edges):
    """Equation 1 of Gorishniy et al. (2022), one number after the other; a bin without width stays at 0."""
    bins, last = list(zip(edges, edges[1:], strict=False)), len(edges) - 2

    def one(x, t, left, right):
        if left == right or (x < left and t > 0):
            return 0
        if x >= right and t < last:
            return 1
        return (x - left) / (right - left)

    return np.array([[one(value, t, *b) for t, b in enumerate(bins)] for value in x])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_periodic(rng, dtype):
    x, columns = rng.standard_normal((N, D)), (2, 0)
    z, p = embed(Periodic(columns, outputs=4, frequencies=5), x, rng, dtype)
    assert z.shape == (K, N, D + 2 * 4)
    assert z.dtype == dtype
    np.testing.assert_array_equal(z[:, :, :D], np.broadcast_to(x.astype(dtype), (K, N, D)))
    for k in range(K):
        for m, j in enumerate(columns):
            e = np.cos(2 * np.pi * np.outer(x[:, j], p.w[k, m]) + p.b[k, m]) @ p.V[k, m] + p.a[k, m]
            np.testing.assert_allclose(z[k, :, D + 4 * m : D + 4 * (m + 1)], e, atol=1e-12 if dtype is float else 3e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_piecewise_linear(rng, dtype):
    x = rng.uniform(-3, 6, (N, D))
    x[:4, 0], x[:4, 1] = EDGES
    z, p = embed(PiecewiseLinear((0, 1), outputs=4, edges=EDGES), x, rng, dtype)
    np.testing.assert_array_equal(z[:, :, :D], np.broadcast_to(x.astype(dtype), (K, N, D)))
    for k in range(K):
        for m in range(2):
            e = features_by_definition(x[:, m], EDGES[m]) @ p.V[k, m] + p.a[k, m]
            np.testing.assert_allclose(z[k, :, D + 4 * m : D + 4 * (m + 1)], e, atol=1e-12 if dtype is float else 1e-5)
    assert z.dtype == dtype


def test_a_constant_column_adds_a_constant(rng):
    x = rng.standard_normal((N, D))
    z, p = embed(PiecewiseLinear((0,), edges=((2.0,) * 5,)), x, rng)
    np.testing.assert_allclose(z[:, :, D:], np.broadcast_to(p.a, (K, N, 3)), rtol=1e-12)


def test_starting_values(rng):
    layer = Periodic(tuple(range(50)), outputs=10, frequencies=16, sigma=0.3)
    p = SimpleNamespace(**{name: np.empty(slot.shape) for name, slot in layer.slots(50).items()})
    layer.init(p, rng, 50)
    assert abs(p.w.std() - 0.3) < 0.03
    assert abs(p.b).max() <= np.pi
    assert abs(p.b).max() > 3
    for array in (p.V, p.a):  # as PyTorch's linear layers start, in [-1/sqrt(f), 1/sqrt(f))
        assert 0.23 < abs(array).max() <= 0.25
    layer = PiecewiseLinear((0, 1), outputs=500, edges=EDGES)
    p = SimpleNamespace(**{name: np.empty(slot.shape) for name, slot in layer.slots(50).items()})
    layer.init(p, rng, 50)
    assert 0.55 < abs(p.V).max() <= 3**-0.5
    assert 0.55 < abs(p.a).max() <= 3**-0.5


def test_all_parameters_are_of_the_embedding_kind():
    for layer in (Periodic((0, 1)), PiecewiseLinear((0, 1), edges=EDGES)):
        assert {slot.kind for slot in layer.slots(D).values()} == {"embedding"}


@pytest.mark.parametrize("layer", [Periodic((0, 1)), PiecewiseLinear((0, 1), edges=EDGES)])
@pytest.mark.parametrize("before", [Dense(D), Scale()])
def test_an_embedding_behind_something_learned(layer, before):
    network = Network((before, layer), D)
    P = network.init(K, np.random.default_rng(0))
    with pytest.raises(ValueError, match="must be the first layer with parameters.* put it first"):
        Objective(network, SquaredError()).allocate(P, N)


def test_an_embedding_behind_dropout_of_the_input(rng):
    network = Network((Dropout(0.5), Periodic((0, 1)), Dense(4), Tanh(), Dense(1)), D)
    P = network.init(K, rng)
    scratch = network.allocate(K, N, np.float64)
    x = rng.standard_normal((N, D))
    z = network.forward(P, x, scratch, rng.spawn(K)).copy()
    network.backward(P, np.ones_like(z), scratch, P.like(np.empty_like(P.values)))
    assert not np.allclose(z, network.predict(P, x))


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ((), "edges must be one sequence for each of the 2 columns, all of one length >= 2, got 0"),
        ((EDGES[0],), "edges must be one sequence for each of the 2 columns, all of one length >= 2, got 1"),
        (((0.0,), (0.0,)), r"got 2 of lengths \[1\]"),
        (((0.0, 1.0), (0.0, 1.0, 2.0)), r"got 2 of lengths \[2, 3\]"),
        (((0.0, 1.0), (1.0, 0.0)), "in ascending order"),
        (((0.0, 1.0), (0.0, np.nan)), "in ascending order"),
    ],
)
def test_edges_that_make_no_bins(edges, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinear((0, 1), edges=edges)
