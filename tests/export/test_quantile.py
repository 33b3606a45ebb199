"""Quantile scaling as a graph, compared with that of the package and with scipy.special.ndtri."""

import io

import numpy as np
import pytest
from scipy.special import ndtri

from skscratch.export import predictor
from skscratch.export.graph import Graph
from skscratch.export.numpy import _npz
from skscratch.export.quantile import inverse_normal, quantile
from skscratch.export.tensor import new_input
from skscratch.tabular.scaling import Quantile


def run(f, x):
    z = new_input("X", x.dtype, x.shape[1])
    graph = Graph((z.node.value,), {"probabilities": f(z)}, {})
    return predictor.load(io.BytesIO(_npz(graph, named=False))).predict_proba(x)


def test_inverse_normal():
    p = np.r_[1e-7, 1e-5, np.linspace(0.001, 0.999, 999), 0.075, 0.925, 1 - 1e-7][:, None]
    np.testing.assert_allclose(run(inverse_normal, p), ndtri(p), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling(rng, dtype):
    """Columns with steps, few values, one value, many values; new values between, on and beyond the quantiles."""
    n = 3000
    columns = [
        rng.normal(size=n),
        rng.integers(0, 4, n),
        np.ones(n),
        np.exp(rng.normal(size=n)).round(1),
        rng.random(n) < 0.5,
    ]
    x = np.column_stack(columns).astype(dtype)
    fitted = Quantile().fit(x)
    new = np.concatenate([x, x + 0.05, x - 7, x + 7]).astype(dtype)
    values = run(lambda z: quantile(Quantile(), z, fitted.statistics), new)
    np.testing.assert_allclose(values, fitted.transform(new), rtol=1e-6 if dtype == np.float32 else 1e-9, atol=1e-9)
    assert values.dtype == dtype
