"""What the displays draw against numbers from elsewhere, and whether it can be read."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, compat
from skscratch.core.activations import Identity, Tanh
from skscratch.core.batches import Rows
from skscratch.core.initializers import Normal
from skscratch.core.layers import Dense, Scale
from skscratch.core.losses import HuberLoss, SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Sgd
from skscratch.core.training import History, Trainer
from skscratch.displays import (
    FunctionDisplay,
    GradientFlowDisplay,
    GradientRecorder,
    GridDisplay,
    LossCurveDisplay,
    NetworkDisplay,
)

X, Y = load_iris(return_X_y=True)
SMALL = {"numeric_embedding": None, "n_estimators": 3, "max_iter": 5, "random_state": 0}


@pytest.fixture(autouse=True)
def closed_figures():
    """No figure outlives its test."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def model():
    return ScratchMLPClassifier([4, 5], early_stopping=True, **SMALL).fit(X, Y)


def numbers(seed=0):
    return np.random.default_rng(seed)


def losses():
    train = np.exp(-np.arange(20) / 5)[:, None] * [1.0, 1.5, 2.0] + 0.1
    return LossCurveDisplay(train, validation_loss=train + 0.2, best_epochs=[7, 12, 20], loss_name="log loss")


def grid():
    names = {"x_name": "width (units per hidden layer)", "y_name": "depth (hidden layers)"}
    scores, times = numbers().uniform(0.8, 1, (3, 4)), numbers(1).uniform(0, 200, (3, 4))
    return GridDisplay(scores, times, x_values=[16, 32, 64, 128], y_values=[1, 2, 3], score_name="accuracy", **names)


def curves():
    x = np.linspace(-1, 1, 200)
    return FunctionDisplay(x[:, None], np.sin(4 * x), np.sin(4 * x) + 0.1 * x)


def maps():
    x = np.stack(np.meshgrid(*[np.linspace(-1, 1, 25)] * 2), -1).reshape(-1, 2)
    return FunctionDisplay(x, 20 * x[:, 0], 20 * x[:, 0] + x[:, 1], input_names=["age", "fare"])


def flow():
    return GradientFlowDisplay(10.0 ** -numbers().uniform(1, 5, (9, 6)), numbers().uniform(0.5, 1, (9, 5)))


def graph():
    return NetworkDisplay([numbers().normal(size=(4, 6)), numbers(1).normal(size=(6, 3))])


def heat_maps():
    return NetworkDisplay([numbers().normal(size=(8, 40)), numbers(1).normal(size=(40, 3))])


DISPLAYS = {f.__name__: f for f in (losses, grid, curves, maps, flow, graph, heat_maps)}
each_display = pytest.mark.parametrize("make", DISPLAYS.values(), ids=DISPLAYS)


# The convention


@each_display
def test_plot_returns_the_display_and_says_where_it_drew(make):
    display = make()
    assert not hasattr(display, "ax_")
    assert display.plot() is display
    assert display.ax_.figure is display.figure_
    first = display.figure_
    assert display.plot(name="again").figure_ is not first


@each_display
def test_draws_on_the_axes_it_is_given(make):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
    display = make().plot(right)
    assert display.figure_ is figure and plt.get_fignums() == [figure.number]
    figure.canvas.draw()
    axes = getattr(display, "axes_", [display.ax_])
    assert all(ax.get_window_extent().x0 > left.get_window_extent().x1 for ax in axes)
    assert not left.has_data() and (display.ax_ is right or not right.axison)


def test_panels_take_the_place_of_free_axes():
    figure = plt.figure(figsize=(8, 4))
    bounds = (0.5, 0.25, 0.4, 0.5)
    display = flow().plot(figure.add_axes(bounds))
    left, right = (ax.get_position() for ax in display.axes_)
    assert_allclose([left.x0, left.y0, right.x1, right.y1], [0.5, 0.25, 0.9, 0.75])


@each_display
def test_axes_must_be_axes(make):
    with pytest.raises(TypeError, match=r"ax must be a matplotlib Axes or None, got 'axes'; .* makes one\.$"):
        make().plot("axes")


