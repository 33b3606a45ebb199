"""The convention that all displays follow, and whether their figures are legible."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.displays import FunctionDisplay, GridDisplay, LossCurveDisplay, NetworkDisplay


def test_plot_returns_the_display_with_axes_and_figure(display):
    assert not hasattr(display, "ax_")
    assert display.plot() is display
    assert display.ax_.figure is display.figure_
    first = display.figure_
    assert display.plot(name="again").figure_ is not first


def test_draws_on_the_axes_it_is_given(display):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
    assert display.plot(right) is display
    assert display.figure_ is figure and plt.get_fignums() == [figure.number]
    figure.canvas.draw()
    axes = list(getattr(display, "axes_", [display.ax_]))
    assert all(ax.get_window_extent().x0 > left.get_window_extent().x1 for ax in axes)
    assert not left.has_data()
    if len(axes) == 1:
        assert axes[0] is right
    else:
        assert right not in axes and not right.axison


def test_panels_fill_the_area_of_free_axes(build):
    figure = plt.figure(figsize=(8, 4))
    bounds = (0.5, 0.25, 0.4, 0.5)
    display = build("flow").plot(figure.add_axes(bounds))
    left, right = (ax.get_position() for ax in display.axes_)
    assert_allclose([left.x0, left.y0, right.x1, right.y1], [0.5, 0.25, 0.9, 0.75])


def test_axes_must_be_axes(display):
    with pytest.raises(TypeError, match=r"ax must be a matplotlib Axes or None, got 'axes'; .* makes one\.$"):
        display.plot("axes")


def test_without_matplotlib_the_error_is_one_sentence(monkeypatch, display):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"^\w+Display needs matplotlib, .*; run 'pip install matplotlib'\.$"):
        display.plot()


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, skscratch, skscratch.displays; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "draw",
    [
        LossCurveDisplay.from_estimator,
        NetworkDisplay.from_estimator,
        lambda model: FunctionDisplay.from_estimator(ScratchMLPRegressor(), [[0.0], [1.0]], [0.0, 1.0]),
        lambda model: GridDisplay.from_estimator(GridSearchCV(model, {"width": [1], "depth": [1]})),
    ],
)
def test_unfitted_estimators(draw):
    with pytest.raises(NotFittedError):
        draw(ScratchMLPClassifier())


@pytest.mark.parametrize("Display", [LossCurveDisplay, NetworkDisplay, GridDisplay, FunctionDisplay])
def test_other_estimators_are_an_error_in_one_sentence(Display, X, y):
    other = LogisticRegression(max_iter=1000).fit(X, y)
    with pytest.raises(TypeError, match=r"^(estimator|search) must [^.]+ got LogisticRegression[^.]*\.$"):
        Display.from_estimator(other, *([X[:, :1], y] if Display is FunctionDisplay else []))


def drawn_texts(figure):
    """Return all visible texts; those of ticks only within the limits of the axis."""
    texts = {text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()}
    for ax in figure.axes:
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                visible = ax.axison and min(limits) <= tick.get_loc() <= max(limits)
                texts -= set() if visible else {tick.label1, tick.label2}
        if not ax.axison:
            texts -= {ax.xaxis.label, ax.yaxis.label}
    return texts


def test_no_text_is_cut_off_or_covered(drawn):
    _, display, image = drawn
    extents = {text: text.get_window_extent() for text in drawn_texts(display.figure_)}
    assert len(extents) > 5
    for text, extent in extents.items():
        assert (extent.min >= 0).all() and (extent.max <= np.shape(image)[1::-1]).all(), text
    for (one, extent), (other, other_extent) in combinations(extents.items(), 2):
        assert not extent.padded(-1).overlaps(other_extent.padded(-1)), (one, other)


def test_every_axis_has_a_label(drawn):
    name, display, _ = drawn
    axes = list(getattr(display, "axes_", [display.ax_]))
    colour_bars = set(display.figure_.axes) - set(axes)
    assert all(ax.get_xlabel() or ax.get_ylabel() for ax in colour_bars)
    if name == "graph":  # the ticks are the names of its layers
        names = [text.get_text() for text in display.ax_.get_xticklabels()]
        assert names == ["inputs (4)", "layer 1 (6)", "output (3)"]
        return
    assert all(ax.get_xlabel() for ax in (axes[1:] if name == "curves" else axes))  # both curves have one x axis
    assert all(ax.get_ylabel() for ax in (axes[:1] if name == "maps" else axes))


def test_no_legend_covers_what_is_drawn(drawn):
    figure = drawn[1].figure_
    for ax in figure.axes:
        if ax.get_legend() is not None:
            extent = ax.get_legend().get_window_extent().padded(-1)
            assert not any(extent.overlaps(other.get_window_extent()) for other in figure.axes)


def test_lines_and_texts_stand_out(drawn, contrast):
    """The contrast is at least 3 for lines and 4.5 for texts, and the colour of every line is among the pixels."""
    example, display, image = drawn
    background = display.figure_.get_facecolor()
    for name in ("lines_", "gradient_lines_", "activation_lines_", "best_epoch_lines_"):
        for line in getattr(display, name, []):
            colour = to_rgb(line.get_color())
            assert contrast(colour, background) >= 3
            if line.get_alpha() is None:
                assert (np.abs(image - colour).max(axis=2) < 0.15).sum() > 50, line
    cells = set(display.texts_.ravel()) if example == "grid" else set()
    for text in drawn_texts(display.figure_) - cells:
        assert contrast(text.get_color(), background) >= 4.5
