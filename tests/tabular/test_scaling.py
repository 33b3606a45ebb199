"""Scaling against scikit-learn and closed forms; weights against repeated rows; extremes."""

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from scipy.stats import norm
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from skscratch.tabular import (
    Quantile,
    Robust,
    Scaler,
    Standard,
    Unscaled,
    mean_and_std,
    quantiles,
    root_mean_square,
)

SCALERS = [*map(Scaler.make, Scaler.names()), Unscaled()]
each_scaler = pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: type(scaler).__name__)


@pytest.fixture
def x():
    """101 rows, so that no quartile lies between two of them."""
    return np.random.default_rng(0).gamma(2, 3, size=(101, 4)) * [1, 10, 100, 0.01] + [0, -50, 1000, 0]


def smooth_clip(t):
    return t / np.sqrt(1 + (t / 3) ** 2)


def test_robust_is_sklearns_robust_scaler_smoothly_clipped(x):
    expected = smooth_clip(RobustScaler().fit_transform(x))
    np.testing.assert_allclose(Robust().fit(x).transform(x), expected, rtol=1e-12)


def test_standard_is_sklearns_standard_scaler(x):
    w = np.random.default_rng(1).uniform(0.1, 3, len(x))
    for weights in (None, w):
        expected = StandardScaler().fit(x, sample_weight=weights).transform(x)
        np.testing.assert_allclose(Standard().fit(x, weights).transform(x), expected, rtol=1e-9, atol=1e-12)


def test_quantile_is_sklearns_quantile_transformer_up_to_the_steps():
    x = np.random.default_rng(0).gamma(2, 3, size=(5000, 2))
    t = Quantile().fit(x).transform(x)
    expected = QuantileTransformer(n_quantiles=999, output_distribution="normal", subsample=None).fit_transform(x)
    np.testing.assert_allclose(t, expected, atol=0.05)
    assert np.abs(t - expected).mean() < 1e-3


def test_quantile_of_few_rows_is_the_normal_quantile_of_the_middle_rank():
    x = np.array([[3.0], [1.0], [2.0], [2.0], [9.0]])
    rank = np.array([3.5, 0.5, 2, 2, 4.5]) / 5  # the middle of the step of each value
    np.testing.assert_allclose(Quantile().fit(x).transform(x)[:, 0], norm.ppf(rank), atol=5e-3)


@each_scaler
def test_order_is_kept(scaler):
    rng = np.random.default_rng(0)
    fitted = scaler.fit(np.round(rng.normal(size=(300, 1)), 1), rng.uniform(0.5, 2, 300))
    t = fitted.transform(np.linspace(-6, 6, 5001)[:, None])
    assert (np.diff(t, axis=0) >= 0).all()
    assert np.ptp(t) > 4


@each_scaler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_are_repetitions(x, scaler, dtype):
    rng = np.random.default_rng(2)
    x = x.astype(dtype)
    x[rng.random(x.shape) < 0.1] = np.nan
    times = rng.integers(1, 5, len(x))
    repeated = rng.permutation(np.repeat(x, times, axis=0))
    weighted = scaler.fit(x, times.astype(float))
    rows = scaler.fit(repeated)
    np.testing.assert_allclose(weighted.transform(x), rows.transform(x), rtol=1e-12 if dtype == np.float64 else 1e-6)
    np.testing.assert_allclose(weighted.missing, rows.missing, rtol=1e-12)
    np.testing.assert_array_equal(scaler.fit(x, np.ones(len(x))).transform(x), plain(scaler, x))


def plain(scaler, x):
    """Scale the rows that the scaler is fitted to."""
    return scaler.fit(x).transform(x)


def test_quantiles_are_numpys_column_by_column(x):
    w = np.random.default_rng(3).uniform(0.1, 2, len(x))
    x[::7, 1] = np.nan
    x[:, 2] = np.nan
    levels = np.array([0, 0.1, 0.5, 1])
    Q = quantiles(x, levels, w)
    seen = ~np.isnan(x[:, 1])
    np.testing.assert_array_equal(Q[:, 0], np.quantile(x[:, 0], levels, weights=w, method="inverted_cdf"))
    np.testing.assert_array_equal(Q[:, 1], np.quantile(x[seen, 1], levels, weights=w[seen], method="inverted_cdf"))
    np.testing.assert_array_equal(Q[:, 2], 0)