@each_display
def test_without_matplotlib_one_sentence_says_so(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"^\w+Display needs matplotlib, .*; run 'pip install matplotlib'\.$"):
        make().plot()


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, skscratch, skscratch.displays; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "draw",
    [
        LossCurveDisplay.from_estimator,
        NetworkDisplay.from_estimator,
        lambda model: FunctionDisplay.from_estimator(ScratchMLPRegressor(), X[:, :1], Y),
        lambda model: GridDisplay.from_estimator(GridSearchCV(model, {"width": [1], "depth": [1]})),
    ],
)
def test_unfitted_estimators(draw):
    with pytest.raises(NotFittedError):
        draw(ScratchMLPClassifier())


@pytest.mark.parametrize("Display", [LossCurveDisplay, NetworkDisplay, GridDisplay, FunctionDisplay])
def test_other_estimators_are_an_error_in_one_sentence(Display):
    other = LogisticRegression(max_iter=1000).fit(X, Y)
    with pytest.raises(TypeError, match=r"^(estimator|search) must [^.]+ got LogisticRegression[^.]*\.$"):
        Display.from_estimator(other, *([X[:, :1], Y] if Display is FunctionDisplay else []))


# Loss curves


def test_losses_are_those_of_the_estimator(model):
    display = LossCurveDisplay.from_estimator(model)
    assert [line.get_ydata().tolist() for line in display.lines_] == [model.loss_curve_, model.validation_loss_curve_]
    assert [line.get_xdata().tolist() for line in display.lines_] == [[1, 2, 3, 4, 5]] * 2
    drawn = [line.get_xdata()[0] for line in display.best_epoch_lines_]
    assert drawn == sorted(model.best_iter_)
    assert display.ax_.get_xlabel() == "epoch" and display.ax_.get_ylabel() == "log loss (nats)"


def test_the_networks_of_an_estimator_are_a_band(model):
    for band, curves in zip(
        LossCurveDisplay.from_estimator(model).bands_, (model.loss_curves_, model.validation_loss_curves_), strict=True
    ):
        corners = band.get_paths()[0].vertices
        for epoch, losses in enumerate(curves, start=1):
            height = corners[corners[:, 0] == epoch, 1]
            assert_allclose([height.min(), height.max()], [losses.min(), losses.max()])
            assert losses.min() < losses.max()


def test_after_a_warm_start_all_epochs_are_drawn(model):
    warm = clone(model).set_params(warm_start=True).fit(X, Y).fit(X, Y)
    display = LossCurveDisplay.from_estimator(warm)
    for line in display.lines_:
        assert line.get_xdata().tolist() == list(range(1, 11))
    assert [line.get_xdata()[0] for line in display.best_epoch_lines_] == sorted(warm.best_iter_ + 5)


def test_members_are_a_band_around_their_mean():
    display = losses().plot()
    for line, band, shift in zip(display.lines_, display.bands_, (0.0, 0.2), strict=True):
        decay = np.exp(-np.arange(20) / 5)
        assert_allclose(line.get_ydata(), 1.5 * decay + 0.1 + shift)
        corners = band.get_paths()[0].vertices
        for epoch in (1, 20):
            height = corners[corners[:, 0] == epoch, 1]
            assert_allclose([height.min(), height.max()], np.array([1, 2]) * decay[epoch - 1] + 0.1 + shift)


def test_a_history_of_the_core():
    validation = [np.array([[9.0, 9.0], [i, i + 2.0]]) for i in range(3)]  # some criterion, and below it the loss
    history = History([np.array([3.0, 5.0])] * 3, validation, np.array([2, 3]))
    display = LossCurveDisplay.from_history(history, loss_name="half squared error")
    assert_array_equal(display.lines_[0].get_ydata(), [4, 4, 4])
    assert_array_equal(display.lines_[1].get_ydata(), [1, 2, 3])
    assert [line.get_xdata()[0] for line in display.best_epoch_lines_] == [2, 3]
    assert display.ax_.get_ylabel() == "half squared error"


