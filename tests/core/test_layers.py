"""Each layer against its formula in plain NumPy; test_gradcheck tests derivatives again, in whole networks."""

import numpy as np
import pytest
from scipy import sparse

from skscratch.core import (
    Affine,
    Dense,
    Dropout,
    FactorsAffine,
    Layer,
    Normal,
    ParameterSpec,
    SparseRows,
    Tanh,
    Tape,
    Zeros,
    layers,
    run,
)

K, N, D = 3, 5, 4
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def new_arrays(layer, rng, d=D, dtype=np.float64):
    """Random parameters p of K members, and memory for their gradients full of NaN."""
    specs = layer.parameters(d)
    p = type(specs)(*(rng.standard_normal((K, *spec.shape)).astype(dtype) for spec in specs))
    return p, type(specs)(*(np.full_like(a, np.nan) for a in p))


def sparse_rows(rng, dtype=np.float64):
    """x (N, D), about half of it zero."""
    x = rng.standard_normal((N, D)).astype(dtype)
    x[rng.random(x.shape) < 0.5] = 0
    return x


@both_dtypes
@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("ntk", [False, True])
@pytest.mark.parametrize("members_of_x", [1, K])
def test_dense(rng, members_of_x, ntk, units, dtype):
    layer, x = Dense(units, ntk=ntk), rng.standard_normal((members_of_x, N, D)).astype(dtype)
    p, dp = new_arrays(layer, rng, dtype=dtype)
    g = rng.standard_normal((K, N, units)).astype(dtype)
    z, backward = layer.record(run, p, x, None)
    dx = backward(g.copy(), dp, slice(None))
    c, close = 0.5 if ntk else 1.0, {"rtol": 1e-5, "atol": 1e-5} if dtype is np.float32 else {"rtol": 1e-12}
    x_of_each = np.broadcast_to(x, (K, N, D))
    np.testing.assert_allclose(z, c * np.einsum("knd,kdh->knh", x_of_each, p.W) + p.b[:, None], **close)
    np.testing.assert_allclose(dp.W, c * np.einsum("knd,knh->kdh", x_of_each, g), **close)
    np.testing.assert_allclose(dp.b, g.sum(axis=1), **close)
    np.testing.assert_allclose(dx, c * np.einsum("knh,kdh->knd", g, p.W), **close)
    assert {a.dtype for a in (z, dx, dp.W, dp.b)} == {np.dtype(dtype)}


@both_dtypes
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("ntk", [False, True])
def test_dense_of_sparse_rows_equals_dense_of_dense_ones(rng, ntk, container, dtype):
    layer, x = Dense(2, ntk=ntk), sparse_rows(rng, dtype)
    g, results = rng.standard_normal((K, N, 2)).astype(dtype), []
    p, _ = new_arrays(layer, rng, dtype=dtype)
    for rows in (x[None], SparseRows(container(x))):
        dp = Affine(*(np.full_like(a, np.nan) for a in p))
        z, backward = layer.record(run, p, rows, None)
        assert backward(g.copy(), dp, None) is None
        results.append((z, *dp))
    for by_dense, by_sparse in zip(*results, strict=True):
        assert by_sparse.dtype == dtype
        np.testing.assert_allclose(by_sparse, by_dense, rtol=1e-5, atol=1e-6)


