"""Which rows a task trains on: the parts of a table in random order, cut into equal shares of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Piece(NamedTuple):
    """Rows `start` to `stop` of a part, in the order in which an epoch visits its rows."""

    part: int
    start: int
    stop: int


def whole_parts(sizes: Sequence[int], rng: np.random.Generator | None) -> list[Piece]:
    """List all parts that have rows, in random order, or in the given one without a generator.

    >>> whole_parts([3, 0, 2], None)
    [Piece(part=0, start=0, stop=3), Piece(part=2, start=0, stop=2)]
    """
    order = range(len(sizes)) if rng is None else rng.permutation(len(sizes)).tolist()
    return [Piece(part, 0, sizes[part]) for part in order if sizes[part]]


def cut(pieces: Sequence[Piece], start: int, stop: int) -> list[Piece]:
    """Cut rows `start` to `stop` out of a sequence of pieces.

    >>> cut([Piece(0, 0, 3), Piece(2, 0, 2)], 2, 4)
    [Piece(part=0, start=2, stop=3), Piece(part=2, start=0, stop=1)]
    """
    ends = np.cumsum([piece.stop - piece.start for piece in pieces]).tolist()
    taken = []
    for piece, end in zip(pieces, ends, strict=True):
        offset = piece.stop - end  # from a place in the sequence to a row of the part
        first, last = max(piece.start, start + offset), min(piece.stop, stop + offset)
        if first < last:
            taken.append(Piece(piece.part, first, last))
    return taken


def deal(pieces: Sequence[Piece], tasks: int) -> list[list[Piece]]:
    """Cut the pieces into shares of equal numbers of rows, to within one row, a share for each task.

    >>> [sum(piece.stop - piece.start for piece in share) for share in deal([Piece(0, 0, 4), Piece(1, 0, 3)], 3)]
    [2, 2, 3]
    """
    n = sum(piece.stop - piece.start for piece in pieces)
    return [cut(pieces, n * i // tasks, n * (i + 1) // tasks) for i in range(tasks)]
