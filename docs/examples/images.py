r"""
An L-layer classifier on images
===============================

Images are flattened to rows of pixels. A network of any number of dense layers computes probabilities of classes from
them. On scikit-learn's 8 x 8 digits and on generated 32 x 32 images we compare sigmoid and ReLU, and plain gradient
descent, momentum, RMSprop and Adam. Then we examine a deep network layer by layer: activations and gradients vanish or
explode if its initial weights are too small or too large. The last section shows that a network without a hidden layer
cannot learn XOR, and a network with one can.

As a script, the example prints its results. If it gets a folder as an argument, it saves its plots in this folder::

    python docs/examples/images.py [FOLDER]
"""

# %%
# The images
# ----------
# The digits are part of scikit-learn. Each generated image shows a grey disc, square or cross with noise. Its size and
# position are random.

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skscratch import ScratchMLPClassifier
from skscratch.core import (
    Adam,
    Dense,
    Gradient,
    LecunNormal,
    Logistic,
    MulticlassLogLoss,
    Network,
    Objective,
    Relu,
    RmsProp,
    Rows,
    Sgd,
    Trainer,
    VarianceScaling,
)
from skscratch.displays import GradientFlowDisplay, NetworkDisplay

COLOURS = ["#000000", "#E69F00", "#0072B2", "#D55E00"]  # the palette of Okabe and Ito
SHAPES = ("disc", "square", "cross")


