"""Ratios of results are those that are computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import report


def test_ratios_are_those_computed_by_hand(summarise, six_results):
    s = summarise("new", six_results)
    assert s.ratios == pytest.approx(
        {
            "error": 0.5,  # of 0.05 / 0.2 and 1
            "RMSE": 0.8,
            "log loss": 1,  # of 0.1 / 0.4 and 0.8 / 0.2
            "1 - AUC": 0.5,  # of 0.05 / 0.2 and 1
            "fit time": 16 ** (1 / 3),
        }
    )
    assert s.together == pytest.approx(np.sqrt(0.5 * 0.8))
    assert (s.worst, s.worst_table) == (pytest.approx(1), "b")
    assert (s.total, s.seconds, s.ece) == pytest.approx((3, 12, 0.3))
    assert (s.done, s.tried) == (3, 3)


def test_the_worst_table_is_that_of_the_mean_over_splits(summarise, make_result):
    run = [make_result("base", name, split, rmse=1, fit_s=1) for name in "ab" for split in (0, 1)]
    run += [
        make_result("new", n, i, rmse=x, fit_s=1)
        for n, i, x in [("a", 0, 2), ("a", 1, 0.5), ("b", 0, 1.2), ("b", 1, 1.2)]
    ]
    s = summarise("new", run)
    assert (s.worst, s.worst_table) == (pytest.approx(1.2), "b")
    assert s.together == s.ratios["RMSE"] and np.isnan(s.ratios["error"])


def test_a_table_counts_once_for_any_number_of_random_states(summarise, make_result):
    run = [make_result("base", "a", random_state=i, rmse=1, fit_s=1) for i in (0, 1000)] + [
        make_result("base", "b", rmse=1, fit_s=1)
    ]
    run += [make_result("new", "a", random_state=i, rmse=x, fit_s=2) for i, x in [(0, 0.2), (1000, 0.8)]]
    run += [make_result("new", "b", rmse=0.9, fit_s=2)]
    s = summarise("new", run)
    assert s.ratios["RMSE"] == pytest.approx(np.sqrt(0.4 * 0.9))  # 0.4 is the mean of 0.2 and 0.8
    assert (s.tables, s.done, s.n, s.worst_table) == (2, 3, pytest.approx(60), "b")


def test_a_result_is_compared_with_the_same_size_and_random_state(make_result):
    fits = [(100, 0), (100, 1000), (8000, 0)]
    run = [make_result("base", "a", size=n, random_state=i, rmse=n + i, fit_s=1) for n, i in fits]
    run += [make_result("new", "a", size=n, random_state=i, rmse=3 * (n + i), fit_s=1) for n, i in fits[::-1]]
    pairs = report.pair([run], "base")["new"]
    assert len(pairs) == 3 and all(r.rmse == 3 * base.rmse for r, base in pairs)


def test_failures_are_counted_and_named(summarise, make_result, six_results, capsys):
    run = [*six_results[:5], make_result("new", "c", rmse=float("nan"), note="MemoryError")]
    s = summarise("new", run)
    assert (s.done, s.tried) == (2, 3) and s.seconds == 10 and s.total == 5
    report.print_missing(run)
    assert capsys.readouterr().out == "missing: new on c, split 0, size 8,000: MemoryError\n"
    report.print_table([s, summarise("base", run)], "base", 8000)
    assert "Not all methods have the same fits" in capsys.readouterr().out


def test_each_run_is_compared_with_its_own_baseline(six_results):
    slow = [replace(r, fit_s=10 * r.fit_s, method=r.method.replace("new", "other")) for r in six_results]
    without_baseline = [replace(r, method="without baseline") for r in six_results if r.method == "new"]
    pairs = report.pair([six_results, slow, without_baseline], "base")
    summaries = {method: report.summarise(method, found) for method, found in pairs.items()}
    assert summaries["other"].ratios == pytest.approx(summaries["new"].ratios)
    assert summaries["base"].total == 1 and summaries["base"].done == 3  # each fit is counted once
    assert summaries["without baseline"].total == pytest.approx(
        0.3
    )  # ratio to the baseline of the last run that has one
