"""Rules: the graph of a function computes what the function does, and what has no rule is refused."""

import io

import numpy as np
import pytest
from scipy.special import expit, ndtr

from skscratch import ScratchMLPRegressor
from skscratch.core.activations import Activation
from skscratch.core.layers import Dense
from skscratch.core.losses import SquaredError
from skscratch.export import apply, predictor, rule
from skscratch.export.columns import input_specs
from skscratch.export.graph import Graph, model_graph
from skscratch.export.numpy import _npz
from skscratch.export.tensor import RULES, by_rule, new_input
from skscratch.onnx.model import to_proto
from skscratch.tabular.scaling import Scaler

UNARY = [np.negative, np.abs, np.sign, np.sqrt, np.exp, np.log, np.tanh, np.sin, np.cos, np.square, np.expm1, np.log1p]
BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum]
COMPARISONS = [np.equal, np.greater, np.greater_equal, np.less, np.less_equal]
OF_ARRAYS = [np.clip, np.where, np.empty_like, np.zeros_like, np.copyto, np.matmul, np.isnan]  # tested elsewhere


def run(f, x):
    """f of rows x (n, d), by the module of NumPy and, where it is installed, by onnxruntime."""
    z = new_input("X", x.dtype, x.shape[1])
    spec, result = z.node.value, f(z)
    graph = Graph((spec,), {"probabilities": result}, {"probabilities": (None, None)})
    values = predictor.load(io.BytesIO(_npz(graph, named=False))).predict_proba(x)
    try:
        import onnxruntime
    except ImportError:
        return values
    session = onnxruntime.InferenceSession(to_proto(graph).SerializeToString())
    np.testing.assert_allclose(
        session.run(None, {"X": x})[0], values, rtol=1e-6, atol=1e-12 if x.dtype == float else 1e-6
    )
    assert values.dtype == result.dtype
    return values


def test_every_function_with_a_rule_is_tested():
    functions = {key for key in RULES if not isinstance(key, type)}
    assert functions == {*UNARY, *BINARY, *COMPARISONS, *OF_ARRAYS, expit, ndtr}