def test_names_and_units_of_a_loss():
    options = {**SMALL, "alpha": 0.0, "solver": "lbfgs", "early_stopping": False, "loss": HuberLoss()}
    with pytest.warns(UserWarning, match="max_iter"):
        model = ScratchMLPRegressor(**options).fit(X, Y)
    display = LossCurveDisplay.from_estimator(model, name="mine")
    assert display.ax_.get_xlabel() == "iteration" and display.ax_.get_ylabel() == "HuberLoss"
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["mine: training", "mine: range (3 networks)", "mine: best epochs (3 networks)"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("Network", [TheirMLPClassifier, compat.MLPClassifier])
def test_networks_with_scikit_learn_s_attributes(Network):
    model = Network([5], max_iter=4, random_state=0).fit(X, Y)
    (line,) = LossCurveDisplay.from_estimator(model).lines_
    assert line.get_ydata().tolist() == model.loss_curve_
    (lines, _) = NetworkDisplay.from_estimator(model).edges_
    assert len(lines.get_segments()) == model.coefs_[0].size


def test_one_epoch_is_a_dot_and_none_an_error():
    assert LossCurveDisplay([0.5]).plot().lines_[0].get_marker() == "o"
    with pytest.raises(ValueError, match="at least one epoch, got none"):
        LossCurveDisplay([]).plot()


def test_ticks_of_given_axes_stay():
    _, (fixed, logarithmic) = plt.subplots(2)
    fixed.set_xticks([1, 20])
    logarithmic.set_xscale("log")
    assert losses().plot(fixed).ax_.get_xticks().tolist() == [1, 20]
    assert losses().plot(logarithmic).ax_.get_xscale() == "log"


# Grids


@pytest.fixture(scope="module")
def search():
    """A search whose scores are known: minus the squared distance to width 8, depth 2, less alpha."""

    def score(estimator, X, y):
        p = estimator[-1] if hasattr(estimator, "steps") else estimator
        return np.nan if (p.width, p.depth) == (2, 3) else -((p.width - 8) ** 2) - (p.depth - 2) ** 2 - p.alpha

    model = ScratchMLPClassifier(n_estimators=1, max_iter=1, numeric_embedding=None)
    values = {"alpha": [0.5, 0.25], "depth": [3, 1, 2], "width": [4, 8, 2, 16]}
    with pytest.warns(UserWarning, match="non-finite"):
        return GridSearchCV(model, values, scoring=score, cv=2, refit=False).fit(X, Y)


def test_cells_are_those_of_a_pivot_table(search):
    display = GridDisplay.from_estimator(search)
    results = pd.DataFrame(search.cv_results_)
    results = results.loc[results["param_alpha"] == 0.25]  # the better one everywhere
    for ours, theirs in ((display.scores, "mean_test_score"), (display.fit_times, "mean_fit_time")):
        table = results.pivot(index="param_depth", columns="param_width", values=theirs).to_numpy(float, copy=True)
        table[2, 0] = np.nan
        assert_array_equal(ours, table)
    assert_array_equal(display.image_.get_array().filled(np.nan), display.scores)
    assert [text.get_text() for text in display.ax_.get_xticklabels()] == ["2", "4", "8", "16"]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["1", "2", "3"]
    assert display.ax_.get_xlabel().startswith("width") and display.ax_.get_ylabel().startswith("depth")
    left, bottom = display.best_.get_xy()
    assert (round(left), round(bottom)) == (2, 1)
    assert display.texts_[2, 0] is None
    assert display.texts_[0, 1].get_text().split("\n")[0] == "-17.2"
    assert display.texts_[0, 1].get_text().split("\n")[1] == f"{display.fit_times[0, 1]:.2f} s"


def test_any_two_parameters(search):
    display = GridDisplay.from_estimator(search, y="alpha", score_name="closeness")
    assert display.colorbar_.ax.get_ylabel() == "mean closeness"
    assert display.scores.shape == (2, 4)
    assert_array_equal(display.scores, -((np.array([2, 4, 8, 16]) - 8) ** 2) - [[0.25], [0.5]])
    display = GridDisplay.from_estimator(search, x="depth", y="width")
    assert display.scores.shape == (4, 3)


def test_parameters_of_a_step_of_a_pipeline():
    model = make_pipeline(StandardScaler(), ScratchMLPClassifier(n_estimators=1, max_iter=1))
    values = {f"scratchmlpclassifier__{name}": [1, 2] for name in ("alpha", "depth", "width")}
    display = GridDisplay.from_estimator(GridSearchCV(model, values, cv=2).fit(X, Y))
    assert display.ax_.get_xlabel() == "width (units per hidden layer)"
    assert display.ax_.get_ylabel() == "depth (hidden layers)"
    assert display.colorbar_.ax.get_ylabel() == "mean accuracy"


def test_several_scores_and_any_values():
    values = {"alpha": [1.0, 10.0], "solver": [None, "svd", "auto"], "fit_intercept": [True]}
    model = GridSearchCV(
        Ridge(), values, scoring=["r2", "neg_mean_absolute_error"], refit="r2", cv=2, error_score=np.nan
    )
    with pytest.warns(FitFailedWarning, match="fits failed"), pytest.warns(UserWarning, match="non-finite"):
        model.fit(X, Y)
    display = GridDisplay.from_estimator(model, x="solver", y="alpha", metric="neg_mean_absolute_error")
    assert display.x_values == ["auto", "svd"]  # None failed everywhere
    assert display.colorbar_.ax.get_ylabel() == "mean neg mean absolute error"
    with pytest.raises(ValueError, match=r"metric must be one of \['r2', 'neg_mean_absolute_error'\], got 'score'\.$"):
        GridDisplay.from_estimator(model)


def test_wrong_parameters_of_a_grid(search):
    with pytest.raises(ValueError, match=r"among the searched parameters \['alpha', .*, got x='widht' and y=None\.$"):
        GridDisplay.from_estimator(search, x="widht")
    one = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=2).fit(X, Y)
    with pytest.raises(ValueError, match="x and y must be two searched parameters, got x='alpha' and y=None"):
        GridDisplay.from_estimator(one)
    with pytest.raises(ValueError, match="at least one number"):
        GridDisplay([[np.nan]], [[1.0]], x_values=[1], y_values=[1], x_name="x", y_name="y").plot()


