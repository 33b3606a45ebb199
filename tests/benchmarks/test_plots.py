"""The accuracy plots draw the ratios, with distinct line styles and labels that do not overlap."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from benchmarks import plots, report


def test_labels_do_not_overlap(summarise, six_results, tmp_path, monkeypatch):
    texts, annotate = [], Axes.annotate
    monkeypatch.setattr(Axes, "annotate", lambda *a, **k: texts.append(annotate(*a, **k)) or texts[-1])
    ratios = dict.fromkeys(report.LOSSES, 1.0)
    summary = summarise("new", six_results)
    summaries = [
        summary._replace(method=f"method {i}", together=together, ratios={**ratios, "fit time": time})
        for i, (time, together) in enumerate([(1, 1), (1.3, 1.01), (1.6, 1), (2, 0.99), (1000, 3)])
    ]
    path = tmp_path / "plot.png"
    plots.plot({"size 8,000": summaries}, "base", "four points are close", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    extents = [text.get_window_extent() for text in texts if text.figure is not None]
    assert len(extents) == 5
    assert not any(a.overlaps(b) for i, a in enumerate(extents) for b in extents[:i])


@pytest.fixture
def summaries(make_result):
    """Two sizes; the second method has half the error, and three times and six times the fit time."""
    by_size = {}
    for size, time in [(100, 3), (np.inf, 6)]:
        run = [
            make_result(m, t, size=size, error=e, ece=e / 2, fit_s=s)
            for t in "ab"
            for m, e, s in [("base", 0.39, 1), ("skscratch", 0.19, time)]
        ]
        by_size[size] = [report.summarise(m, found) for m, found in report.pair([run], "base").items()]
    return by_size


def test_curves_are_the_ratios_against_the_sizes(summaries, tmp_path, saved_figures):
    plots.plot_curves(summaries, "base", "invented", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    axes = {ax.get_title(): ax for ax in saved_figures[0].axes}
    assert list(axes)[:4] == ["error", "RMSE", "log loss", "1 - AUC"]
    lines = {name: {line.get_color(): line for line in ax.lines} for name, ax in axes.items()}
    for name, y in [
        ("error", [0.5, 0.5]),
        ("calibration error (not a ratio)", [0.095, 0.095]),
        ("fit time (log scale)", [3, 6]),
    ]:
        ours = lines[name][plots.BLUE]
        assert list(ours.get_xdata()) == pytest.approx([100, 60])  # "all" is at the 60 training rows
        assert list(ours.get_ydata()) == pytest.approx(y)
        assert ours.get_linewidth() > lines[name][plots.VERMILION].get_linewidth()
    assert [tick.get_text() for tick in axes["error"].get_xticklabels()] == ["100\n(2)", "all\n(2)"]


def test_each_method_has_a_distinct_style():
    styles = plots.styles([*map(str, range(15)), "skscratch", "3"])
    assert len(styles) == 16 and next(iter(styles)) == "skscratch"
    assert len({(style["color"], style.get("ls")) for style in styles.values()}) == 16


def test_each_group_has_a_panel(summaries, tmp_path, saved_figures):
    plots.plot({"few": summaries[100], "all": summaries[np.inf]}, "base", "invented", tmp_path / "plot.png")
    plots.plot_groups({"x": summaries, "y": summaries}, "base", "invented", tmp_path / "groups.png")
    assert [[ax.get_title() for ax in figure.axes] for figure in saved_figures] == [["few", "all"], ["x", "y"]]
    ours = next(line for line in saved_figures[1].axes[0].lines if line.get_color() == plots.BLUE)
    assert list(ours.get_xdata()) == pytest.approx([100, 60]) and list(ours.get_ydata()) == pytest.approx([0.5, 0.5])
