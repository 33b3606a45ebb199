"""The heat map of a search against its results, pivoted by pandas."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier
from skscratch.displays import GridDisplay


@pytest.fixture(scope="module")
def search(X, y):
    """A search with known scores: minus the squared distance to width 8 and depth 2, minus alpha."""

    def score(estimator, X, y):
        p = estimator[-1] if hasattr(estimator, "steps") else estimator
        return np.nan if (p.width, p.depth) == (2, 3) else -((p.width - 8) ** 2) - (p.depth - 2) ** 2 - p.alpha

    model = ScratchMLPClassifier(n_estimators=1, max_iter=1, numeric_embedding=None)
    values = {"alpha": [0.5, 0.25], "depth": [3, 1, 2], "width": [4, 8, 2, 16]}
    with pytest.warns(UserWarning, match="non-finite"):
        return GridSearchCV(model, values, scoring=score, cv=2, refit=False).fit(X, y)


def test_cells_are_those_of_a_pivot_table(search):
    display = GridDisplay.from_estimator(search)
    results = pd.DataFrame(search.cv_results_)
    results = results.loc[results["param_alpha"] == 0.25]  # better than 0.5 in every cell
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


def test_parameters_of_a_step_of_a_pipeline(X, y):
    model = make_pipeline(StandardScaler(), ScratchMLPClassifier(n_estimators=1, max_iter=1))
    values = {f"scratchmlpclassifier__{name}": [1, 2] for name in ("alpha", "depth", "width")}
    display = GridDisplay.from_estimator(GridSearchCV(model, values, cv=2).fit(X, y))
    assert display.ax_.get_xlabel() == "width (units per hidden layer)"
    assert display.ax_.get_ylabel() == "depth (hidden layers)"
    assert display.colorbar_.ax.get_ylabel() == "mean accuracy"


def test_several_scores_and_any_values(X, y):
    values = {"alpha": [1.0, 10.0], "solver": [None, "svd", "auto"], "fit_intercept": [True]}
    model = GridSearchCV(
        Ridge(), values, scoring=["r2", "neg_mean_absolute_error"], refit="r2", cv=2, error_score=np.nan
    )
    with pytest.warns(FitFailedWarning, match="fits failed"), pytest.warns(UserWarning, match="non-finite"):
        model.fit(X, y)
    display = GridDisplay.from_estimator(model, x="solver", y="alpha", metric="neg_mean_absolute_error")
    assert display.x_values == ["auto", "svd"]  # every fit with None failed
    assert display.colorbar_.ax.get_ylabel() == "mean neg mean absolute error"
    with pytest.raises(ValueError, match=r"metric must be one of \['r2', 'neg_mean_absolute_error'\], got 'score',"):
        GridDisplay.from_estimator(model, metric="score")


def test_the_metric_of_several_is_that_of_refit(X, y):
    """It was "score", which such a search does not have."""
    values = {"alpha": [1.0, 10.0], "tol": [1e-3, 1e-4]}
    search = GridSearchCV(Ridge(), values, scoring=["neg_mean_absolute_error", "r2"], refit="r2", cv=2).fit(X, y)
    display = GridDisplay.from_estimator(search)
    assert display.scores.max() == search.best_score_ and display.colorbar_.ax.get_ylabel() == "mean r2"
    search.set_params(refit=False).fit(X, y)
    with pytest.raises(ValueError, match=r"one of \['neg_mean_absolute_error', 'r2'\], got None, where refit=False\.$"):
        GridDisplay.from_estimator(search)


def test_invalid_parameters_of_a_grid(search, X, y):
    with pytest.raises(ValueError, match=r"among the searched parameters \['alpha', .*, got x='widht' and y=None\.$"):
        GridDisplay.from_estimator(search, x="widht")
    one = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=2).fit(X, y)
    with pytest.raises(ValueError, match="x and y must be two searched parameters, got x='alpha' and y=None"):
        GridDisplay.from_estimator(one)
    with pytest.raises(ValueError, match="at least one number"):
        GridDisplay([[np.nan]], [[1.0]], x_values=[1], y_values=[1], x_name="x", y_name="y").plot()


def test_cells_have_the_colour_of_their_score_and_legible_text(build, pixels, colour_at, contrast):
    display = build("grid").plot()
    image = pixels(display.figure_)
    for (row, column), score in np.ndenumerate(display.scores):
        colour = colour_at(image, display.ax_, (column - 0.4, row - 0.4))
        unit = (score - display.scores.min()) / np.ptp(display.scores)
        assert_allclose(colour, plt.get_cmap("cividis")(unit)[:3], atol=0.02)
        text = display.texts_[row, column]
        assert contrast(text.get_color(), colour) >= 4.5
        corners = display.ax_.transData.transform([(column - 0.5, row - 0.5), (column + 0.5, row + 0.5)])
        extent = text.get_window_extent()
        assert (corners[0] <= extent.min).all() and (extent.max <= corners[1]).all()
