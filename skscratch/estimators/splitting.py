"""The split of the rows of a fit into training and validation rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.inverse_links import ClassInverseLink
from skscratch.core.objective import Objective
from skscratch.core.tape import Array
from skscratch.estimators import builders
from skscratch.estimators.building import encode_rows
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data
from skscratch.estimators.state import TrainingState, generator
from skscratch.estimators.validation import Validator, make_validator


class Split(NamedTuple):
    """The rows to train on, the validator (None if there is none), and which rows it validates on.

    These are rows that the user passed, or positions (k, m) among the rows of the fit.
    """

    rows: Rows
    validator: Validator | None = None
    validation_rows: Array | None = None
    passed: tuple[Rows, ...] = ()


def split_rows(
    estimator: Any, objective: Objective, model: Model, data: Data, rows: Rows, state: TrainingState
) -> Split:
    """Validate on the rows that the user passed, or on rows that each member leaves out, or not at all."""
    if data.validation is not None:
        passed = encode_rows(model, data.validation)
        validator = make_validator(estimator, objective, model, data, passed, data.validation)
        return Split(rows, validator, passed=(passed,))
    if not builders.has_validation_rows(estimator, len(rows.y)):
        return Split(rows)
    k, link = estimator.n_estimators, model.loss.inverse_link
    strata = link.strata(rows.y) if isinstance(link, ClassInverseLink) else None
    rng = generator(state.seed, "split")
    positions = choose_validation_rows(len(rows.y), estimator.validation_fraction, k, rng, strata)
    validator = make_validator(estimator, objective, model, data, rows, data.training, positions)
    w = np.ones((len(rows.y), k), bool) if rows.w is None else np.repeat(rows.w[:, None], k, axis=1)
    np.put_along_axis(w, positions.T, 0, axis=0)
    trained_on, rows = w.any(axis=1), rows._replace(w=w)
    return Split(rows if trained_on.all() else rows.take(np.flatnonzero(trained_on)), validator, positions)


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
    m = int(np.ceil(fraction * len(order)))
    if m == len(order):
        raise ValueError(
            f"validation_fraction must leave rows for training and for validation, but {fraction} of {n} rows takes "
            f"{m} for validation; choose another fraction or early_stopping=False."
        )
    # Evenly spaced in the order of classes: of every class the same share, to within one row.
    places = (np.arange(m) + (np.arange(k)[:, None] + 0.5) / k) * len(order) / m
    return np.sort(order[places.astype(int)], axis=1)
