"""A network: layers in order over d inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from skscratch.core.layers import Dense, Dropout, Layer, Rngs
from skscratch.core.parameters import Parameters, Slot, count

Scratch = list[SimpleNamespace]

# Rows that are predicted at once: their scratch stays in a core's cache.
PREDICT_BLOCK = 256


@dataclass(frozen=True)
class Network:
    """Layers in order: x (1 or k, n, d) -> raw scores z (k, n, o).

    A network is a specification. Parameters (one array for k members), the scratch for a batch and the gradient are
    handed to it, so one network serves any number of fits and predictions at the same time.

    Parameters
    ----------
    layers : tuple of Layer
        From input to output.
    n_inputs : int
        The number of inputs d.

    Raises
    ------
    ValueError
        If a layer would write over the network's input, or over what another needs for its gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.activations import Tanh
    >>> from skscratch.core.layers import Activate, Dense
    >>> network = Network((Dense(8), Activate(Tanh()), Dense(1)), n_inputs=3)
    >>> network.n_parameters
    41
    >>> P = network.init(k=2, rng=np.random.default_rng(0), dtype=np.float32)
    >>> network.predict(P, np.zeros((5, 3), np.float32)).shape
    (2, 5, 1)
    """

    layers: tuple[Layer, ...]
    n_inputs: int

    def __post_init__(self):
        # Neither the input nor what an in-place layer keeps may be overwritten; Dropout may hand on what it gets.
        in_place = [True, *(layer.in_place for layer in self.layers if not isinstance(layer, Dropout))]
        if len(in_place) == 1 or any(a and b for a, b in pairwise(in_place)):
            raise ValueError(
                "layers must begin with one that leaves its input as it is, such as Dense, Scale or an embedding, and "
                f"have one such layer between any two Activate, got {self.layers}; insert a Dense."
            )

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The number of inputs of each layer, and behind them the number of outputs of the last."""
        widths = [self.n_inputs]
        for layer in self.layers:
            widths.append(layer.width(widths[-1]))
        return tuple(widths)

    @cached_property
    def slots(self) -> tuple[Mapping[str, Slot], ...]:
        """The arrays of each layer by name."""
        return tuple(layer.slots(d) for layer, d in zip(self.layers, self.widths, strict=False))

    @property
    def n_parameters(self) -> int:
        """The number of parameters p of one member."""
        return count(self.slots)

    @property
    def n_outputs(self) -> int:
        """The number of raw scores o."""
        return self.widths[-1]

    def init(self, k: int, rng: np.random.Generator, dtype: Any = np.float64) -> Parameters:
        """Draw the parameters of k members; member i is the same whatever k is."""
        P = Parameters(np.empty((k, self.n_parameters), dtype), self.slots)
        for i, member_rng in enumerate(rng.spawn(k)):
            for layer, p, d in zip(self.layers, P.layers, self.widths, strict=False):
                layer.init(SimpleNamespace(**{name: views[i] for name, views in vars(p).items()}), member_rng, d)
        return P

    def allocate(self, k: int, n: int, dtype: Any, backward: bool = True) -> Scratch:
        """Scratch for batches of n rows: for `forward` alone, or for `backward` too."""
        scratch, learned_before = [], False
        for layer, d, slots in zip(self.layers, self.widths, self.slots, strict=False):
            s = SimpleNamespace()
            layer.allocate(k, n, d, dtype, s)
            if backward:
                layer.allocate_backward(k, n, d, dtype, s, input_gradient=learned_before)
            learned_before |= bool(slots)
            scratch.append(s)
        return scratch

    def forward(self, P: Parameters, x: Any, scratch: Scratch, rngs: Rngs = None) -> np.ndarray:
        """x (n, d) for all members or (k, n, d) -> z (k, n, o), which lives in the scratch until the next call."""
        a = x[None] if isinstance(x, np.ndarray) and x.ndim == 2 else x
        for layer, p, s in zip(self.layers, P.layers, scratch, strict=True):
            a = layer.forward(p, a, s, rngs)
        return a

    def backward(self, P: Parameters, g: np.ndarray, scratch: Scratch, dP: Parameters) -> None:
        """g = dL/dz (k, n, o), which is overwritten, -> dL/dP in dP, for the batch that `forward` has just seen."""
        for layer, p, s, dp in zip(self.layers[::-1], P.layers[::-1], scratch[::-1], dP.layers[::-1], strict=True):
            g = layer.backward(p, g, s, dp)
            if g is None:
                return

    def predict(
        self,
        P: Parameters,
        x: Any,
        block: int = PREDICT_BLOCK,
        scratch: dict[int, Scratch] | None = None,
        chosen: np.ndarray | None = None,
    ) -> np.ndarray:
        """Raw scores (k, n, o) of any number of rows x (n, d), or of those `chosen` (k, n) for each member.

        In blocks of bounded memory. It writes on nothing but `scratch`, by numbers of rows, where a caller keeps it
        from one call to the next.
        """
        if chosen is not None and not isinstance(x, np.ndarray):  # members cannot have sparse rows of their own at once
            own = zip(P.values[:, None], chosen, strict=True)
            return np.concatenate([self.predict(P.like(values), x[rows], block) for values, rows in own])
        k, n = len(P.values), x.shape[0] if chosen is None else chosen.shape[1]
        z = np.empty((k, n, self.n_outputs), P.values.dtype)
        scratch = {} if scratch is None else scratch
        for start in range(0, n, block):
            rows = slice(start, min(start + block, n))
            size = rows.stop - start
            if size not in scratch:
                scratch[size] = self.allocate(k, size, P.values.dtype, backward=False)
            some = x[rows] if chosen is None else np.take(x, chosen[:, rows], axis=0, mode="clip")
            z[:, rows] = self.forward(P, some, scratch[size])
        return z

    def activations(self, P: Parameters, x: Any, stop: int) -> np.ndarray:
        """What the first `stop` layers hand on (k, n, h) for rows x (n, d), as `predict`."""
        front = Network(self.layers[:stop], self.n_inputs)
        values = np.ascontiguousarray(P.values[:, : front.n_parameters])
        return front.predict(Parameters(values, front.slots), x)

    def dense_layers(self, P: Parameters) -> list[tuple[np.ndarray, np.ndarray]]:
        """The effective weights c W (k, d, h) and biases b (k, h) of each dense layer."""
        return [
            (p.W * p.W.dtype.type(layer.scale(d)), p.b)
            for layer, p, d in zip(self.layers, P.layers, self.widths, strict=False)
            if isinstance(layer, Dense)
        ]
