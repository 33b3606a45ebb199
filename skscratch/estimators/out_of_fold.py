"""Predictions of rows by the members that left them out of their training.

Each member leaves out its own validation rows, and chooses its best epoch on them. A row is predicted out of fold by
the mean of the members that left it out: with 8 members and a tenth of the rows for each, by one member, and a fifth of
the rows by none. Validation rows that are the same for all members are predicted by all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skscratch.core.network import PREDICT_BLOCK
from skscratch.core.tape import Array
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data, Sample
from skscratch.estimators.threads import threads_for
from skscratch.estimators.validation import Validator
from skscratch.tabular.frames import number_of_rows
from skscratch.tabular.targets import ClassTarget


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Outputs for r validation rows, each the mean over the members that were not trained on the row.

    Parameters
    ----------
    members : ndarray of bool of shape (g, k)
        The different sets of members that left out the same rows.
    outputs : ndarray of shape (r, o)
        Mean output of the members that left out the row, in the encoding of the target and the precision of training.
    y : ndarray of shape (r, o)
        Encoded targets; booleans for classes and labels.
    rows : ndarray of int of shape (r,) or None
        Positions of the rows in X as it was passed to `fit`; None if they are not rows of X in memory.
    n : int
        Number of rows of X, or of validation rows.
    gain : ndarray of shape (o,) or (1,), or None
        How much better all members are than those that left out a row (see `skscratch.estimators.ensemble_gain`); None
        if all members left out the rows.
    """

    members: Array
    outputs: Array
    y: Array
    rows: Array | None
    n: int
    gain: Array | None = None

    @property
    def shares(self) -> Array:
        """Weights (g, k) that make a mean over each set of members."""
        return self.members / self.members.sum(axis=1, keepdims=True)

    @property
    def rounding(self) -> float:
        """Bound of the difference of outputs and targets from those of the same rows in a later prediction.

        Scores that are equal but for it are ties: a row with the score of the quantile must be accepted.
        """
        largest = max(np.abs(self.outputs).max(), np.abs(self.y).max(), 1.0)
        return float(8 * np.finfo(self.outputs.dtype).eps * largest)

    def spread(self, values: Array) -> Array | None:
        """Write values (r, ...) at the positions of their rows in X; NaN elsewhere, None without positions."""
        if self.rows is None:
            return None
        everywhere = np.full((self.n, *values.shape[1:]), np.nan)
        everywhere[self.rows] = values
        return everywhere


def out_of_fold(model: Model, validator: Validator | None, data: Data) -> OutOfFold | None:
    """Predict the validation rows of a fit; None if there are none."""
    if validator is None:
        return None
    with threads_for(model.network, PREDICT_BLOCK), np.errstate(over="ignore", invalid="ignore"):
        z = np.nan_to_num(validator.unselected(model.parameters))  # of parameters that diverged, they may overflow
    outputs = model.loss.predict(z)
    y = validator.y.astype(bool) if isinstance(model.target, ClassTarget) else validator.y
    if validator.positions is None:
        k, m = outputs.shape[:2]
        return OutOfFold(np.ones((1, k), bool), outputs.mean(axis=0), y, None, m)
    return _own_rows(outputs, y, validator.positions, data.training)


def _own_rows(outputs: Array, y: Array, positions: Array, sample: Sample) -> OutOfFold:
    """Average outputs (k, m, o) of the rows that each member left out, by row."""
    found = np.unique(positions)
    places, r, o = np.searchsorted(found, positions), len(found), outputs.shape[2]
    total, targets = np.zeros((r, o), outputs.dtype), np.zeros((r, y.shape[2]), y.dtype)
    count = np.zeros((r, 1), outputs.dtype)
    for member_places, member_outputs, member_y in zip(places, outputs, y, strict=True):
        total[member_places] += member_outputs
        targets[member_places] = member_y
        count[member_places] += 1
    rows = found if sample.positions is None else sample.positions[found]
    n = len(sample.raw) if sample.positions is None else number_of_rows(sample.X)
    return OutOfFold(sets_of_members(places, r), total / count, targets, rows.astype(np.uint32), n)


def sets_of_members(positions: Array, n: int) -> Array:
    """Find the different sets of members that left out a row.

    Parameters
    ----------
    positions : ndarray of int of shape (k, m)
        The rows that each member left out.
    n : int
        Number of rows.

    Returns
    -------
    ndarray of bool of shape (g, k)
        The sets, without the empty one, in lexicographic order.

    Examples
    --------
    >>> sets_of_members(np.array([[0, 1], [1, 2]]), n=4).astype(int).tolist()
    [[0, 1], [1, 0], [1, 1]]
    """
    members, set_of_row = np.zeros((1, 0), bool), np.zeros(n, np.intp)
    for rows in positions:
        set_of_row *= 2
        set_of_row[rows] += 1
        is_present = np.bincount(set_of_row, minlength=2 * len(members)) > 0
        divided = np.column_stack([np.repeat(members, 2, axis=0), np.resize([False, True], 2 * len(members))])
        members, set_of_row = divided[is_present], (np.cumsum(is_present) - 1)[set_of_row]
    return members[members.any(axis=1)]
