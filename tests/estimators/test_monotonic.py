"""monotonic_cst: predictions that never decrease, or never increase, in a column, in all that a model can do."""

import importlib

import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, ignore_convergence
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load, save
from skscratch.export import to_numpy
from skscratch.onnx import to_onnx
from skscratch.tabular import Robust

SIGNS = {"up": 1, "down": -1}
TYPES = {"tensor(string)": object, "tensor(float)": np.float32, "tensor(double)": np.float64}


def rows(n, seed, noise=1.0):
    """A frame with a column of categories first, so that positions in X and in the network differ, and missing values.

    With little noise a fit needs no constraint; with much noise it follows the noise.
    """
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({
        "kind": pd.Categorical(rng.choice(["a", "b", "c"], n)),
        "free": rng.uniform(-1, 1, n), "up": rng.uniform(-1, 1, n), "down": rng.uniform(-1, 1, n),
    })  # fmt: skip
    signal = np.sin(4 * X["free"]) + np.minimum(X["up"], 0.2) - X["down"] * (X["kind"] == "a")
    X.loc[rng.random(n) < 0.1, "free"] = np.nan
    X.loc[rng.random(n) < 0.1, "up"] = np.nan
    return X, np.where(np.isnan(signal), 0, signal) + noise * rng.standard_normal(n)


def changes(predict, X, column):
    """Changes of predictions (100, 29) where the numbers of one column ascend, in 100 rows."""
    line = X.iloc[np.repeat(np.arange(100), 30)].assign(**{column: np.tile(np.linspace(-2, 2, 30), 100)})
    return np.diff(predict(line).reshape(100, 30), axis=1)


def is_monotonic(predict, X, tolerance=1e-6):
    """Whether predictions have the signs; differences of one unit in the last place of float32 do not count."""
    return all((sign * changes(predict, X, name) > -tolerance).all() for name, sign in SIGNS.items())


def probability(model):
    return lambda X: model.predict_proba(X)[:, 1]


@pytest.fixture(name="fitted", scope="module")
def fitted_on_noise():
    """A regressor and a classifier that would not be monotonic without constraints, and rows."""
    X, y = rows(400, 0)
    regressor = ScratchMLPRegressor(monotonic_cst=SIGNS, n_estimators=4, random_state=0).fit(X, y)
    return regressor, ScratchMLPClassifier(monotonic_cst=SIGNS, n_estimators=4, random_state=0).fit(X, y > 0), X, y


def test_predictions_are_monotonic(fitted):
    regressor, classifier, X, y = fitted
    for model, predict in [(regressor, regressor.predict), (classifier, probability(classifier))]:
        assert is_monotonic(predict, X)
        assert all(np.ptp(changes(predict, X, name)) > 0.01 for name in SIGNS)
        free = changes(predict, X, "free")
        assert free.min() < -0.01 and free.max() > 0.01
        without = clone(model).set_params(monotonic_cst=None).fit(X, y if model is regressor else y > 0)
        assert not is_monotonic(without.predict if model is regressor else probability(without), X, 1e-3)


def test_derivatives_have_the_signs(fitted):
    for model in fitted[:2]:
        gradients = model.input_gradients(fitted[2]).reshape(400, 4, -1)[:, :, -1]
        assert np.nanmin(gradients[:, 2]) >= 0 >= np.nanmax(gradients[:, 3]) and np.nanmin(gradients[:, 1]) < 0


def test_intervals_and_members_are_monotonic(fitted):
    regressor, _, X, _ = fitted
    assert is_monotonic(lambda rows: regressor.predict_interval(rows)[:, 0], X)
    assert is_monotonic(lambda rows: regressor.predict_interval(rows)[:, 1], X)
    assert is_monotonic(lambda rows: regressor.predict_members(rows)[0], X)


def test_as_accurate_as_gradient_boosting_with_the_same_constraints():
    X, y = rows(500, 1)
    X_test, y_test = rows(1000, 2)
    ours, theirs = (
        model.fit(X, y).score(X_test, y_test)
        for model in (
            ScratchMLPRegressor(monotonic_cst=SIGNS, n_estimators=4, random_state=0),
            HistGradientBoostingRegressor(monotonic_cst=SIGNS, categorical_features="from_dtype", max_iter=40),
        )
    )
    assert ours > theirs - 0.01
    ours, theirs = (
        log_loss(y_test > 0, model.fit(X, y > 0).predict_proba(X_test))
        for model in (
            ScratchMLPClassifier(monotonic_cst=SIGNS, n_estimators=4, random_state=0),
            HistGradientBoostingClassifier(monotonic_cst=SIGNS, categorical_features="from_dtype", max_iter=40),
        )
    )
    assert ours < theirs + 0.01


def test_an_array_has_a_sign_for_each_column(fitted):
    regressor, _, X, y = fitted
    for signs in ([0, 0, 1, -1], np.array([0, 0, 1, -1])):
        same = clone(regressor).set_params(monotonic_cst=signs).fit(X, y)
        np.testing.assert_array_equal(same.predict(X), regressor.predict(X))


def test_zeros_are_no_constraint(fitted):
    regressor, _, X, y = fitted
    models = [clone(regressor).set_params(monotonic_cst=signs).fit(X, y) for signs in (None, {"up": 0}, [0] * 4)]
    for model in models:
        np.testing.assert_array_equal(model.predict(X), models[0].predict(X))


