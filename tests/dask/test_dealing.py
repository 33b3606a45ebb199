"""Which rows the tasks of an epoch get: each row once, in equal shares."""

import numpy as np
import pytest

from skscratch.dask.dealing import Piece, cut, deal, whole_parts


def rows(pieces):
    return [(piece.part, row) for piece in pieces for row in range(piece.start, piece.stop)]


@pytest.mark.parametrize("tasks", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("sizes", [[5], [4, 0, 9, 1], [0, 30, 0], [7] * 6])
def test_every_row_is_dealt_once_and_in_equal_shares(sizes, tasks, rng):
    shares = deal(whole_parts(sizes, rng), tasks)
    dealt = [row for share in shares for row in rows(share)]
    assert sorted(dealt) == [(part, row) for part, size in enumerate(sizes) for row in range(size)]
    counts = [len(rows(share)) for share in shares]
    assert max(counts) - min(counts) <= 1


def test_parts_are_dealt_anew():
    orders = {tuple(piece.part for piece in whole_parts([1] * 8, np.random.default_rng(seed))) for seed in range(20)}
    assert len(orders) > 15


def test_rounds_of_a_share_are_all_its_rows(rng):
    share = deal(whole_parts([6, 11, 3], rng), 2)[1]
    in_rounds = [row for start in range(0, 10, 3) for row in rows(cut(share, start, start + 3))]
    assert in_rounds == rows(share)


def test_a_cut_keeps_the_order_of_pieces():
    pieces = [Piece(3, 2, 5), Piece(0, 0, 4)]
    assert cut(pieces, 2, 6) == [Piece(3, 4, 5), Piece(0, 0, 3)]
    assert cut(pieces, 7, 9) == []
