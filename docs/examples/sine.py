r"""
A deep ReLU network by plain SGD
================================

Two functions are learned from 10,000 samples, each of which is seen once, alone, and then forgotten:

.. math::
   y &= \sin(10 x) + 0.75 \quad\text{on } [-1, 1], \\
   y &= 25 x_1 + 17.8 x_2 + 0.25 x_1 x_2 + 15 x_1^2 - 5 x_2^2 \\
   &\quad - 25\, [x_1 < 0 \text{ and } x_2 < 0] \quad\text{on } [-1, 1]^2.

Nothing is used but the chain rule and gradient descent: no momentum, no batches, no scaling. The network is trained
first as an estimator, then with ``skscratch.core`` alone, and both end with the same parameters. At last we count of
how many linear pieces such a network is made.

Run as a script, it prints its figures of merit, and saves its pictures where a folder is named. It takes half a
minute::

    python docs/examples/sine.py [FOLDER]
"""

# %%
# The problem
# -----------
# One sample at a time: the samples come from a stream, and ten thousand of them is all there is.

import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skscratch import ScratchMLPRegressor
from skscratch.core import Dense, HeNormal, Network, Objective, Relu, Rows, Sgd, SquaredError, Trainer
from skscratch.displays import FunctionDisplay

BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"  # Okabe and Ito's


def sine(x):
    """x (n, 1) -> y (n,)."""
    return np.sin(10 * x[:, 0]) + 0.75


def surface(x):
    """x (n, 2) -> y (n,), with a step of 25 around one corner."""
    a, b = x.T
    return 25 * a + 17.8 * b + 0.25 * a * b + 15 * a**2 - 5 * b**2 - 25 * ((a < 0) & (b < 0))


def samples(f, seed, n=10_000):
    """x (n, d) uniform on [-1, 1]^d, and f(x) (n,)."""
    x = np.random.default_rng(seed).uniform(-1, 1, (n, INPUTS[f]))
    return x, f(x)


def rmse(predict, f, seed=1000):
    """The root-mean-square error on 10,000 other samples."""
    x, y = samples(f, seed)
    return np.sqrt(np.mean((predict(x) - y) ** 2))


INPUTS = {sine: 1, surface: 2}
HIDDEN = {sine: (24, 24, 24), surface: (12, 24)}
RATE = {sine: 0.02, surface: 0.002}
ORIGINAL = {sine: "0.16 to 0.32, median 0.24; 1.5 s", surface: "2.9 to 4.1, median 3.6; 1.0 s"}

# %%
# The formulas
# ------------
# A hidden layer with the weights :math:`W` (d, h) and the biases :math:`b` (h) turns its inputs :math:`x` into
#
# .. math:: z = x W + b, \qquad a = \max(z, 0),
#
# and hands :math:`a` on as the next layer's :math:`x`. The last layer has no activation: its one :math:`z` is the
# prediction. The loss of a sample is :math:`\ell = u^2/2` with the residual :math:`u = z - y`. So the last layer gets
# :math:`g = \partial\ell/\partial z = u`, and every layer that gets :math:`g` computes, by the chain rule,
#
# .. math::
#    dW = x^\top g, \qquad db = \sum_i g_i, \qquad dx = g W^\top, \qquad
#    \text{through the ReLU: } dz = g \odot [a > 0],
#
# hands :math:`dx` to the layer before it, and is changed by :math:`-\eta\, dW` and :math:`-\eta\, db`. (Where a loss is
# written :math:`u^2`, the gradient is twice ours: a rate of 0.01 there is 0.02 here.)
#
# **How the weights begin.** With weights of mean zero and variance :math:`v`, and biases of zero, a unit of :math:`d`
# inputs has :math:`\operatorname{E} z^2 = d\, v \operatorname{E} x^2`. Its :math:`z` is as often negative as
# positive, so the ReLU halves the mean square: :math:`\operatorname{E} a^2 = \tfrac12 d\, v \operatorname{E} x^2`. It
# stays the same from layer to layer if :math:`v = 2/d`, which is He's initialization; :math:`d` is the fan-in.
#
# With the estimator
# ------------------
# ``partial_fit`` makes one pass over what it is given, at a constant rate: with ``batch_size=1``, that is the
# algorithm. The regressor would standardise y, as the squared error permits; here y shall stay as it is, and a loss
# that permits nothing says so.


class RawSquaredError(SquaredError):
    """u**2 / 2 in the units of y."""

    invariance = "none"


def fit_estimator(f, seed):
    """Plain SGD over 10,000 samples, one at a time."""
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
    """The models, their errors, and the seconds of a processor that a fit took."""
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
# The same from its parts: layers in order make a network; network and loss, an objective; with an optimizer, a trainer.
# With k > 1 it trains k networks side by side on the same stream.


def parameter_rng(seed):
    """The generator from which an estimator with this ``random_state`` draws its parameters."""
    seed = np.random.RandomState(seed).randint(2**31 - 1)
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[0])


def fit_core(f, seed, hidden=None, k=1):
    """Plain SGD over 10,000 samples, one at a time -> network and parameters."""
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
# What the package does by default
# --------------------------------
# The same 10,000 samples with the defaults: eight networks, learned piecewise linear functions of the inputs, batches,
# Adam, and several passes until the validation rows show no more improvement. The error is much smaller.