def test_a_replay_reads_the_present_sparse_rows(rng):
    layer, tape, g = Dense(2), Tape(np.float64), rng.standard_normal((K, N, 2))
    x = SparseRows(sparse.csr_array(sparse_rows(rng)))
    assert x.shape == (N, D)
    p, dp = new_arrays(layer, rng)
    z, backward = layer.record(tape, p, x, None)
    backward(g, dp, None)
    for _ in range(2):
        dense = sparse_rows(rng)
        x.matrix = sparse.csr_array(dense)
        tape.replay()
        np.testing.assert_allclose(z, dense @ p.W + p.b[:, None], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(dp.W, dense.T @ g, rtol=1e-12, atol=1e-15)


@both_dtypes
@pytest.mark.parametrize("layer", [Dense(2), Dense(1), Dense(2, ntk=True), Dense(2, input_factors=True)], ids=repr)
@pytest.mark.parametrize("members_of_x", [1, K])
@pytest.mark.parametrize("columns", [None, slice(None), slice(1, None)], ids=repr)
def test_a_replay_equals_the_calls_at_once(layer, columns, members_of_x, dtype, check_replay):
    check_replay(layer, members_of_x=members_of_x, dtype=dtype, columns=columns)


@both_dtypes
@pytest.mark.parametrize("seed", [None, 1])
def test_a_replay_of_dropout_draws_anew(seed, dtype, check_replay):
    """As many numbers as calls at once draw, from generators of the same seed."""
    check_replay(Dropout(0.5), seed=seed, dtype=dtype)


def test_the_initializers_of_dense_are_used(rng):
    p = Affine(W=np.empty((D, 2000)), b=np.empty(2000))
    Dense(2000, Normal(3.0), Zeros()).init(p, rng, D)
    assert abs(p.W.std() - 3) < 0.1
    assert (p.b == 0).all()
    Dense(2000, Zeros(), Normal(2.0)).init(p, rng, D)
    assert (p.W == 0).all()
    assert abs(p.b.std() - 2) < 0.1
    Dense(2000).init(p, rng, D)  # He: variance 2 / d
    assert abs(p.W.std() - np.sqrt(2 / D)) < 0.02
    assert (p.b == 0).all()


def test_the_factor_of_the_ntk_parametrization():
    assert Dense(3, ntk=True).scale(16) == 0.25
    assert Dense(3).scale(16) == 1
    assert Dense(3, ntk=True).scale(0) == 1


@pytest.mark.parametrize("ntk", [False, True])
def test_dense_without_inputs(rng, ntk):
    layer = Dense(2, ntk=ntk)
    p, dp = new_arrays(layer, rng, d=0)
    z, backward = layer.record(run, p, np.empty((1, N, 0)), None)
    np.testing.assert_array_equal(z, np.broadcast_to(p.b[:, None], (K, N, 2)))
    assert backward(np.ones((K, N, 2)), dp, slice(None)).shape == (K, N, 0)
    np.testing.assert_array_equal(dp.b, N)


@both_dtypes
@pytest.mark.parametrize("ntk", [False, True])
@pytest.mark.parametrize("members_of_x", [1, K])
def test_factors_of_the_inputs(rng, members_of_x, ntk, dtype):
    """A dense layer of x s."""
    x = rng.standard_normal((members_of_x, N, D)).astype(dtype)
    g = rng.standard_normal((K, N, 2)).astype(dtype)
    p, dp = new_arrays(Dense(2, ntk=ntk, input_factors=True), rng, dtype=dtype)
    z, backward = Dense(2, ntk=ntk, input_factors=True).record(run, p, x, None)
    dx = backward(g.copy(), dp, slice(None))
    q, dq = Affine(p.W, p.b), Affine(np.empty_like(p.W), np.empty_like(p.b))
    expected, plain_backward = Dense(2, ntk=ntk).record(run, q, x * p.s[:, None], None)
    dxs = plain_backward(g.copy(), dq, slice(None))
    close = {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(z, expected, **close)
    np.testing.assert_allclose(dp.W, dq.W, **close)
    np.testing.assert_allclose(dp.b, dq.b, **close)
    np.testing.assert_allclose(dp.s, (dxs * x).sum(axis=1), **close)
    np.testing.assert_allclose(dx, dxs * p.s[:, None], **close)
    assert {a.dtype for a in (z, dx, *dp)} == {np.dtype(dtype)}


@pytest.mark.parametrize("columns", [slice(None), slice(1, None)], ids=repr)
@pytest.mark.parametrize("copied", [False, True])
def test_copies_for_small_products_change_no_input_gradient(rng, copied, columns, monkeypatch):
    monkeypatch.setattr(layers, "SMALL", 10**6 if copied else 0)
    layer, x, g = Dense(2, ntk=True), rng.standard_normal((K, N, D)), rng.standard_normal((K, N, 2))
    p, dp = new_arrays(layer, rng)
    tape = Tape(x.dtype)
    _, backward = layer.record(tape, p, x, None)
    dx = backward(g, dp, columns)
    assert any(call.func is np.copyto for call in tape.calls) == copied
    for factor in (1, 2):  # a replay copies the present weights and gradients
        p.W[...] *= factor
        g *= factor
        tape.replay()
        np.testing.assert_allclose(dx, (g @ layer.effective_weights(p).mT)[..., columns], rtol=1e-12)


@pytest.mark.parametrize("units", [1, 2])
def test_only_the_needed_columns_of_the_input_gradient_are_computed(rng, units):
    layer, x, g = Dense(units), rng.standard_normal((K, N, D)), rng.standard_normal((K, N, units))
    p, dp = new_arrays(layer, rng)
    _, backward = layer.record(run, p, x, None)
    whole = backward(g.copy(), dp, slice(None))
    np.testing.assert_allclose(backward(g.copy(), dp, slice(1, None)), whole[..., 1:], rtol=1e-12)


def test_the_initial_factors_of_the_inputs_are_one(rng):
    p = FactorsAffine(np.zeros((D, 2)), np.zeros(2), s=np.zeros(D))
    Dense(2, input_factors=True).init(p, rng, D)
    np.testing.assert_array_equal(p.s, 1)


@pytest.mark.parametrize("layer", [Dense(D), Dense(1), Dense(2, input_factors=True)], ids=repr)
def test_the_input_is_kept(layer, rng):
    """Only layers that say so work in place."""
    x, g = rng.standard_normal((K, N, D)), rng.standard_normal((K, N, layer.width(D)))
    kept, (p, dp) = x.copy(), new_arrays(layer, rng)
    z, backward = layer.record(run, p, x, None)
    assert not layer.in_place
    assert not np.shares_memory(z, x)
    output = z.copy()
    backward(g, dp, slice(None))
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(z, output)


def test_dropout_outputs_its_input_without_a_generator(rng):
    x, g = rng.standard_normal((K, N, D)), rng.standard_normal((K, N, D))
    before = g.copy()
    z, backward = Dropout(0.5).record(run, (), x, None)
    assert z is x
    np.testing.assert_array_equal(backward(g, (), slice(None)), before)


@both_dtypes
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.8])
def test_dropout_drops_a_share_and_keeps_the_mean(rate, dtype):
    x = np.full((2, 400, 50), 3, dtype)
    z, backward = Dropout(rate).record(run, (), x, np.random.default_rng(1).spawn(2))
    assert z.dtype == dtype
    assert (x == 3).all()
    np.testing.assert_allclose(np.unique(z), [0, 3 / (1 - rate)] if rate else [3], rtol=1e-6)
    assert abs((z == 0).mean() - rate) < 0.01
    np.testing.assert_allclose(backward(np.ones_like(x), (), slice(None)), z / 3, rtol=1e-6)


