"""Changes of the data that must change nothing but rounding: orders, names and units.

Where a change also changes which random numbers go where, the initial parameters are moved along, or do not matter:
the output layer of the default network starts at zero, and a linear model has one minimum.
"""

import numpy as np
import pandas as pd
import pytest
from helpers import ESTIMATORS, ignore_convergence, scores, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import make_classification

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core import Adam, Dense, MulticlassLogLoss, Network, Objective, Rows, Tanh, Trainer
from skscratch.tabular import Scaler

n = 150
SMALL = dict(width=8, depth=2, n_estimators=2, max_iter=10, dtype="float64", random_state=0)
ALL_ROWS = dict(SMALL, early_stopping=False)  # which validation rows are drawn depends on the order of classes
LINEAR = dict(
    hidden_layer_sizes=(), solver="lbfgs", init="zeros", numeric_embedding=None, alpha=1.0, max_iter=999, tol=1e-9
)
CLOSE = dict(rtol=1e-7, atol=1e-9)
X, y = two_classes(n)
three = make_classification(n, 4, n_informative=4, n_redundant=0, n_classes=3, random_state=0)[1]
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)


def mixed():
    """A frame of numbers, categories and missing values."""
    numbers = np.where(np.abs(X) > 1.9, np.nan, X)
    return pd.DataFrame(numbers, columns=[*"abcd"]).assign(
        port=pd.Categorical(np.resize(["C", "Q", "S", None], n)), sex=pd.Categorical(np.resize(["f", "m"], n))
    )


# Orders.


@each_estimator
def test_order_of_columns(Estimator):
    frame = mixed()
    order = ["sex", "c", "port", "a", "d", "b"]
    models = [Estimator(**LINEAR).fit(frame[columns], y) for columns in (list(frame), order)]
    assert_allclose(scores(models[0], frame), scores(models[1], frame[order]), rtol=1e-5, atol=1e-6)


def test_order_of_columns_of_a_network():
    """The weights of the inputs are moved along."""
    order, rng = [2, 0, 3, 1], np.random.default_rng(0)
    objective = Objective(Network((Dense(6), Tanh(), Dense(3)), 4), MulticlassLogLoss(), alpha=0.1)
    P, target = objective.network.init(2, rng), np.eye(3)[three]
    Q = P.like(P.values.copy())
    Q.layers[0].W[...] = P.layers[0].W[:, order]
    for parameters, x in ((P, X), (Q, X[:, order])):
        Trainer(objective, Adam().chain(0.03), np.random.default_rng(1), batch_size=20).run(
            parameters, Rows(np.ascontiguousarray(x), target, None), 10
        )
    assert_allclose(Q.layers[0].W, P.layers[0].W[:, order], **CLOSE)
    assert_allclose(Q.layers[2].W, P.layers[2].W, **CLOSE)


@ignore_convergence
@each_estimator
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_order_of_rows(Estimator, solver):
    """A single batch is not shuffled, and its mean does not depend on the order."""
    order = np.random.default_rng(0).permutation(n)
    model = Estimator(**ALL_ROWS, batch_size=n, solver=solver, learning_rate="constant", n_iter_no_change=np.inf)
    model.set_params(max_iter=5, tol=1.0 if solver == "lbfgs" else 1e-4)
    assert_allclose(scores(model.fit(X[order], y[order]), X), scores(model.fit(X, y), X), **CLOSE)


@pytest.mark.parametrize("options", [ALL_ROWS, {**ALL_ROWS, "solver": "sgd", "label_smoothing": 0.1}])
def test_order_of_classes(options):
    """0, 1, 2 become c, a, b: the outputs of the network have another order."""
    names = np.array(["c", "a", "b"])
    model, other = ScratchMLPClassifier(**options).fit(X, three), ScratchMLPClassifier(**options).fit(X, names[three])
    order = [other.classes_.tolist().index(name) for name in names]
    assert_allclose(other.predict_proba(X)[:, order], model.predict_proba(X), **CLOSE)
    assert_array_equal(other.predict(X), names[model.predict(X)])


def test_two_classes_the_other_way_round():
    models = [ScratchMLPClassifier(**ALL_ROWS).fit(X, classes) for classes in (y, 1 - y)]
    assert_allclose(models[1].predict_proba(X)[:, ::-1], models[0].predict_proba(X), **CLOSE)


# Names.


@pytest.mark.parametrize("labels", [[-5, 0, 7], ["a", "b", "c"]], ids=str)
def test_names_of_classes(labels):
    """In the same order: not a bit changes."""
    model = ScratchMLPClassifier(**SMALL).fit(X, three)
    renamed = ScratchMLPClassifier(**SMALL).fit(X, np.array(labels)[three])
    assert_array_equal(renamed.predict_proba(X), model.predict_proba(X))
    assert_array_equal(renamed.predict(X), np.array(labels)[model.predict(X)])


@each_estimator
def test_names_of_columns_and_of_categories(Estimator):
    frame = mixed()
    renamed = frame.rename(columns=str.upper).assign(PORT=frame["port"].cat.rename_categories(["x", "y", "z"]))
    assert_array_equal(
        scores(Estimator(**SMALL).fit(renamed, y), renamed), scores(Estimator(**SMALL).fit(frame, y), frame)
    )


# Units.


@pytest.mark.parametrize("factor", [1e-6, 1e6])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma"])
def test_unit_of_y(loss, factor):
    target = np.exp(X[:, 0] + 0.3 * X[:, 1])
    options = SMALL | ({"quantile": 0.3} if loss == "quantile" else {})
    model, other = (ScratchMLPRegressor(loss, **options).fit(X, target * f) for f in (1, factor))
    assert_allclose(other.predict(X), factor * model.predict(X), rtol=1e-7)
    assert_allclose(other.loss_curve_, model.loss_curve_, rtol=1e-7)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_zero_of_y(loss):
    model, other = (ScratchMLPRegressor(loss, **SMALL).fit(X, X[:, 0] + shift) for shift in (0, 1000))
    assert_allclose(other.predict(X) - 1000, model.predict(X), rtol=0, atol=1e-6)


@each_estimator
@pytest.mark.parametrize("factor", [1e-6, 1e6])
@pytest.mark.parametrize("scaling", [*Scaler.names(), "sparse"])
def test_unit_of_a_column(Estimator, scaling, factor):
    units = np.array([1, factor, 1, factor])
    container = csr_array if scaling == "sparse" else np.asarray
    model = Estimator(**SMALL, **({} if scaling == "sparse" else {"scaling": scaling}))
    predictions = [scores(model.fit(container(X * f), y), container(X * f)) for f in (np.ones(4), units)]
    assert_allclose(*predictions, **CLOSE)


@each_estimator
def test_units_that_are_powers_of_two(Estimator):
    """Their products are exact, in float32 too: not a bit changes."""
    options = SMALL | {"dtype": "float32"}
    powers = 2.0 ** np.array([-20, 0, 3, 40])
    predictions = [scores(Estimator(**options).fit(X * f, y), X * f) for f in (1, powers)]
    assert_array_equal(*predictions)