def shapes(seed, n=1500, side=32):
    """Draw images (n, side, side) of values of about 0 to 1; return them and the shape that each shows (n,)."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(len(SHAPES), size=n)
    radius = rng.uniform(6, 10, (n, 1, 1))
    row, column = (np.arange(side) - rng.uniform(11, side - 11, (2, n, 1)))[:, :, :, None]
    column = column.swapaxes(1, 2)
    inside = [
        row**2 + column**2 < radius**2,
        np.maximum(np.abs(row), np.abs(column)) < 0.85 * radius,
        (np.minimum(np.abs(row), np.abs(column)) < 0.35 * radius) & (np.maximum(np.abs(row), np.abs(column)) < radius),
    ]
    image = np.choose(kind[:, None, None], inside) * rng.uniform(0.5, 1, (n, 1, 1))
    return image + rng.normal(0, 0.1, image.shape), kind


def split(images, classes):
    """Return rows of pixels, three quarters for training and a quarter for the test: x, test x, y, test y."""
    return train_test_split(images.reshape(len(images), -1), classes, random_state=0, stratify=classes)


DIGITS = load_digits()
DATA = {"digits, 8 x 8": (DIGITS.images / 16, DIGITS.target), "shapes, 32 x 32": shapes(seed=0)}


def draw_images(data):
    figure, axes = plt.subplots(2, 8, figsize=(7, 2.3), layout="constrained")
    for row, (images, classes) in zip(axes, data.values(), strict=True):
        for ax, image, name in zip(row, images, classes, strict=False):
            ax.imshow(image, cmap="gray", vmin=0, vmax=1)
            ax.set_title(SHAPES[name] if len(image) == 32 else name, fontsize="medium")
            ax.set_axis_off()


draw_images(DATA)

# %%
# The formulas
# ------------
# Layer :math:`l = 1 \ldots L` computes :math:`z_l = a_{l-1} W_l + b_l` from :math:`a_0 = x`, and hidden layers
# :math:`a_l = f(z_l)`, where :math:`f` is the sigmoid, :math:`f' = a(1 - a)`, or ReLU, :math:`f' = [a > 0]`. The raw
# scores become probabilities of K classes, and the loss is the cross-entropy with the one-hot :math:`y`:
#
# .. math:: p_j = \frac{e^{z_j}}{\sum_i e^{z_i}}, \qquad \ell = -\sum_j y_j \log p_j.
#
# Since :math:`\log p_j = z_j - \log\sum_i e^{z_i}` and :math:`\sum_j y_j = 1`, the derivative of
# :math:`\ell = \log\sum_i e^{z_i} - \sum_j y_j z_j` is :math:`\partial\ell/\partial z = p - y`. With
# :math:`g_L = (p - y)/n` for a batch of n rows, the backward pass through all layers is
#
# .. math::
#    dW_l = a_{l-1}^\top g_l, \qquad db_l = \textstyle\sum_i g_{l,i}, \qquad
#    g_{l-1} = g_l W_l^\top \odot f'(z_{l-1}).
#
# Then each parameter :math:`q` with the gradient :math:`u` is updated:
#
# .. math::
#    \text{gradient descent:}\quad & q \leftarrow q - \eta u \\
#    \text{momentum:}\quad & v \leftarrow \mu v - \eta u, \quad q \leftarrow q + v \\
#    \text{RMSprop:}\quad & v \leftarrow \beta v + (1 - \beta) u^2, \quad
#    q \leftarrow q - \eta\, u/(\sqrt v + \epsilon) \\
#    \text{Adam:}\quad & m \leftarrow \beta_1 m + (1 - \beta_1) u, \quad v \leftarrow \beta_2 v + (1 - \beta_2) u^2, \\
#    & q \leftarrow q - \eta\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\, \frac{m}{\sqrt v + \epsilon}.
#
# With the estimator
# ------------------
# The initial weights of a layer with d inputs have the variance 1/d (LeCun's form of Xavier's initialization):
# ``init="lecun_normal"``.

SOLVERS = {
    "gradient descent": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False, "learning_rate_init": 0.1},
    "RMSprop": {"solver": "rmsprop", "beta_2": 0.9, "learning_rate_init": 0.003},
    "Adam": {"solver": "adam", "beta_2": 0.999, "learning_rate_init": 0.003},
}


def make_estimator(activation, solver, hidden=(64, 32), epochs=40, init="lecun_normal"):
    """Return an estimator with one network, batches of 64 rows and a constant learning rate."""
    return ScratchMLPClassifier(
        hidden_layer_sizes=hidden,
        activation=activation,
        init=init,
        n_estimators=1,
        learning_rate=lambda progress: 1.0,  # "constant" would end when the loss does not improve
        batch_size=64,
        max_iter=epochs,
        epsilon=1e-8,
        alpha=0,
        scaling=None,
        numeric_embedding=None,
        early_stopping=False,
        dtype="float64",
        random_state=0,
        **SOLVERS[solver],
    )


def draw_training(models):
    figure, axes = plt.subplots(2, 2, figsize=(7, 5.4), layout="constrained", sharex=True, sharey="row")
    for row, name in zip(axes, DATA, strict=True):
        for ax, activation in zip(row, ("logistic", "relu"), strict=True):
            for solver, colour, style in zip(SOLVERS, COLOURS, ("-", ":", "--", "-."), strict=True):
                losses = models[name, activation, solver].loss_curve_
                ax.semilogy(np.arange(1, len(losses) + 1), losses, style, color=colour, linewidth=2, label=solver)
            ax.set_title(f"{name}, {activation}", fontsize="medium")
    figure.supxlabel("epoch")
    figure.supylabel("training loss: mean cross-entropy (nats)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


models = {}
print("| accuracy on new images | original | here, by " + ", ".join(SOLVERS) + " |")
for name, data in DATA.items():
    x, test_x, y, test_y = split(*data)
    for activation in ("logistic", "relu"):
        for solver in SOLVERS:
            models[name, activation, solver] = make_estimator(activation, solver).fit(x, y)
        scores = [f"{models[name, activation, solver].score(test_x, test_y):.1%}" for solver in SOLVERS]
        print(f"| {name}, {activation} | | {', '.join(scores)} |")
draw_training(models)

# %%
# With the core
# -------------
# The same networks are trained with the core. With equal generators the parameters are equal. All optimizers are chains
# of gradient transformations.

OPTIMIZERS = {
    "gradient descent": Sgd().chain(0.1),
    "momentum": Sgd(momentum=0.9).chain(0.1),
    "RMSprop": RmsProp(beta_2=0.9).chain(0.003),
    "Adam": Adam().chain(0.003),
}


def generators(seed):
    """Return the generators of an estimator with this ``random_state``: parameters, validation rows, order of rows."""
    seed = np.random.RandomState(seed).randint(2**31 - 1)
    return [np.random.default_rng(sequence) for sequence in np.random.SeedSequence(seed).spawn(3)]


LECUN = LecunNormal()


def make_network(hidden, activation, n_inputs, n_classes, weights=LECUN):
    """Return a network of dense layers with an activation between any two."""
    layers = [layer for h in hidden for layer in (Dense(h, weights), activation)]
    return Network((*layers, Dense(n_classes, weights)), n_inputs)


def fit_core(x, y, optimizer, hidden=(64, 32), epochs=40):
    """Train a ReLU network with batches of 64 rows; return the network and its parameters."""
    one_hot = np.eye(y.max() + 1)[y]
    network = make_network(hidden, Relu(), *x.shape[1:], *one_hot.shape[1:])
    init_rng, _, order_rng = generators(0)
    P = network.init(1, init_rng)
    trainer = Trainer(Objective(network, MulticlassLogLoss()), optimizer, order_rng, batch_size=64)
    trainer.run(P, Rows(x, one_hot, None), epochs)
    return network, P


for name, data in DATA.items():
    x, test_x, y, test_y = split(*data)
    for solver, optimizer in OPTIMIZERS.items():
        network, P = fit_core(x, y, optimizer)
        pairs = zip(network.dense_layers(P), models[name, "relu", solver].coefs_, strict=True)
        same = all(np.array_equal(W, coef) for (W, _), coef in pairs)
        accuracy = np.mean(network.predict(P, test_x)[0].argmax(axis=1) == test_y)
        print(f"core, {name}, relu, {solver}: {accuracy:.1%}, the estimator's parameters bit by bit: {same}")

# %%
# Vanishing and exploding gradients
# ---------------------------------
# A unit with :math:`d` inputs and weights of variance :math:`c/d` has
# :math:`\operatorname{E} z^2 = c \operatorname{E} a^2`. With ReLU,
# :math:`\operatorname{E} a^2 = \tfrac12 \operatorname{E} z^2`, so every layer multiplies the mean square by :math:`c/2`
# in the forward pass and, if all layers have the same width, also in the backward pass. After L layers the factor is
# :math:`(c/2)^L`. It is one for :math:`c = 2`, vanishes for smaller c, and explodes for larger c. The activations of a
# sigmoid cannot explode: they are close to one half or, if weights are large, close to 0 or 1. But in the backward pass
# every layer multiplies by :math:`a(1 - a) \le \tfrac14` and by the weights, so gradients vanish.
#
# We examine a network with ten hidden layers of 64 units on the digits, before training and after it. The first row of
# the plot shows the activations of the forward pass. The second shows the gradients of the biases in the backward pass,
# :math:`db_l = \sum_i g_{l,i}`. The third shows the gradients of the weights, :math:`dW_l = a_{l-1}^\top g_l`, which
# are products of both. With ReLU the two factors compensate each other, and :math:`dW` is equally small or large in all
# layers. With the sigmoid it vanishes in the first layers, which then learn nothing.

DEPTH, SCALES = 10, {"too small, c = 0.2": 0.2, "c = 1": 1.0, "c = 2": 2.0, "too large, c = 20": 20.0}


def flow(x, y, activation, scale):
    """Return root mean squares for each layer before training: of a (hidden layers), db and dW (all layers)."""
    one_hot = np.eye(y.max() + 1)[y]
    weights = VarianceScaling(scale, "fan_in", "normal")
    network = make_network((64,) * DEPTH, activation, x.shape[1], one_hot.shape[1], weights)
    objective, P = Objective(network, MulticlassLogLoss()), network.init(1, np.random.default_rng(0))
    gradient = Gradient(objective, P, Rows(x, one_hot, None))
    gradient.tape.replay()
    a = [network.activations(P, x, end) for end in range(2, 2 * DEPTH + 1, 2)]
    gradients = gradient.dP.layers[::2]  # every other layer is an activation
    return [rms(a_l) for a_l in a], [rms(layer.b) for layer in gradients], [rms(layer.W) for layer in gradients]


def rms(array):
    return np.sqrt(np.mean(array**2))


def train_deep(x, y, activation, scale):
    """Return the loss after 20 epochs of gradient descent with momentum; it may be infinite or NaN."""
    one_hot = np.eye(y.max() + 1)[y]
    weights = VarianceScaling(scale, "fan_in", "normal")
    network = make_network((64,) * DEPTH, activation, x.shape[1], one_hot.shape[1], weights)
    P, rng = network.init(1, np.random.default_rng(0)), np.random.default_rng(1)
    trainer = Trainer(Objective(network, MulticlassLogLoss()), Sgd(momentum=0.9).chain(0.01), rng, batch_size=64)
    return trainer.run(P, Rows(x, one_hot, None), 20, keep_best=False, keep_finite=False).loss[-1][0]


def draw_flow(flows):
    figure, axes = plt.subplots(3, 2, figsize=(7, 7.5), layout="constrained", sharex=True, sharey="row")
    for column, (name, by_scale) in zip(axes.T, flows.items(), strict=True):
        for (label, values), colour, marker in zip(by_scale.items(), COLOURS, "osD^", strict=True):
            for ax, value in zip(column, values, strict=True):
                ax.semilogy(np.arange(1, len(value) + 1), value, marker=marker, markersize=4, color=colour, label=label)
        column[0].set_title(name)
    for ax, label in zip(axes[:, 0], ("activations a", "gradients db", "gradients dW"), strict=True):
        ax.set_ylabel(f"{label}\n(root mean square)")
    figure.supxlabel("layer (1 is next to the input)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


x, _, y, _ = split(*DATA["digits, 8 x 8"])
KINDS = {"sigmoid": Logistic(), "ReLU": Relu()}
flows = {name: {label: flow(x, y, f, c) for label, c in SCALES.items()} for name, f in KINDS.items()}
draw_flow(flows)
for name, f in KINDS.items():
    losses = ", ".join(f"{label}: {train_deep(x, y, f, c):.3g}" for label, c in SCALES.items())
    print(f"{name}, loss after 20 epochs (equal probabilities: log 10 = 2.303): {losses}")

# %%
# These are the gradients during training. With ReLU and :math:`c = 2` (He's initialization) all layers learn from the
# first epoch on.


def draw_gradients(name, activation, init):
    deep = make_estimator(activation, "momentum", (64,) * DEPTH, epochs=20, init=init)
    GradientFlowDisplay.from_estimator(deep.set_params(learning_rate_init=0.01), x, y, name=name)


draw_gradients("ReLU, c = 2", "relu", "he_normal")

# %%
# With the sigmoid and :math:`c = 1`, the gradients of the first layers are almost zero, also after twenty epochs.

draw_gradients("sigmoid, c = 1", "logistic", "lecun_normal")

# %%
# XOR
# ---
# XOR is 1 if exactly one of the two inputs is 1. Without a hidden layer, :math:`z = x_1 W_1 + x_2 W_2 + b` would need
#
# .. math:: b < 0, \qquad W_1 + b > 0, \qquad W_2 + b > 0, \qquad W_1 + W_2 + b < 0.
#
# The sum of the second and third inequality is :math:`W_1 + W_2 + 2b > 0`. The sum of the first and fourth is
# :math:`W_1 + W_2 + 2b < 0`. This is a contradiction. The cost is convex and symmetric, and its minimum is at
# :math:`W = 0`, :math:`b = 0`, with a loss of :math:`\log 2`. A few hidden units are sufficient to learn XOR.

CORNERS, XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def fit_xor(hidden):
    """Fit an estimator on all four rows at once, with 500 steps of gradient descent with momentum."""
    return make_estimator("relu", "momentum", hidden, epochs=500).fit(CORNERS, XOR)


def fit_xor_core(hidden):
    """Train the same with the core, where two classes can also be two outputs with a softmax."""
    return fit_core(CORNERS, XOR, Sgd(momentum=0.9).chain(0.1), hidden, epochs=500)


def draw_xor(models):
    figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained", sharey=True)
    side = np.linspace(-0.5, 1.5, 201)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    for ax, (title, model) in zip(axes, models.items(), strict=True):
        p = model.predict_proba(grid)[:, 1].reshape(201, 201)
        image = ax.pcolormesh(side, side, p, cmap="cividis", vmin=0, vmax=1, rasterized=True)
        for value, marker, colour in ((0, "o", "white"), (1, "s", "black")):
            ax.plot(*CORNERS[XOR == value].T, marker, color=colour, markersize=9, markeredgecolor="gray")
        ax.set(title=title, xlabel="$x_1$", aspect="equal", xticks=[0, 1], yticks=[0, 1])
    axes[0].set_ylabel("$x_2$")
    figure.colorbar(image, ax=axes, label="probability of 1", shrink=0.9)


xor_models = {}
for name, hidden in {"no hidden layer": (), "8 hidden units": (8,)}.items():
    model = xor_models[name] = fit_xor(hidden)
    network, P = fit_xor_core(hidden)
    right = np.mean(network.predict(P, CORNERS)[0].argmax(axis=1) == XOR)
    print(f"| XOR, {name} | | {model.score(CORNERS, XOR):.0%}, loss {model.best_loss_:.3f}; by the core {right:.0%} |")
draw_xor(xor_models)

# %%
# The weights show how the network computes XOR. Two hidden units have large weights: one is positive if :math:`x_1` is
# greater than :math:`x_2`, the other if it is less. Both increase the probability of 1.

display = NetworkDisplay.from_estimator(xor_models["8 hidden units"])

# %%
# Run as a script
# ---------------
# If a folder is given as an argument, the plots are saved in it.

if len(sys.argv) > 1:
    for number in plt.get_fignums():
        plt.figure(number).savefig(Path(sys.argv[1]) / f"images-{number}.png", dpi=100)
