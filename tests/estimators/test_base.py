"""Both estimators: their parameters, what a fit leaves as it is, and that a second fit forgets the first."""

import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, scores, two_classes
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

X, y = two_classes(90)


def test_clone_and_parameters(Estimator):
    model = Estimator(width=3, alpha=0.5, activation=["relu"], random_state=np.random.RandomState(3))
    copied = clone(model)
    assert copied is not model and not hasattr(copied, "coefs_")
    given, params = model.get_params(), copied.get_params()
    for state in (given.pop("random_state"), params.pop("random_state")):
        assert state.get_state()[1][0] == 3  # the seed: a clone copies the generator
    assert params == given
    assert model.set_params(width=4, max_iter=2) is model and model.width == 4
    with pytest.raises(ValueError, match="Invalid parameter 'widht'"):
        model.set_params(widht=4)


def test_repr_shows_what_was_set(Estimator):
    assert repr(Estimator(width=3)) == f"{Estimator.__name__}(width=3)"
    assert Estimator.__name__ in Estimator(width=3)._repr_html_()


def test_kind_of_estimator():
    assert is_classifier(ScratchMLPClassifier()) and is_regressor(ScratchMLPRegressor())


def test_fit_changes_no_parameter(Estimator):
    sizes, names = np.array([4, 3]), ["tanh", "relu"]
    model = Estimator(sizes, names, max_iter=2) if Estimator is ScratchMLPClassifier else Estimator(
        "huber", sizes, names, max_iter=2
    )  # fmt: skip
    before = model.get_params()
    model.fit(X, y)
    assert all(model.get_params()[name] is value for name, value in before.items())


def test_inputs_are_not_changed(Estimator):
    rows, z, w = X.copy(), y.astype(float), np.ones(90)
    for array in (rows, z, w):
        array.setflags(write=False)
    for scaling in ("robust", "standard", "quantile", None):
        model = Estimator(**SMALL, scaling=scaling, early_stopping=True).fit(rows, z, w)
        model.partial_fit(rows, z, w)
        scores(model, rows)
    assert_array_equal(rows, X)
    assert_array_equal(z, y)


def test_an_array_after_a_frame_warns(Estimator):
    model = Estimator(**SMALL).fit(pd.DataFrame(X, columns=list("abcd")), y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)


def test_before_fit(Estimator):
    methods = ["predict", "predict_members", "hidden_activations"]
    if Estimator is ScratchMLPClassifier:
        methods += ["predict_proba", "predict_log_proba", "decision_function"]
    for method in methods:
        with pytest.raises(NotFittedError, match=f"This {Estimator.__name__} instance is not fitted yet"):
            getattr(Estimator(), method)(X)


def test_width_and_depth(Estimator):
    def sizes(**options):
        return [b.shape[1] for b in Estimator(max_iter=1, n_estimators=1, **options).fit(X, y).intercepts_[:-1]]

    default = sizes()
    assert sizes(depth=0) == sizes(hidden_layer_sizes=()) == []
    assert sizes(width=5) == [5] * len(default) and sizes(depth=2) == [default[0]] * 2
    assert sizes(width=5, depth=2) == sizes(hidden_layer_sizes=(5, 5)) == [5, 5]
    assert sizes(hidden_layer_sizes=7) == [7] and sizes(hidden_layer_sizes=[7, 3]) == [7, 3]


def test_a_second_fit_forgets_the_first(Estimator):
    model = Estimator(**SMALL).fit(np.c_[X, X], 1 - y)
    fresh = Estimator(**SMALL).fit(X, y)
    assert_array_equal(scores(model.fit(X, y), X), scores(fresh, X))
    assert model.n_features_in_ == 4 and model.t_ == fresh.t_ and model.loss_curve_ == fresh.loss_curve_
