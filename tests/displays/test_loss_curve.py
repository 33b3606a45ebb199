"""Loss curves against the attributes of the estimator and the numbers that are passed."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import neural_network
from sklearn.base import clone

from skscratch import ScratchMLPRegressor, compat
from skscratch.core.history import History
from skscratch.core.losses import HuberLoss
from skscratch.displays import LossCurveDisplay


def test_losses_are_those_of_the_estimator(model):
    display = LossCurveDisplay.from_estimator(model)
    assert [line.get_ydata().tolist() for line in display.lines_] == [model.loss_curve_, model.validation_loss_curve_]
    assert [line.get_xdata().tolist() for line in display.lines_] == [[1, 2, 3, 4, 5]] * 2
    drawn = [line.get_xdata()[0] for line in display.best_epoch_lines_]
    assert drawn == sorted(model.best_iter_)
    assert display.ax_.get_xlabel() == "epoch" and display.ax_.get_ylabel() == "log loss (nats)"


def test_the_members_of_an_estimator_are_a_band(model):
    for band, curves in zip(
        LossCurveDisplay.from_estimator(model).bands_, (model.loss_curves_, model.validation_loss_curves_), strict=True
    ):
        corners = band.get_paths()[0].vertices
        for epoch, losses in enumerate(curves, start=1):
            height = corners[corners[:, 0] == epoch, 1]
            assert_allclose([height.min(), height.max()], [losses.min(), losses.max()])
            assert losses.min() < losses.max()


def test_after_a_warm_start_all_epochs_are_drawn(model, X, y):
    warm = clone(model).set_params(warm_start=True).fit(X, y).fit(X, y)
    display = LossCurveDisplay.from_estimator(warm)
    for line in display.lines_:
        assert line.get_xdata().tolist() == list(range(1, 11))
    assert [line.get_xdata()[0] for line in display.best_epoch_lines_] == sorted(warm.best_iter_ + 5)


def test_members_are_a_band_around_their_mean(build):
    display = build("losses").plot()
    for line, band, shift in zip(display.lines_, display.bands_, (0.0, 0.2), strict=True):
        decay = np.exp(-np.arange(20) / 5)
        assert_allclose(line.get_ydata(), 1.5 * decay + 0.1 + shift)
        corners = band.get_paths()[0].vertices
        for epoch in (1, 20):
            height = corners[corners[:, 0] == epoch, 1]
            assert_allclose([height.min(), height.max()], np.array([1, 2]) * decay[epoch - 1] + 0.1 + shift)


def test_a_history_of_the_core():
    validation = [np.array([[9.0, 9.0], [i, i + 2.0]]) for i in range(3)]  # some metric, then the loss
    history = History([np.array([3.0, 5.0])] * 3, validation, np.array([2, 3]))
    display = LossCurveDisplay.from_history(history, loss_name="half squared error")
    assert_array_equal(display.lines_[0].get_ydata(), [4, 4, 4])
    assert_array_equal(display.lines_[1].get_ydata(), [1, 2, 3])
    assert [line.get_xdata()[0] for line in display.best_epoch_lines_] == [2, 3]
    assert display.ax_.get_ylabel() == "half squared error"


def test_names_and_units_of_a_loss(X, y, small):
    options = {**small, "alpha": 0.0, "solver": "lbfgs", "early_stopping": False, "loss": HuberLoss()}
    with pytest.warns(UserWarning, match="max_iter"):
        model = ScratchMLPRegressor(**options).fit(X, y)
    display = LossCurveDisplay.from_estimator(model, name="mine")
    assert display.ax_.get_xlabel() == "iteration" and display.ax_.get_ylabel() == "HuberLoss"
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["mine: training", "mine: range (3 members)", "mine: best epochs (3 members)"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("Estimator", [neural_network.MLPClassifier, compat.MLPClassifier])
def test_estimators_with_scikit_learn_s_attributes(Estimator, X, y):
    model = Estimator([5], max_iter=4, random_state=0).fit(X, y)
    (line,) = LossCurveDisplay.from_estimator(model).lines_
    assert line.get_ydata().tolist() == model.loss_curve_


def test_one_epoch_is_a_dot_and_none_an_error():
    assert LossCurveDisplay([0.5]).plot().lines_[0].get_marker() == "o"
    with pytest.raises(ValueError, match="at least one epoch, got none"):
        LossCurveDisplay([]).plot()


def test_ticks_of_given_axes_stay(build):
    _, (fixed, logarithmic) = plt.subplots(2)
    fixed.set_xticks([1, 20])
    logarithmic.set_xscale("log")
    assert build("losses").plot(fixed).ax_.get_xticks().tolist() == [1, 20]
    assert build("losses").plot(logarithmic).ax_.get_xscale() == "log"


def test_fits_on_the_same_axes_have_different_colours_and_labels(model):
    first = LossCurveDisplay.from_estimator(model, name="A")
    second = LossCurveDisplay.from_estimator(model, name="B", ax=first.ax_, color="#009E73")
    assert {line.get_color() for line in second.lines_ + second.best_epoch_lines_} == {"#009E73"}
    labels = [text.get_text() for text in first.ax_.get_legend().get_texts()]
    assert len(labels) == 8 and all(label.startswith(("A: ", "B: ")) for label in labels)
