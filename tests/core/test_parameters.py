"""One array, many views: what is written in one place is seen in the other, also after pickling."""

import copy
import pickle
from collections import namedtuple

import numpy as np
import pytest

from skscratch.core import Affine, Parameters, ParameterSpec
from skscratch.core.parameters import BLOCK, blocks, count

Gain = namedtuple("Gain", "s")
SPECS = [
    Gain(s=ParameterSpec((3,), "scale")),
    Affine(W=ParameterSpec((3, 2), "weight"), b=ParameterSpec((2,), "bias")),
    (),
    Affine(W=ParameterSpec((2, 1), "weight"), b=ParameterSpec((1,), "bias")),
]
P_SIZE = 3 + 6 + 2 + 2 + 1


@pytest.fixture
def parameters(rng):
    return Parameters(rng.standard_normal((4, P_SIZE)), SPECS)


def views(P):
    return [view for layer in P.layers for view in layer]


def test_count():
    assert count(SPECS) == P_SIZE
    assert count([]) == 0


def test_views_tile_the_values_in_order(parameters):
    assert [view.shape for view in views(parameters)] == [(4, 3), (4, 3, 2), (4, 2), (4, 2, 1), (4, 1)]
    side_by_side = np.concatenate([view.reshape(4, -1) for view in views(parameters)], axis=1)
    np.testing.assert_array_equal(side_by_side, parameters.values)


def test_layers_have_the_types_and_names_of_their_specifications(parameters):
    assert [type(layer) for layer in parameters.layers] == [Gain, Affine, tuple, Affine]
    assert parameters.layers[0].s.shape == (4, 3)
    assert parameters.layers[1].W.shape == (4, 3, 2)
    assert parameters.layers[3].b.shape == (4, 1)


def test_values_are_kept_and_writing_goes_both_ways():
    values = np.zeros((2, P_SIZE))
    P = Parameters(values, SPECS)
    assert P.values is values
    for number, view in enumerate(views(P), 1):
        view[1] = number
    np.testing.assert_array_equal(values, [[0] * P_SIZE, [1] * 3 + [2] * 6 + [3] * 2 + [4] * 2 + [5]])
    values[0] = 7
    assert all((view[0] == 7).all() for view in views(P))


def test_one_member_of_several_is_a_view(parameters):
    member = parameters.like(parameters.values[2:3])
    member.layers[1].W[...] = 0
    assert (parameters.layers[1].W[2] == 0).all()
    assert (parameters.layers[1].W[[0, 1, 3]] != 0).all()


def test_like_has_the_same_layers_and_other_values(parameters):
    gradient = parameters.like(np.zeros((4, P_SIZE), np.float32))
    assert [view.shape for view in views(gradient)] == [view.shape for view in views(parameters)]
    assert all(view.dtype == np.float32 for view in views(gradient))
    gradient.layers[3].b[...] = 1
    assert (parameters.layers[3].b != 1).all()


def test_empty_has_memory_of_its_own(parameters):
    gradient = parameters.empty()
    assert gradient.values.shape == parameters.values.shape
    assert gradient.values.dtype == parameters.values.dtype
    assert not np.shares_memory(gradient.values, parameters.values)
    assert gradient.specs == parameters.specs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_by_kind(dtype):
    P = Parameters(np.zeros((2, P_SIZE), dtype), SPECS)
    factors = P.by_kind({"bias": 0.1, "scale": 6.0})
    assert factors.dtype == dtype
    np.testing.assert_array_equal(factors, np.array([6.0] * 3 + [1.0] * 6 + [0.1] * 2 + [1.0] * 2 + [0.1], dtype))
    np.testing.assert_array_equal(P.by_kind({"weight": 2.0}, default=0.0) == 2, [0, 0, 0, *[1] * 6, 0, 0, 1, 1, 0])


def test_a_pickle_stores_the_values_once():
    P = Parameters(np.zeros((8, 14 * 1000)), [(ParameterSpec((14, 1000), "weight"),)])
    assert len(pickle.dumps(P)) < 1.01 * P.values.nbytes


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda P: pickle.loads(pickle.dumps(P))])
def test_a_copy_has_views_of_its_own(parameters, duplicate):
    other = duplicate(parameters)
    np.testing.assert_array_equal(other.values, parameters.values)
    other.layers[1].W[3, 2, 1] = 42
    assert other.values[3, 8] == 42
    assert parameters.values[3, 8] != 42


def test_read_only_values_have_read_only_views():
    values = np.zeros((1, P_SIZE))
    values.flags.writeable = False
    assert not any(view.flags.writeable for view in views(Parameters(values, SPECS)))


def test_values_of_another_width():
    with pytest.raises(ValueError, match="values must have one column per parameter, 14, got 13; use Network.init"):
        Parameters(np.zeros((1, 13)), SPECS)


@pytest.mark.parametrize("values", [np.zeros((P_SIZE, 2)).T, np.zeros((2, 2 * P_SIZE))[:, ::2]])
def test_values_of_which_there_are_no_views(values):
    with pytest.raises(ValueError, match="values must be C-contiguous, .* use np.ascontiguousarray"):
        Parameters(values, SPECS)


@pytest.mark.parametrize("k, p", [(1, 5), (3, 5), (8, 2), (2, BLOCK), (3, BLOCK // 2), (2, 2 * BLOCK + 3)])
def test_blocks_cover_all_once(k, p):
    seen = np.zeros((k, p), int)
    for block in blocks(k, p):
        assert seen[block].size <= BLOCK and seen[block].flags.c_contiguous
        seen[block] += 1
    assert (seen == 1).all()
