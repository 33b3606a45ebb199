"""Example displays, a fitted classifier, and functions that read figures."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from sklearn.datasets import load_iris

from skscratch import ScratchMLPClassifier
from skscratch.displays import FunctionDisplay, GradientFlowDisplay, GridDisplay, LossCurveDisplay, NetworkDisplay


@pytest.fixture(autouse=True)
def closed_figures():
    """Close all figures after a test."""
    yield
    plt.close("all")


@pytest.fixture(scope="session", name="X")
def iris_rows():
    return load_iris().data


@pytest.fixture(scope="session", name="y")
def iris_classes():
    return load_iris().target


@pytest.fixture(scope="session")
def small():
    """Hyperparameters of a fast fit."""
    return {"numeric_embedding": None, "n_estimators": 3, "max_iter": 5, "random_state": 0}


@pytest.fixture(scope="session")
def model(X, y, small):
    return ScratchMLPClassifier([4, 5], early_stopping=True, **small).fit(X, y)


def uniform(seed, *arguments):
    return np.random.default_rng(seed).uniform(*arguments)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def losses():
    train = np.exp(-np.arange(20) / 5)[:, None] * [1.0, 1.5, 2.0] + 0.1
    return LossCurveDisplay(train, validation_loss=train + 0.2, best_epochs=[7, 12, 20], loss_name="log loss")


def grid():
    names = {"x_name": "width (units per hidden layer)", "y_name": "depth (hidden layers)"}
    scores, times = uniform(0, 0.8, 1, (3, 4)), uniform(1, 0, 200, (3, 4))
    return GridDisplay(scores, times, x_values=[16, 32, 64, 128], y_values=[1, 2, 3], score_name="accuracy", **names)


def curves():
    x = np.linspace(-1, 1, 200)
    return FunctionDisplay(x[:, None], np.sin(4 * x), np.sin(4 * x) + 0.1 * x)


def maps():
    x = np.stack(np.meshgrid(*[np.linspace(-1, 1, 25)] * 2), -1).reshape(-1, 2)
    return FunctionDisplay(x, 20 * x[:, 0], 20 * x[:, 0] + x[:, 1], input_names=["age", "fare"])


def flow():
    return GradientFlowDisplay(10.0 ** -uniform(0, 1, 5, (9, 6)), uniform(0, 0.5, 1, (9, 5)))


def graph():
    return NetworkDisplay([normal(0, 4, 6), normal(1, 6, 3)])


def heat_maps():
    return NetworkDisplay([normal(0, 8, 40), normal(1, 40, 3)])


EXAMPLES = {builder.__name__: builder for builder in (losses, grid, curves, maps, flow, graph, heat_maps)}


@pytest.fixture(scope="session")
def build():
    """A function that makes the example display of a name."""
    return lambda name: EXAMPLES[name]()


@pytest.fixture(params=EXAMPLES)
def display(request):
    """Every example display, before it is drawn."""
    return EXAMPLES[request.param]()


@pytest.fixture(scope="module", params=[(name, dark) for name in EXAMPLES for dark in (False, True)], ids=str)
def drawn(request, pixels):
    """Name, display and pixels of every example: without a name in the default style, with a name in a dark style."""
    name, dark = request.param
    with plt.style.context("dark_background" if dark else "default"):
        display = EXAMPLES[name]().plot(name="default of the package" if dark else None)
        return name, display, pixels(display.figure_)


@pytest.fixture(scope="session")
def pixels():
    """A function that draws a figure and returns its colours (height, width, 3), from the bottom up."""

    def read(figure):
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3] / 255

    return read


@pytest.fixture(scope="session")
def colour_at():
    """A function that returns the colour of an image at a point of the axes."""

    def read(image, ax, point):
        column, row = ax.transData.transform(point).astype(int)
        return image[row, column]

    return read


@pytest.fixture(scope="session")
def contrast():
    """A function that returns the contrast of two colours by the Web Content Accessibility Guidelines, from 1 to 21."""

    def luminance(colour):
        rgb = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]

    def compare(one, other):
        low, high = sorted([luminance(one), luminance(other)])
        return (high + 0.05) / (low + 0.05)

    return compare
