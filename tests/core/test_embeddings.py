"""Embeddings against their formulas, written column by column; what they learn of the rows; and where they may be."""

import numpy as np
import pytest

from skscratch.core import (
    Dense,
    Dropout,
    Network,
    NumericEmbedding,
    Objective,
    Periodic,
    PiecewiseLinear,
    SquaredError,
    Tanh,
    gradcheck,
    run,
)

K, N, D, OUTPUTS = 2, 40, 3, 4
EDGES = ((-1.0, 0.0, 0.0, 2.0), (0.0, 0.5, 1.0, 4.0))
COLUMNS = (2, 0)


def cosines(x, p, k, j):
    """The features of values x (n,) by the definition of `Periodic`, for member k and the j-th column."""
    return np.cos(2 * np.pi * np.outer(x, p.w[k, j]) + p.b[k, j])


def shares_of_bins(x, p, k, j):
    """Equation 1 of Gorishniy et al. (2022), one number after the other; a bin without width stays at 0."""
    edges = EDGES[j]
    bins, last = list(zip(edges, edges[1:], strict=False)), len(edges) - 2

    def share(value, t, left, right):
        if left == right or (value < left and t > 0):
            return 0
        if value >= right and t < last:
            return 1
        return (value - left) / (right - left)

    return np.array([[share(value, t, *b) for t, b in enumerate(bins)] for value in x])


ROWS = [  # an embedding of COLUMNS, and its features
    (Periodic(COLUMNS, outputs=OUTPUTS, frequencies=5), cosines),
    (PiecewiseLinear(COLUMNS, outputs=OUTPUTS, bins=3, edges=EDGES), shares_of_bins),
]
LAYERS = [layer for layer, _ in ROWS]
every_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def draw_rows(rng):
    """x (N, D): inside and outside of the bins, and on their edges."""
    x = rng.uniform(-3, 6, (N, D))
    x[:4, list(COLUMNS)] = np.transpose(EDGES)
    return x


def new_parameters(layer, d=D):
    """Arrays of one member, full of NaN."""
    specs = layer.parameters(d)
    return type(specs)(*(np.full(spec.shape, np.nan) for spec in specs))


def test_every_class_has_a_row(concrete_classes):
    assert {type(layer) for layer in LAYERS} == concrete_classes(NumericEmbedding)
    assert {type(NumericEmbedding.make(name)) for name in NumericEmbedding.names()} == {type(x) for x in LAYERS}


@both_dtypes
@pytest.mark.parametrize(("layer", "features"), ROWS, ids=lambda x: type(x).__name__)
def test_output_equals_the_formula(layer, features, dtype, rng):
    x, network = draw_rows(rng), Network((layer,), D)
    P = network.init(K, rng, dtype)
    z, p = network.predict(P, x.astype(dtype)), P.layers[0]
    assert z.shape == (K, N, D + len(COLUMNS) * OUTPUTS)
    assert z.dtype == dtype
    np.testing.assert_array_equal(z[:, :, :D], np.broadcast_to(x.astype(dtype), (K, N, D)))
    for k in range(K):
        for j, column in enumerate(COLUMNS):
            e = features(x[:, column], p, k, j) @ p.V[k, j] + p.a[k, j]
            start = D + OUTPUTS * j
            np.testing.assert_allclose(z[k, :, start : start + OUTPUTS], e, atol=1e-12 if dtype is np.float64 else 5e-5)


@both_dtypes
@every_layer
@pytest.mark.parametrize("members_of_x", [1, K])
def test_a_replay_equals_the_calls_at_once(layer, members_of_x, dtype, check_replay):
    check_replay(layer, k=K, d=D, members_of_x=members_of_x, dtype=dtype, columns=None)


@every_layer
def test_the_input_is_kept(layer, rng):
    x = rng.standard_normal((1, N, D))
    kept, specs = x.copy(), layer.parameters(D)
    p = type(specs)(*(rng.standard_normal((K, *spec.shape)) for spec in specs))
    z, backward = layer.record(run, p, x, None)
    backward(np.ones_like(z[..., D:]), type(specs)(*map(np.empty_like, p)), None)
    assert not layer.in_place
    np.testing.assert_array_equal(x, kept)


def test_a_constant_column_adds_a_constant(rng):
    network = Network((PiecewiseLinear((0,), bins=4, edges=((2.0,) * 5,)),), D)
    P = network.init(K, rng)
    z, a = network.predict(P, rng.standard_normal((N, D))), P.layers[0].a
    assert abs(a).min() > 0
    np.testing.assert_allclose(z[:, :, D:], np.broadcast_to(a, (K, N, 3)), rtol=1e-12)


def test_initial_parameters_of_periodic(rng):
    layer = Periodic(tuple(range(50)), outputs=10, frequencies=16, sigma=0.3)
    p = new_parameters(layer, d=50)
    layer.init(p, rng, 50)
    assert abs(p.w.std() - 0.3) < 0.03
    assert 3 < abs(p.b).max() <= np.pi
    for array in (p.V, p.a):  # as in PyTorch's linear layers, in [-1/sqrt(f), 1/sqrt(f))
        assert 0.23 < abs(array).max() <= 0.25


