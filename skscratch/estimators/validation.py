"""The validation rows of a fit, and the validator that evaluates every member on them after each epoch."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters
from skscratch.estimators import recipes
from skscratch.estimators.attributes import prediction_attributes
from skscratch.estimators.building import encode_rows
from skscratch.estimators.held_out import Criterion, Validator, minus_accuracy, rows_to_hold_out
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data, Sample
from skscratch.estimators.state import TrainingState, generator
from skscratch.tabular.columns import take_rows
from skscratch.tabular.encoding import Table


class Split(NamedTuple):
    """The rows to train on, the validator (None if there is none), and the positions (k, m) of rows left out."""

    rows: Rows
    validator: Validator | None = None
    left_out: np.ndarray | None = None


def split_rows(
    estimator: Any, objective: Objective, model: Model, data: Data, rows: Rows, state: TrainingState
) -> Split:
    """Validate on the rows that the user passed, or on rows that each member leaves out, or not at all."""
    if data.validation is not None:
        passed = encode_rows(model, data.validation)
        return Split(rows, _validator(estimator, objective, model, data, passed, data.validation))
    if not recipes.holds_out(estimator, len(rows.y)):
        return Split(rows)
    k, strata = estimator.n_estimators, _strata(model, rows.y)
    rng = generator(state.seed, "split")
    left_out = rows_to_hold_out(len(rows.y), estimator.validation_fraction, k, rng, strata)
    validator = _validator(estimator, objective, model, data, rows, data.training, left_out)
    w = np.ones((len(rows.y), k), bool) if rows.w is None else np.repeat(rows.w[:, None], k, axis=1)
    np.put_along_axis(w, left_out.T, 0, axis=0)
    seen, rows = w.any(axis=1), rows._replace(w=w)
    return Split(rows if seen.all() else rows.take(np.flatnonzero(seen)), validator, left_out)


def _strata(model: Model, y: np.ndarray) -> np.ndarray | None:
    """The class of each row of encoded y (n, o), of which every class gives its share; None where there are none."""
    if model.loss.link == "softmax":
        return y.argmax(axis=1)
    return y[:, 0].astype(int) if model.loss.link == "logistic" and y.shape[1] == 1 else None


def _validator(
    estimator: Any, objective: Objective, model: Model, data: Data, rows: Rows, sample: Sample,
    chosen: np.ndarray | None = None,
) -> Validator:  # fmt: skip
    """What chooses the best epoch: `scoring`, else the accuracy of a classifier, and the validation loss.

    All members are evaluated on all rows, or each on its own, `chosen` (k, m).
    """
    first = None
    if chosen is not None:
        rows = Rows(rows.x, rows.y[chosen], None if rows.w is None else rows.w[chosen.T])
    if estimator.scoring is None and model.loss.link in ("logistic", "softmax"):
        first = minus_accuracy(model.loss.link, rows.y, rows.w)
    elif estimator.scoring not in (None, "loss"):
        first = _minus_score(estimator.scoring, data.reader, model, sample, rows.x, chosen)
    return Validator(objective, rows, first, chosen)


def _minus_score(
    scoring: Any, reader: Any, model: Model, sample: Sample, x: Any, chosen: np.ndarray | None
) -> Criterion:
    """Ask a scorer about each member as if it were the whole estimator.

    A callable gets rows as the user passed them. Those that scikit-learn has by name only pass X to `predict` and the
    like, and get the rows x of the sample, encoded once.
    """
    from sklearn.metrics import get_scorer  # not above: it takes longer to import than all of this package

    scorer, encoded = get_scorer(scoring), x if isinstance(scoring, str) else None
    if chosen is None:
        own = [_arguments(sample, encoded, slice(None))] * len(model.parameters.values)
    else:
        own = [_arguments(sample, encoded, rows) for rows in chosen]

    def criterion(P: Parameters, z: np.ndarray) -> np.ndarray:
        scores = []
        for values, (X, y, weights) in zip(P.values, own, strict=True):
            member = copy.copy(reader)
            vars(member).update(prediction_attributes(reader, model.with_parameters(values[None])))
            scores.append(scorer(member, X, y, **weights))
        return -np.array(scores, float)

    return criterion


def _arguments(sample: Sample, encoded: Any, rows: Any) -> tuple[Any, np.ndarray, dict[str, np.ndarray]]:
    """X, y and weights of some rows, for a scorer; X encoded where it is given so."""
    weights = {} if sample.w is None else {"sample_weight": sample.w[rows]}
    if encoded is not None:
        return Table(encoded[rows], 0), sample.y[rows], weights
    positions = rows if sample.positions is None else sample.positions[rows]
    X = sample.X if isinstance(positions, slice) else take_rows(sample.X, positions)
    return X, sample.y[rows], weights
