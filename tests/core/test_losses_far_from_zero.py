"""Every loss at raw scores of ±1e4: value and gradient are right, and infinite only where the precision ends.

The reference is the formula in 80-bit floating point, in which exp(1e4) is a number, and its differences.
"""

from itertools import product

import numpy as np
import pytest

from skscratch.core import (
    AbsoluteError,
    BinaryLogLoss,
    CosineDistance,
    GammaLoss,
    HuberLoss,
    MulticlassLogLoss,
    PoissonLoss,
    QuantileLoss,
    SquaredError,
)

FAR = 1e4
NUMBERS, POSITIVE, LABELS = (-1.5, 0.0, 1e4), (0.5, 1.0, 3.0), (0.0, 1.0)
ROWS = [  # a loss, its targets, and its formula
    (SquaredError(), NUMBERS, lambda z, y: ((z - y) ** 2 / 2).sum(-1)),
    (AbsoluteError(), NUMBERS, lambda z, y: np.abs(z - y).sum(-1)),
    (HuberLoss(), NUMBERS, lambda z, y: np.where(np.abs(z - y) > 1, np.abs(z - y) - 0.5, (z - y) ** 2 / 2).sum(-1)),
    (QuantileLoss(0.9), NUMBERS, lambda z, y: np.where(z > y, 0.1 * (z - y), 0.9 * (y - z)).sum(-1)),
    (PoissonLoss(), POSITIVE, lambda z, y: (np.exp(z) - y * z + y * np.log(y) - y).sum(-1)),
    (GammaLoss(), POSITIVE, lambda z, y: (y * np.exp(-z) + z - np.log(y) - 1).sum(-1)),
    (CosineDistance(), POSITIVE, lambda z, y: 1 - (z * y).sum(-1) / np.sqrt((z * z).sum(-1) * (y * y).sum(-1))),
    (BinaryLogLoss(), LABELS, lambda z, y: (y * np.log1p(np.exp(-z)) + (1 - y) * np.log1p(np.exp(z))).sum(-1)),
    (MulticlassLogLoss(), None, lambda z, y: np.log(np.exp(z).sum(-1)) - (y * z).sum(-1)),
]
extended = pytest.mark.skipif(
    np.finfo(np.longdouble).maxexp < 15000, reason="the long double of this platform has no exp(1e4)"
)


def slopes_of(loss, f, z, y, h=1e-4):
    """Compute central differences of fourth order of f; where outputs add up, each by itself, since one may be huge."""
    if not isinstance(loss, (CosineDistance, MulticlassLogLoss)) and z.shape[1] > 1:
        return np.concatenate([slopes_of(loss, f, z[:, [j]], y[:, [j]]) for j in range(z.shape[1])], axis=1)
    h = np.longdouble(h)
    steps = h * np.eye(z.shape[1], dtype=np.longdouble)
    differences = [8 * (f(z + s, y) - f(z - s, y)) - f(z + 2 * s, y) + f(z - 2 * s, y) for s in steps]
    return np.stack(differences, axis=1) / (12 * h)


@extended
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("loss", "targets", "formula"), ROWS, ids=[repr(loss) for loss, _, _ in ROWS])
def test_values_and_gradients(loss, targets, formula, dtype):
    targets = np.eye(2) if targets is None else list(product(targets, repeat=2))
    pairs = list(product(product((-FAR, 0.1, FAR), repeat=2), targets))
    # At a kink the slopes of both sides are right.
    pairs = [(z, y) for z, y in pairs if loss.inverse_link.name != "identity" or np.not_equal(z, y).all()]
    z, y = (np.array(a, dtype) for a in zip(*pairs, strict=True))
    wide = z.astype(np.longdouble), y.astype(np.longdouble)
    with np.errstate(over="ignore"):  # of exp(z), in the losses with a log link
        value, gradient = loss.value(z[None], y)[0], loss.gradient(z[None], y, np.empty_like(z[None]))[0]
        expected = formula(*wide).astype(dtype)
        slopes = slopes_of(loss, formula, *wide).astype(dtype)
    assert value.dtype == gradient.dtype == dtype
    assert not np.isnan(value).any() and not np.isnan(gradient).any()
    assert np.isfinite(value).all() or loss.inverse_link.name == "exp"
    np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=max(1e-9, 10 * np.finfo(dtype).eps))
