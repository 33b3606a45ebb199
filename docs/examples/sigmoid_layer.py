r"""
A dense sigmoid layer
=====================

A layer of one logistic unit, and then a network with a hidden layer before it, learn :math:`y =
\sqrt{\operatorname{mean}(x)}` from one sample at a time, with three losses: the squared error, the cosine distance and
the binary cross-entropy. Some rows are validation rows, which determine the best epoch; other rows are for the test at
the end. Each network is trained with ``skscratch.core`` alone. If an estimator can train the same network, both have
the same parameters.

As a script, the example prints its results. If it gets a folder as an argument, it saves its plots in this folder::

    python docs/examples/sigmoid_layer.py [FOLDER]
"""

# %%
# The problem
# -----------
# There are three inputs, uniform on [0, 1], so y is in [0, 1] too.

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core import (
    BinaryLogLoss,
    CosineDistance,
    Dense,
    LecunNormal,
    Logistic,
    Network,
    Objective,
    Rows,
    Sgd,
    SquaredError,
    Trainer,
)
from skscratch.displays import LossCurveDisplay

BLUE, BLACK = "#0072B2", "#000000"  # the palette of Okabe and Ito

X = np.random.default_rng(0).uniform(size=(1000, 3))
Y = np.sqrt(X.mean(axis=1))
TRAIN, VALIDATION, TEST = slice(0, 600), slice(600, 800), slice(800, 1000)

# %%
# The formulas
# ------------
# A unit computes :math:`z = x W + b` and :math:`a = \sigma(z) = 1/(1 + e^{-z})`, whose derivative is
#
# .. math:: \sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2} = a (1 - a).
#
# A loss gives :math:`g = \partial\ell/\partial z` for the raw score. The other gradients follow by the chain rule: in
# every dense layer :math:`dW = x^\top g`, :math:`db = \sum_i g_i`, :math:`dx = g W^\top`, and in the sigmoid between
# two dense layers :math:`dz = g \odot a (1 - a)`. Each sample is one step :math:`W \leftarrow W - \eta\, dW`.
#
# - **Squared error after a sigmoid**, :math:`\ell = (a - y)^2/2`: :math:`g = (a - y)\, a (1 - a)`. The factor
#   :math:`a(1 - a) \le 1/4` makes training slow. It is slowest if :math:`a` is close to 0 or 1 and wrong.
# - **Binary cross-entropy**, :math:`\ell = -y\log a - (1 - y)\log(1 - a)`: the factor cancels, so :math:`g = a - y`.
# - **Cosine distance**, :math:`\ell = 1 - c`, :math:`c = \hat z\cdot\hat y`, where :math:`\hat v = v/\lVert v\rVert`.
#   Since :math:`\partial \hat z/\partial z = (I - \hat z\hat z^\top)/\lVert z\rVert`, it is :math:`g = (c\,\hat z -
#   \hat y)/\lVert z\rVert`. This is orthogonal to :math:`z`, since the loss depends only on directions. With one output
#   no orthogonal direction exists: :math:`\hat z` and :math:`\hat y` are :math:`\pm 1`, :math:`c\,\hat z = \hat y`, and
#   :math:`g = 0` for any error:

z, target = np.array([[[0.2], [-3.0], [5.0]]]), np.array([[0.9], [0.9], [0.9]])
print("Cosine distance on one output:", CosineDistance().value(z, target)[0])
print("and its gradient:             ", CosineDistance().gradient(z, target, np.empty_like(z))[0, :, 0])

# %%
# So for the cosine distance the target has two outputs, the point :math:`(y, \sqrt{1 - y^2})` on the unit circle. The
# prediction of y is computed from the direction: :math:`z_1/\lVert z\rVert`. For the cross-entropy the targets are
# labels, which are 1 with the probability y. The classifier has to estimate this probability.
#
# With the core
# -------------
# ``validate`` returns the validation loss after each epoch. At the end the trainer restores the parameters of the epoch
# with the smallest validation loss. For the squared error after a sigmoid, the last layer is a sigmoid.

