"""Curves and maps against the function, scikit-learn's predictions and the pixels of the figure."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression

from skscratch.displays import FunctionDisplay


def test_curves_are_sorted_and_the_residual_is_their_difference():
    x = np.random.default_rng(0).permutation(np.linspace(-1, 1, 50))
    frame = pd.DataFrame({"time": x})
    display = FunctionDisplay.from_estimator(LinearRegression().fit(frame, x**3), frame, x**3, name="line")
    truth, approximation, residual = (line.get_ydata() for line in display.lines_)
    ordered = np.sort(x)
    assert_array_equal(display.lines_[0].get_xdata(), ordered)
    assert_allclose(truth, ordered**3)
    assert_allclose(approximation, np.polyval(np.polyfit(x, x**3, 1), ordered), atol=1e-12)
    assert_allclose(residual, truth - approximation)
    assert_allclose(display.rmse_, np.linalg.norm(residual) / np.sqrt(50))
    assert display.lines_[1].get_label() == f"line, RMS residual {display.rmse_:.2g}"
    assert display.axes_[1].get_xlabel() == "time"


def test_maps_share_a_scale_and_the_residual_has_its_own(build):
    display = build("maps").plot()
    truth, approximation, residual = display.contours_
    assert_array_equal(truth.levels, approximation.levels)
    assert truth.levels[0] <= -21 and truth.levels[-1] >= 21
    steeper = FunctionDisplay.from_predictions(display.X, display.y_true, 3 * display.y_true).contours_[0]
    assert steeper.levels[0] <= -60 and steeper.levels[-1] >= 60
    assert_allclose(residual.levels, -residual.levels[::-1], atol=1e-12)
    assert 1 <= residual.levels[-1] < 2
    assert [ax.get_xlabel() for ax in display.axes_] == ["age"] * 3 and display.axes_[0].get_ylabel() == "fare"


def test_maps_show_the_colour_of_the_value(build, pixels, colour_at):
    """Compare pixels with the colour map at the middle of the level."""
    display = build("maps").plot()
    image = pixels(display.figure_)
    for contours, ax, value in zip(
        display.contours_,
        display.axes_,
        (lambda a, b: 20 * a, lambda a, b: 20 * a + b, lambda a, b: -b),
        strict=True,
    ):
        for point in [(-0.7, 0.55), (0.36, -0.71), (0.81, 0.83)]:
            level = np.searchsorted(contours.levels, value(*point))
            middle = contours.levels[level - 1 : level + 1].mean()
            assert_allclose(colour_at(image, ax, point), contours.cmap(contours.norm(middle))[:3], atol=0.02)


def test_invalid_functions():
    x = np.linspace(0, 1, 10)
    with pytest.raises(ValueError, match=r"X must have one or two columns .*got shapes \(10, 3\)"):
        FunctionDisplay(np.ones((10, 3)), x, x).plot()
    with pytest.raises(ValueError, match="do not all lie on one line"):
        FunctionDisplay(np.stack([x, x], 1), x, x).plot()
    with pytest.raises(ValueError, match="one name for each of the 1 columns"):
        FunctionDisplay(x[:, None], x, x, input_names=["a", "b"]).plot()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FunctionDisplay(x[:, None], x[:-1], x).plot()


def test_strings_are_refused():
    x, cities = np.arange(4.0), pd.DataFrame({"city": ["Rome", "Bonn"] * 2})
    with pytest.raises(ValueError, match=r"^X must hold numbers to be drawn, .*'Rome'\); for a column of categories"):
        FunctionDisplay.from_predictions(cities, x, x)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        FunctionDisplay.from_predictions([[np.nan]] * 4, x, x)


def test_a_constant_function(build):
    x = build("maps").X
    display = FunctionDisplay.from_predictions(x, np.zeros(len(x)), np.zeros(len(x)))
    assert display.rmse_ == 0
