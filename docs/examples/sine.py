r"""
A deep ReLU network trained by plain SGD
========================================

Two functions are learned from 10,000 samples. Each sample is used exactly once, in one step:

.. math::
   y &= \sin(10 x) + 0.75 \quad\text{on } [-1, 1], \\
   y &= 25 x_1 + 17.8 x_2 + 0.25 x_1 x_2 + 15 x_1^2 - 5 x_2^2 \\
   &\quad - 25\, [x_1 < 0 \text{ and } x_2 < 0] \quad\text{on } [-1, 1]^2.

Only the chain rule and gradient descent are used: no momentum, no batches, no scaling. The network is trained first as
an estimator, then with ``skscratch.core`` alone, and both have the same parameters at the end. The last section counts
the linear pieces of such networks.

As a script, the example prints its results. If it gets a folder as an argument, it saves its plots in this folder. It
takes half a minute::

    python docs/examples/sine.py [FOLDER]
"""

# %%
# The problem
# -----------
# The network gets one sample at a time, and ten thousand samples in total.

import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skscratch import ScratchMLPRegressor
from skscratch.core import Activation, Dense, HeNormal, Network, Objective, Relu, Rows, Sgd, SquaredError, Trainer
from skscratch.displays import FunctionDisplay

BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"  # the palette of Okabe and Ito


def sine(x):
    """Return y (n,) for x (n, 1)."""
    return np.sin(10 * x[:, 0]) + 0.75


def surface(x):
    """Return y (n,) for x (n, 2), with a step of 25 at the border of one quadrant."""
    a, b = x.T
    return 25 * a + 17.8 * b + 0.25 * a * b + 15 * a**2 - 5 * b**2 - 25 * ((a < 0) & (b < 0))


def samples(f, seed, n=10_000):
    """Draw x (n, d), uniform on [-1, 1]^d; return x and f(x) (n,)."""
    x = np.random.default_rng(seed).uniform(-1, 1, (n, INPUTS[f]))
    return x, f(x)


def rmse(predict, f, seed=1000):
    """Return the root mean square error on 10,000 other samples."""
    x, y = samples(f, seed)
    return np.sqrt(np.mean((predict(x) - y) ** 2))


INPUTS = {sine: 1, surface: 2}
HIDDEN = {sine: (24, 24, 24), surface: (12, 24)}
RATE = {sine: 0.02, surface: 0.002}
ORIGINAL = {sine: "0.16 to 0.32, median 0.24; 1.5 s", surface: "2.9 to 4.1, median 3.6; 1.0 s"}

# %%
# The formulas
# ------------
# A hidden layer with the weights :math:`W` (d, h) and the biases :math:`b` (h) computes from its inputs :math:`x`
#
# .. math:: z = x W + b, \qquad a = \max(z, 0),
#
# and :math:`a` is the input :math:`x` of the next layer. The last layer has no activation: its only output :math:`z` is
# the prediction. The loss of a sample is :math:`\ell = u^2/2` with the residual :math:`u = z - y`. So the last layer
# gets :math:`g = \partial\ell/\partial z = u`. Every layer that gets :math:`g` computes, by the chain rule,
#
# .. math::
#    dW = x^\top g, \qquad db = \sum_i g_i, \qquad dx = g W^\top, \qquad
#    \text{through the ReLU: } dz = g \odot [a > 0],
#
# and passes :math:`dx` to the previous layer. Then :math:`-\eta\, dW` is added to :math:`W`, and :math:`-\eta\, db` to
# :math:`b`. (If a text defines the loss as :math:`u^2`, its gradient is twice as large: a learning rate of 0.01 there
# is 0.02 here.)
#
# **Initial weights.** The weights have the mean zero and the variance :math:`v`, and the biases are zero. Then a unit
# of :math:`d` inputs has :math:`\operatorname{E} z^2 = d\, v \operatorname{E} x^2`. Its :math:`z` is negative as often
# as positive, so the ReLU halves the mean square: :math:`\operatorname{E} a^2 = \tfrac12 d\, v \operatorname{E} x^2`.
# The mean square is the same in all layers if :math:`v = 2/d`. This is He's initialization; :math:`d` is the fan-in.
#
# With the estimator
# ------------------
# ``partial_fit`` makes one pass over the rows that it gets, at a constant rate. With ``batch_size=1`` this is plain
# SGD. The regressor would standardise y, because the squared error allows it. Here y must not change, so we define a
# loss that does not allow it.


class RawSquaredError(SquaredError):
    """Squared error u**2 / 2 in the units of y."""

    invariance = "none"


