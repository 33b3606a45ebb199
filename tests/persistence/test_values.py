"""Values are the same, in type and in every bit, after they were trees of JSON."""

import json
import math
from collections import namedtuple
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import IntEnum

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skscratch.core import Activation, Relu
from skscratch.persistence import records
from skscratch.persistence.values import Writer, decode
from skscratch.registry import Registered


def again(value):
    """Encode a value, write and read the JSON, and decode it."""
    writer = Writer()
    tree = json.loads(json.dumps(writer.encode(value), allow_nan=False))
    return decode(tree, writer.arrays)


VALUES = [
    None, True, False, 0, -1, 2**70, -(2**200), 0.1, 1e-320, -0.0, float("inf"), -float("inf"), "", "ü\n\u2028\x00",
    b"", b"\x00\xff", [], (), {}, [1, [2, (3,)]], ((), [()]), {1: "a", None: "b", (1, "x"): [2], 2.5: {}, False: 0},
    {"type": "Dense", "fields": {}}, {"tuple": [1]}, {"float": "nan"},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values(value):
    result = again(value)
    assert result == value and type(result) is type(value) and repr(result) == repr(value)


def test_nan():
    assert math.isnan(again(float("nan"))) and type(again(float("nan"))) is float


@pytest.mark.parametrize(
    "scalar",
    [np.float32(0.1), np.float64("nan"), np.int8(-3), np.uint64(2**63), np.bool_(True), np.str_("ab"), np.str_("")]
    + [np.datetime64("2020-01-01"), np.complex64(1j), np.float16(0.5), np.bytes_(b"x"), np.longdouble(0.1)],
    ids=repr,
)
def test_scalars(scalar):
    result = again(scalar)
    assert type(result) is type(scalar) and result.tobytes() == scalar.tobytes() and result.dtype == scalar.dtype


ARRAYS = [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6)[::2], np.zeros((0, 3)),
    np.array(1.5), np.array(["a", "bcd"]), np.array([True]), np.array([1, 2], ">i4"), np.array([np.nan, -0.0, np.inf]),
    np.array(["a", None, 1, (2, 3), 0.5], object), np.array([["a"], ["b"]], object), np.array([], object),
]  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_arrays(array):
    result = again(array)
    assert_array_equal(result, array, strict=True)
    assert result.dtype == array.dtype and result.flags.writeable


def test_lists_of_arrays_of_one_shape_are_one_array():
    writer, curve = Writer(), [np.array([0.5, float(i)]) for i in range(3)]
    tree = writer.encode([curve, [np.zeros(1), np.zeros(2)], [np.zeros(1), 1]])
    assert [array.shape for array in writer.arrays] == [(3, 2), (1,), (2,), (1,)]
    first, second, third = decode(tree, writer.arrays)
    assert_array_equal(first, curve)
    assert type(first) is list and [a.shape for a in second] == [(1,), (2,)] and third[1] == 1


def test_an_array_is_stored_once():
    writer, array = Writer(), np.zeros(3)
    writer.encode({"a": array, "b": (array, array.copy())})
    assert len(writer.arrays) == 2


@pytest.mark.parametrize("bits", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_generators(bits):
    """They draw the same numbers, and spawn the same generators."""
    rng = np.random.Generator(getattr(np.random, bits)(7))
    rng.random(3, dtype=np.float32), rng.spawn(2)
    result = again(rng)
    assert_array_equal(result.random(5, dtype=np.float32), rng.random(5, dtype=np.float32))
    assert result.spawn(1)[0].random() == rng.spawn(1)[0].random()


def test_random_states():
    state = np.random.RandomState(3)
    state.normal()
    assert_array_equal(again(state).normal(size=5), state.normal(size=5))


class Level(IntEnum):
    LOW = 1


Pair = namedtuple("Pair", "a b")


@dataclass(frozen=True)
class Unnamed(Relu):
    """An activation that is not registered."""


@pytest.mark.parametrize(
    "value, kind",
    [
        (abs, "builtin_function_or_method"), (lambda x: x, "function"), (Level.LOW, "Level"), (Pair(1, 2), "Pair"),
        (Decimal("0.1"), "Decimal"), (pd.Timestamp("2020"), "Timestamp"), ({1}, "set"), (1j, "complex"), (int, "type"),
        (np.zeros(2, [("a", int)]), "ndarray"), (np.ma.zeros(2), "MaskedArray"), (range(3), "range"),
        (frozenset([1]), "frozenset"), (np.array([abs], object), "builtin_function_or_method"),
    ],
    ids=lambda value: getattr(value, "__name__", repr(value)),
)  # fmt: skip
def test_what_cannot_be_stored_is_named(value, kind):
    with pytest.raises(
        TypeError, match=rf"^it\[1\].*is of type {kind}, which a file cannot store; it stores None, .*\.$"
    ):
        Writer().encode([0, value], "it")


def test_an_object_of_a_class_without_a_name():
    with pytest.raises(TypeError, match=r"it is of type Unnamed"):
        Writer().encode(Unnamed(), "it")


def test_registered_classes_are_found_by_name():
    @dataclass(frozen=True)
    class Steps(Relu, name="steps"):
        height: float = 1.0

    tree = Writer().encode(Steps(2.0))
    assert tree == {"family": "Activation", "name": "steps", "fields": {"height": 2.0}}
    assert decode(tree, []) == Steps(2.0)
    del Activation._classes["steps"]
    with pytest.raises(records.NotKnownError, match="family Activation that is registered as 'steps'"):
        decode(tree, [])


def test_every_family_is_known():
    def families():
        for family in Registered.__subclasses__():
            if family.__module__.startswith("skscratch."):
                yield family

    assert set(records.FAMILIES.values()) == set(families())


@pytest.mark.parametrize("family", records.FAMILIES.values())
def test_objects_of_every_registered_class(family):
    for name in family.names():
        value = family.make(name)
        assert again(value) == value and type(again(value)) is type(value)


def test_every_class_is_taken_apart_by_its_fields():
    for cls in records.CLASSES.values():
        assert is_dataclass(cls) or hasattr(cls, "_fields") or cls in records.FIELDS


def test_fields_that_an_older_version_did_not_have_get_their_defaults():
    (family,) = [family for family in records.FAMILIES.values() if "huber" in family.names()]
    tree = {"family": family.__name__, "name": "huber", "fields": {}}
    assert decode(tree, []) == family.make("huber")
    assert [field.name for field in fields(family._classes["huber"])] == ["delta"]


@pytest.mark.parametrize(
    "tree, message",
    [
        ({"type": "os.system", "fields": {"command": "true"}}, "has the type 'os.system'"),
        ({"type": "Popen", "fields": {}}, "has the type 'Popen'"),
        ({"family": "Loss", "name": "__reduce__", "fields": {}}, "registered as '__reduce__'"),
        ({"family": "object", "name": "huber", "fields": {}}, "family object"),
        ({"family": "Activation", "name": "relu", "fields": {"__class__": 1}}, r"Relu has no fields \['__class__'\]"),
        ({"pickle": "gASVCg=="}, "has the tag 'pickle'"),
        ({"generator": {"dict": [["bits", {"dict": [["bit_generator", "seed"]]}], ["seed", {"dict": []}]]}}, "'seed'"),
    ],
    ids=str,
)
def test_trees_of_others_are_refused(tree, message):
    with pytest.raises(records.NotKnownError, match=message):
        decode(tree, [])
    assert type(Relu()) is Relu