CIRCLE = np.stack([Y, np.sqrt(1 - Y**2)], axis=1)
LABELS = np.random.default_rng(1).uniform(size=len(Y)) < Y


def generators(seed):
    """Return the generators of an estimator with this ``random_state``: parameters, validation rows, order of rows."""
    seed = np.random.RandomState(seed).randint(2**31 - 1)
    return [np.random.default_rng(sequence) for sequence in np.random.SeedSequence(seed).spawn(3)]


def fit_core(loss, target, hidden, last, rate, epochs=20):
    """Train with one sample per step on the target (n, o); return network, parameters, history."""
    init = LecunNormal()
    layers = [layer for h in hidden for layer in (Dense(h, init), Logistic())]
    network = Network((*layers, Dense(target.shape[1], init), *last), n_inputs=X.shape[1])
    init_rng, _, order_rng = generators(0)
    P, objective = network.init(1, init_rng), Objective(network, loss)

    def validate(P):
        z = network.predict(P, X[VALIDATION])
        return objective.loss_sum(z, target[VALIDATION], None)[None] / z.shape[1]

    trainer = Trainer(objective, Sgd().chain(rate), order_rng, batch_size=1)
    return network, P, trainer.run(P, Rows(X[TRAIN], target[TRAIN], None), epochs, validate=validate)


def rmse(prediction):
    """Return the root mean square error of y on the test rows."""
    return np.sqrt(np.mean((prediction - Y[TEST]) ** 2))


RATES = {"squared error, sigmoid": 1.0, "squared error, linear": 0.02, "cosine distance": 0.2, "cross-entropy": 0.02}
HIDDEN = {"no hidden layer": (), "16 hidden units": (16,)}
PROBLEMS = {
    "squared error, sigmoid": (SquaredError(), Y[:, None], [Logistic()]),
    "cosine distance": (CosineDistance(), CIRCLE, []),
    "cross-entropy": (BinaryLogLoss(), LABELS[:, None].astype(float), []),
}


def first_of_direction(z):
    """Return the first entry of z / |z| if z (n, o) has two outputs, and the only entry of z if it has one."""
    return z[:, 0] / np.linalg.norm(z, axis=1) if z.shape[1] == 2 else z[:, 0]


fits, predictions = {}, {}
print("| RMSE of y on test rows | original | here |")
for name, hidden in HIDDEN.items():
    for loss_name, (loss, target, last) in PROBLEMS.items():
        network, P, _ = fits[loss_name, name] = fit_core(loss, target, hidden, last, RATES[loss_name])
        prediction = first_of_direction(loss.predict(network.predict(P, X[TEST]))[0])
        predictions[loss_name, name] = prediction
        print(f"| {loss_name}, {name} | | {rmse(prediction):.4f} |")

# %%
# With the estimators
# -------------------
# The output of the regressor is linear, so with the squared error it has no sigmoid after the last layer. The cosine
# distance and the cross-entropy are the same as above, and give the same parameters.


def settings(hidden, loss_name):
    """Return the hyperparameters for plain SGD with one sample per step."""
    return {
        "hidden_layer_sizes": hidden,
        "activation": "logistic",
        "init": "lecun_normal",
        "n_estimators": 1,
        "solver": "sgd",
        "momentum": 0,
        "learning_rate": lambda progress: 1.0,  # "constant" would end when the loss does not improve
        "learning_rate_init": RATES[loss_name],
        "batch_size": 1,
        "max_iter": 20,
        "alpha": 0,
        "scoring": "loss",
        "scaling": None,
        "numeric_embedding": None,
        "dtype": "float64",
        "random_state": 0,
    }


def fit_estimator(model, target):
    return model.fit(X[TRAIN], target[TRAIN], X_val=X[VALIDATION], y_val=target[VALIDATION])


