"""Each gradient transformation against its formula; what it keeps from step to step; and what it only reads."""

import numpy as np
import pytest

from skscratch.core import (
    AccumulateMomentum,
    AddDecay,
    ClipByNorm,
    ScaleByAdam,
    ScaleByKind,
    ScaleByRate,
    ScaleByRms,
    Step,
    Tape,
    Transformation,
)

K, STEPS = 2, 5
KINDS = np.array(["weight", "bias", "weight", "scale", "embedding", "weight"])
P_SIZE = len(KINDS)
FACTORS = {"bias": 0.1, "scale": 6.0}
FACTOR_OF_EACH = np.array([1, 0.1, 1, 6, 1, 1])
IS_WEIGHT = KINDS == "weight"


def updates(transformation, gradients, q, columns=slice(None)):
    """The updates u_1, u_2, ... that are made of gradients, at a rate of 1 / t, recorded once for all."""

    def by_kind(numbers, default):
        return np.array([numbers.get(kind, default) for kind in KINDS[columns]], q.dtype)

    tape, step, u, kept = Tape(q.dtype), Step(0, q.dtype), np.full_like(q, np.nan), transformation.init(q)
    transformation.record(tape, u, q, kept, step, by_kind)
    results = []
    for t, g in enumerate(gradients, 1):
        u[...] = g
        step.advance(1 / t)
        tape.replay()
        results.append(u.copy())
    return results


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


def adam(gradients, beta_1, beta_2, epsilon):
    """Kingma and Ba (2015), end of section 2: the rate takes both corrections, epsilon is theirs with a hat."""
    m = v = 0
    for t, g in enumerate(gradients, 1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        yield np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)


ROWS = [  # a transformation, and the updates by its formula from gradients g and parameters q
    (ScaleByRate(), lambda gs, q: [-g / t for t, g in enumerate(gs, 1)]),
    (ScaleByKind(FACTORS), lambda gs, q: [FACTOR_OF_EACH * g for g in gs]),
    (AccumulateMomentum(), lambda gs, q: momentum(gs, 0.9, False)),
    (AccumulateMomentum(0.5, nesterov=True), lambda gs, q: momentum(gs, 0.5, True)),
    (ScaleByRms(), lambda gs, q: rms(gs, 0.9, 1e-8)),
    (ScaleByRms(0.5, 0.1), lambda gs, q: rms(gs, 0.5, 0.1)),
    (ScaleByAdam(), lambda gs, q: adam(gs, 0.9, 0.999, 1e-8)),
    (ScaleByAdam(0.5, 0.7, 0.1), lambda gs, q: adam(gs, 0.5, 0.7, 0.1)),
    (ScaleByAdam(beta_1=0.0), lambda gs, q: adam(gs, 0.0, 0.999, 1e-8)),
    (AddDecay(0.3), lambda gs, q: [g + 0.3 * IS_WEIGHT * q for g in gs]),
    (ClipByNorm(2.0), lambda gs, q: [g * np.minimum(1, 2 / np.linalg.norm(g, axis=1, keepdims=True)) for g in gs]),
]
TRANSFORMATIONS = [transformation for transformation, _ in ROWS]
every_transformation = pytest.mark.parametrize("transformation", TRANSFORMATIONS, ids=repr)


def draw(rng, dtype=np.float64):
    scales = np.geomspace(0.1, 10, P_SIZE)
    gradients = [(scales * rng.standard_normal((K, P_SIZE))).astype(dtype) for _ in range(STEPS)]
    return gradients, rng.standard_normal((K, P_SIZE)).astype(dtype)


def test_every_class_has_a_row(concrete_classes):
    assert {type(transformation) for transformation in TRANSFORMATIONS} == concrete_classes(Transformation)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("transformation", "reference"), ROWS, ids=map(repr, TRANSFORMATIONS))
def test_updates_equal_the_formula(transformation, reference, dtype, rng):
    gradients, q = draw(rng, dtype)
    expected = list(reference([g.astype(float) for g in gradients], q.astype(float)))
    close = {"rtol": 1e-12} if dtype is np.float64 else {"rtol": 2e-5, "atol": 1e-6}
    for u, by_formula in zip(updates(transformation, gradients, q), expected, strict=True):
        assert u.dtype == dtype
        np.testing.assert_allclose(u, by_formula, **close)


@every_transformation
def test_kept_arrays_are_like_the_parameters(transformation, rng):
    _, q = draw(rng, np.float32)
    for array in transformation.init(q).values():
        assert array.shape == q.shape
        assert array.dtype == q.dtype
        np.testing.assert_array_equal(array, 0)


@every_transformation
def test_parameters_are_only_read(transformation, rng):
    gradients, q = draw(rng)
    before = q.copy()
    q.flags.writeable = False  # to write would raise
    updates(transformation, gradients, q)
    np.testing.assert_array_equal(q, before)


@every_transformation
def test_blocks_of_columns_are_independent_if_and_only_if_elementwise(transformation, rng):
    gradients, q = draw(rng)
    whole, columns = updates(transformation, gradients, q), [slice(0, 2), slice(2, P_SIZE)]
    parts = [updates(transformation, [g[:, c] for g in gradients], q[:, c].copy(), c) for c in columns]
    same = all(np.allclose(u, np.hstack(pieces)) for u, *pieces in zip(whole, *parts, strict=True))
    assert same == transformation.elementwise


@every_transformation
def test_members_are_independent(transformation, rng):
    gradients, q = draw(rng)
    together = updates(transformation, gradients, q)
    for i in range(K):
        alone = updates(transformation, [g[i : i + 1] for g in gradients], q[i : i + 1])
        np.testing.assert_allclose([u[0] for u in alone], [u[i] for u in together], rtol=1e-14)


def test_a_step_counts_and_has_minus_the_rate():
    step = Step(4, np.float32)
    minus_rate = step.minus_rate
    step.advance(0.5)
    assert step.t == 5
    step.advance(0.25)
    assert step.t == 6
    assert minus_rate == -0.25  # the same array, which recorded calls read
    assert minus_rate.dtype == np.float32


def test_clipping_does_not_change_small_gradients():
    gradients = [np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])]
    (u,) = updates(ClipByNorm(1.0), gradients, np.zeros((3, 2)), slice(0, 2))
    np.testing.assert_allclose(u, [[0.6, 0.8], [0.3, 0.4], [0, 0]])


@pytest.mark.parametrize("transformation", [ScaleByRms(), ScaleByAdam()])
def test_a_gradient_of_zero_changes_nothing(transformation):
    for u in updates(transformation, [np.zeros((1, 3))] * 3, np.ones((1, 3)), slice(0, 3)):
        np.testing.assert_array_equal(u, 0)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_adam_in_float32_far_from_one(scale):
    """Squares of float32 are between 1e-38 and 1e38: gradients between 1e-12 and 1e12 are normalized."""
    gradients = [np.full((1, 2), scale, np.float32)] * 20
    for u in updates(ScaleByAdam(epsilon=0.0), gradients, gradients[0], slice(0, 2)):
        np.testing.assert_allclose(u, 1, rtol=1e-3)
