"""Each link against its formula; the state it keeps; and that it writes where it should."""

import numpy as np
import pytest

from skscratch.core.transforms import (
    AddDecay,
    ClipByNorm,
    Link,
    Momentum,
    ScaleByAdam,
    ScaleByFactor,
    ScaleByRate,
    ScaleByRms,
    Step,
)

K, SIZE, STEPS = 2, 6, 5
FACTORS = np.linspace(0.1, 2, SIZE)


def run(link, gradients, q, columns=slice(None)):
    """The updates u_1, u_2, ... into which a link turns gradients, at a rate of 1 / t."""
    state, updates = link.init(q, columns), []
    for t, g in enumerate(gradients, 1):
        u = g.copy()
        link.update(u, q, state, Step(t, 1 / t))
        updates.append(u)
    return updates


def momentum(gradients, mu, nesterov):
    v = 0
    for g in gradients:
        v = mu * v + g
        yield g + mu * v if nesterov else v


def rms(gradients, beta, epsilon):
    V = 0
    for g in gradients:
        V = beta * V + (1 - beta) * g**2
        yield g / (np.sqrt(V) + epsilon)


def Adam().chain(gradients, beta_1, beta_2, epsilon):
    """Kingma and Ba (2015), end of section 2: the rate takes both corrections, epsilon is theirs with a hat."""
    m = v = 0
    for t, g in enumerate(gradients, 1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        yield np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)


# A link, and the updates by its formula from gradients g and parameters q.
REFERENCES = [
    (ScaleByRate(), lambda gs, q: [-g / t for t, g in enumerate(gs, 1)]),
    (ScaleByFactor(FACTORS), lambda gs, q: [FACTORS * g for g in gs]),
    (Momentum(), lambda gs, q: momentum(gs, 0.9, False)),
    (Momentum(0.5, nesterov=True), lambda gs, q: momentum(gs, 0.5, True)),
    (ScaleByRms(), lambda gs, q: rms(gs, 0.9, 1e-8)),
    (ScaleByRms(0.5, 0.1), lambda gs, q: rms(gs, 0.5, 0.1)),
    (ScaleByAdam(), lambda gs, q: Adam().chain(gs, 0.9, 0.999, 1e-8)),
    (ScaleByAdam(0.5, 0.7, 0.1), lambda gs, q: Adam().chain(gs, 0.5, 0.7, 0.1)),
    (ScaleByAdam(beta_1=0.0), lambda gs, q: Adam().chain(gs, 0.0, 0.999, 1e-8)),
    (AddDecay(FACTORS), lambda gs, q: [g + FACTORS * q for g in gs]),
    (ClipByNorm(2.0), lambda gs, q: [g * np.minimum(1, 2 / np.linalg.norm(g, axis=1, keepdims=True)) for g in gs]),
]
LINKS = [link for link, _ in REFERENCES]
every_link = pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)


def draw(rng, dtype=np.float64):
    scales = np.geomspace(0.1, 10, SIZE)
    gradients = [(scales * rng.standard_normal((K, SIZE))).astype(dtype) for _ in range(STEPS)]
    return gradients, rng.standard_normal((K, SIZE)).astype(dtype)


def test_every_link_is_tested():
    assert {type(link) for link in LINKS} == set(Link.__subclasses__())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("link", "reference"), REFERENCES)
def test_updates_equal_the_formula(link, reference, dtype, rng):
    gradients, q = draw(rng, dtype)
    expected = list(reference([g.astype(float) for g in gradients], q.astype(float)))
    for u, by_formula in zip(run(link, gradients, q), expected, strict=True):
        assert u.dtype == dtype
        np.testing.assert_allclose(
            u, by_formula, rtol=1e-12 if dtype is np.float64 else 2e-5, atol=1e-6 * (dtype is np.float32)
        )


@every_link
def test_parameters_are_only_read(link, rng):
    gradients, q = draw(rng)
    before = q.copy()
    q.flags.writeable = False  # to write would raise
    run(link, gradients, q)
    np.testing.assert_array_equal(q, before)


@every_link
def test_blocks_of_columns_are_independent_if_and_only_if_elementwise(link, rng):
    gradients, q = draw(rng)
    whole, columns = run(link, gradients, q), [slice(0, 2), slice(2, SIZE)]
    parts = [run(link, [g[:, c] for g in gradients], q[:, c], c) for c in columns]
    same = all(np.allclose(u, np.hstack(pieces)) for u, *pieces in zip(whole, *parts, strict=True))
    assert same == link.elementwise


@every_link
def test_members_are_independent(link, rng):
    gradients, q = draw(rng)
    together = run(link, gradients, q)
    for i in range(K):
        alone = run(link, [g[i : i + 1] for g in gradients], q[i : i + 1])
        np.testing.assert_allclose([u[0] for u in alone], [u[i] for u in together], rtol=1e-14)


def test_clipping_leaves_small_gradients_alone():
    u = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    ClipByNorm(1.0).update(u, u, None, Step(1, 1.0))
    np.testing.assert_allclose(u, [[0.6, 0.8], [0.3, 0.4], [0, 0]])


@pytest.mark.parametrize("link", [ScaleByRms(), ScaleByAdam()])
def test_a_gradient_of_zero_moves_nothing(link):
    q = np.ones((1, 3))
    for u in run(link, [np.zeros((1, 3))] * 3, q):
        np.testing.assert_array_equal(u, 0)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_adam_in_float32_far_from_one(scale):
    """Squares of float32 reach from 1e-38 to 1e38: gradients between 1e-12 and 1e12 are handled."""
    g = [np.full((1, 2), scale, np.float32)] * 20
    for u in run(ScaleByAdam(epsilon=0.0), g, g[0]):
        np.testing.assert_allclose(u, 1, rtol=1e-3)
