"""Sizes of gradients and activations against central differences and a forward pass."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.activations import Identity, Tanh
from skscratch.core.batches import Rows
from skscratch.core.initializers import Normal
from skscratch.core.layers import Dense
from skscratch.core.losses import SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Sgd
from skscratch.core.training import Trainer
from skscratch.displays import GradientFlowDisplay, GradientRecorder


def differences(objective, P, x, y, i, c):
    """Compute dL/dW of dense layer i at effective weights W = c P by central differences."""
    W, eps = P.layers[i].W, 1e-6
    dW = np.empty_like(W)
    for index in np.ndindex(W.shape):
        values = []
        for sign in (1, -1):
            Q = P.like(P.values.copy())
            Q.layers[i].W[index] += sign * eps / c
            values.append(objective.loss_sum(objective.network.predict(Q, x), y, None)[index[0]] / len(y))
        dW[index] = (values[0] - values[1]) / (2 * eps)
    return dW


@pytest.mark.parametrize("ntk", [False, True])
def test_sizes_against_differences_and_a_forward_pass(rng, ntk):
    def dense(units):
        return Dense(units, Normal(), Normal(), ntk=True) if ntk else Dense(units)

    layers = (replace(dense(4), input_factors=ntk), Tanh(), dense(3), Identity(), dense(2))
    objective = Objective(Network(layers, n_inputs=3), SquaredError(), alpha=7.0)  # the penalty must have no effect
    P = objective.network.init(2, rng)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    recorder = GradientRecorder(objective, Rows(x, y, None), P)
    scale = [(1 / np.sqrt(d) if ntk else 1.0) for d in (3, 4, 3)]
    dW = [differences(objective, P, x, y, i, c) for i, c in zip((0, 2, 4), scale, strict=True)]
    assert_allclose(recorder.gradients[0], [np.sqrt(np.mean(one**2)) for one in dW], rtol=1e-6)
    h = np.tanh(x @ P.layers[0].W * scale[0] + P.layers[0].b[:, None])
    g = h @ P.layers[2].W * scale[1] + P.layers[2].b[:, None]
    assert_allclose(recorder.activations[0], [np.sqrt(np.mean(h**2)), np.sqrt(np.mean(g**2))])


def test_a_recorder_changes_nothing_and_measures_every_epoch(rng):
    objective = Objective(Network((Dense(3), Tanh(), Dense(1)), n_inputs=2), SquaredError())
    x = rng.normal(size=(2500, 2))
    rows = Rows(x, x[:, :1], None)
    ends = []
    for record in (True, False):
        P = objective.network.init(1, np.random.default_rng(0))
        recorders = [GradientRecorder(objective, rows, P)] if record else []
        Trainer(objective, Sgd().chain(rate=0.1), np.random.default_rng(1), 50).run(P, rows, 3, callbacks=recorders)
        ends.append(P.values)
        assert all(len(recorder.gradients) == len(recorder.activations) == 4 for recorder in recorders)
        assert all(len(recorder.rows.y) == 1000 for recorder in recorders)
    assert_array_equal(*ends)


def test_a_clone_of_the_estimator_is_fitted(X, y, small):
    model = ScratchMLPRegressor(hidden_layer_sizes=[4, 3], early_stopping=False, **small)
    display = GradientFlowDisplay.from_estimator(model, X, y)
    assert not hasattr(model, "coefs_") and "_observers" not in vars(model)
    gradients, activations = np.array(display.gradients), np.array(display.activations)
    assert gradients.shape == (6, 3) and activations.shape == (6, 2)
    assert_array_equal(gradients[0, :2], 0)  # the output layer starts from zero
    assert gradients[0, 2] > 0
    fitted = model.fit(X, y)
    assert set(fitted.best_iter_) == {5}  # so that the parameters of the last epoch are the fitted ones
    for layer in (0, 1):
        assert_allclose(np.sqrt(np.mean(fitted.hidden_activations(X, layer) ** 2)), activations[-1, layer], rtol=1e-6)
    for lines, scales in ((display.gradient_lines_, gradients), (display.activation_lines_, activations)):
        assert_array_equal([line.get_ydata() for line in lines], scales.T)
        assert all(line.get_xdata()[0] == 0 for line in lines)


def test_a_network_without_hidden_layers_and_with_early_stopping(X, y, small):
    display = GradientFlowDisplay.from_estimator(ScratchMLPClassifier((), early_stopping=True, **small), X, y)
    assert len(display.axes_) == 1 and display.activation_lines_ == [] and len(display.gradient_lines_) == 1


def test_vanishing_gradients_are_drawn_on_a_logarithmic_axis(build):
    assert build("flow").plot().axes_[0].get_yscale() == "log"
    assert build("flow").plot().axes_[1].get_yscale() == "linear"
    assert GradientFlowDisplay(np.zeros((3, 2)), np.zeros((3, 1))).plot().axes_[0].get_yscale() == "linear"


def test_gradient_flow_of_other_estimators(X, y):
    with pytest.raises(TypeError, match=r"must be a ScratchMLPClassifier or a ScratchMLPRegressor, got Ridge\(\)"):
        GradientFlowDisplay.from_estimator(Ridge(), X, y)
    with pytest.raises(ValueError, match="solver must be 'adam', 'sgd' or 'rmsprop', which have epochs, got 'lbfgs'"):
        GradientFlowDisplay.from_estimator(ScratchMLPClassifier(solver="lbfgs"), X, y)


def test_rows_from_a_source(rng):
    """The first part is what is recorded; a fit in the order of the rows is the same as in memory."""
    pd = pytest.importorskip("pandas")
    data = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "y"])
    model = ScratchMLPRegressor(
        width=4,
        depth=1,
        n_estimators=2,
        max_iter=3,
        shuffle=False,
        early_stopping=False,
        dtype="float64",
        random_state=0,
    )
    streamed = GradientFlowDisplay.from_estimator(model, [data], "y")
    memory = GradientFlowDisplay.from_estimator(model, data[["a"]], data["y"])
    assert_allclose(streamed.gradients, memory.gradients, rtol=1e-4)
