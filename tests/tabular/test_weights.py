"""Weights of rows and of classes: what is allowed, and what is said of the rest."""

import numpy as np
import pandas as pd
import pytest

from skscratch.tabular import weights
from skscratch.tabular.weights import WeightScale, check_weights

LARGEST = np.finfo(np.float64).max


def test_the_largest_weight_of_a_class_is_allowed():
    factors = weights._factors({"b": LARGEST, "a": 0}, np.array(["a", "b", "c"]))
    np.testing.assert_array_equal(factors, [0, LARGEST, 1])


@pytest.mark.parametrize("weight", [np.inf, -np.inf, np.nan, -1, -1e-300, "1", None, 10**400], ids=str)
def test_other_weights_of_classes_are_refused(weight):
    with pytest.raises(ValueError, match="class_weight must be finite and not negative, but class 'b' has"):
        weights._factors({"b": weight}, np.array(["a", "b"]))


def test_scales_of_parts_merge_to_that_of_all_rows():
    """The sum of weights in units of the largest, however they are divided."""
    w = np.array([0.5, 3.0, 0.0, 8.0, 1e-30, 2.0])
    whole = WeightScale.of(w)
    assert whole.largest == 8 and whole.n == 4 and whole.total == (0.5 + 3 + 8 + 2) / 8
    for cut in range(1, len(w)):
        largest, total, n = WeightScale.of(w[:cut]).merge(WeightScale.of(w[cut:]))
        assert largest == 8 and total == pytest.approx(whole.total)


@pytest.mark.parametrize(
    "w",
    [
        np.array([1, 2], "m8[h]"),
        [np.timedelta64(1, "h"), np.timedelta64(2, "h")],
        pd.Series(pd.date_range("2020", periods=2)),
        pd.to_timedelta([1, 2], unit="h").astype(object),
    ],
    ids=["durations", "list", "series", "objects"],
)
def test_dates_and_durations_are_no_weights(w):
    with pytest.raises(
        ValueError,
        match=r"^sample_weight must hold real numbers, but it does not \(it holds dates, times or durations\)",
    ):
        check_weights(w, 2)
