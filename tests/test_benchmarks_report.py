"""Ratios, the test over tables and the plots are those that can be worked out by hand or with scipy."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import wilcoxon

from benchmarks import paired, plots, report, results


def row(method, name, split=0, size=8000, random_state=0, **figures):
    task = "regression" if "rmse" in figures else "binary"
    return results.Result(method, f"{method} 1.0", name, task, split, size, random_state, 60, **figures)


RUN = [
    row("base", "a", error=0.19, log_loss=0.39, auc=0.81, ece=0.1, fit_s=1),
    row("new", "a", error=0.04, log_loss=0.09, auc=0.96, ece=0.2, fit_s=2),
    row("base", "b", error=0.09, log_loss=0.19, auc=0.91, ece=0.3, fit_s=1),
    row("new", "b", error=0.09, log_loss=0.79, auc=0.91, ece=0.4, fit_s=8),
    row("base", "c", rmse=0.5, fit_s=2),
    row("new", "c", rmse=0.4, fit_s=2),
]


def test_ratios_are_those_reckoned_by_hand():
    s = report.summarise("new", report.pair([RUN], "base")["new"])
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


def test_the_worst_table_is_that_of_the_mean_over_splits():
    run = [row("base", name, split, rmse=1, fit_s=1) for name in "ab" for split in (0, 1)]
    run += [row("new", n, i, rmse=x, fit_s=1) for n, i, x in [("a", 0, 2), ("a", 1, 0.5), ("b", 0, 1.2), ("b", 1, 1.2)]]
    s = report.summarise("new", report.pair([run], "base")["new"])
    assert (s.worst, s.worst_table) == (pytest.approx(1.2), "b")
    assert s.together == s.ratios["RMSE"] and np.isnan(s.ratios["error"])


def test_a_table_counts_once_however_many_random_states_it_has():
    run = [row("base", "a", random_state=i, rmse=1, fit_s=1) for i in (0, 1000)] + [row("base", "b", rmse=1, fit_s=1)]
    run += [row("new", "a", random_state=i, rmse=x, fit_s=2) for i, x in [(0, 0.2), (1000, 0.8)]]
    run += [row("new", "b", rmse=0.9, fit_s=2)]
    s = report.summarise("new", report.pair([run], "base")["new"])
    assert s.ratios["RMSE"] == pytest.approx(np.sqrt(0.4 * 0.9))  # 0.4 is the mean of 0.2 and 0.8
    assert (s.tables, s.done, s.n, s.worst_table) == (2, 3, pytest.approx(60), "b")


def test_a_result_is_compared_with_that_of_its_own_size_and_random_state():
    fits = [(100, 0), (100, 1000), (8000, 0)]
    run = [row("base", "a", size=n, random_state=i, rmse=n + i, fit_s=1) for n, i in fits]
    run += [row("new", "a", size=n, random_state=i, rmse=3 * (n + i), fit_s=1) for n, i in fits[::-1]]
    pairs = report.pair([run], "base")["new"]
    assert len(pairs) == 3 and all(r.rmse == 3 * base.rmse for r, base in pairs)


def test_what_failed_is_counted_and_named(capsys):
    run = [*RUN[:5], row("new", "c", rmse=float("nan"), note="MemoryError")]
    s = report.summarise("new", report.pair([run], "base")["new"])
    assert (s.done, s.tried) == (2, 3) and s.seconds == 10 and s.total == 5
    report.print_missing(run)
    assert capsys.readouterr().out == "missing: new on c, split 0, size 8,000: MemoryError\n"
    report.print_table([s, report.summarise("base", report.pair([run], "base")["base"])], "base", 8000)
    assert "Not all methods have the same fits" in capsys.readouterr().out


def test_each_run_is_compared_with_its_own_baseline():
    slow = [replace(r, fit_s=10 * r.fit_s, method=r.method.replace("new", "other")) for r in RUN]
    alone = [replace(r, method="alone") for r in RUN if r.method == "new"]
    pairs = report.pair([RUN, slow, alone], "base")
    summaries = {method: report.summarise(method, found) for method, found in pairs.items()}
    assert summaries["other"].ratios == pytest.approx(summaries["new"].ratios)
    assert summaries["base"].total == 1 and summaries["base"].done == 3  # once, not twice
    assert summaries["alone"].total == pytest.approx(0.3)  # of the last baseline there is


def test_labels_do_not_cover_each_other(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    texts, annotate = [], Axes.annotate
    monkeypatch.setattr(Axes, "annotate", lambda *a, **k: texts.append(annotate(*a, **k)) or texts[-1])
    ratios = dict.fromkeys(report.LOSSES, 1.0)
    summary = report.summarise("new", report.pair([RUN], "base")["new"])
    summaries = [
        summary._replace(method=f"method {i}", together=together, ratios={**ratios, "fit time": time})
        for i, (time, together) in enumerate([(1, 1), (1.3, 1.01), (1.6, 1), (2, 0.99), (1000, 3)])
    ]
    path = tmp_path / "plot.png"
    plots.plot({8000: summaries}, "base", "four that are close", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    boxes = [text.get_window_extent() for text in texts if text.figure is not None]
    assert len(boxes) == 5
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.fixture
def blocks():
    """Two sizes; the second method has half the error, three times and six times as large a fit time."""
    made = {}
    for size, time in [(100, 3), (np.inf, 6)]:
        run = [
            row(m, t, size=size, error=e, ece=e / 2, fit_s=s)
            for t in "ab"
            for m, e, s in [("base", 0.39, 1), ("skscratch", 0.19, time)]
        ]
        made[size] = [report.summarise(m, found) for m, found in report.pair([run], "base").items()]
    return made


def test_curves_are_the_ratios_against_the_sizes(blocks, tmp_path, monkeypatch):
    drawn, savefig = [], Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda figure, path: drawn.append(figure) or savefig(figure, path))
    plots.plot_curves(blocks, "base", "invented", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    axes = {ax.get_title(): ax for ax in drawn[0].axes}
    assert list(axes)[:4] == ["error", "RMSE", "log loss", "1 - AUC"]
    lines = {name: {line.get_color(): line for line in ax.lines} for name, ax in axes.items()}
    for name, y in [
        ("error", [0.5, 0.5]),
        ("calibration error (not a ratio)", [0.095, 0.095]),
        ("fit time (log scale)", [3, 6]),
    ]:
        ours = lines[name][plots.BLUE]
        assert list(ours.get_xdata()) == pytest.approx([100, 60])  # all: the 60 rows that were fitted on
        assert list(ours.get_ydata()) == pytest.approx(y)
        assert ours.get_linewidth() > lines[name][plots.VERMILION].get_linewidth()
    assert [tick.get_text() for tick in axes["error"].get_xticklabels()] == ["100\n(2)", "all\n(2)"]


def test_each_method_has_a_style_of_its_own():
    styles = plots.styles([*map(str, range(15)), "skscratch", "3"])
    assert len(styles) == 16 and next(iter(styles)) == "skscratch"
    assert len({(style["color"], style.get("ls")) for style in styles.values()}) == 16


def test_a_panel_for_each_size(blocks, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path: drawn.append(figure))
    plots.plot(blocks, "base", "invented", tmp_path / "plot.png")
    assert [ax.get_title() for ax in drawn[0].axes] == ["size 100", "size all"]


# The test over tables


def test_the_comparison_is_that_of_scipy(rng):
    ratios = np.exp(rng.normal(0.3, 0.5, 20))
    found = paired.compare(ratios)
    assert found.p == wilcoxon(np.log(ratios)).pvalue and 0 < found.p < 1
    assert (found.better, found.worse) == ((ratios < 1).sum(), (ratios > 1).sum())
    assert found.ratio == pytest.approx(np.exp(np.log(ratios).mean()))


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], (6, 0, 2 / 2**6)),  # all signs equal: 2 of the 64 ways
        ([0.9, 0.8, 1.5], (2, 1, 1)),  # ranks 1 + 2 against 3
        ([1, 1.2, 1], (0, 1, 1)),
        ([1, 1], (0, 0, 1)),
    ],
)
def test_p_values_of_few_tables_are_counted_by_hand(ratios, expected):
    assert paired.compare(ratios)[1:] == pytest.approx(expected)


def test_a_table_is_one_number_in_the_comparison():
    run = [row("skscratch", n, s, rmse=1, fit_s=1) for n in "ab" for s in (0, 1, 2)]
    run += [row("new", "a", s, rmse=x, fit_s=1) for s, x in enumerate([0.2, 0.8, 2])]
    run += [row("new", "b", s, rmse=x, fit_s=1) for s, x in enumerate([1.1, 1.1, 1.1])]
    found = paired.compare_losses(report.pair([run], "skscratch")["new"])
    assert list(found) == ["error or RMSE", "RMSE"]
    assert found["RMSE"][:3] == (pytest.approx(np.sqrt(0.32 ** (1 / 3) * 1.1)), 1, 1)


def test_errors_and_rmse_are_compared_together(capsys):
    run = [replace(r, method=r.method.replace("base", "skscratch")) for r in RUN]
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
