"""Each layer against its formula in plain NumPy; derivatives are the business of test_gradients."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from skscratch.core.activations import Tanh
from skscratch.core.initializers import Normal, Zeros
from skscratch.core.layers import Dense, Dropout, Scale
from skscratch.core.parameters import Slot

K, N, D = 3, 5, 4
both_widths = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def prepare(layer, rng, k=K, n=N, d=D, dtype=np.float64, input_gradient=True):
    """Random parameters, room for their gradients full of NaN, and scratch."""
    arrays = {name: rng.standard_normal((k, *slot.shape)).astype(dtype) for name, slot in layer.slots(d).items()}
    p, s = SimpleNamespace(**arrays), SimpleNamespace()
    dp = SimpleNamespace(**{name: np.full_like(array, np.nan) for name, array in arrays.items()})
    layer.allocate(k, n, d, dtype, s)
    layer.allocate_backward(k, n, d, dtype, s, input_gradient)
    return p, s, dp


@both_widths
@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("ntk", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_dense(rng, shared, ntk, units, dtype):
    layer, x = Dense(units, ntk=ntk), rng.standard_normal((1 if shared else K, N, D)).astype(dtype)
    p, s, dp = prepare(layer, rng, dtype=dtype)
    g = rng.standard_normal((K, N, units)).astype(dtype)
    z, dx = layer.forward(p, x, s, None), layer.backward(p, g, s, dp)
    c, close = 0.5 if ntk else 1.0, {"rtol": 1e-5, "atol": 1e-5} if dtype is np.float32 else {"rtol": 1e-12}
    np.testing.assert_allclose(
        z, c * np.einsum("knd,kdh->knh", np.broadcast_to(x, (K, N, D)), p.W) + p.b[:, None], **close
    )
    np.testing.assert_allclose(dp.W, c * np.einsum("knd,knh->kdh", np.broadcast_to(x, (K, N, D)), g), **close)
    np.testing.assert_allclose(dp.b, g.sum(axis=1), **close)
    np.testing.assert_allclose(dx, c * np.einsum("knh,kdh->knd", g, p.W), **close)
    assert {a.dtype for a in (z, dx, dp.W, dp.b)} == {np.dtype(dtype)}


@both_widths
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("ntk", [False, True])
def test_dense_of_sparse_rows_equals_dense_of_dense_ones(rng, ntk, container, dtype):
    layer, x = Dense(2, ntk=ntk), rng.standard_normal((N, D)).astype(dtype)
    x[rng.random(x.shape) < 0.5] = 0
    g, results = rng.standard_normal((K, N, 2)).astype(dtype), []
    p, s, dp = prepare(layer, rng, dtype=dtype, input_gradient=False)
    for rows in (x[None], container(x)):
        z = layer.forward(p, rows, s, None).copy()
        assert layer.backward(p, g, s, dp) is None
        results.append((z, dp.W.copy(), dp.b.copy()))
    for dense, other in zip(*results, strict=True):
        assert other.dtype == dtype
        np.testing.assert_allclose(other, dense, rtol=1e-5, atol=1e-6)


def test_dense_init_uses_its_initializers(rng):
    p = SimpleNamespace(W=np.empty((D, 2000)), b=np.empty(2000))
    Dense(2000, Normal(3.0), Zeros()).init(p, rng, D)
    assert abs(p.W.std() - 3) < 0.1
    assert (p.b == 0).all()
    Dense(2000, Zeros(), Normal(2.0)).init(p, rng, D)
    assert (p.W == 0).all()
    assert abs(p.b.std() - 2) < 0.1
    Dense(2000).init(p, rng, D)  # He: variance 2 / d
    assert abs(p.W.std() - np.sqrt(2 / D)) < 0.02


def test_the_factor_of_the_ntk_parametrization():
    assert Dense(3, ntk=True).scale(16) == 0.25
    assert Dense(3).scale(16) == 1
    assert Dense(3, ntk=True).scale(0) == 1


def test_dense_without_inputs(rng):
    for layer in (Dense(2), Dense(2, ntk=True)):
        p, s, dp = prepare(layer, rng, d=0)
        z = layer.forward(p, np.empty((1, N, 0)), s, None)
        np.testing.assert_array_equal(z, np.broadcast_to(p.b[:, None], (K, N, 2)))
        layer.backward(p, np.ones((K, N, 2)), s, dp)
        np.testing.assert_array_equal(dp.b, N)


def test_activate_works_in_place(rng):
    layer, x, g = Tanh(), rng.standard_normal((K, N, D)), rng.standard_normal((K, N, D))
    p, s, dp = prepare(layer, rng)
    z, slope = np.tanh(x), g * (1 - np.tanh(x) ** 2)
    assert layer.in_place
    assert layer.forward(p, x, s, None) is x
    assert layer.backward(p, g, s, dp) is g
    np.testing.assert_allclose(x, z, rtol=1e-14)
    np.testing.assert_allclose(g, slope, rtol=1e-12)


@both_widths
def test_scale(rng, dtype):
    layer, x, g = Scale(), rng.standard_normal((1, N, D)).astype(dtype), rng.standard_normal((K, N, D)).astype(dtype)
    p, s, dp = prepare(layer, rng, dtype=dtype)
    z, dx = layer.forward(p, x, s, None), layer.backward(p, g, s, dp)
    np.testing.assert_array_equal(z, x * p.s[:, None])
    np.testing.assert_allclose(dp.s, (g * x).sum(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(dx, g * p.s[:, None])
    assert {a.dtype for a in (z, dx, dp.s)} == {np.dtype(dtype)}
    layer.allocate_backward(K, N, D, dtype, s, input_gradient=False)
    assert layer.backward(p, g, s, dp) is None
    member = SimpleNamespace(s=np.zeros(D))
    layer.init(member, rng, D)
    assert (member.s == 1).all()


def test_dropout_hands_on_its_input_without_a_generator(rng):
    layer, x, g = Dropout(0.5), rng.standard_normal((K, N, D)), rng.standard_normal((K, N, D))
    p, s, dp = prepare(layer, rng)
    before = g.copy()
    assert layer.forward(p, x, s, None) is x
    np.testing.assert_array_equal(layer.backward(p, g, s, dp), before)


@both_widths
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.8])
def test_dropout_drops_a_share_and_keeps_the_mean(rng, rate, dtype):
    layer, x = Dropout(rate), np.full((2, 400, 50), 3, dtype)
    p, s, dp = prepare(layer, rng, 2, 400, 50, dtype)
    z = layer.forward(p, x, s, np.random.default_rng(1).spawn(2))
    assert z.dtype == dtype
    assert (x == 3).all()
    np.testing.assert_allclose(np.unique(z), [0, 3 / (1 - rate)] if rate else [3], rtol=1e-6)
    assert abs((z == 0).mean() - rate) < 0.01
    np.testing.assert_allclose(layer.backward(p, np.ones_like(x), s, dp), z / 3, rtol=1e-6)
    again = layer.forward(p, x, s, np.random.default_rng(2).spawn(2))
    assert rate == 0 or (again == 0).any()


def test_dropout_drops_the_same_entries_in_both_dtypes(rng):
    kept = []
    for dtype in (np.float32, np.float64):
        p, s, _ = prepare(Dropout(0.5), rng, dtype=dtype)
        kept.append(Dropout(0.5).forward(p, np.ones((K, N, D), dtype), s, np.random.default_rng(0).spawn(K)) > 0)
    np.testing.assert_array_equal(*kept)


def test_kinds_and_widths():
    assert Dense(7).slots(4) == {"W": Slot((4, 7), "weight"), "b": Slot((7,), "bias")}
    assert Scale().slots(4) == {"s": Slot((4,), "scale")}
    assert Dropout(0.5).slots(4) == Tanh().slots(4) == {}
    assert Dense(7).width(4) == 7
    assert Scale().width(4) == Dropout(0.5).width(4) == Tanh().width(4) == 4


@pytest.mark.parametrize("rate", [-0.1, 1.0, np.nan])
def test_dropout_rate_outside_its_range(rate):
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\), got .*: "):
        Dropout(rate)


@pytest.mark.parametrize("units", [0, -1, 2.5])
def test_a_layer_without_units(units):
    with pytest.raises(ValueError, match="units must be an integer >= 1, got .*: "):
        Dense(units)