def test_initial_parameters_of_piecewise_linear(rng):
    layer = PiecewiseLinear((0, 1), outputs=500, bins=3, edges=EDGES)
    p = new_parameters(layer)
    layer.init(p, rng, D)
    for array in (p.V, p.a):
        assert 0.55 < abs(array).max() <= 3**-0.5


@every_layer
def test_all_parameters_are_of_the_embedding_kind(layer):
    assert {spec.kind for spec in layer.parameters(D)} == {"embedding"}


def test_fitting_periodic_sets_its_columns(rng):
    layer = Periodic(outputs=2, frequencies=3, sigma=0.7)
    assert layer.fit(rng.standard_normal((N, D)), (2, 1), None) == Periodic((2, 1), 2, 3, 0.7)


@both_dtypes
@pytest.mark.parametrize("weighted", [False, True])
def test_fitting_piecewise_linear_sets_quantiles(weighted, dtype, rng):
    """The edges are rows, so that at least the share q of the weight lies at or below each, and not below a lower."""
    x, w = rng.standard_normal((N, D)).astype(dtype), rng.integers(1, 4, N) if weighted else None
    layer = PiecewiseLinear(outputs=2, bins=4).fit(x, (2, 1), w)
    assert (layer.columns, layer.outputs, layer.bins) == ((2, 1), 2, 4)
    for column, edges in zip((2, 1), layer.edges, strict=True):
        repeated = np.sort(np.repeat(x[:, column], np.ones(N, int) if w is None else w))
        positions = [max(int(np.ceil(q * len(repeated))) - 1, 0) for q in (0, 0.25, 0.5, 0.75, 1)]
        assert edges == tuple(map(float, repeated[positions]))


@every_layer
@pytest.mark.parametrize("before", [Dense(D), Dense(D, input_factors=True)], ids=repr)
def test_an_embedding_behind_something_learned(layer, before, rng):
    objective = Objective(Network((before, layer, Dense(2)), D), SquaredError())
    P = objective.network.init(K, rng)
    x, y = rng.standard_normal((N, D)), rng.standard_normal((N, 2))
    assert gradcheck(objective, P, x, y, rng=rng) < 1e-5  # a bin has kinks


@every_layer
def test_gradient_of_the_input_equals_differences(layer, rng):
    network, h = Network((layer, Dense(4), Tanh(), Dense(1)), D), 1e-6
    P, x = network.init(K, rng), rng.standard_normal((N, D))
    x[0] = EDGES[0][0], 0.3, EDGES[1][1]  # at kinks, where the mean of both sides is expected
    dx = network.input_gradient(P, x, lambda z, rows: np.ones_like(z))
    for j in range(D):
        step = h * np.eye(D)[j]
        difference = (network.predict(P, x + step) - network.predict(P, x - step)).sum(axis=(0, 2)) / (2 * h)
        np.testing.assert_allclose(dx[:, j], difference, rtol=1e-6, atol=1e-7)


def test_an_embedding_behind_dropout_of_the_input(rng):
    network = Network((Dropout(0.5), Periodic((0, 1)), Dense(4), Tanh(), Dense(1)), D)
    P, x = network.init(K, rng), rng.standard_normal((N, D))
    recorded, dP = network.record(run, P, x[None], rng.spawn(K)), P.like(np.full_like(P.values, np.nan))
    z = recorded.z.copy()
    recorded.backward(np.ones_like(z), dP)
    assert np.isfinite(dP.values).all()
    assert not np.allclose(z, network.predict(P, x))


@pytest.mark.parametrize(
    ("bins", "edges", "message"),
    [
        (3, (), r"^edges must be one sequence of length 4 for each of the 2 columns, got 0 of lengths \[\]; repeat"),
        (3, (EDGES[0],), r"for each of the 2 columns, got 1 of lengths \[4\]"),
        (3, ((0.0, 1.0), (0.0, 1.0)), r"length 4 .* got 2 of lengths \[2\]"),
        (1, ((0.0, 1.0), (0.0, 1.0, 2.0)), r"length 2 .* got 2 of lengths \[2, 3\]"),
        (1, ((0.0, 1.0), (1.0, 0.0)), "in ascending order"),
        (1, ((0.0, 1.0), (0.0, np.nan)), "in ascending order"),
    ],
)
def test_edges_that_make_no_bins(bins, edges, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinear((0, 1), bins=bins, edges=edges)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [1e-310, 1e-45, 1e-30])
def test_features_of_narrow_bins_are_finite(width, dtype):
    layer = PiecewiseLinear((0,), outputs=1, bins=2, edges=((0.0, width, 2 * width),))
    network = Network((layer,), n_inputs=1)
    P = network.init(k=1, rng=np.random.default_rng(0), dtype=dtype)
    for x in (-4e9, 0.0, width, 4e9):
        assert np.isfinite(network.predict(P, np.array([[x]], dtype))).all()