# Functions


def test_curves_are_sorted_and_the_residual_is_their_difference():
    x = numbers().permutation(np.linspace(-1, 1, 50))
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


def test_maps_share_a_scale_and_the_residual_has_its_own():
    display = maps().plot()
    truth, approximation, residual = display.contours_
    assert_array_equal(truth.levels, approximation.levels)
    assert truth.levels[0] <= -21 and truth.levels[-1] >= 21
    steeper = FunctionDisplay.from_predictions(display.X, display.y_true, 3 * display.y_true).contours_[0]
    assert steeper.levels[0] <= -60 and steeper.levels[-1] >= 60
    assert_allclose(residual.levels, -residual.levels[::-1], atol=1e-12)
    assert 1 <= residual.levels[-1] < 2
    assert [ax.get_xlabel() for ax in display.axes_] == ["age"] * 3 and display.axes_[0].get_ylabel() == "fare"


def test_maps_show_the_colour_of_the_value():
    """Pixels, against the colour map at the middle of the level."""
    display = maps().plot()
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


def test_wrong_functions():
    x = np.linspace(0, 1, 10)
    with pytest.raises(ValueError, match=r"X must have one or two columns .*got shapes \(10, 3\)"):
        FunctionDisplay(np.ones((10, 3)), x, x).plot()
    with pytest.raises(ValueError, match="do not all lie on one line"):
        FunctionDisplay(np.stack([x, x], 1), x, x).plot()
    with pytest.raises(ValueError, match="one name for each of the 1 columns"):
        FunctionDisplay(x[:, None], x, x, input_names=["a", "b"]).plot()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FunctionDisplay(x[:, None], x[:-1], x).plot()


def test_a_constant_function():
    x = maps().X
    display = FunctionDisplay.from_predictions(x, np.zeros(len(x)), np.zeros(len(x)))
    assert display.rmse_ == 0


# Gradients and activations


