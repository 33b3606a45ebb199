"""MAPIE's conformal predictors around the two estimators, on frames with categories and missing values."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic

SMALL = {"width": 8, "depth": 1, "n_estimators": 2, "max_iter": 16, "random_state": 0}


def test_intervals_by_cross_validation():
    regression = pytest.importorskip("mapie.regression")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    conformal = regression.CrossConformalRegressor(ScratchMLPRegressor(**SMALL), confidence_level=0.8, cv=4)
    point, bounds = conformal.fit_conformalize(X[:300], y[:300]).predict_interval(X[300:])
    lower, upper = bounds[:, :, 0].T
    assert ((lower < point) & (point < upper)).all()
    assert 0.7 < ((lower <= y[300:]) & (y[300:] <= upper)).mean() < 0.9


@pytest.mark.filterwarnings(
    "ignore:.*does not appear fitted", "ignore:X does not have valid feature names", "ignore:No value of X is known"
)
def test_sets_after_the_fit():
    """MAPIE tries a prediction for an array without names, which warns after a fit on a frame."""
    classification = pytest.importorskip("mapie.classification")
    X, y = load_titanic(return_X_y=True)
    model = ScratchMLPClassifier(**SMALL).fit(X[::3], y[::3])
    conformal = classification.SplitConformalClassifier(model, confidence_level=0.9, prefit=True)
    label, sets = conformal.conformalize(X[1::3], y[1::3]).predict_set(X[2::3])
    inside = sets[np.arange(len(sets)), y[2::3], 0]
    assert (label == model.predict(X[2::3])).all() and 0.85 < inside.mean() < 0.95
