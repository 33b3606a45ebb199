"""Fixtures of the core's tests: strict floating-point errors, and what several test files compare."""

import inspect

import numpy as np
import pytest

from skscratch.core import Tape, run


@pytest.fixture(autouse=True)
def strict_errors():
    """Make every overflow, division by zero and invalid operation an error."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


@pytest.fixture
def concrete_classes():
    """Return a function that finds the classes of the package that derive from a base class and have objects."""

    def subclasses(base):
        return {base}.union(*map(subclasses, base.__subclasses__()))

    return lambda base: {
        c for c in subclasses(base) if c.__module__.startswith("skscratch.core.") and not inspect.isabstract(c)
    }


@pytest.fixture
def check_replay(rng):
    """Return a check: a layer recorded on a tape computes the same for other values as `run` does at once."""

    def check(layer, k=3, d=4, n=5, members_of_x=3, dtype=np.float64, columns=slice(None), seed=None):
        specs, tape = layer.parameters(d), Tape(dtype)

        def draw(*shape):
            return rng.standard_normal(shape).astype(dtype)

        def spawn():
            return None if seed is None else np.random.default_rng(seed).spawn(k)

        p = type(specs)(*(draw(k, *spec.shape) for spec in specs))
        x, g, run_rngs = (
            draw(members_of_x, n, d),
            draw(k, n, len(range(layer.width(d))[layer.needed_columns(d)])),
            spawn(),
        )
        dp = type(specs)(*(np.full_like(a, np.nan) for a in p))
        before = x.copy(), g.copy()
        z, backward = layer.record(tape, p, x, spawn())
        dx = backward(g, dp, columns)
        for array, kept in zip((x, g), before, strict=True):
            np.testing.assert_array_equal(array, kept, err_msg="recording makes no call")
        for _ in range(2):  # nothing that the first replay leaves in a buffer changes the second
            for array in (*p, x, g):
                array[...] = draw(*array.shape)
            q, dq = (type(specs)(*map(np.copy, arrays)) for arrays in (p, dp))
            other_x, other_g = x.copy(), g.copy()
            tape.replay()
            other_z, other_backward = layer.record(run, q, other_x, run_rngs)
            other_dx = other_backward(other_g, dq, columns)
            assert (dx is None) == (other_dx is None)
            pairs = [(z, other_z), *zip(dp, dq, strict=True), *([] if dx is None else [(dx, other_dx)])]
            for replayed, at_once in pairs:
                assert replayed.dtype == at_once.dtype == dtype
                assert np.isfinite(replayed).all()
                np.testing.assert_array_equal(replayed, at_once)

    return check
