"""Every row once, in order, in batches of the right size, whatever the block."""

import numpy as np
import pytest
from scipy import sparse

from skscratch.core import Batches, Rows
from skscratch.core import batches as batches_module


def table(n, container=np.asarray, weighted=True):
    """Row i is i in x, y and w."""
    i = np.arange(n, dtype=float)
    return Rows(container(np.repeat(i[:, None], 3, axis=1)), i[:, None], i.copy() if weighted else None)


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [
        (1, 1, [1]),
        (5, 10, [5]),
        (10, 10, [10]),
        (11, 10, [10, 1]),
        (20, 10, [10, 10]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_sizes(n, batch_size, sizes):
    batches = Batches(table(n), batch_size)
    assert batches.per_epoch() == len(sizes)
    assert [batch.stop - batch.start for _, slices in batches.blocks(np.arange(n)) for batch in slices] == sizes


@pytest.mark.parametrize("rows_per_block", [1, 10, 25, 40, 1000])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_rows_come_in_order_and_once(monkeypatch, rng, container, rows_per_block):
    rows, order = table(47, container), rng.permutation(47)
    batches = Batches(rows, 10)
    monkeypatch.setattr(batches_module, "BLOCK", rows_per_block * 24)
    gathered, sizes, lengths = [], [], []
    for block, slices in batches.blocks(order):
        lengths.append(len(block.y))
        for batch in map(block.take, slices):
            x = batch.x if isinstance(batch.x, np.ndarray) else batch.x.toarray()
            np.testing.assert_array_equal(x, np.repeat(batch.y, 3, axis=1))
            np.testing.assert_array_equal(batch.w, batch.y[:, 0])
            gathered.extend(batch.w)
            sizes.append(len(batch.w))
    np.testing.assert_array_equal(gathered, order)
    assert sizes == [10, 10, 10, 10, 7]
    per_block = max(rows_per_block // 10 * 10, 10)  # whole batches, one at least
    assert lengths == [min(per_block, 47 - start) for start in range(0, 47, per_block)]


def test_without_an_order_nothing_is_copied():
    rows = table(25)
    ((block, slices),) = Batches(rows, 10).blocks(None)
    assert block is rows
    assert slices == [slice(0, 10), slice(10, 20), slice(20, 25)]
    batch = block.take(slices[1])
    assert all(np.shares_memory(part, whole) for part, whole in zip(batch, rows, strict=True))


def test_rows_without_weights_stay_without():
    assert table(5, weighted=False).take(np.array([3, 1])).w is None
    np.testing.assert_array_equal(table(5).take(np.array([3, 1])).w, [3, 1])


def test_rows_of_a_member_have_its_weights():
    rows, w = table(5), np.arange(10.0).reshape(5, 2)
    assert rows.of_member(1) is rows
    assert rows._replace(w=None).of_member(1).w is None
    of_member = rows._replace(w=w).of_member(1)
    np.testing.assert_array_equal(of_member.w, w[:, 1:])
    assert of_member.x is rows.x


def test_rows_without_columns():
    rows = Rows(np.empty((5, 0)), np.zeros((5, 1)), None)
    assert sum(len(block.y) for block, _ in Batches(rows, 2).blocks(np.arange(5))) == 5