def differences(objective, P, x, y, i, c):
    """dL/dW of dense layer i at effective weights W = c P, by central differences."""
    W, eps = P.layers[i].W, 1e-6
    dW = np.empty_like(W)
    for index in np.ndindex(W.shape):
        values = []
        for sign in (1, -1):
            Q = P.like(P.values.copy())
            Q.layers[i].W[index] += sign * eps / c
            values.append(objective.loss_sum(objective.network.predict(Q, x), y, None)[index[0]] / len(y))
        dW[index] = (values[0] - values[1]) / (2 * eps)
    return dW


@pytest.mark.parametrize("ntk", [False, True])
def test_scales_against_differences_and_a_forward_pass(rng, ntk):
    def dense(units):
        return Dense(units, Normal(), Normal(), ntk=True) if ntk else Dense(units)

    layers = (Scale(), dense(4), Tanh(), dense(3), Identity(), dense(2))
    objective = Objective(Network(layers, n_inputs=3), SquaredError(), alpha=7.0)  # the penalty must not be seen
    P = objective.network.init(2, rng)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    recorder = GradientRecorder(objective, Rows(x, y, None), P)
    scale = [(1 / np.sqrt(d) if ntk else 1.0) for d in (3, 4, 3)]
    dW = [differences(objective, P, x, y, i, c) for i, c in zip((1, 3, 5), scale, strict=True)]
    assert_allclose(recorder.gradients[0], [np.sqrt(np.mean(one**2)) for one in dW], rtol=1e-6)
    h = np.tanh(x @ P.layers[1].W * scale[0] + P.layers[1].b[:, None])
    g = h @ P.layers[3].W * scale[1] + P.layers[3].b[:, None]
    assert_allclose(recorder.activations[0], [np.sqrt(np.mean(h**2)), np.sqrt(np.mean(g**2))])


def test_a_recorder_changes_nothing_and_sees_every_epoch(rng):
    objective = Objective(Network((Dense(3), Tanh(), Dense(1)), n_inputs=2), SquaredError())
    x = rng.normal(size=(2500, 2))
    rows = Rows(x, x[:, :1], None)
    ends = []
    for record in (True, False):
        P = objective.network.init(1, np.random.default_rng(0))
        recorders = [GradientRecorder(objective, rows, P)] if record else []
        Trainer(objective, Sgd().chain(0.1), np.random.default_rng(1), 50).run(P, rows, 3, callbacks=recorders)
        ends.append(P.values)
        assert all(len(recorder.gradients) == len(recorder.activations) == 4 for recorder in recorders)
        assert all(len(recorder.rows.y) == 1000 for recorder in recorders)
    assert_array_equal(*ends)


def test_an_estimator_is_fitted_anew_and_left_alone():
    model = ScratchMLPRegressor(hidden_layer_sizes=[4, 3], early_stopping=False, **SMALL)
    display = GradientFlowDisplay.from_estimator(model, X, Y)
    assert not hasattr(model, "coefs_") and "_observers" not in vars(model)
    gradients, activations = np.array(display.gradients), np.array(display.activations)
    assert gradients.shape == (6, 3) and activations.shape == (6, 2)
    assert_array_equal(gradients[0, :2], 0)  # the output layer starts from zero
    assert gradients[0, 2] > 0
    fitted = model.fit(X, Y)
    assert set(fitted.best_iter_) == {5}  # so that the parameters of the last epoch are those that were kept
    for layer in (0, 1):
        assert_allclose(np.sqrt(np.mean(fitted.hidden_activations(X, layer) ** 2)), activations[-1, layer], rtol=1e-6)
    for lines, scales in ((display.gradient_lines_, gradients), (display.activation_lines_, activations)):
        assert_array_equal([line.get_ydata() for line in lines], scales.T)
        assert all(line.get_xdata()[0] == 0 for line in lines)


def test_a_network_without_hidden_layers_and_with_own_validation_rows():
    display = GradientFlowDisplay.from_estimator(ScratchMLPClassifier((), early_stopping=True, **SMALL), X, Y)
    assert len(display.axes_) == 1 and display.activation_lines_ == [] and len(display.gradient_lines_) == 1


