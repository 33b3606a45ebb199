"""The standard deviation over the members, beside predictions of the regressor."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPRegressor

SMALL = {"width": 8, "depth": 1, "n_estimators": 3, "max_iter": 6, "random_state": 0}
draw = np.random.default_rng(0)
X = draw.normal(size=(120, 3))
y = 5 + 100 * X[:, 0] + draw.normal(size=120)
Y = np.column_stack([y, X[:, 1]])
Y[:2] = [[-1e4, -100], [1e4, 100]]  # no other prediction is clipped


@pytest.mark.parametrize("options", [{}, {"loss": "poisson"}, {"dtype": "float64"}])
def test_it_is_that_of_the_predictions_of_the_members(options):
    targets = np.abs(Y)
    model = ScratchMLPRegressor(**SMALL | options).fit(X, targets)
    prediction, std = model.predict(X, return_std=True)
    assert_array_equal(prediction, model.predict(X))
    assert std.shape == targets.shape and (std > 0).all()
    members = model.predict_members(X)
    inside = ((members > targets.min(axis=0)) | (options.get("loss") == "poisson")).all(axis=0)
    assert inside.mean() > 0.2
    assert_allclose(std[inside], members.std(axis=0)[inside], rtol=1e-9)


def test_predictions_that_are_clipped_have_a_standard_deviation():
    model = ScratchMLPRegressor(**SMALL).fit(X, y)
    far = np.array([[50.0, 0, 0]])
    prediction, std = model.predict(far, return_std=True)
    assert prediction.shape == std.shape == (1,)
    assert prediction[0] == y.max() and std[0] > 0 and model.predict_members(far).std() == 0


def test_members_disagree_far_from_the_training_rows():
    model = ScratchMLPRegressor(**SMALL | {"max_iter": 30}).fit(X, y)
    _, near = model.predict(X, return_std=True)
    _, far = model.predict(10 * X, return_std=True)
    assert np.median(far) > 2 * np.median(near)


def test_rows_in_parts_and_pipelines():
    frame = pd.DataFrame(X, columns=list("abc"))
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), ScratchMLPRegressor(**SMALL))
    prediction, std = pipeline.fit(frame, y).predict(frame, return_std=True)
    scaled = pipeline[0].transform(frame)
    in_parts = pipeline[1].predict([scaled[:50], scaled[50:]], return_std=True)
    assert_allclose(in_parts, (prediction, std), rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "given"),
    [({"n_estimators": 1}, "a model of one member"), ({"loss": "quantile", "quantile": [0.1, 0.9]}, r"\(0.1, 0.9\)")],
)
def test_models_without_it(options, given):
    model = ScratchMLPRegressor(**SMALL | options).fit(X, y)
    with pytest.raises(ValueError, match=f"^return_std must be False for .*{given}: .* several members"):
        model.predict(X, return_std=True)
    with pytest.raises(NotFittedError):
        ScratchMLPRegressor().predict(X, return_std=True)
