"""Draw the calls of one recorded training step, for the guide: `python docs/draw_record.py` writes record.png.

The rows are read from the tapes of a real step: of a network with two inputs, three hidden units and one output.
"""

import inspect
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from skscratch.core import Adam, Dense, Gradient, Network, Objective, Rows, SquaredError, Tanh, Update

COLOURS = {  # Okabe and Ito's, of each part of a step
    "forward": "#56B4E9",
    "loss": "#E69F00",
    "backward": "#009E73",
    "penalty": "#CC79A7",
    "update": "#F0E442",
}
COLUMNS = (("forward", "loss"), ("backward", "penalty"), ("update",))
BUFFERS = ("g", "da", "t", "t", "c")  # in the order in which the calls first write them
LOSS_CALLS = 4  # its gradient, add, subtract and multiply
PENALTY_CALLS = 4  # at the end


class Names:
    """The names of the arrays of a step, by their place in memory."""

    def __init__(self, named):
        self.named = {self.key(array): (name, array.shape) for name, array in named.items()}
        self.buffers = iter(BUFFERS)

    @staticmethod
    def key(array):
        return array.__array_interface__["data"][0], array.size

    def __call__(self, value):
        """Return the name of an array, with a prime where it is transposed; of a constant, its value."""
        if self.key(value) not in self.named:
            if value.ndim == 0:
                return f"{value.item():.3g}"
            return "1" if (value == 1).all() else "decay"  # the decay of each parameter
        name, shape = self.named[self.key(value)]
        transposed = value.shape[-2:] != shape[-2:] and value.shape[-2:] == shape[-2:][::-1]
        return name + "'" * transposed

    def written(self, array):
        """Return the name of an array that a call writes into; a new buffer gets the next name."""
        if self.key(array) not in self.named:
            self.named[self.key(array)] = next(self.buffers), array.shape
        return self(array)


def record():
    """Record a step -> parameters, gradient and update."""
    rng = np.random.default_rng(0)
    network = Network((Dense(3), Tanh(), Dense(1)), n_inputs=2)
    objective, P = Objective(network, SquaredError(), alpha=0.1), network.init(k=1, rng=rng)
    gradient = Gradient(objective, P, Rows(rng.normal(size=(5, 2)), rng.normal(size=(5, 1)), None))
    chain = Adam().chain(rate=0.01)
    return P, gradient, Update(chain, P, gradient.dP, chain.init(P))


def names_of(P, gradient, update):
    """Name the arrays that belong to an object."""
    (first, _, last), (dfirst, _, dlast) = P.layers, gradient.dP.layers
    weights = {"W1": first.W, "b1": first.b, "W2": last.W, "b2": last.b}
    gradients = {"dW1": dfirst.W, "db1": dfirst.b, "dW2": dlast.W, "db2": dlast.b}
    outputs = {"x": gradient.x, "y": gradient.rows.y, "a": gradient.outputs[0], "z": gradient.z}
    optimizer = {"-rate": update.step.minus_rate, **update.state.arrays[0]}
    whole = {"q": P.values, "dq": gradient.dP.values, "squares": gradient.squares, "sum": gradient.sum_of_squares}
    return Names({**weights, **gradients, **outputs, **optimizer, **whole})


def row(call, names):
    """Return (function, what it reads, what it writes) of a recorded call."""
    f = call.func
    if inspect.isfunction(f):  # Adam's correction c, computed from the number of the step
        return f.__name__, "step", names.written(inspect.getclosurevars(f).nonlocals["c"])
    *reads, out = *call.args, *call.keywords.values()
    written = names.written(out)  # before what is read: only a constant is read and never written
    return (
        f.__name__ if isinstance(f, np.ufunc) or f is np.dot else f"loss.{f.__name__}",
        ", ".join(map(names, reads)),
        written,
    )


def step_rows():
    """Yield (part, function, reads, writes) for every call of a step."""
    P, gradient, update = record()
    names, calls = names_of(P, gradient, update), gradient.tape.calls
    loss = next(i for i, call in enumerate(calls) if call.func == gradient.objective.loss.gradient)
    penalty = len(calls) - PENALTY_CALLS
    for i, call in enumerate(calls):
        part = "forward" if i < loss else "loss" if i < loss + LOSS_CALLS else "backward"
        yield "penalty" if i >= penalty else part, *row(call, names)
    for call in update.tape.calls:
        yield "update", *row(call, names)


def draw(rows):
    """Draw the rows of a step in three columns."""
    rows = [(i, *r) for i, r in enumerate(rows, 1)]
    columns = [[r for r in rows if r[1] in parts] for parts in COLUMNS]
    height = max(map(len, columns))
    figure, axes = plt.subplots(1, 3, figsize=(11, 0.3 * height + 0.9), layout="constrained")
    for ax, column in zip(axes, columns, strict=True):
        ax.set(xlim=(0, 10), ylim=(height + 0.1, -1.1))
        ax.axis("off")
        for text, left in (("call", 0.9), ("reads", 5.0), ("writes", 8.2)):
            ax.text(left, -0.5, text, va="center", style="italic", fontsize=9)
        for y, (number, part, *texts) in enumerate(column):
            ax.add_patch(Rectangle((0, y + 0.04), 10, 0.92, color=COLOURS[part], alpha=0.45, linewidth=0))
            ax.text(0.65, y + 0.5, str(number), va="center", ha="right", fontsize=8, color="#555555")
            for text, left in zip(texts, (0.9, 5.0, 8.2), strict=True):
                ax.text(left, y + 0.52, text, va="center", fontsize=9, family="monospace")
    patches = [Rectangle((0, 0), 1, 1, color=colour, alpha=0.45) for colour in COLOURS.values()]
    figure.legend(patches, COLOURS, loc="outside lower center", ncols=len(COLOURS), fontsize=9, frameon=False)
    return figure


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images" / "record.png"
    draw(step_rows()).savefig(path, dpi=150)
