"""Values as trees of JSON: numbers and strings as they are, anything else as an object with one tag.

===================================  ==================================================================
value                                tree
===================================  ==================================================================
None, bool, int, str, list           the same in JSON
float                                the same; ``{"float": "nan"}``, "inf" and "-inf"
tuple                                ``{"tuple": [...]}``
dict                                 ``{"dict": [[key, value], ...]}``
bytes                                ``{"bytes": "00ff"}``
NumPy scalar                         ``{"scalar": ["<f8", "000000000000f03f"]}``: its type and its bytes
array                                ``{"array": 0}``, the number of a member of the archive
list of arrays of one shape          ``{"arrays": 0}``: one member, with a first axis for the list
array of objects                     ``{"objects": [...], "shape": [2, 3]}``
Generator, RandomState               ``{"generator": {...}}``, ``{"random_state": {...}}``
object of this package               ``{"type": "Dense", "fields": {"units": 64, ...}}``
object of a registered class         ``{"family": "Loss", "name": "huber", "fields": {"delta": 1.0}}``
===================================  ==================================================================

>>> writer = Writer()
>>> tree = writer.encode({1: (0.5, float("inf")), "x": np.arange(3)})
>>> tree
{'dict': [[1, {'tuple': [0.5, {'float': 'inf'}]}], ['x', {'array': 0}]]}
>>> decode(tree, writer.arrays)
{1: (0.5, inf), 'x': array([0, 1, 2])}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, prod
from typing import Any

import numpy as np

from skscratch.persistence import records
from skscratch.persistence.generators import generator_state, make_generator, make_random_state

PLAIN_KINDS = "biufcSUmM"  # types of arrays that consist of their bytes
STORED = (
    "None, bool, int, float, str, bytes, tuples, lists and dictionaries of them, NumPy scalars and arrays, and objects "
    "of skscratch or of classes that are registered with a name"
)


class Writer:
    """Turns values into trees, and collects their arrays; an array that occurs twice is stored once."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._numbers: dict[int, int] = {}

    def encode(self, value: Any, path: str = "the value") -> Any:
        """Return the tree of a value.

        Raises
        ------
        TypeError
            If it cannot be stored; `path` says in the message what it is.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if isfinite(value) else {"float": repr(value)}
        if type(value) in (list, tuple, dict):
            return self._container(value, path)
        if type(value) is bytes:
            return {"bytes": value.hex()}
        if isinstance(value, np.ndarray):
            return self._array(value, path)
        if isinstance(value, np.generic) and value.dtype.kind in PLAIN_KINDS:
            return {"scalar": [value.dtype.str, value.tobytes().hex()]}
        if type(value) is np.random.Generator:
            return {"generator": self.encode(generator_state(value), path)}
        if type(value) is np.random.RandomState:
            return {"random_state": self.encode(value.get_state(legacy=False), path)}
        return self._record(value, path)

    def _container(self, value: Any, path: str) -> Any:
        if isinstance(value, dict):
            where = [f"{path}[{key!r}]" for key in value]
            pairs = zip(value.items(), where, strict=True)
            return {"dict": [[self.encode(k, f"a key of {path}"), self.encode(v, at)] for (k, v), at in pairs]}
        if isinstance(value, list) and _have_one_shape(value):
            return {"arrays": self._number(np.stack(value))}
        items = [self.encode(item, f"{path}[{i}]") for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}

    def _array(self, array: np.ndarray, path: str) -> Any:
        if type(array) in (np.ndarray, np.memmap) and array.dtype.kind in PLAIN_KINDS:
            return {"array": self._number(array)}
        if array.dtype != object:
            raise _not_stored(array, path)
        items = [self.encode(item, f"{path}[{i}]") for i, item in enumerate(array.ravel().tolist())]
        return {"objects": items, "shape": list(array.shape)}

    def _number(self, array: np.ndarray) -> int:
        """Return the number of an array; it is kept alive, so that no other gets its identity."""
        if id(array) not in self._numbers:
            self._numbers[id(array)] = len(self.arrays)
            self.arrays.append(array)
        return self._numbers[id(array)]

    def _record(self, value: Any, path: str) -> Any:
        names = records.name_of(value)
        if names is None:
            raise _not_stored(value, path)
        fields = {name: self.encode(field, f"{path}.{name}") for name, field in records.fields_of(value).items()}
        return {**names, "fields": fields}


def decode(tree: Any, arrays: Sequence[np.ndarray]) -> Any:
    """Return the value of a tree.

    Raises
    ------
    NotKnownError, LookupError, TypeError, ValueError
        If it is no tree of `Writer`.
    """
    if isinstance(tree, list):
        return [decode(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "fields" in tree:
        cls = records.class_of(tree)
        return records.make(cls, {name: decode(field, arrays) for name, field in tree["fields"].items()})
    tag = next(iter(tree))
    if tag not in DECODERS:
        raise records.NotKnownError(f"its content has the tag {tag!r}, which this version does not know")
    return DECODERS[tag](tree, arrays)


Decoder = Callable[[dict[str, Any], Sequence[np.ndarray]], Any]
DECODERS: dict[str, Decoder] = {
    "float": lambda tree, arrays: float(tree["float"]),
    "tuple": lambda tree, arrays: tuple(decode(tree["tuple"], arrays)),
    "dict": lambda tree, arrays: {decode(key, arrays): decode(value, arrays) for key, value in tree["dict"]},
    "bytes": lambda tree, arrays: bytes.fromhex(tree["bytes"]),
    "scalar": lambda tree, arrays: np.ndarray((), tree["scalar"][0], bytes.fromhex(tree["scalar"][1]))[()],
    "array": lambda tree, arrays: arrays[tree["array"]],
    "arrays": lambda tree, arrays: list(arrays[tree["arrays"]]),
    "objects": lambda tree, arrays: _filled(tree["shape"], decode(tree["objects"], arrays)),
    "generator": lambda tree, arrays: make_generator(decode(tree["generator"], arrays)),
    "random_state": lambda tree, arrays: make_random_state(decode(tree["random_state"], arrays)),
}


def _have_one_shape(values: list[Any]) -> bool:
    """Return whether all values of a list are arrays of one plain type and shape."""
    kinds = {(value.dtype, value.shape) if type(value) is np.ndarray else None for value in values}
    return len(kinds) == 1 and None not in kinds and values[0].dtype.kind in PLAIN_KINDS


def _filled(shape: Sequence[int], items: Sequence[Any]) -> np.ndarray:
    """Make an array of objects; an item may be a tuple."""
    array = np.empty(prod(shape), object)
    for i, item in enumerate(items):
        array[i] = item
    return array.reshape(shape)


def _not_stored(value: Any, path: str) -> TypeError:
    return TypeError(f"{path} is of type {type(value).__qualname__}, which a file cannot store; it stores {STORED}.")