def test_unweighted_quartiles_are_those_without_weights(x):
    levels = np.array([0, 0.25, 0.5, 0.75, 1])
    for n in range(1, 100):
        expected = np.quantile(x[:n], levels, axis=0, method="inverted_cdf")
        np.testing.assert_array_equal(quantiles(x[:n], levels), expected)


def test_the_quartiles_of_the_other_values_where_half_the_rows_have_one():
    amounts = np.arange(1.0, 9)
    x = np.concatenate([np.zeros(24), amounts])[:, None]
    q = np.quantile(amounts, [0.25, 0.75], method="inverted_cdf")
    np.testing.assert_allclose(plain(Robust(), x)[-8:, 0], smooth_clip(amounts / (q[1] - q[0])))
    np.testing.assert_array_equal(plain(Robust(), x)[:24], 0)


def test_the_distance_of_the_other_values_where_these_coincide_too():
    x = np.array([[0.0]] * 9 + [[4.0]] * 3)
    np.testing.assert_allclose(plain(Robust(), x)[-1, 0], smooth_clip(1.0))
    x = np.array([[0.0]] * 9 + [[-4.0]])
    np.testing.assert_allclose(plain(Robust(), x)[-1, 0], smooth_clip(-1.0))


@pytest.mark.parametrize("scaler", SCALERS[:-1], ids=Scaler.names())
def test_a_constant_column_becomes_zero_also_for_other_values(scaler):
    x = np.full((7, 2), 0.1)
    x[:3, 1] = np.nan
    fitted = scaler.fit(x)
    np.testing.assert_array_equal(fitted.transform(np.array([[0.1, 5.0], [-3.0, 0.1]])), 0)
    np.testing.assert_array_equal(fitted.missing, 0)


@each_scaler
def test_a_column_of_nan_only(scaler):
    fitted = scaler.fit(np.full((5, 1), np.nan))
    assert fitted.missing == 0
    assert np.isnan(fitted.transform(np.array([[np.nan]]))).all()


@each_scaler
def test_large_and_tiny_magnitudes_stay_finite(scaler):
    x = np.array([[-1e300, 1e-300], [1e300, 2e-300], [3e299, 3e-300], [0.0, 5e-324]])
    with np.errstate(all="raise", under="ignore"):
        t = scaler.fit(x).transform(np.vstack([x, [[1e307, 1.0]]]))
    assert np.isfinite(t).all()
    assert np.ptp(t[:4, 0]) > 1


def test_an_outlier_is_clipped_smoothly_to_three(x):
    t = Robust().fit(x).transform(np.array([[1e300, 1e6, -1e300, -1e9]]))
    np.testing.assert_allclose(t, [[3, 3, -3, -3]], rtol=1e-5)
    assert (np.abs(t) <= 3).all()


@each_scaler
def test_precision_is_that_of_x_and_x_is_not_changed(x, scaler):
    x = x.astype(np.float32)
    x.flags.writeable = False
    t = scaler.fit(x).transform(x)
    assert t.dtype == np.float32
    np.testing.assert_allclose(t, scaler.fit(x).transform(x.astype(np.float64)), atol=2e-5, rtol=2e-5)


@each_scaler
def test_missing_is_the_scaled_median(x, scaler):
    x[::3] = np.nan
    fitted = scaler.fit(x)
    np.testing.assert_array_equal(fitted.median, np.nanquantile(x, 0.5, axis=0, method="inverted_cdf"))
    np.testing.assert_array_equal(fitted.missing, fitted.transform(fitted.median[None])[0])
    if isinstance(scaler, Robust):
        np.testing.assert_array_equal(fitted.missing, 0)


def test_mean_and_std_are_numpys(x):
    w = np.random.default_rng(3).uniform(0.1, 2, len(x))
    mean, std = mean_and_std(x, w)
    np.testing.assert_allclose(mean, np.average(x, axis=0, weights=w), rtol=1e-12)
    np.testing.assert_allclose(std, np.sqrt(np.cov(x.T, aweights=w, ddof=0).diagonal()), rtol=1e-12)


@pytest.mark.parametrize("container", [csr_array, csr_matrix])
def test_root_mean_square_of_sparse_columns(container):
    rng = np.random.default_rng(0)
    x = np.where(rng.random((50, 6)) < 0.3, rng.normal(size=(50, 6)), 0)
    x[:, 2] = 0
    times = rng.integers(1, 4, 50)
    expected = np.sqrt((np.repeat(x, times, axis=0) ** 2).mean(axis=0))
    expected[2] = 1
    np.testing.assert_allclose(root_mean_square(container(x), times.astype(float)), expected, rtol=1e-12)
    large = root_mean_square(container(x * 1e300))
    np.testing.assert_allclose(np.delete(large, 2), np.delete(root_mean_square(container(x)) * 1e300, 2), rtol=1e-12)


