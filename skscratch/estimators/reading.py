"""From the arguments of `fit` to checked rows and an encoding of y."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_consistent_length

from skscratch.core.losses import Loss
from skscratch.estimators.model import Model
from skscratch.tabular.columns import RawTable, find_categories, read_table
from skscratch.tabular.frames import (
    column_array,
    column_names,
    columns_of,
    is_frame,
    number_of_rows,
    require_distinct,
    select,
)
from skscratch.tabular.sources import find_source
from skscratch.tabular.summary import Summary
from skscratch.tabular.target_reading import require_target
from skscratch.tabular.targets import ClassTarget, RegressionTarget
from skscratch.tabular.weights import WeightScale, check_weights


class Given(NamedTuple):
    """Rows as a user passes them to `fit`, not checked."""

    X: Any
    y: Any
    sample_weight: Any = None


class Sample(NamedTuple):
    """Checked rows, without those of zero weight.

    Parameters
    ----------
    X : array-like
        All rows as they were passed.
    positions : ndarray of int of shape (n,) or None
        Positions in X of the rows with a weight above 0; None for all.
    raw : RawTable of n rows
        Their columns by kind.
    y : ndarray of shape (n,) or (n, o)
        Their classes, labels or numbers.
    w : ndarray of shape (n,) or None
        Their weights, multiplied by those of their classes; None if all are 1.
    """

    X: Any
    positions: np.ndarray | None
    raw: RawTable
    y: np.ndarray
    w: np.ndarray | None


class Data(NamedTuple):
    """All rows of a fit, and the encoding of categories and targets.

    Parameters
    ----------
    reader : estimator
        Has the attributes that scikit-learn sets when it checks X: a copy of the estimator that is fitted, or in a warm
        start that estimator itself.
    categorical : tuple of int
        Positions of the categorical columns of X.
    target : ClassTarget or RegressionTarget
        Encodes y.
    loss : Loss
        The loss for this target.
    training, validation : Sample
        The rows, or of rows in parts a sample of them; `validation` is None unless the user passed validation rows, or
        they were taken from that sample.
    summary : Summary or None
        What is known of all rows, if they are in parts.
    validation_key : float
        Of rows in parts, those with smaller keys are validation rows, and not to be trained on.
    """

    reader: Any
    categorical: tuple[int, ...]
    target: ClassTarget | RegressionTarget
    loss: Loss
    training: Sample
    validation: Sample | None
    summary: Summary | None = None
    validation_key: float = 0.0

    @property
    def mean_weight(self) -> float:
        """Mean weight of the rows, or of the sample of them; 1 without weights."""
        return 1.0 if self.training.w is None else float(self.training.w.mean())

    @property
    def n(self) -> int:
        """Number of rows to train on and to validate with."""
        return len(self.training.raw) if self.summary is None else self.summary.n


def read_data(estimator: Any, given: Given, validation: Given | None, before: Model | None, classes: Any) -> Data:
    """Check all rows, and learn the encoding of y from the training rows, or keep that of the last model.

    No attribute of the estimator is set.

    Parameters
    ----------
    estimator : BaseScratchMLP
        The estimator that is fitted.
    given, validation : Given
        Training rows and, if the user passed some, validation rows.
    before : Model or None
        The last model in a warm start.
    classes : array-like or None
        All classes of all calls of `partial_fit`.
    """
    require_target(given.y, type(estimator).__name__)
    reader = copy.copy(estimator) if before is None else estimator
    if before is None:
        categorical = find_categories(given.X, estimator.categorical_features)
    else:
        categorical = before.categorical
    training = read_sample(reader, given, categorical, reset=before is None)
    y, w = training.y, training.w
    if before is None:
        target, loss = estimator._learn_target(estimator._target_facts(y, w), classes)
    else:
        check_same_classes(before.target, classes)
        target, loss = before.target.widen(y if w is None else y[w > 0]), before.loss
    data = Data(reader, categorical, target, loss, weigh(estimator, target, training), None)
    if validation is None:
        return data
    rows = read_sample(reader, validation, categorical, reset=False)
    return data._replace(validation=weigh(estimator, target, rows))


def check_same_classes(target: ClassTarget | RegressionTarget, classes: Any) -> None:
    """Check that the classes of a later call of `partial_fit`, if there are any, are those of the first one."""
    if classes is None or not isinstance(target, ClassTarget):
        return
    given, known = set(np.asarray(classes).tolist()), set(target.classes_.tolist())
    if given != known:
        raise ValueError(
            f"classes must be the same in all calls of partial_fit, {target.classes_.tolist()}, but "
            f"{sorted(given, key=str)} was given: pass all classes to the first call."
        )


def take_columns(given: Given, suffix: str = "") -> Given:
    """Where y or the weights are names of columns of a frame X, take those columns out of X; not from a source.

    `suffix` is that of the arguments, for errors.
    """
    X, y, w = given
    targets, weights = _names(y, X), [w] if isinstance(w, str) else []
    taken = [*targets, *weights]
    if not taken or not is_frame(X) and find_source(X) is not None:
        return given
    if not is_frame(X):
        raise ValueError(
            f"y and sample_weight must be arrays where X is no frame, but {taken[0]!r} was given with a "
            f"{type(X).__name__}: names are those of columns of X."
        )
    require_distinct(column_names(X))
    for what, names in (("y", targets), ("sample_weight", weights)):
        for name in names:
            require_column(name, column_names(X), f"{what}{suffix}")
    if targets:
        y = column_array(columns_of(select(X, targets))[0]) if isinstance(y, str) else select(X, targets)
    if weights:
        w = column_array(columns_of(select(X, weights))[0])
    return Given(select(X, [name for name in column_names(X) if name not in taken]), y, w)


def _names(y: Any, X: Any) -> list[str]:
    """Return the names of columns that y consists of; none if it is an array, or a list with a label for each row."""
    if isinstance(y, str):
        return [y]
    if not isinstance(y, (list, tuple)) or not is_frame(X) or len(y) == number_of_rows(X):
        return []
    is_names = all(isinstance(name, str) for name in y) and not set(column_names(X)).isdisjoint(y)
    return list(y) if is_names else []


def require_column(name: Any, names: Sequence[Any], what: str) -> None:
    """Raise a ValueError if there is no column of X with this name."""
    if name not in names:
        lower = {str(column).lower(): column for column in names}
        close = difflib.get_close_matches(str(name).lower(), lower, n=1, cutoff=0.7)
        hint = f"did you mean {lower[close[0]]!r}?" if close else f"its columns are {list(names)}."
        raise ValueError(f"{what} is {name!r}, which must be, but is not, a column of X; {hint}")


def check_validation(estimator: Any, given: Given) -> Given | None:
    """Check that X_val and y_val are given together and are used; return None if there are none."""
    if all(value is None for value in given):
        return None
    if given.X is None or given.y is None:
        only = "X_val" if given.X is not None else "y_val" if given.y is not None else "sample_weight_val"
        raise ValueError(f"X_val and y_val must be given together, got only {only}; pass both or neither.")
    if estimator.early_stopping is False:
        raise ValueError(
            "early_stopping must be 'auto' or True where X_val and y_val are given, got False; they choose the best "
            "epoch."
        )
    if find_source(given.X) is not None:
        raise ValueError(
            f"X_val must be in memory, but a {type(given.X).__name__} was given, which is read in parts: pass a frame "
            "of at most some 100,000 rows."
        )
    return take_columns(given, "_val")


def read_sample(
    reader: Any, given: Given, categorical: tuple[int, ...], *, reset: bool, is_part: bool = False
) -> Sample:
    """Check rows; if `reset` is True, scikit-learn sets the number and the names of the columns on the reader.

    Weights are scaled; those of a part are left as they are, and may all be zero.
    """
    raw = read_table(reader, given.X, categorical, reset=reset)
    y = reader._read_target(given.y)
    check_consistent_length(raw.numeric, y)
    w = check_weights(given.sample_weight, len(raw), allow_zero=is_part)
    if w is not None and not is_part:
        w = WeightScale.of(w).apply(w)
    return Sample(given.X, None, raw, y, w)


def weigh(estimator: Any, target: ClassTarget | RegressionTarget, sample: Sample, mass: Any = None) -> Sample:
    """Multiply weights by those of the classes, and drop rows of zero weight."""
    w = estimator._weigh(target, sample.y, sample.w, mass)
    if w is None or w.all():
        return sample._replace(w=w)
    rows = np.flatnonzero(w)
    return Sample(sample.X, rows, sample.raw.take(rows), sample.y[rows], w[rows])
