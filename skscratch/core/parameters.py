"""All parameters of k members in one array: a row for each member, layers as views.

A snapshot is ``values.copy()``, the best epoch of member i is restored by ``values[i] = best[i]``, L-BFGS gets
a row, a pickle stores one array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from skscratch.core.tape import Array

# Numbers in a block: a few such arrays fit into the cache of a core, and a call on them takes far longer than Python
# needs to make it.
BLOCK = 65536

Block: TypeAlias = tuple[slice, slice]


@dataclass(frozen=True)
class ParameterSpec:
    """Specification of one parameter array of a layer.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array in one member.
    kind : {"weight", "bias", "scale", "embedding"}
        What it is: weight decay acts on weights only, and learning rates may differ from kind to kind.
    """

    shape: tuple[int, ...]
    kind: str


class Affine(NamedTuple):
    """Weights W and biases b of a layer: their specifications, or the arrays themselves."""

    W: Any
    b: Any


class FactorsAffine(NamedTuple):
    """Weights W and biases b of a layer, and a factor s for each of its inputs."""

    W: Any
    b: Any
    s: Any


class Parameters:
    """The parameters of k members, or their gradient.

    Parameters
    ----------
    values : ndarray of shape (k, p)
        A row for each member, C-contiguous. It is kept, not copied.
    specs : sequence of tuple of ParameterSpec
        For each layer its named tuple of specifications, in the order in which a row stores them.

    Attributes
    ----------
    layers : list of tuple of ndarray
        For each layer its arrays, under the same names, as views of `values`; an array of shape s has shape (k, *s).

    Raises
    ------
    ValueError
        If `values` has not one column per parameter, or is not C-contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.parameters import Affine, Parameters, ParameterSpec
    >>> specs = [Affine(W=ParameterSpec((3, 2), "weight"), b=ParameterSpec((2,), "bias"))]
    >>> P = Parameters(np.zeros((2, 8)), specs)
    >>> P.layers[0].W.shape, P.layers[0].b.shape
    ((2, 3, 2), (2, 2))
    >>> P.layers[0].b[1] = 7
    >>> P.values[1]
    array([0., 0., 0., 0., 0., 0., 7., 7.])
    """

    def __init__(self, values: Array, specs: Sequence[tuple[ParameterSpec, ...]]):
        self.values = values
        self.specs = tuple(specs)
        p = values.shape[1]
        if p != count(self.specs):
            raise ValueError(
                f"values must have one column per parameter, {count(self.specs)}, got {p}; use Network.init."
            )
        if not values.flags.c_contiguous:  # there would be copies where views are needed
            raise ValueError("values must be C-contiguous, got another order in memory; use np.ascontiguousarray.")

    @cached_property
    def layers(self) -> list[Any]:
        """Views of the values, made at the first access: often only the rows are needed."""
        start, layers = 0, []
        for specs in self.specs:
            views = []
            for spec in specs:
                stop = start + prod(spec.shape)
                views.append(self.values[:, start:stop].reshape(-1, *spec.shape))
                start = stop
            layers.append(type(specs)(*views))
        return layers

    def like(self, values: Array) -> Parameters:
        """Make the same layers over other values (k', p): a gradient, a snapshot, the row of one member."""
        return Parameters(values, self.specs)

    def empty(self) -> Parameters:
        """Make the same layers over new values of the same shape, which are not set: memory for a gradient."""
        return self.like(np.empty_like(self.values))

    def project(self, bounds: Array | None) -> None:
        """Set each parameter to the nearest number between its bounds (2, p), in place; without bounds do nothing."""
        if bounds is not None:
            np.clip(self.values, *bounds, out=self.values)

    def by_kind(self, factors: Mapping[str, float], default: float = 1.0) -> Array:
        """Choose a factor for every parameter (p,) by its kind."""
        specs = [spec for layer in self.specs for spec in layer]
        values = np.array([factors.get(spec.kind, default) for spec in specs], self.values.dtype)
        return np.repeat(values, [prod(spec.shape) for spec in specs])

    def __reduce__(self) -> tuple[Any, ...]:
        # The views would be pickled as copies beside the values: only what they are made from is stored.
        return Parameters, (self.values, self.specs)


def blocks(k: int, p: int) -> list[Block]:
    """Divide an array (k, p) into blocks of rows and columns: several rows, or a part of a row longer than a block.

    A block is contiguous in memory; a part of several rows would not be, and would take up to four times as long.
    """
    height, width = max(BLOCK // p, 1), min(p, BLOCK)
    return [
        (slice(row, min(row + height, k)), slice(column, min(column + width, p)))
        for row in range(0, k, height)
        for column in range(0, p, width)
    ]


def count(specs: Iterable[tuple[ParameterSpec, ...]]) -> int:
    """Count the parameters p of one member."""
    return sum(prod(spec.shape) for layer in specs for spec in layer)
