"""Which hyperparameters may change between a fit and a warm start, and that no option is ignored."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.losses import HuberLoss
from skscratch.estimators.constraints import Choice
from skscratch.estimators.hyperparameters import must_stay

SMALL = dict(width=4, depth=1, n_estimators=2, max_iter=2, random_state=0)
each_estimator = pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)

# A value other than the default for every hyperparameter
ALLOWED = dict(
    solver="sgd", alpha=1.0, clip_norm=1.0, learning_rate="cosine", learning_rate_init=0.1, power_t=0.1, batch_size=7,
    max_iter=1, max_time=60.0, shuffle=False, tol=0.1, n_iter_no_change=3, max_fun=10, early_stopping=True,
    validation_fraction=0.2, scoring="loss", class_weight="balanced", beta_1=0.5, beta_2=0.5, epsilon=0.1, momentum=0.5,
    nesterovs_momentum=False, warm_start=False, random_state=1, verbose=True,
)  # fmt: skip
REFUSED = dict(
    hidden_layer_sizes=(4, 4), width=5, depth=2, activation="tanh", n_estimators=3, dropout=0.5, init="he_normal",
    scaling=None, categorical_features=None, numeric_embedding=None, dtype="float32", label_smoothing=0.1, quantile=0.9,
    loss=HuberLoss(0.5), max_categories=7, min_frequency=0.1, monotonic_cst=[1, 0, 0],
)  # fmt: skip


def change(model, name):
    """Change one hyperparameter, and those that exclude it."""
    others = dict(hidden_layer_sizes=dict(width=None, depth=None)).get(name, {})
    if name == "loss" and isinstance(model, ScratchMLPClassifier):
        pytest.skip("there is one loss for each kind of classes")
    start = dict(loss="quantile", quantile=0.5) if name == "quantile" else {}
    model.set_params(**start).fit(X, y)
    return model.set_params(**{name: {**ALLOWED, **REFUSED}[name]}, **others)


def cases(names):
    return [
        pytest.param(Estimator, name, id=f"{Estimator.__name__}-{name}")
        for Estimator in (ScratchMLPClassifier, ScratchMLPRegressor)
        for name in names
        if name in Estimator().get_params()
    ]


@each_estimator
def test_every_hyperparameter_is_allowed_to_change_or_refused(Estimator):
    assert set(Estimator().get_params()) <= {*ALLOWED, *REFUSED} and not set(ALLOWED) & set(REFUSED)


def test_both_estimators_have_the_same_defaults():
    classifier, regressor = ScratchMLPClassifier().get_params(), ScratchMLPRegressor().get_params()
    shared = (classifier.keys() & regressor.keys()) - {"loss"}
    assert {name: classifier[name] for name in shared} == {name: regressor[name] for name in shared}
    assert classifier.keys() - shared == {"loss", "class_weight", "label_smoothing"}
    assert regressor.keys() - shared == {"loss", "quantile"}


@each_estimator
def test_what_must_stay_is_documented(Estimator):
    text = Estimator.__doc__.split("    warm_start : bool")[1].split("\n\n")[0]
    listed = set(re.findall(r"`(\w+)`", text)) - {"fit"}
    assert listed == set(must_stay(Estimator._hyperparameters)) == set(REFUSED) & set(Estimator().get_params())


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("Estimator, name", cases(ALLOWED))
def test_what_may_change(Estimator, name, method, capsys):
    model = change(Estimator(**SMALL, warm_start=True), name)
    epochs = len(model.loss_curve_)
    getattr(model, method)(X, y)
    assert (len(model.loss_curve_) > epochs) == (model.warm_start or method == "partial_fit")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("Estimator, name", cases(REFUSED))
def test_what_must_stay(Estimator, name, method):
    model = change(Estimator(**SMALL, warm_start=True), name)
    said = "hidden layers" if name in ("hidden_layer_sizes", "width", "depth") else name
    with pytest.raises(ValueError, match=rf"^{said} must stay as they were .*, got [^.]*") as error:
        getattr(model, method)(X, y)
    assert "\n" not in str(error.value)
    model.set_params(warm_start=False).fit(X, y)


def test_an_array_that_a_user_changes_afterwards_is_a_change():
    columns = np.array([True, False, False])
    model = ScratchMLPClassifier(**SMALL, categorical_features=columns, warm_start=True).fit(X.round(), y)
    columns[1] = True
    with pytest.raises(ValueError, match="^categorical_features must stay"):
        model.fit(X.round(), y)


@each_estimator
def test_conflicts_of_options_are_found_before_data_is_read(Estimator):
    """X and y are objects that cannot be read."""
    for options, message in [
        (dict(solver="lbfgs", dropout=0.1), "dropout must be 0 where solver='lbfgs'"),
        (dict(hidden_layer_sizes=3, width=3), "hidden_layer_sizes must be None"),
        (dict(activation=["relu"] * 4), "activation must be one name or object, or one for each"),
        (dict(loss="quantile"), "quantile must be a float"),
        (dict(quantile=0.5), "quantile must be a float"),
    ]:
        if set(options) <= set(Estimator().get_params()) and not (
            options.get("loss") == "quantile" and Estimator is ScratchMLPClassifier
        ):
            with pytest.raises(ValueError, match=message):
                Estimator(**options).fit(object(), object())


@each_estimator
def test_a_subclass_may_have_a_parameter_of_its_own(Estimator):
    options = dict(max_iter=2, random_state=0, warm_start=True)

    class Named(Estimator):
        def __init__(self, label="", *, width=4):
            super().__init__(width=width, **options)
            self.label = label

    model = Named("first").fit(X, y)
    assert model.set_params(label="second").fit(X, y).get_params()["label"] == "second"
    np.testing.assert_array_equal(model.predict(X), Estimator(width=4, **options).fit(X, y).fit(X, y).predict(X))


OPTIONS = [
    pytest.param(Estimator, name, id=f"{Estimator.__name__}-{name}")
    for Estimator in (ScratchMLPClassifier, ScratchMLPRegressor)
    for name in Estimator().get_params()
    if any(isinstance(alternative, Choice) for alternative in Estimator._hyperparameters[name].constraints)
]


@pytest.mark.parametrize("Estimator, name", OPTIONS)
def test_an_allowed_value_that_nothing_implements_is_an_error(Estimator, name, monkeypatch):
    """It is not silently treated as another value."""
    row = Estimator._hyperparameters[name]
    row = replace(row, constraints=(*row.constraints, Choice("invented")))
    monkeypatch.setattr(Estimator, "_hyperparameters", {**Estimator._hyperparameters, name: row})
    frame = pd.DataFrame(X)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Estimator(**{**SMALL, "batch_size": 20, name: "invented"}).fit(frame, y)