def same(model, network, P):
    """Return whether the estimator and the core have the same parameters, bit by bit."""
    pairs = zip(network.dense_layers(P), model.coefs_, model.intercepts_, strict=True)
    return all(np.array_equal(W, coef) and np.array_equal(b, intercept) for (W, b), coef, intercept in pairs)


for name, hidden in HIDDEN.items():
    squared = fit_estimator(ScratchMLPRegressor(**settings(hidden, "squared error, linear")), Y)
    cosine = fit_estimator(ScratchMLPRegressor(loss="cosine", **settings(hidden, "cosine distance")), CIRCLE)
    entropy = fit_estimator(ScratchMLPClassifier(**settings(hidden, "cross-entropy")), LABELS)
    errors = {
        "squared error, linear": rmse(squared.predict(X[TEST])),
        "cosine distance": rmse(first_of_direction(cosine.predict(X[TEST]))),
        "cross-entropy": rmse(entropy.predict_proba(X[TEST])[:, 1]),
    }
    for loss_name, error in errors.items():
        print(f"estimator, {loss_name}, {name}: RMSE {error:.4f}")
    for loss_name, model in {"cosine distance": cosine, "cross-entropy": entropy}.items():
        equal = same(model, *fits[loss_name, name][:2])
        print(f"{loss_name}, {name}: estimator and core have the same parameters, bit by bit: {equal}")

# %%
# Training and validation
# -----------------------
# The training loss of an epoch is computed during the epoch, with parameters that change with every sample. The
# validation loss is computed with the parameters at the end of the epoch, so it may be smaller.


def draw_losses(fits):
    figure, axes = plt.subplots(2, 3, figsize=(7.5, 5), layout="constrained", sharex=True, sharey="col")
    for ax, ((loss_name, name), (_, _, history)) in zip(axes.T.flat, sorted_by_loss(fits), strict=True):
        LossCurveDisplay.from_history(history, ax=ax)
        ax.get_legend().remove()  # one for all of them
        ax.set_title(f"{loss_name}\n{name}", fontsize="medium")
        ax.set(
            xlabel="", ylabel="", xticks=[1, 5, 10, 15, 20], yscale="linear" if loss_name == "cross-entropy" else "log"
        )
    figure.supxlabel("epoch")
    figure.supylabel("mean loss of a sample")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def sorted_by_loss(table):
    """Sort the items so that both networks of a loss are adjacent."""
    return sorted(table.items(), key=lambda item: item[0][0], reverse=True)


draw_losses(fits)

# %%
# Predicted against actual
# ------------------------
# The plots show the 200 test rows. On the grey line the prediction is equal to y. A single unit has a small error,
# since the sigmoid of a linear function is similar to the root of the mean, except at both ends. A network with a
# hidden layer has more parameters, and is not better after the same number of steps. With 600 labels instead of values
# of y, the errors are larger, because labels contain less information.


def draw_predictions(predictions):
    figure, axes = plt.subplots(2, 3, figsize=(7.5, 5.4), layout="constrained", sharex=True, sharey=True)
    for ax, ((loss_name, name), prediction) in zip(axes.T.flat, sorted_by_loss(predictions), strict=True):
        ax.axline((0, 0), slope=1, color=BLACK, linewidth=4, alpha=0.25)
        ax.plot(Y[TEST], prediction, "o", color=BLUE, markersize=3, alpha=0.6)
        ax.set_title(f"{loss_name}\n{name}", fontsize="medium")
        ax.set(xlim=(0.2, 1), ylim=(0.2, 1), xticks=[0.2, 0.6, 1], yticks=[0.2, 0.6, 1], aspect="equal")
    figure.supxlabel("actual y")
    figure.supylabel("predicted y")


draw_predictions(predictions)

# %%
# Run as a script
# ---------------
# If a folder is given as an argument, the plots are saved in it.

if len(sys.argv) > 1:
    for number in plt.get_fignums():
        plt.figure(number).savefig(Path(sys.argv[1]) / f"sigmoid_layer-{number}.png", dpi=100)