@ignore_convergence
@pytest.mark.parametrize(
    "options",
    [
        dict(solver="lbfgs"), dict(solver="sgd"), dict(numeric_embedding="periodic"), dict(numeric_embedding=None),
        dict(depth=2, activation=["tanh", "softplus"]), dict(init="he_normal"), dict(scaling="quantile"),
        dict(dtype="float64"), dict(dropout=0.2), dict(loss="poisson"), dict(depth=0), dict(scaling=None),
        dict(loss="quantile", quantile=0.9),
    ],
    ids=str,
)  # fmt: skip
def test_with_other_hyperparameters(options, fitted):
    _, _, X, y = fitted
    model = ScratchMLPRegressor(**{**SMALL, **options}, monotonic_cst=SIGNS, learning_rate_init=0.05).fit(
        X, y - y.min()
    )
    assert is_monotonic(model.predict, X, tolerance=1e-6 * np.ptp(y))
    assert any(np.ptp(changes(model.predict, X, name)) > 0 for name in SIGNS)


def test_several_outputs_quantiles_and_labels(fitted):
    _, _, X, y = fitted
    options = {**SMALL, "monotonic_cst": SIGNS}
    outputs = ScratchMLPRegressor(**options).fit(X, np.column_stack([y, -y]))
    quantiles = ScratchMLPRegressor("quantile", quantile=[0.1, 0.9], **options).fit(X, y)
    labels = ScratchMLPClassifier(**options).fit(X, np.column_stack([y > 0, y > 1]))
    for predict in (outputs.predict, quantiles.predict, labels.predict_proba):
        for column in (0, 1):
            assert is_monotonic(lambda rows, c=column, p=predict: p(rows)[:, c], X)


def test_sparse_rows():
    X, y = rows(400, 0)
    X = sparse.csr_array(X[["free", "up", "down"]].fillna(0).round().to_numpy())
    model = ScratchMLPRegressor(**SMALL, monotonic_cst=[0, 1, -1]).fit(X, y)
    gradients = model.input_gradients(X)
    assert gradients[:, 1].min() >= 0 >= gradients[:, 2].max()
    assert (gradients[:, 1:] != 0).any(axis=0).all()


def test_what_a_model_can_do(fitted, tmp_path, monkeypatch):
    regressor, _, X, _ = fitted
    save(regressor, tmp_path / "model.skscratch")
    loaded = load(tmp_path / "model.skscratch")
    np.testing.assert_array_equal(loaded.predict(X), regressor.predict(X))
    assert loaded.monotonic_cst == SIGNS
    to_numpy(regressor, tmp_path / "monotonic_model.py")
    monkeypatch.syspath_prepend(tmp_path)
    predictor = importlib.import_module("monotonic_model").load()
    np.testing.assert_allclose(predictor.predict(X), regressor.predict(X), rtol=1e-5, atol=1e-5)


def test_an_onnx_model_is_monotonic(fitted):
    pytest.importorskip("onnx")
    session = pytest.importorskip("onnxruntime").InferenceSession(to_onnx(fitted[0]).SerializeToString())

    def predict(X):
        inputs = {name: X[[name]].to_numpy(object if name == "kind" else np.float64) for name in X}
        return session.run(None, {i.name: inputs[i.name].astype(TYPES[i.type]) for i in session.get_inputs()})[0]

    assert is_monotonic(predict, fitted[2])


def test_later_calls_stay_monotonic(fitted, tmp_path):
    regressor, _, X, y = fitted
    model = clone(regressor).set_params(warm_start=True, max_iter=3)
    for _ in range(2):
        model.fit(X, -y)  # against the constraints
        assert is_monotonic(model.predict, X)
    for _ in range(3):
        model.partial_fit(X, -y)
    assert is_monotonic(model.predict, X)


def test_rows_of_a_file(fitted, tmp_path):
    regressor, _, X, y = fitted
    pytest.importorskip("pyarrow")
    X.assign(y=y).to_parquet(tmp_path / "rows.parquet")
    model = clone(regressor).set_params(max_iter=8).fit(tmp_path / "rows.parquet", y="y")
    assert is_monotonic(model.predict, X)


class Mirrored(Robust):
    """t = -x: not increasing, and not known to be."""

    increasing = False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(monotonic_cst={"upp": 1}), "a key of monotonic_cst is 'upp', which must be, but is not, .* mean 'up'"),
        (dict(monotonic_cst=[1, 0, 0]), "must have one sign for each of the 4 columns of X, got 3; a dict"),
        (dict(monotonic_cst={"kind": 1}), r"must be 0 for categorical columns, .*, but it is not for \['kind'\]"),
        (dict(monotonic_cst=[1, 0, 0, 0]), r"must be 0 for categorical columns, .*, but it is not for \['kind'\]"),
        (dict(monotonic_cst={"up": 2}), "'monotonic_cst' parameter .* must be a sequence of -1, 0 and 1"),
        (dict(monotonic_cst="up"), "'monotonic_cst' parameter .* must be a sequence of -1, 0 and 1"),
        (dict(monotonic_cst=SIGNS, scaling=Mirrored()), "scaling must be increasing where monotonic_cst is given"),
        (dict(monotonic_cst=SIGNS, activation="mish"), r"must be increasing, but Mish\(\) is not"),
    ],
    ids=str,
)
def test_refused_constraints(options, message, fitted):
    _, _, X, y = fitted
    with pytest.raises(ValueError, match=message) as error:
        ScratchMLPRegressor(**{**SMALL, **options}).fit(X, y)
    assert "\n" not in str(error.value)


def test_three_classes_are_refused(fitted):
    _, _, X, y = fitted
    with pytest.raises(ValueError, match="monotonic_cst must be None for three or more classes"):
        ScratchMLPClassifier(**SMALL, monotonic_cst=SIGNS).fit(X, np.clip(y.round(), -1, 1))
