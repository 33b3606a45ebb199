"""The split of the rows of a fit into training and validation rows."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.inverse_links import ClassInverseLink
from skscratch.core.objective import Objective
from skscratch.core.streams import RowStream
from skscratch.core.tape import Array
from skscratch.estimators import builders
from skscratch.estimators.building import encode_rows
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data
from skscratch.estimators.state import LeftOut, TrainingState, generator
from skscratch.estimators.validation import Validator, make_validator


class Split(NamedTuple):
    """The rows to train on, the validator (None if there is none), and which rows it validates on.

    These were passed, by the user or as a sample of rows in parts, or are left out of the rows of the fit.
    """

    rows: Rows | RowStream
    validator: Validator | None = None
    left_out: LeftOut = LeftOut()
    passed: tuple[Rows, ...] = ()


def split_rows(
    estimator: Any, objective: Objective, model: Model, data: Data, rows: Rows | RowStream, state: TrainingState
) -> Split:
    """Validate on the rows that the user passed, or on rows that each member leaves out, or not at all."""
    if data.validation is not None:
        passed = encode_rows(model, data.validation)
        validator = make_validator(estimator, objective, model, data, passed, data.validation)
        return Split(rows, validator, _of_parts(data, passed.y, state), (passed,))
    if isinstance(rows, RowStream) or not builders.has_validation_rows(estimator, rows.n):
        return Split(rows)
    k, link = estimator.n_estimators, model.loss.inverse_link
    strata = link.strata(rows.y) if isinstance(link, ClassInverseLink) else None
    left_out = _left_out(rows.y, estimator.validation_fraction, k, strata, state)
    positions = left_out.validation_rows
    assert positions is not None
    validator = make_validator(estimator, objective, model, data, rows, data.training, positions)
    w = np.ones((len(rows.y), k), bool) if rows.w is None else np.repeat(rows.w[:, None], k, axis=1)
    np.put_along_axis(w, positions.T, 0, axis=0)
    trained_on, rows = w.any(axis=1), rows._replace(w=w)
    return Split(rows if trained_on.all() else rows.take(np.flatnonzero(trained_on)), validator, left_out)


def _of_parts(data: Data, y: Array, state: TrainingState) -> LeftOut:
    """Say which rows of the parts are left out, with targets y (m, o), if they are not rows that the user passed."""
    key, n, checksum = data.validation_key, data.n, _checksum(y)
    are_same = key <= state.validation_key and (n != state.n_rows or checksum == state.checksum)
    return LeftOut(None, n, key, not key or not state.n_iter or (state.unseen and are_same), checksum)


def _left_out(y: Array, fraction: float, k: int, strata: Array | None, state: TrainingState) -> LeftOut:
    """Keep the rows that the last fit left out, and choose others among the rows after those of that fit."""
    n, rng, kept = len(y), generator(state.seed, "split"), state.validation_rows
    before = state.n_rows or n
    if kept is None or n < before or n <= kept.max():
        drawn = choose_validation_rows(n, fraction, k, rng, strata)
        return LeftOut(drawn, n, 0.0, not state.n_iter, _checksum(y[drawn]))
    are_same, others = _checksum(y[kept]) == state.checksum, n - before
    if 1 <= fraction * others <= others - 1:
        kept = np.concatenate([kept, before + choose_validation_rows(others, fraction, k, rng)], axis=1)
    return LeftOut(kept, n, 0.0, state.unseen and are_same, _checksum(y[kept]))


def _checksum(y: Array) -> int:
    return zlib.crc32(np.ascontiguousarray(y).data)


def choose_validation_rows(
    n: int, fraction: float, k: int, rng: np.random.Generator, strata: Array | None = None
) -> Array:
    """Choose the rows that each of k members leaves out of its training: of every class the same share.

    Parameters
    ----------
    n : int
        Number of rows.
    fraction : float
        Share of rows that a member leaves out.
    k : int
        Number of members.
    rng : numpy.random.Generator
        Draws them.
    strata : ndarray of shape (n,), optional
        The class of each row; a class with a single row keeps it for training.

    Returns
    -------
    ndarray of int of shape (k, m)
        Row numbers, in ascending order for each member. Members have different rows while k * fraction <= 1.

    Raises
    ------
    ValueError
        If no row would be left for training.
    """
    order = rng.permutation(np.arange(n, dtype=np.uint32))
    if strata is not None:
        counts = np.bincount(strata)
        order = order[np.argsort(strata[order], kind="stable")]
        order = order[counts[strata[order]] > 1]
    if not len(order):
        raise ValueError(
            f"early_stopping must be False where every class has a single row, as in these {n} rows: none of them "
            "can be a validation row; or pass X_val and y_val."
        )
    m = int(np.ceil(fraction * len(order)))
    if m == len(order):
        raise ValueError(
            f"validation_fraction must leave rows for training and for validation, but {fraction} of {n} rows takes "
            f"{m} for validation; choose another fraction or early_stopping=False."
        )
    # Evenly spaced in the order of classes: of every class the same share, to within one row.
    places = (np.arange(m) + (np.arange(k)[:, None] + 0.5) / k) * len(order) / m
    return np.sort(order[places.astype(int)], axis=1)