def test_root_mean_square_adds_duplicates_first_and_counts_nan_as_zero():
    x = csr_array((np.array([1.0, 2.0, np.nan]), np.array([0, 0, 1]), np.array([0, 2, 3])), shape=(2, 2))
    np.testing.assert_allclose(root_mean_square(x), [np.sqrt(9 / 2), 1])
    assert x.nnz == 3


@pytest.mark.parametrize("factor", [0.1, 1 / 3, 1e-300, 7e37])
@pytest.mark.parametrize("levels", [np.linspace(0, 1, 5), np.linspace(0, 1, 17), np.array([0.3, 0.7])])
def test_quantiles_do_not_depend_on_the_scale_of_weights(factor, levels):
    """Also where a share of the rows equals a level, except for the rounding of sums."""
    x = np.arange(80.0)[:, None]
    w = np.resize([1.0, 2.0, 3.0, 4.0], 80)
    np.testing.assert_array_equal(quantiles(x, levels, w * factor), quantiles(x, levels, w))
    repeated = np.repeat(x, w.astype(int), axis=0)
    np.testing.assert_array_equal(quantiles(x, levels, w), quantiles(repeated, levels))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_factors_beyond_float32(dtype):
    x = np.array([[0.0], [1e-40], [2e-40], [3e-40]], dtype)
    for scaler in (Robust(), Standard()):
        t = scaler.fit(x).transform(x)
        np.testing.assert_allclose(
            t, scaler.fit(x / dtype(1e-40)).transform(x.astype(float) / 1e-40), rtol=1e-3, atol=1e-4
        )


def differences(fitted, x, h=1e-6):
    """The derivative by central differences, of steps that are in proportion to the spread of each column."""
    step = h * np.maximum(np.nanstd(x, axis=0), 1e-3)
    return (fitted.transform(x + step) - fitted.transform(x - step)) / (2 * step)


@each_scaler
def test_derivative_equals_central_difference(scaler, x):
    """A constant column has the derivative 0, and so has a number far from all others; quantiles are not smooth."""
    x = np.hstack([x, np.full((len(x), 1), 7.0)])
    rows = np.vstack([x[:5] + 0.01 * x.std(axis=0), x.mean(axis=0), x.max(axis=0) + 100 * x.std(axis=0)])
    fitted = scaler.fit(x)
    slopes = fitted.derivative(rows)
    np.testing.assert_allclose(slopes, differences(fitted, rows), rtol=1e-4, atol=1e-7)
    assert (slopes[:, -1] == (0 if isinstance(scaler, Robust | Standard | Quantile) else 1)).all()


def test_derivative_of_quantile_scaling_where_many_rows_are_equal():
    """A step of the distribution has no derivative: it counts as 0. Beside it, both sides count."""
    x = np.concatenate([np.zeros(500), np.linspace(1, 2, 501)])[:, None]
    fitted = Quantile().fit(x)
    np.testing.assert_array_equal(fitted.derivative(np.array([[-1.0], [3.0]])), 0)
    rows = np.array([[1.2345], [1.7654]])
    np.testing.assert_allclose(fitted.derivative(rows), differences(fitted, rows), rtol=1e-4)


def test_ranges_of_all_rows_replace_those_of_a_sample(x):
    """Numbers outside the sample, but inside the range, keep their order; a column of missing values becomes zero."""
    sample = np.hstack([x, np.full((len(x), 1), np.nan)])
    low, high = (
        np.append(limit, other) for limit, other in ((x.min(axis=0) - 9, np.inf), (x.max(axis=0) + 9, -np.inf))
    )
    fitted = Quantile().fit(sample, limits=(low, high))
    (Q,) = fitted.statistics
    np.testing.assert_array_equal(Q[0], np.append(low[:-1], 0))
    np.testing.assert_array_equal(Q[-1], np.append(high[:-1], 0))
    rows = np.vstack([low, sample[0], high])
    rows[:, -1] = [1.0, np.nan, 2.0]
    t = fitted.transform(rows)
    assert (np.diff(t[:, :-1], axis=0) > 0).all() and (t[[0, 2], -1] == 0).all()