def fit_estimator(f, seed):
    """Fit an estimator by plain SGD on 10,000 samples, one at a time."""
    model = ScratchMLPRegressor(
        loss=RawSquaredError(),
        hidden_layer_sizes=HIDDEN[f],
        init="he_normal",
        n_estimators=1,
        solver="sgd",
        momentum=0,
        learning_rate_init=RATE[f],
        batch_size=1,
        shuffle=False,
        alpha=0,
        scaling=None,
        numeric_embedding=None,
        dtype="float64",
        random_state=seed,
    )
    return model.partial_fit(*samples(f, seed))


def repeated_fits(f, times=5):
    """Fit several models; return the models, their errors, and the processor time of a fit in seconds."""
    start = time.process_time()
    models = [fit_estimator(f, seed) for seed in range(times)]
    seconds = (time.process_time() - start) / times
    return models, [rmse(model.predict, f) for model in models], seconds


plain = {f: repeated_fits(f) for f in (sine, surface)}
print("| RMSE; time of a fit | original | here |")
for f, (_, errors, seconds) in plain.items():
    low, median, high = np.quantile(errors, [0, 0.5, 1])
    here = f"{low:.2f} to {high:.2f}, median {median:.2f}; {seconds:.2f} s"
    print(f"| {f.__name__}, plain SGD, five seeds | {ORIGINAL[f]} | {here} |")

# %%
# With the core
# -------------
# The same training consists of these parts: a network is a sequence of layers, an objective has a network and a loss,
# and a trainer has an objective and an optimizer. If k > 1, it trains k networks at the same time on the same samples.


def parameter_rng(seed):
    """Return the generator from which an estimator with this ``random_state`` draws its parameters."""
    seed = np.random.RandomState(seed).randint(2**31 - 1)
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[0])


def fit_core(f, seed, hidden=None, k=1):
    """Train by plain SGD on 10,000 samples, one at a time; return the network and its parameters."""
    he = HeNormal()
    layers = [layer for h in hidden or HIDDEN[f] for layer in (Dense(h, he), Relu())]
    network = Network((*layers, Dense(1, he)), n_inputs=INPUTS[f])
    P = network.init(k, parameter_rng(seed))
    trainer = Trainer(Objective(network, SquaredError()), Sgd().chain(RATE[f]), rng=None, batch_size=1, shuffle=False)
    x, y = samples(f, seed)
    trainer.run(P, Rows(x, y[:, None], None), epochs=1)
    return network, P


for f, (models, _, _) in plain.items():
    network, P = fit_core(f, seed=0)
    pairs = zip(network.dense_layers(P), models[0].coefs_, models[0].intercepts_, strict=True)
    same = all(np.array_equal(W, coef) and np.array_equal(b, intercept) for (W, b), coef, intercept in pairs)
    print(f"{f.__name__}: estimator and core have the same parameters, bit by bit: {same}")

# %%
# With the default hyperparameters
# --------------------------------
# The defaults use the same 10,000 samples: eight networks, learned piecewise linear functions of the inputs, batches,
# Adam, and several epochs until the validation metrics no longer improve. The error is much smaller.


def fit_default(f, seed, **parameters):
    """Fit the regressor with its defaults."""
    return ScratchMLPRegressor(random_state=seed, **parameters).fit(*samples(f, seed))


default = {f: fit_default(f, seed=0) for f in (sine, surface)}
for f, model in default.items():
    print(f"| {f.__name__}, package defaults | | {rmse(model.predict, f):.4f} |")

# %%
# Comparison with the true functions
# ----------------------------------
# The network that was trained by plain SGD is piecewise linear. The dots are the points where one of the 72 hidden
# units changes between zero and a positive value. Between two dots the network is linear.


def active(activations):
    """Return which units are positive (k, n, all units), from a (k, n, h) of each hidden layer."""
    return np.concatenate(activations, axis=-1) > 0


def hidden(model, x):
    """Return a (k, n, h) of each hidden layer of a fitted estimator."""
    return [model.hidden_activations(x, layer) for layer in range(model.n_layers_ - 2)]


def switches(active):
    """Return for which rows (k, n - 1) the set of active units differs from that of the next row."""
    return (active[:, 1:] != active[:, :-1]).any(axis=-1)


def draw_sine(model, default):
    x = np.linspace(-1, 1, 2001)[:, None]
    display = FunctionDisplay.from_estimator(model, x, sine(x), name="plain SGD")
    z, changes = model.predict(x), switches(active(hidden(model, x)))[0]
    above, below = display.axes_
    above.plot(x[:-1][changes], z[:-1][changes], "o", color=ORANGE, markersize=4, label="ends of its linear pieces")
    above.plot(x, default.predict(x), color=BLACK, linestyle="--", linewidth=1, label="package defaults")
    below.plot(x[:, 0], sine(x) - default.predict(x), color=BLACK, linestyle="--", linewidth=1)
    above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)


def median_model(f):
    models, errors, _ = plain[f]
    return models[int(np.argsort(errors)[2])]


draw_sine(median_model(sine), default[sine])

