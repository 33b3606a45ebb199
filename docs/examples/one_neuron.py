r"""
One neuron
==========

A single logistic unit learns whether a point is above or below the line :math:`y = 1.23 x + 3.23`. Its initial weights
are zero. It is trained by gradient descent on all points at once, in 2000 steps with a learning rate of 0.1. It is
fitted as an estimator, and then with ``skscratch.core`` alone; both fits give the same parameters. Then we add a hidden
layer, and show why the weights of a network with a hidden layer must not be initialized with zeros.

As a script, the example prints its results. If it gets a folder as an argument, it saves its plots in this folder::

    python docs/examples/one_neuron.py [FOLDER]
"""

# %%
# The problem
# -----------
# There are 2000 points for training, and 2000 other points for the test.

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skscratch import ScratchMLPClassifier
from skscratch.core import BinaryLogLoss, Dense, Initializer, Network, Objective, Rows, Sgd, Tanh, Trainer
from skscratch.displays import LossCurveDisplay

BLUE, ORANGE, BLACK = "#0072B2", "#D55E00", "#000000"  # the palette of Okabe and Ito


def points(seed, n=2000):
    """Draw points x (n, 2), uniform on [-10, 10]^2; return them and whether each is above the line (n,)."""
    x = np.random.default_rng(seed).uniform(-10, 10, (n, 2))
    return x, x[:, 1] > 1.23 * x[:, 0] + 3.23


x, above = points(seed=0)
new, new_above = points(seed=1000)

# %%
# The formulas
# ------------
# The unit computes the raw score :math:`z = x W + b` and the probability :math:`p = 1/(1 + e^{-z})` that the point is
# above the line, which means :math:`y = 1`. The loss of a point is the cross-entropy. Since :math:`dp/dz = p(1 - p)`,
#
# .. math::
#    \ell = -y \log p - (1 - y) \log(1 - p), \qquad
#    \frac{\partial\ell}{\partial z} = \Bigl(-\frac yp + \frac{1 - y}{1 - p}\Bigr)\, p (1 - p) = p - y.
#
# The cost is the mean of the losses of the n points, so :math:`g_i = (p_i - y_i)/n`, and a step of gradient descent is
#
# .. math:: dW = x^\top g, \qquad db = \sum_i g_i, \qquad W \leftarrow W - \eta\, dW, \qquad b \leftarrow b - \eta\, db.
#
# With :math:`W = 0`, :math:`b = 0` every probability is one half, and the first cost is :math:`\log 2 = 0.693`. For a
# single unit these initial values are as good as any other: the cost is convex, so it has no local minimum.
#
# With the estimator
# ------------------
# ``hidden_layer_sizes=()`` is a network without a hidden layer. If the learning rate is a function of the progress, the
# fit uses all ``max_iter`` epochs; "constant" would end the fit when the loss does not improve.


def fit_estimator(x, above, hidden=(), init="zeros", rate=0.1, epochs=2000):
    """Fit an estimator by gradient descent on all points at once."""
    model = ScratchMLPClassifier(
        hidden_layer_sizes=hidden,
        activation="tanh",
        init=init,
        n_estimators=1,
        solver="sgd",
        momentum=0,
        learning_rate=lambda progress: 1.0,
        learning_rate_init=rate,
        batch_size=len(x),
        max_iter=epochs,
        alpha=0,
        scaling=None,
        numeric_embedding=None,
        early_stopping=False,
        dtype="float64",
        random_state=0,
    )
    return model.fit(x, above)


model = fit_estimator(x, above)
scores = [fit_estimator(*points(seed)).score(*points(1000 + seed)) for seed in range(5)]
low, median, high = np.quantile(scores, [0, 0.5, 1])
print("| accuracy on new points | original | here |")
print(f"| one neuron, five draws | 98.9% | {low:.1%} to {high:.1%}, median {median:.1%} |")

# %%
# With the core
# -------------
# No random numbers are drawn, so both fits must give the same parameters.


def fit_core(x, above, hidden=(), init="zeros", rate=0.1, epochs=2000, rng=None):
    """Train by gradient descent on all points at once; return network, parameters, and the cost of each step."""
    init = Initializer.make(init)
    layers = [layer for h in hidden for layer in (Dense(h, init), Tanh())]
    network = Network((*layers, Dense(1, init)), n_inputs=2)
    P = network.init(1, rng or np.random.default_rng(0))
    trainer = Trainer(Objective(network, BinaryLogLoss()), Sgd().chain(rate), rng=None, batch_size=len(x))
    history = trainer.run(P, Rows(x, above[:, None].astype(float), None), epochs)
    return network, P, np.array(history.loss)[:, 0]


network, P, cost = fit_core(x, above)
W, b = P.layers[0].W[0, :, 0], P.layers[0].b[0, 0]
same = np.array_equal(W, model.coefs_[0][0, :, 0]) and b == model.intercepts_[0][0, 0]
print(f"Estimator and core have the same parameters, bit by bit: {same}")
print(f"The learned line: y = {-W[0] / W[1]:.2f} x + {-b / W[1]:.2f}")

# %%
# The decision line consists of the points with a probability of one half: :math:`z = x_1 W_1 + x_2 W_2 + b = 0`.


