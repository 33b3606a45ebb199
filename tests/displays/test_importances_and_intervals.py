"""Bars and intervals that are drawn are those of the estimator; wrong arguments."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPRegressor
from skscratch.displays import ImportanceDisplay, IntervalDisplay


@pytest.fixture(name="rows", scope="module")
def diabetes():
    return load_diabetes(return_X_y=True, as_frame=True)


@pytest.fixture(name="model", scope="module")
def fitted(rows):
    X, y = rows
    return ScratchMLPRegressor(max_iter=8, random_state=0).fit(X[:300], y[:300])


def test_bars_are_importances(model):
    display = ImportanceDisplay.from_estimator(model, max_features=3, name="diabetes", color="black")
    order = np.argsort(model.feature_importances_)[-3:]
    np.testing.assert_array_equal([bar.get_width() for bar in display.bars_], model.feature_importances_[order])
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == model.feature_names_in_[order].tolist()
    assert display.ax_.get_title() == "diabetes"
    again = display.plot(display.ax_)
    assert again.ax_ is display.ax_ and len(again.bars_) == 10


def test_importances_of_a_forest_and_of_no_fit(rows):
    X, y = rows
    forest = RandomForestRegressor(5, random_state=0).fit(X.to_numpy(), y)
    labels = ImportanceDisplay.from_estimator(forest).ax_.get_yticklabels()
    assert {label.get_text() for label in labels} == {f"x{j}" for j in range(10)}
    with pytest.raises(NotFittedError):
        ImportanceDisplay.from_estimator(ScratchMLPRegressor())


def test_estimators_without_importances(rows):
    X, y = rows
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2)
    for model in (make_pipeline(StandardScaler(), RandomForestRegressor(2)), search):
        with pytest.raises(TypeError, match=rf"got {type(model).__name__}; of a pipeline pass its last step, pipeline"):
            ImportanceDisplay.from_estimator(model.fit(X, y))
    model = ScratchMLPRegressor(max_iter=1, n_estimators=1).partial_fit(X, y)
    with pytest.raises(AttributeError, match="must be computed from the rows of a fit"):
        ImportanceDisplay.from_estimator(model)


def test_intervals_and_points(model, rows):
    X, y = (part[300:] for part in rows)
    display = IntervalDisplay.from_estimator(model, X, y, alpha=0.2, name="test")
    bounds, p = model.predict_interval(X, alpha=0.2), model.predict(X)
    inside = (bounds[:, 0] <= y) & (y <= bounds[:, 1])
    assert display.coverage_ == inside.mean()
    segments = np.array(display.interval_lines_.get_segments())
    np.testing.assert_array_equal(segments[:, :, 1], bounds)
    np.testing.assert_array_equal(segments[:, :, 0], np.column_stack([p, p]))
    for points, chosen in zip(display.points_, (inside, ~inside), strict=True):
        np.testing.assert_array_equal(points.get_offsets(), np.column_stack([p, y])[chosen])
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts[0] == "test: interval" and texts[1].startswith("test: inside (")


def test_wrong_arguments_of_intervals(rows):
    X, y = rows
    with pytest.raises(TypeError, match="estimator must have predict_interval"):
        IntervalDisplay.from_estimator(RandomForestRegressor(5).fit(X, y), X, y)
    with pytest.raises(ValueError, match=r"bounds \(n, 2\), got .* draw each output by itself"):
        IntervalDisplay(np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2, 2))).plot()
