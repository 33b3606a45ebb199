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
        Sets of members; a True for each member of the set.
    group : ndarray of int of shape (r,)
        For each row, which of the sets left it out.
    outputs : ndarray of shape (r, o)
        Mean output of the members of that set, in the encoding of the target and the precision of training.
    y : ndarray of shape (r, o)
        Encoded targets; booleans for classes and labels.
    rows : ndarray of int of shape (r,) or None
        Positions of the rows in X as it was passed to `fit`; None if they are not rows of X in memory.
    n : int
        Number of rows of X, or of validation rows.
    """

    members: Array
    group: Array
    outputs: Array
    y: Array
    rows: Array | None
    n: int

    @property
    def shares(self) -> Array:
        """Weights (g, k) that make a mean over each set of members."""
        return self.members / self.members.sum(axis=1, keepdims=True)

    def spread(self, values: Array) -> Array | None:
        """Write values (r, ...) at the positions of their rows in X; NaN elsewhere, None without positions."""
        if self.rows is None:
            return None
        everywhere = np.full((self.n, *values.shape[1:]), np.nan)
        everywhere[self.rows] = values
        return everywhere


def out_of_fold(model: Model, validator: Validator | None, data: Data) -> OutOfFold | None:
    """Predict the validation rows of a fit with the final parameters; None if there are none."""
    if validator is None:
        return None
    with threads_for(model.network, PREDICT_BLOCK):
        outputs = model.loss.predict(validator.unselected(model.parameters))
    y = validator.y.astype(bool) if isinstance(model.target, ClassTarget) else validator.y
    if validator.positions is None:
        k, m = outputs.shape[:2]
        return OutOfFold(np.ones((1, k), bool), np.zeros(m, np.uint8), outputs.mean(axis=0), y, None, m)
    return _own_rows(outputs, y, validator.positions, data.training)


def _own_rows(outputs: Array, y: Array, positions: Array, sample: Sample) -> OutOfFold:
    """Average outputs (k, m, o) of the rows that each member left out, by row."""
    n, o = len(sample.raw), outputs.shape[2]
    total, targets, count = np.zeros((n, o), outputs.dtype), np.zeros((n, o), y.dtype), np.zeros((n, 1), outputs.dtype)
    for member_rows, member_outputs, member_y in zip(positions, outputs, y, strict=True):
        total[member_rows] += member_outputs
        targets[member_rows] = member_y
        count[member_rows] += 1
    found = np.flatnonzero(count)
    members, group = sets_of_members(positions, n)
    if len(found) < n:
        members, group = members[1:], group[found] - 1  # without the empty set, which is the first
    rows = found if sample.positions is None else sample.positions[found]
    n_given = n if sample.positions is None else number_of_rows(sample.X)
    kind = np.min_scalar_type(len(members))
    means = total[found] / count[found]
    return OutOfFold(members, group.astype(kind), means, targets[found], rows.astype(np.uint32), n_given)


def sets_of_members(positions: Array, n: int) -> tuple[Array, Array]:
    """Find the different sets of members that left out a row.

    Parameters
    ----------
    positions : ndarray of int of shape (k, m)
        The rows that each member left out.
    n : int
        Number of rows.

    Returns
    -------
    members : ndarray of bool of shape (g, k)
        The sets, in lexicographic order.
    group : ndarray of int of shape (n,)
        The set of each row.

    Examples
    --------
    >>> members, group = sets_of_members(np.array([[0, 1], [1, 2]]), n=4)
    >>> members.astype(int).tolist(), group.tolist()
    ([[0, 0], [0, 1], [1, 0], [1, 1]], [2, 3, 1, 0])
    """
    members, group = np.zeros((1, 0), bool), np.zeros(n, np.intp)
    for rows in positions:
        group *= 2
        group[rows] += 1
        is_present = np.bincount(group, minlength=2 * len(members)) > 0
        split = np.column_stack([np.repeat(members, 2, axis=0), np.resize([False, True], 2 * len(members))])
        members, group = split[is_present], (np.cumsum(is_present) - 1)[group]
    return members, group