# %%
# With two inputs the linear pieces are polygons. The plot for plain SGD shows their borders as white lines. Its largest
# errors are at the step around the lower left quadrant, and most of its pieces are there.


def draw_surface(model, name):
    return FunctionDisplay.from_estimator(model, *samples(surface, seed=1000), name=name)


def draw_regions(ax, model, points=401):
    """Draw the borders of the linear pieces; return the number of pieces."""
    side = np.linspace(-1, 1, points)
    on = active(hidden(model, np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)))[0]
    for unit in on.T[on.any(axis=0) & ~on.all(axis=0)]:
        ax.contour(side, side, unit.reshape(points, points), levels=[0.5], colors="white", linewidths=0.5)
    return len(np.unique(np.packbits(on, axis=1), axis=0))


display = draw_surface(median_model(surface), "plain SGD")
regions = draw_regions(display.axes_[1], median_model(surface))
print(f"The surface has {regions} linear pieces, counted on a grid of 401 x 401 points.")

# %%
# With the defaults, the residuals are large only at the step.

display = draw_surface(default[surface], "package defaults")

# %%
# How many linear pieces?
# -----------------------
# As long as the set of active units does not change, a network is a product of matrices, so it is linear. So the number
# of pieces along a line is the number of points where this set changes, plus one. We count these points on a grid of
# 20,001 points. (There are fewer pieces if a change has no effect, because all following units are zero.) A network
# with one hidden layer of :math:`h` units and one input has at most :math:`h + 1` pieces, since each unit changes once,
# at :math:`x W_j + b_j = 0`. The input of a deeper layer is already piecewise linear, so its units may change many
# times.
#
# Five networks are trained for each width and depth. The number of pieces depends mainly on the number of hidden units:
# all networks have about one piece for each hidden unit, and deep networks have slightly more. But the error does not
# depend only on the number of pieces: with the same number of units, the deeper network has the smaller error, since
# its pieces are at better positions.

WIDTHS, DEPTHS = (8, 16, 24, 32), (1, 2, 3)


def linear_pieces(network, P, x):
    """Count the linear pieces of each network (k,) along the line of points x (n, d)."""
    ends = [i for i, layer in enumerate(network.layers, 1) if isinstance(layer, Activation)]
    return 1 + switches(active([network.activations(P, x, end) for end in ends])).sum(axis=1)


def count_pieces(width, depth):
    """Train five networks on the sine; return their numbers of linear pieces and their errors (5,)."""
    network, P = fit_core(sine, seed=0, hidden=(width,) * depth, k=5)
    pieces = linear_pieces(network, P, np.linspace(-1, 1, 20_001)[:, None])
    x, y = samples(sine, seed=1000)
    return pieces, np.sqrt(np.mean((network.predict(P, x)[..., 0] - y) ** 2, axis=1))


def draw_pieces(pieces):
    figure, axes = plt.subplots(1, 2, figsize=(7.5, 3.6), layout="constrained", sharey=True)
    for depth, colour, marker in zip(DEPTHS, (BLUE, ORANGE, GREEN), "os^", strict=True):
        counts = np.array([np.quantile(pieces[width, depth], [0, 0.5, 1]) for width in WIDTHS])
        error = np.abs(counts[:, [0, 2]] - counts[:, [1]]).T
        for ax, factor in zip(axes, (1, depth), strict=True):
            ax.errorbar(
                np.multiply(WIDTHS, factor),
                counts[:, 1],
                error,
                color=colour,
                marker=marker,
                capsize=3,
                label=f"{depth} hidden layer{'s' * (depth > 1)}",
            )
    axes[0].set(xlabel="width (units of a hidden layer)", ylabel="linear pieces on [-1, 1]", xticks=WIDTHS)
    axes[1].set(xlabel="total number of hidden units", xticks=range(0, 97, 16))
    capacity = np.array([8, 96])
    axes[1].plot(capacity, capacity + 1, color=BLACK, linestyle=":", label="maximum for one layer, h + 1")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize="small")


counted = {(width, depth): count_pieces(width, depth) for depth in DEPTHS for width in WIDTHS}
draw_pieces({shape: pieces for shape, (pieces, _) in counted.items()})
print("width  depth     units      linear pieces: median (min to max)  median RMSE")
for (width, depth), (pieces, errors) in counted.items():
    text = f"{np.median(pieces):.0f} ({pieces.min()} to {pieces.max()})"
    print(f"{width:5}{depth:7}{width * depth:10}  {text:>38}  {np.median(errors):11.2f}")

# %%
# Run as a script
# ---------------
# If a folder is given as an argument, the plots are saved in it.

if len(sys.argv) > 1:
    for number in plt.get_fignums():
        plt.figure(number).savefig(Path(sys.argv[1]) / f"sine-{number}.png", dpi=100)