def fit_default(f, seed, **parameters):
    """The regressor with its defaults."""
    return ScratchMLPRegressor(random_state=seed, **parameters).fit(*samples(f, seed))


default = {f: fit_default(f, seed=0) for f in (sine, surface)}
for f, model in default.items():
    print(f"| {f.__name__}, package defaults | | {rmse(model.predict, f):.4f} |")

# %%
# Seen beside the truth
# ---------------------
# Plain SGD draws the sine with straight lines. The dots are the places where one of the 72 hidden units switches on or
# off: between two of them the network is linear.


def active(activations):
    """a (k, n, h) of each hidden layer -> which units are on (k, n, all units)."""
    return np.concatenate(activations, axis=-1) > 0


def hidden(model, x):
    """a (k, n, h) of each hidden layer of a fitted estimator."""
    return [model.hidden_activations(x, layer) for layer in range(model.n_layers_ - 2)]


def switches(active):
    """Which rows (k, n - 1) have another pattern of active units than the row after them."""
    return (active[:, 1:] != active[:, :-1]).any(axis=-1)


def draw_sine(model, default):
    x = np.linspace(-1, 1, 2001)[:, None]
    display = FunctionDisplay.from_estimator(model, x, sine(x), name="plain SGD")
    z, turns = model.predict(x), switches(active(hidden(model, x)))[0]
    above, below = display.axes_
    above.plot(x[:-1][turns], z[:-1][turns], "o", color=ORANGE, markersize=4, label="ends of its linear pieces")
    above.plot(x, default.predict(x), color=BLACK, linestyle="--", linewidth=1, label="package defaults")
    below.plot(x[:, 0], sine(x) - default.predict(x), color=BLACK, linestyle="--", linewidth=1)
    above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)


def median_model(f):
    models, errors, _ = plain[f]
    return models[int(np.argsort(errors)[2])]


draw_sine(median_model(sine), default[sine])

# %%
# On the plane the pieces are polygons, with white borders in the map of plain SGD. The step around the lower left
# corner is what it smears, and where it puts most of them.


def draw_surface(model, name):
    return FunctionDisplay.from_estimator(model, *samples(surface, seed=1000), name=name)


def draw_regions(ax, model, points=401):
    """The borders of the linear pieces -> how many there are."""
    side = np.linspace(-1, 1, points)
    on = active(hidden(model, np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)))[0]
    for unit in on.T[on.any(axis=0) & ~on.all(axis=0)]:
        ax.contour(side, side, unit.reshape(points, points), levels=[0.5], colors="white", linewidths=0.5)
    return len(np.unique(np.packbits(on, axis=1), axis=0))


display = draw_surface(median_model(surface), "plain SGD")
regions = draw_regions(display.axes_[1], median_model(surface))
print(f"The surface is made of {regions} linear pieces, counted on a grid of 401 x 401 points.")

# %%
# The defaults leave a residual at the step itself, and hardly any elsewhere.

display = draw_surface(default[surface], "package defaults")

# %%
# How many linear pieces?
# -----------------------
# Where no ReLU switches, a network is a product of matrices, hence linear. So along a line, it has one piece more
# than there are places where the pattern of active units changes; we count these on 20,001 points. (It has fewer
# where a switch is not felt, because all units behind it are off.) One hidden layer of :math:`h` units on a line has
# at most :math:`h + 1` pieces, since each unit switches once, where :math:`x W_j + b_j = 0`. A unit of a deeper layer
# sees a function that has turned already, and may switch many times.
#
# Five networks are trained for each width and depth. Mostly the capacity decides: all networks have about one piece
# for each hidden unit, somewhat more if they are deep. But pieces are not everything: with as many units, the deeper
# network puts them where they are needed, and has the smaller error.

WIDTHS, DEPTHS = (8, 16, 24, 32), (1, 2, 3)


def linear_pieces(network, P, x):
    """The number of linear pieces of each network (k,) along the line of points x (n, d)."""
    ends = [i for i, layer in enumerate(network.layers, 1) if isinstance(layer, Relu)]
    return 1 + switches(active([network.activations(P, x, end) for end in ends])).sum(axis=1)


def count_pieces(width, depth):
    """The pieces of five networks that learned the sine, and their errors (5,)."""
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
    axes[1].set(xlabel="capacity (hidden units in all)", xticks=range(0, 97, 16))
    capacity = np.array([8, 96])
    axes[1].plot(capacity, capacity + 1, color=BLACK, linestyle=":", label="most for one layer, h + 1")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize="small")


counted = {(width, depth): count_pieces(width, depth) for depth in DEPTHS for width in WIDTHS}
draw_pieces({shape: pieces for shape, (pieces, _) in counted.items()})
print("width  depth  capacity  linear pieces: median (least to most)  median RMSE")
for (width, depth), (pieces, errors) in counted.items():
    text = f"{np.median(pieces):.0f} ({pieces.min()} to {pieces.max()})"
    print(f"{width:5}{depth:7}{width * depth:10}  {text:>38}  {np.median(errors):11.2f}")

# %%
# Run as a script
# ---------------
# The pictures are saved where a folder was named.

if len(sys.argv) > 1:
    for number in plt.get_fignums():
        plt.figure(number).savefig(Path(sys.argv[1]) / f"sine-{number}.png", dpi=100)