def draw_neuron(cost, W, b):
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.6), layout="constrained")
    LossCurveDisplay(cost, loss_name="cost (mean cross-entropy, nats)", unit="step").plot(left)
    left.set(xscale="log", ylim=(0, 0.75))
    for side, colour, marker in ((True, BLUE, "^"), (False, ORANGE, "v")):
        right.plot(*new[new_above == side][:200].T, marker, color=colour, markersize=3, alpha=0.7)
    ends = np.array([-10.0, 5.5])
    right.plot(ends, 1.23 * ends + 3.23, color=BLACK, linewidth=4, alpha=0.25, label="y = 1.23x + 3.23")
    right.plot(ends, -(W[0] * ends + b) / W[1], color=BLACK, linestyle="--", label="learned")
    right.set(
        xlabel="x",
        ylabel="y",
        title="400 new points and the line",
        xlim=(-10, 10),
        ylim=(-10, 13.5),
        yticks=[-10, -5, 0, 5, 10],
    )
    right.legend(loc="upper center", ncols=2, fontsize="small", frameon=False)


draw_neuron(cost, W, b)

# %%
# Why zero fails with a hidden layer
# ----------------------------------
# Add a hidden layer: :math:`a = f(x W_1 + b_1)`, :math:`z = a W_2 + b_2`. The gradients are
#
# .. math::
#    dW_2 = a^\top g, \qquad dz_1 = g W_2^\top \odot f'(z_1), \qquad dW_1 = x^\top dz_1.
#
# Assume that all hidden units are equal: equal columns of :math:`W_1`, equal entries of :math:`b_1` and of :math:`W_2`.
# Then their activations are equal. So their columns of :math:`dW_1` and their entries of :math:`dW_2` are equal too,
# and the units are still equal after the step. If all parameters are initially zero, the units are equal and stay
# equal: many hidden units have the effect of one. With tanh or ReLU it is worse, since :math:`f(0) = 0`: then
# :math:`a = 0` implies :math:`dW_2 = 0`, and :math:`W_2 = 0` implies :math:`dW_1 = 0`. Only :math:`b_2` changes, and
# the prediction is the same for every point.
#
# The example for this is a band around a line: no single line can separate the points in the band from the others.


def band(seed, n=1000):
    """Draw points x (n, 2) on [-1, 1]^2; return them and whether each is in a band around a line (n,)."""
    x = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    return x, np.abs(x[:, 1] - 0.6 * x[:, 0]) < 0.4


inside_x, inside = band(seed=0)
fits = {init: fit_estimator(inside_x, inside, (8,), init, rate=0.5) for init in ("zeros", "lecun_normal")}
for init, fitted in fits.items():
    accuracy, size = fitted.score(*band(seed=1000)), np.abs(fitted.coefs_[0]).max()
    print(f"init={init!r}: accuracy on new points {accuracy:.1%}; largest weight of the hidden layer {size:.2f}")
print(f'For comparison, accuracy of the prediction "outside" for every point: {1 - band(seed=1000)[1].mean():.1%}')

# %%
# With the core we can also use an initial value other than zero. Now all parameters change, but the eight units stay
# equal: their columns of :math:`W_1` differ only by rounding errors.


def fit_from(value, x, inside, epochs=2000):
    """Train eight hidden units whose weights are all initially ``value``; return the network and the parameters."""
    network = Network((Dense(8), Tanh(), Dense(1)), n_inputs=2)
    P = network.init(1, np.random.default_rng(0))
    P.values[...] = value
    trainer = Trainer(Objective(network, BinaryLogLoss()), Sgd().chain(0.5), rng=None, batch_size=len(x))
    trainer.run(P, Rows(x, inside[:, None].astype(float), None), epochs)
    return network, P


def spread(P):
    """Return the largest difference between two columns of W_1."""
    return np.ptp(P.layers[0].W[0], axis=1).max()


equal, equal_parameters = fit_from(0.3, inside_x, inside)
random, random_parameters, _ = fit_core(inside_x, inside, (8,), "lecun_normal", rate=0.5)
differences = f"{spread(equal_parameters):.0e} if all are initially 0.3, {spread(random_parameters):.1f} if random"
print(f"Largest difference between two columns of W_1: {differences}")

# %%
# The colour is the probability that a point is in the band. The dashed lines are the borders of the band.


def draw_band(panels):
    figure, axes = plt.subplots(1, len(panels), figsize=(7.5, 3), layout="constrained", sharey=True)
    side = np.linspace(-1, 1, 201)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    for ax, (title, (network, P)) in zip(axes, panels.items(), strict=True):
        p = BinaryLogLoss().predict(network.predict(P, grid)).reshape(201, 201)
        image = ax.pcolormesh(side, side, p, cmap="cividis", vmin=0, vmax=1, rasterized=True)
        for shift in (-0.4, 0.4):
            ax.plot(side, 0.6 * side + shift, color="white", linestyle="--")
        ax.set(title=title, xlabel="$x_1$", aspect="equal", ylim=(-1, 1), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes[0].set_ylabel("$x_2$")
    figure.colorbar(image, ax=axes, label="probability", shrink=0.8)


zeros = fit_core(inside_x, inside, (8,), "zeros", rate=0.5)[:2]
draw_band(
    {
        "all initially 0": zeros,
        "all initially 0.3": (equal, equal_parameters),
        "initially random": (random, random_parameters),
    }
)

# %%
# Run as a script
# ---------------
# If a folder is given as an argument, the plots are saved in it.

if len(sys.argv) > 1:
    for number in plt.get_fignums():
        plt.figure(number).savefig(Path(sys.argv[1]) / f"one_neuron-{number}.png", dpi=100)