def test_vanishing_gradients_are_drawn_on_a_logarithmic_axis():
    assert flow().plot().axes_[0].get_yscale() == "log"
    assert flow().plot().axes_[1].get_yscale() == "linear"
    assert GradientFlowDisplay(np.zeros((3, 2)), np.zeros((3, 1))).plot().axes_[0].get_yscale() == "linear"


def test_gradient_flow_of_something_else():
    with pytest.raises(TypeError, match=r"must be a ScratchMLPClassifier or a ScratchMLPRegressor, got Ridge\(\)"):
        GradientFlowDisplay.from_estimator(Ridge(), X, Y)
    with pytest.raises(ValueError, match="solver must be 'adam', 'sgd' or 'rmsprop', which have epochs, got 'lbfgs'"):
        GradientFlowDisplay.from_estimator(ScratchMLPClassifier(solver="lbfgs"), X, Y)


# Networks


def test_edges_are_the_weights(model):
    display = NetworkDisplay.from_estimator(model, member=1, name="second")
    assert [len(nodes.get_offsets()) for nodes in display.nodes_] == [4, 4, 5, 3]
    largest = max(np.abs(W[1]).max() for W in model.coefs_)
    assert_allclose(display.colorbar_.mappable.get_clim(), [-largest, largest])
    for i, (W, edges) in enumerate(zip(model.coefs_, display.edges_, strict=True)):
        left, right = display.nodes_[i].get_offsets(), display.nodes_[i + 1].get_offsets()
        weights = iter(zip(edges.get_segments(), edges.get_colors(), edges.get_linewidths(), strict=True))
        for a, from_ in enumerate(left):
            for b, to in enumerate(right):
                segment, (red, _, blue, alpha), width = next(weights)
                assert_array_equal(segment, [from_, to])
                w = W[1, a, b] / largest
                assert (red > blue) == (w > 0) or w == 0
                assert_allclose([alpha, width], [abs(w), 0.5 + 2 * abs(w)], atol=0.01)


def test_wide_networks_are_heat_maps(model):
    display = heat_maps().plot()
    assert display.edges_ == [] and [image.get_array().shape for image in display.images_] == [(8, 40), (40, 3)]
    for image, W in zip(display.images_, display.weights, strict=True):
        assert_array_equal(image.get_array(), W)
    assert len({image.get_clim() for image in display.images_}) == 1
    ours = NetworkDisplay.from_estimator(model, kind="heatmap")
    assert [image.get_array().tolist() for image in ours.images_] == [W[0].tolist() for W in model.coefs_]
    assert NetworkDisplay([np.zeros((2, 17))]).plot(kind="graph").images_ == []


def test_wrong_networks(model):
    with pytest.raises(ValueError, match=r"member must be an integer from 0 to 2, got 3\.$"):
        NetworkDisplay.from_estimator(model, member=3)
    with pytest.raises(ValueError, match="kind must be 'auto', 'graph' or 'heatmap', got 'tree'"):
        graph().plot(kind="tree")


# Reliability is scikit-learn's


def test_scikit_learn_draws_the_reliability_of_a_classifier():
    model = ScratchMLPClassifier(**SMALL).fit(X, Y == 1)
    display = CalibrationDisplay.from_estimator(model, X, Y == 1, n_bins=4)
    bins = np.digitize(model.predict_proba(X)[:, 1], [0.25, 0.5, 0.75])
    assert_allclose(display.prob_true, [(Y == 1)[bins == i].mean() for i in np.unique(bins)])


# Legibility


def pixels(figure):
    """The figure as colours (height, width, 3), from the bottom up."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3] / 255


def colour_at(image, ax, point):
    """What is drawn at a point of the axes."""
    x, y = ax.transData.transform(point).astype(int)
    return image[y, x]


def drawn_texts(figure):
    """All texts that are to be seen: of ticks only those within the limits."""
    texts = {text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()}
    for ax in figure.axes:
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                seen = ax.axison and min(limits) <= tick.get_loc() <= max(limits)
                texts -= set() if seen else {tick.label1, tick.label2}
        if not ax.axison:
            texts -= {ax.xaxis.label, ax.yaxis.label}
    return texts


def contrast(one, other):
    """The contrast of two colours by the Web Content Accessibility Guidelines, from 1 to 21."""

    def luminance(colour):
        rgb = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module", params=[(f, dark) for f in DISPLAYS for dark in (False, True)], ids=str)
def drawn(request):
    """What is drawn, its display and its figure's pixels: plain, and with a name in a dark style."""
    what, dark = request.param
    with plt.style.context("dark_background" if dark else "default"):
        display = DISPLAYS[what]().plot(name="default of the package" if dark else None)
        return what, display, pixels(display.figure_)