def test_dropout_drops_other_entries_in_each_member_and_in_each_replay():
    tape, x = Tape(np.float64), np.ones((1, 40, 50))
    z, _ = Dropout(0.5).record(tape, (), x, np.random.default_rng(1).spawn(2))
    outputs = []
    for _ in range(2):
        tape.replay()
        outputs.extend(z > 0)
    for i in range(4):
        for j in range(i):
            assert 0.4 < (outputs[i] == outputs[j]).mean() < 0.6


def test_dropout_drops_the_same_entries_in_both_dtypes():
    kept = []
    for dtype in (np.float32, np.float64):
        z, _ = Dropout(0.5).record(run, (), np.ones((K, N, D), dtype), np.random.default_rng(0).spawn(K))
        kept.append(z > 0)
    np.testing.assert_array_equal(*kept)
    assert 0 < kept[0].mean() < 1


def test_kinds_and_widths():
    assert Dense(7).parameters(4) == Affine(W=ParameterSpec((4, 7), "weight"), b=ParameterSpec((7,), "bias"))
    specs = Dense(7, input_factors=True).parameters(4)
    assert specs == FactorsAffine(*Dense(7).parameters(4), s=ParameterSpec((4,), "scale"))
    assert Dropout(0.5).parameters(4) == Tanh().parameters(4) == ()
    assert Dense(7).width(4) == 7
    assert Dropout(0.5).width(4) == Tanh().width(4) == 4


def test_a_layer_with_parameters_must_set_them(rng):
    class Forgetful(Dense):
        init = Layer.init

    Layer.init(Tanh(), (), rng, D)
    with pytest.raises(AssertionError, match="Forgetful has parameters and must set them in init"):
        Forgetful(2).init(Affine(np.empty((D, 2)), np.empty(2)), rng, D)


@pytest.mark.parametrize("rate", [-0.1, 1.0, np.nan])
def test_a_dropout_rate_outside_its_range(rate):
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\), got .*: "):
        Dropout(rate)


@pytest.mark.parametrize("units", [0, -1, 2.5])
def test_a_layer_without_units(units):
    with pytest.raises(ValueError, match="units must be an integer >= 1, got .*: "):
        Dense(units)
