"""The paired test over tables is Wilcoxon's test of scipy, and equal to p-values that are counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import wilcoxon

from benchmarks import paired, report


def test_the_p_value_is_that_of_scipy(rng):
    ratios = np.exp(rng.normal(0.3, 0.5, 20))
    found = paired.compare(ratios)
    assert found.p == wilcoxon(np.log(ratios)).pvalue and 0 < found.p < 1
    assert (found.better, found.worse) == ((ratios < 1).sum(), (ratios > 1).sum())
    assert found.ratio == pytest.approx(np.exp(np.log(ratios).mean()))


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], (6, 0, 2 / 2**6)),  # all signs are equal: 2 of 64 combinations
        ([0.9, 0.8, 1.5], (2, 1, 1)),  # the sums of ranks are 1 + 2 and 3
        ([1, 1.2, 1], (0, 1, 1)),
        ([1, 1], (0, 0, 1)),
    ],
)
def test_p_values_of_few_tables_are_counted_by_hand(ratios, expected):
    assert paired.compare(ratios)[1:] == pytest.approx(expected)


def test_a_table_is_one_observation(make_result):
    run = [make_result("skscratch", n, s, rmse=1, fit_s=1) for n in "ab" for s in (0, 1, 2)]
    run += [make_result("new", "a", s, rmse=x, fit_s=1) for s, x in enumerate([0.2, 0.8, 2])]
    run += [make_result("new", "b", s, rmse=x, fit_s=1) for s, x in enumerate([1.1, 1.1, 1.1])]
    found = paired.compare_losses(report.pair([run], "skscratch")["new"])
    assert list(found) == ["error or RMSE", "RMSE"]
    assert found["RMSE"][:3] == (pytest.approx(np.sqrt(0.32 ** (1 / 3) * 1.1)), 1, 1)


def test_errors_and_rmse_are_compared_together(six_results, capsys):
    run = [replace(r, method=r.method.replace("base", "skscratch")) for r in six_results]
    pairs = report.pair([run], "skscratch")
    found = paired.compare_losses(pairs["new"])
    assert found["error or RMSE"].ratio == pytest.approx((0.25 * 1 * 0.8) ** (1 / 3))
    assert [(c.better, c.worse) for c in found.values()] == [(2, 0), (1, 0), (1, 0), (1, 1), (1, 0)]
    paired.print_paired(pairs)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["new"]
    assert lines[3].split()[1:7] == ["0.585", "2/0", "0.5", "0.500", "1/0", "1"]
    paired.print_paired({})
    assert capsys.readouterr().out == ""
