"""Facts of targets in parts against NumPy's on all rows."""

import numpy as np
import pytest

from skscratch.tabular.target_facts import ClassMass, Moments

DAYS = np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]")


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_moments_of_parts(size):
    rng = np.random.default_rng(0)
    y = (rng.standard_normal((100, 2)) + [5.0, -100.0]) * size
    w = rng.random(100) + 0.1
    merged = Moments.of(y[:30], w[:30]).merge(Moments.of(y[30:31], w[30:31])).merge(Moments.of(y[31:], w[31:]))
    mean = np.average(y / size, axis=0, weights=w)
    np.testing.assert_allclose(merged.mean / size, mean)
    np.testing.assert_allclose(merged.std / size, np.sqrt(np.average((y / size - mean) ** 2, axis=0, weights=w)))
    np.testing.assert_allclose(merged.weight, w.sum())
    np.testing.assert_array_equal([merged.low, merged.high], [y.min(axis=0), y.max(axis=0)])
    assert not merged.vector


def test_a_constant_stays_one_without_rounding():
    merged = Moments.of(np.full(7, 0.1)).merge(Moments.of(np.full(3, 0.1)))
    assert (merged.mean, merged.std) == (0.1, 0.0)


def test_labels_of_parts():
    y = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 0]])
    merged = ClassMass.of(y[:1]).merge(ClassMass.of(y[1:]))
    assert merged.kind == "multilabel"
    np.testing.assert_array_equal(merged.mass, y.sum(axis=0))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1, 2], ["a", "b"]),
        ([[0, 1]], [[0, 1, 1]]),
        ([0, 1], [[0, 1], [1, 1]]),
        (DAYS, [1, 2]),
        (DAYS, ["a", "b"]),
        (DAYS, DAYS - DAYS[0]),
    ],
)
def test_parts_of_different_kinds(first, second):
    with pytest.raises(ValueError, match="y must be of one kind in all parts"):
        ClassMass.of(first).merge(ClassMass.of(second))


def test_parts_with_different_numbers_of_outputs():
    with pytest.raises(ValueError, match="y must have the same columns in all parts"):
        Moments.of([[1.0, 2.0]]).merge(Moments.of([1.0]))