@pytest.mark.parametrize("function", [*UNARY, expit, ndtr], ids=lambda function: function.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_of_one_array(function, dtype, rng):
    x = rng.uniform(0.1, 3, (4, 3)).astype(dtype)
    tolerance = 1e-6 if dtype == np.float32 or function is ndtr else 1e-14  # ndtr is computed in float32
    np.testing.assert_allclose(run(function, x), function(x), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("function", [*BINARY, *COMPARISONS], ids=lambda function: function.__name__)
def test_functions_of_two_arrays(function, rng):
    x, y = rng.integers(1, 4, (4, 3)) / 2, rng.integers(1, 4, 3) / 2
    np.testing.assert_allclose(run(lambda z: function(z, y), x), function(x, y), rtol=1e-15)
    np.testing.assert_allclose(run(lambda z: function(y, z), x), function(y, x), rtol=1e-15)
    np.testing.assert_allclose(run(lambda z: function(z, z * 2), x), function(x, x * 2), rtol=1e-15)


def test_functions_of_arrays(rng):
    x, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    x[1, 1] = np.nan
    np.testing.assert_array_equal(run(np.isnan, x), np.isnan(x))
    np.testing.assert_array_equal(run(lambda z: np.where(np.isnan(z), 1, z), x), np.where(np.isnan(x), 1, x))
    np.testing.assert_array_equal(run(lambda z: np.clip(z, -0.5, 0.5), x), np.clip(x, -0.5, 0.5))
    np.testing.assert_allclose(run(lambda z: z @ W, x[:1]), x[:1] @ W)


def test_output_arguments_change_what_follows():
    def f(z):
        t, kept = np.empty_like(z), np.empty_like(z)
        np.copyto(kept, z)
        np.multiply(z, 2, out=z)
        np.greater(z, np.zeros((1, *z.shape[1:]), z.dtype), out=t)  # as a number
        z += 1
        return z * t - kept

    np.testing.assert_array_equal(run(f, np.array([[-1.0, 2.0]])), [[1.0, 3.0]])


class Softsign(Activation):
    def forward(self, do, z):
        t = np.empty_like(z)
        do(np.abs, z, out=t)
        do(np.add, t, 1, out=t)
        do(np.divide, z, t, out=z)

        def backward(g):
            t = np.empty_like(z)
            do(np.abs, z, out=t)
            do(np.subtract, 1, t, out=t)
            do(np.square, t, out=t)
            do(np.multiply, g, t, out=g)

        return backward


class Arctan(Activation):
    def forward(self, do, z):
        t = np.empty_like(z)
        do(np.copyto, t, z)
        do(np.arctan, z, out=z)
        return lambda g: do(lambda: np.divide(g, 1 + t * t, out=g))


class FirstUnit(Activation):
    def forward(self, do, z):
        do(np.tanh, z[..., :1], out=z[..., :1])
        return lambda g: None


class Centred(Scaler):
    def learn(self, x, Q, sample_weight=None):
        return (np.nanmean(x, axis=0),)

    def transform(self, x, statistics):
        return x - statistics[0].astype(x.dtype)


class HalvedError(SquaredError):
    def predict(self, z):
        return z / 2


class SortedError(SquaredError):
    def predict(self, z):
        return np.sort(z, axis=-1)


def fit(rng, **options):
    X = rng.normal(size=(40, 2))
    return ScratchMLPRegressor(width=3, max_iter=2, n_estimators=2, random_state=0, **options).fit(X, X @ [1, 2]), X


def exported(model, X):
    """Predictions of the exported model."""
    return predictor.load(io.BytesIO(_npz(model_graph(model, input_specs(model)), named=False))).predict(X)


@pytest.mark.parametrize("options", [{"activation": Softsign()}, {"scaling": Centred()}, {"loss": HalvedError()}])
def test_a_class_that_calls_functions_with_rules_needs_none(rng, options):
    model, X = fit(rng, **options)
    np.testing.assert_allclose(exported(model, X), model.predict(X), rtol=1e-6)


def test_a_function_gets_a_rule(rng):
    model, X = fit(rng, activation=Arctan())
    with pytest.raises(ValueError, match=r"Arctan must have a rule .* none for numpy.arctan; write one with"):
        exported(model, X)

    @rule(np.arctan)
    def arctan(x):
        return apply("Sin", x)

    exported(model, X)


def test_a_class_gets_a_rule(rng):
    model, X = fit(rng, loss=SortedError())
    with pytest.raises(ValueError, match=r"SortedError must have a rule .* none for numpy.sort; write one with"):
        exported(model, X)

    @rule(SortedError)
    def one_output(loss, z):
        return z

    np.testing.assert_allclose(exported(model, X), model.predict(X), rtol=1e-6)


def test_parts_of_arrays_are_refused(rng):
    model, X = fit(rng, activation=FirstUnit())
    with pytest.raises(ValueError, match="FirstUnit must have a rule .* none for a part of an array"):
        exported(model, X)


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda z: np.add.reduce(z, axis=0), "add.reduce"),
        (lambda z: z.__setitem__(0, 1), "to set a part"),
        (lambda z: np.tanh(z, out=z[..., :1]), "a part of an array"),
        (lambda z: 1 if z else 0, "a condition"),
        (lambda z: [*z], "a loop"),
        (lambda z: np.add(z, 1, out=np.empty((1, 2))), "an output array of another kind"),
        (lambda z: np.empty_like(z) + 1, "an array that was not set"),
    ],
)
def test_what_has_no_rule(f, what):
    with pytest.raises(ValueError, match=what):
        f(new_input("X", float, 2))


def test_rules_are_not_inherited(rng):
    """A class may compute something else than the one it derives from."""

    class Other(Dense):
        pass

    with pytest.raises(ValueError, match="Other must have a rule"):
        by_rule(Other(1), lambda x: np.sort(x), new_input("X", float, 2))