def test_no_text_is_cut_off_or_covered(drawn):
    _, display, image = drawn
    boxes = {text: text.get_window_extent() for text in drawn_texts(display.figure_)}
    assert len(boxes) > 5
    for text, box in boxes.items():
        assert (box.min >= 0).all() and (box.max <= np.shape(image)[1::-1]).all(), text
    for (one, box), (other, another) in combinations(boxes.items(), 2):
        assert not box.padded(-1).overlaps(another.padded(-1)), (one, other)


def test_every_axis_has_a_label(drawn):
    what, display, _ = drawn
    axes = list(getattr(display, "axes_", [display.ax_]))
    bars = set(display.figure_.axes) - set(axes)
    assert all(ax.get_xlabel() or ax.get_ylabel() for ax in bars)
    if what == "graph":  # its layers are named instead
        names = [text.get_text() for text in display.ax_.get_xticklabels()]
        assert names == ["inputs (4)", "layer 1 (6)", "output (3)"]
        return
    assert all(ax.get_xlabel() for ax in (axes[1:] if what == "curves" else axes))  # the curves share theirs
    assert all(ax.get_ylabel() for ax in (axes[:1] if what == "maps" else axes))


def test_no_legend_covers_what_is_drawn(drawn):
    figure = drawn[1].figure_
    for ax in figure.axes:
        if ax.get_legend() is not None:
            box = ax.get_legend().get_window_extent().padded(-1)
            assert not any(box.overlaps(other.get_window_extent()) for other in figure.axes)


def test_lines_and_texts_stand_out(drawn):
    """Contrast of at least 3 for lines and 4.5 for texts, and every line's colour is among the pixels."""
    what, display, image = drawn
    background = display.figure_.get_facecolor()
    for name in ("lines_", "gradient_lines_", "activation_lines_", "best_epoch_lines_"):
        for line in getattr(display, name, []):
            colour = to_rgb(line.get_color())
            assert contrast(colour, background) >= 3
            if line.get_alpha() is None:
                assert (np.abs(image - colour).max(axis=2) < 0.15).sum() > 50, line
    cells = set(display.texts_.ravel()) if what == "grid" else set()
    for text in drawn_texts(display.figure_) - cells:
        assert contrast(text.get_color(), background) >= 4.5


def test_cells_have_the_colour_of_their_score_and_legible_text():
    display = grid().plot()
    image = pixels(display.figure_)
    for (row, column), score in np.ndenumerate(display.scores):
        colour = colour_at(image, display.ax_, (column - 0.4, row - 0.4))
        unit = (score - display.scores.min()) / np.ptp(display.scores)
        assert_allclose(colour, plt.get_cmap("cividis")(unit)[:3], atol=0.02)
        text = display.texts_[row, column]
        assert contrast(text.get_color(), colour) >= 4.5
        corners = display.ax_.transData.transform([(column - 0.5, row - 0.5), (column + 0.5, row + 0.5)])
        box = text.get_window_extent()
        assert (corners[0] <= box.min).all() and (box.max <= corners[1]).all()


def test_fits_on_one_pair_of_axes_are_told_apart(model):
    first = LossCurveDisplay.from_estimator(model, name="A")
    second = LossCurveDisplay.from_estimator(model, name="B", ax=first.ax_, color="#009E73")
    assert {line.get_color() for line in second.lines_ + second.best_epoch_lines_} == {"#009E73"}
    labels = [text.get_text() for text in first.ax_.get_legend().get_texts()]
    assert len(labels) == 8 and all(label.startswith(("A: ", "B: ")) for label in labels)
