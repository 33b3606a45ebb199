"""The benchmark of predictions runs, and measures the peak of memory; no test asserts a time."""

import numpy as np
import pytest

from benchmarks.usage import latency


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_predictions_of_one_row_and_of_many_are_compared():
    found = list(latency.measurements(1, calls=1, rows=2100, epochs=1))
    assert [m.unit for m in found] == ["us"] * 4 + ["s", "MB"] * 2
    assert {m.reference for m in found} == {"scikit-learn"}
    assert all(m.ours > 0 and m.reference_value > 0 for m in found)


def test_the_traced_peak_is_the_largest_sum_of_allocations():
    def allocate_half_a_megabyte_twice():
        np.ones(2**19, np.uint8)
        np.ones(2**19, np.uint8)

    assert 2**19 <= latency.traced_peak(allocate_half_a_megabyte_twice) < 2**19 + 2**16
