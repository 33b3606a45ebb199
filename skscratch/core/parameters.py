"""All parameters of k networks in one array: a row per network, layers as views.

A snapshot is ``values.copy()``, the best epoch of member i comes back by ``values[i] = best[i]``, L-BFGS is handed
a row, a pickle stores one array.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import SimpleNamespace

import numpy as np

# Numbers in a block: few enough that a handful of such arrays stay in a core's own cache during several passes over
# them, and enough that the time goes into arithmetic and not into calls.
BLOCK = 65536

Block = tuple[slice, slice]


@dataclass(frozen=True)
class Slot:
    """Room for one named array of a layer.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array in one network.
    kind : {"weight", "bias", "scale", "embedding"}
        What it is: decay acts on weights alone, and learning rates may differ from kind to kind.
    """

    shape: tuple[int, ...]
    kind: str


class Parameters:
    """The parameters of k networks, or their gradient.

    Parameters
    ----------
    values : ndarray of shape (k, p)
        A row per network, C-contiguous. It is kept, not copied.
    slots : sequence of mapping of str to Slot
        For each layer, its arrays by name, in the order in which a row stores them.

    Attributes
    ----------
    layers : list of SimpleNamespace
        For each layer, its arrays as views of `values`; an array of shape s has the shape (k, *s) here.

    Raises
    ------
    ValueError
        If `values` has not one column per parameter, or is not C-contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.parameters import Parameters, Slot
    >>> P = Parameters(np.zeros((2, 8)), [{"W": Slot((3, 2), "weight"), "b": Slot((2,), "bias")}])
    >>> P.layers[0].W.shape, P.layers[0].b.shape
    ((2, 3, 2), (2, 2))
    >>> P.layers[0].b[1] = 7
    >>> P.values[1]
    array([0., 0., 0., 0., 0., 0., 7., 7.])
    """

    def __init__(self, values: np.ndarray, slots: Sequence[Mapping[str, Slot]]):
        self.values = values
        self.slots = tuple(slots)
        p = values.shape[1]
        if p != count(self.slots):
            raise ValueError(
                f"values must have one column per parameter, {count(self.slots)}, got {p}; use Network.init."
            )
        if not values.flags.c_contiguous:  # there would be copies where views are needed
            raise ValueError("values must be C-contiguous, got another order in memory; use np.ascontiguousarray.")

    @cached_property
    def layers(self) -> list[SimpleNamespace]:
        """Views of the values (k, p), made when they are first asked for: often a row is all that is needed."""
        k, start = len(self.values), 0
        layers = []
        for layer in self.slots:
            box = SimpleNamespace()
            for name, slot in layer.items():
                stop = start + prod(slot.shape)
                setattr(box, name, self.values[:, start:stop].reshape(k, *slot.shape))
                start = stop
            layers.append(box)
        return layers

    def like(self, values: np.ndarray) -> Parameters:
        """The same layers over other values (k', p): a gradient, a snapshot, the row of one member."""
        return Parameters(values, self.slots)

    def by_kind(self, factors: Mapping[str, float], default: float = 1.0) -> np.ndarray:
        """A factor for every parameter (p,), chosen by its kind."""
        sizes_and_factors = [
            (prod(slot.shape), factors.get(slot.kind, default)) for layer in self.slots for slot in layer.values()
        ]
        sizes, values = zip(*sizes_and_factors, strict=True)
        return np.repeat(np.array(values, self.values.dtype), sizes)

    def __reduce__(self):
        # The views would be pickled as copies beside the values: only what they are made from is stored.
        return Parameters, (self.values, self.slots)


def blocks(k: int, p: int) -> list[Block]:
    """Rows and columns of an array (k, p), block by block: several rows, or a part of one that is longer than a block.

    Both lie together in memory; a part of several rows does not, and takes up to four times as long.
    """
    height, width = max(BLOCK // p, 1), min(p, BLOCK)
    return [
        (slice(row, min(row + height, k)), slice(column, min(column + width, p)))
        for row in range(0, k, height)
        for column in range(0, p, width)
    ]


def count(slots: Sequence[Mapping[str, Slot]]) -> int:
    """p, the number of parameters of one network."""
    return sum(prod(slot.shape) for layer in slots for slot in layer.values())
