"""A network: layers in order over d inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from skscratch.core.layers import ALL, Dense, Dropout, Layer, Rngs, SparseRows
from skscratch.core.parameters import Parameters, ParameterSpec, count
from skscratch.core.tape import Array, Do, Tape, run

# Rows that are predicted at once: their buffers fit into the cache of a core.
PREDICT_BLOCK = 256
# Numbers in the gradient of a block with respect to its inputs, of all members: 128 MiB in float32.
GRADIENT_BLOCK = 2**25


class Pass(NamedTuple):
    """A forward pass that was recorded, and the way back.

    Parameters
    ----------
    outputs : list of ndarray
        For each layer its output (k, n, h); that of the last are the raw scores z (k, n, o).
    backward : callable
        Records the gradient: from g = dL/dz (k, n, o), which is overwritten, dL/dP into the second argument. Returns
        those columns of dL/dx (k, n, d) that the third argument names, a slice, or None without it.
    """

    outputs: list[Any]
    backward: Callable[..., Array | None]

    @property
    def z(self) -> Array:
        """The raw scores (k, n, o)."""
        return self.outputs[-1]


@dataclass(frozen=True)
class Network:
    """Layers in order: x (1 or k, n, d) -> raw scores z (k, n, o).

    A network is a specification. Parameters (one array for k members) and rows are passed to it, so one network
    serves any number of fits and predictions at the same time.

    Parameters
    ----------
    layers : tuple of Layer
        From input to output.
    n_inputs : int
        The number of inputs d.
    signs : tuple of int of length d, or empty
        1 for an input in which no raw score may decrease, -1 for one in which none may increase, 0 for all others;
        empty without such constraints. They hold for parameters within `bounds`.

    Raises
    ------
    ValueError
        If a layer would write over the network's input, or over what another needs for its gradient, or if `signs` has
        another length.

    References
    ----------
    Sill, Monotonic networks (1998); Runje and Shankaranarayana, Constrained monotonic neural networks (2023),
    arXiv:2205.11775: hidden units of both signs.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Dense, Network, Tanh
    >>> network = Network((Dense(8), Tanh(), Dense(1)), n_inputs=3)
    >>> network.n_parameters
    41
    >>> P = network.init(k=2, rng=np.random.default_rng(0), dtype=np.float32)
    >>> network.predict(P, np.zeros((5, 3), np.float32)).shape
    (2, 5, 1)

    A network that never decreases in its first input:

    >>> network = Network((Dense(8), Tanh(), Dense(1)), n_inputs=2, signs=(1, 0))
    >>> P = network.init(k=1, rng=np.random.default_rng(0))
    >>> bool((np.diff(network.predict(P, np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0]])), axis=1) >= 0).all())
    True
    """

    layers: tuple[Layer, ...]
    n_inputs: int
    signs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.signs) not in (0, self.n_inputs):
            raise ValueError(
                f"signs must have one entry for each of the {self.n_inputs} inputs, got {len(self.signs)}; 0 is no "
                "constraint."
            )
        # Neither the input nor what an in-place layer keeps may be overwritten; Dropout may output its input.
        in_place = [True, *(layer.in_place for layer in self.layers if not isinstance(layer, Dropout))]
        if len(in_place) == 1 or any(a and b for a, b in pairwise(in_place)):
            raise ValueError(
                "layers must begin with one that does not change its input, such as Dense or an embedding, and "
                f"have one such layer between any two activations, got {self.layers}; insert a Dense."
            )

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The number of inputs of each layer, and at the end the number of outputs of the last."""
        widths = [self.n_inputs]
        for layer in self.layers:
            widths.append(layer.width(widths[-1]))
        return tuple(widths)

    @cached_property
    def specs(self) -> tuple[tuple[ParameterSpec, ...], ...]:
        """The parameter specifications of each layer."""
        return tuple(layer.parameters(d) for layer, d in zip(self.layers, self.widths, strict=False))

    @property
    def n_parameters(self) -> int:
        """The number of parameters p of one member."""
        return count(self.specs)

    @property
    def n_outputs(self) -> int:
        """The number of raw scores o."""
        return self.widths[-1]

    def init(self, k: int, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> Parameters:
        """Draw the initial parameters of k members, and project them; member i is the same whatever k is."""
        P = Parameters(np.empty((k, self.n_parameters), dtype), self.specs)
        for i, member_rng in enumerate(rng.spawn(k)):
            for layer, p, d in zip(self.layers, P.layers, self.widths, strict=False):
                layer.init(type(p)(*(a[i] for a in p)), member_rng, d)
        P.project(self.bounds(dtype))
        return P

    def bounds(self, dtype: DTypeLike = np.float64) -> Array | None:
        """Compute the smallest and the largest value (2, p) of each parameter; None without constraints."""
        if not any(self.signs):
            return None
        bounds = Parameters(np.repeat(np.array([[-np.inf], [np.inf]], dtype), self.n_parameters, axis=1), self.specs)
        signs = np.array(self.signs)
        for i, (layer, p) in enumerate(zip(self.layers, bounds.layers, strict=True), start=1):
            signs = layer.bound(p, signs, is_last=i == len(self.layers))
        return bounds.values

    def record(self, do: Do, P: Parameters, x: Any, rngs: Rngs = None) -> Pass:
        """Record the forward pass for x (1 or k, n, d), or `SparseRows`; with generators dropout is active."""
        outputs, backwards = [x], []
        for layer, p in zip(self.layers, P.layers, strict=True):
            output, backward = layer.record(do, p, outputs[-1], rngs)
            outputs.append(output)
            backwards.append(backward)
        first = next((i for i, specs in enumerate(self.specs) if specs), len(backwards))

        def record_backward(g: Array, dP: Parameters, columns: slice | None = None) -> Array | None:
            """Without `columns`, no gradient is computed before the first layer with parameters."""
            stop = first if columns is None else 0
            gradient: Array | None = g
            for i in range(len(backwards) - 1, stop - 1, -1):
                assert gradient is not None
                needed: slice | None = ALL
                if i == stop:
                    needed = columns
                elif i == stop + 1 and columns is None:
                    needed = self.layers[stop].needed_columns(self.widths[stop])
                gradient = backwards[i](gradient, dP.layers[i], needed)
            return gradient

        return Pass(outputs[1:], record_backward)

    def predict(self, P: Parameters, x: Any, block: int = PREDICT_BLOCK) -> Array:
        """Compute raw scores (k, n, o) of any number of rows x (n, d) or (k, n, d), dense or sparse, block by block."""
        if x.shape[-2] <= block:  # made once: recording it would take longer
            return self.record(run, P, as_input(x)).z
        return RawScores(self, P, block)(x)

    def input_gradient(self, P: Parameters, x: Any, score_gradient: Callable[[Array, slice], Array]) -> Array:
        """Compute dL/dx (n, d) for any number of rows x (n, d), dense or sparse, block by block.

        Parameters
        ----------
        P : Parameters
            The parameters of k members.
        x : ndarray or sparse array of shape (n, d)
            Rows, which all members share: L is a sum over members.
        score_gradient : callable
            Returns dL/dz (k, m, o) for the raw scores z (k, m, o) of a slice of m rows, its two arguments.

        Examples
        --------
        >>> import numpy as np
        >>> from skscratch.core import Dense, Network
        >>> network = Network((Dense(1),), n_inputs=2)
        >>> P = network.init(k=1, rng=np.random.default_rng(0))
        >>> P.layers[0].W[...] = [[3.0], [5.0]]
        >>> network.input_gradient(P, np.zeros((1, 2)), lambda z, rows: np.ones_like(z))
        array([[3., 5.]])
        """
        (n, d), k, dP = x.shape, len(P.values), P.empty()
        dx = np.empty((n, d), P.values.dtype)
        block = max(min(PREDICT_BLOCK, GRADIENT_BLOCK // (k * d)), 1)
        for start in range(0, n, block):
            rows = slice(start, min(start + block, n))
            recorded = self.record(run, P, as_input(x[rows]))
            gradient = recorded.backward(score_gradient(recorded.z, rows), dP, ALL)
            assert gradient is not None
            gradient.sum(axis=0, out=dx[rows])
        return dx

    def activations(self, P: Parameters, x: Any, stop: int) -> Array:
        """Compute the output (k, n, h) of the first `stop` layers for rows x (n, d), as `predict`."""
        front = Network(self.layers[:stop], self.n_inputs)
        values = np.ascontiguousarray(P.values[:, : front.n_parameters])
        return front.predict(Parameters(values, front.specs), x)

    def dense_layers(self, P: Parameters) -> list[tuple[Array, Array]]:
        """Compute the effective weights V (k, d, h) and biases b (k, h) of each dense layer."""
        return [
            (layer.effective_weights(p), p.b)
            for layer, p in zip(self.layers, P.layers, strict=True)
            if isinstance(layer, Dense)
        ]


class RawScores:
    """Raw scores of any number of rows, in blocks: a forward pass is recorded for each size of block, and kept.

    Parameters
    ----------
    network : Network
        The architecture.
    P : Parameters
        The parameters, which may change in place between calls.
    block : int
        Maximum number of rows in a block.
    """

    def __init__(self, network: Network, P: Parameters, block: int = PREDICT_BLOCK):
        self.network, self.P, self.block = network, P, block
        self.recorded: dict[tuple[int, ...], tuple[Any, Array, Tape]] = {}

    def __call__(self, x: Any) -> Array:
        """Compute z (k, n, o) for rows x (n, d), dense or sparse, or (k, n, d)."""
        n = x.shape[-2]
        z = np.empty((len(self.P.values), n, self.network.n_outputs), self.P.values.dtype)
        for start in range(0, n, self.block):
            rows = slice(start, min(start + self.block, n))
            z[:, rows] = self._replay(x[rows] if x.ndim == 2 else x[:, rows])
        return z

    def _replay(self, x: Any) -> Array:
        """Compute z of one block, in an array that the next block overwrites."""
        key = (isinstance(x, np.ndarray), *x.shape)
        if key not in self.recorded:
            tape, buffer = Tape(self.P.values.dtype), new_input(x, self.P.values.dtype)
            self.recorded[key] = buffer, self.network.record(tape, self.P, buffer).z, tape
        buffer, z, tape = self.recorded[key]
        set_input(buffer, x)
        tape.replay()
        return z


def as_input(x: Any) -> Any:
    """Make rows x (n, d) or (k, n, d), dense or sparse, the input of a network, without a copy."""
    if not isinstance(x, np.ndarray):
        return SparseRows(x)
    return x[None] if x.ndim == 2 else x


def new_input(x: Any, dtype: DTypeLike) -> Any:
    """Make an input for rows like x, which `set_input` sets."""
    return as_input(np.empty(x.shape, dtype) if isinstance(x, np.ndarray) else x)


def set_input(x: Any, rows: Any) -> None:
    """Set the input x of a recorded pass to other rows of the same shape."""
    if isinstance(x, SparseRows):
        x.matrix = rows
    else:
        np.copyto(x, rows)
