"""The validator: evaluates every member on validation rows after each epoch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.inverse_links import ClassInverseLink
from skscratch.core.network import PREDICT_BLOCK, RawScores
from skscratch.core.objective import Objective, total_weight
from skscratch.core.parameters import Parameters
from skscratch.core.stopping import Best
from skscratch.core.tape import Array
from skscratch.estimators.attributes import prediction_attributes
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data, Sample
from skscratch.tabular.encoding import Table
from skscratch.tabular.frames import take_rows

# Parameters and raw scores (k, m, o) -> a value for each member (k,), smaller is better.
Metric: TypeAlias = Callable[[Parameters, Array], Array]


class Validator:
    """Evaluates all members after an epoch: by a metric where there is one, and by the validation loss.

    Parameters
    ----------
    objective : Objective
        Its network and loss; the penalty is left out.
    rows : Rows
        The validation rows: all members are evaluated on all of them, or each on its own.
    metric : callable, optional
        A metric that comes before the loss in lexicographic order.
    positions : ndarray of int of shape (k, m), optional
        Which m of the rows each member is evaluated on.
    has_others : bool
        Whether the other members are in the same epoch, so that their metrics can choose one for a member.
    """

    def __init__(
        self, objective: Objective, rows: Rows, metric: Metric | None = None, positions: Array | None = None,
        *, has_others: bool = False,
    ):  # fmt: skip
        self.has_others = has_others
        self.objective, self.x, self.y, self.w = objective, *rows
        self.metric, self.positions = metric, positions
        self.raw_scores: RawScores | None = None
        self.kept: Best | None = None
        if positions is not None:
            self.y, self.w = rows.y[positions], None if rows.w is None else rows.w[positions.T]

    def __call__(self, P: Parameters) -> Array:
        """Compute the metrics (m, k) of k members, smaller is better, the loss last."""
        z = self.predict(P)
        loss = self.objective.loss_sum(z, self.y, self.w) / total_weight(self.y, self.w)
        metrics = np.stack([loss] if self.metric is None else [self.metric(P, z), loss])
        if self.has_others:
            self._keep(z, metrics)
        return metrics

    def unselected(self, P: Parameters) -> Array:
        """Return raw scores (k, m, o) of validation rows, each member in an epoch that its own rows did not choose.

        This is the epoch that was best for the mean of the other members. Where the members were not trained side by
        side on rows of their own, the raw scores are those of the final parameters P.
        """
        return self.predict(P) if self.kept is None else self.kept.values.reshape(*self.y.shape[:2], -1)

    def _keep(self, z: Array, metrics: Array) -> None:
        """Keep the raw scores of the members whose mean of the metrics of all others is the best so far."""
        values, others = z.reshape(len(z), -1), 1 - np.eye(len(z))
        self.kept = self.kept or Best(np.zeros_like(values))
        is_finite = np.isfinite(metrics).all(axis=0)
        count = np.maximum(is_finite @ others, 1)
        self.kept.update(values, np.where(is_finite, metrics, 0) @ others / count, self.kept.epoch.max() + 1)

    def predict(self, P: Parameters) -> Array:
        """Compute the raw scores (k, m, o) of the validation rows."""
        if self.raw_scores is None or self.raw_scores.P is not P:
            self.raw_scores = RawScores(self.objective.network, P)
        if self.positions is None:
            return self.raw_scores(self.x)
        if not isinstance(self.x, np.ndarray):  # different sparse rows for each member cannot be one array
            members = zip(P.values[:, None], self.positions, strict=True)
            network = self.objective.network
            return np.concatenate([network.predict(P.like(values), self.x[rows]) for values, rows in members])
        m = self.positions.shape[1]
        blocks = [self.positions[:, start : start + PREDICT_BLOCK] for start in range(0, m, PREDICT_BLOCK)]
        return np.concatenate([self.raw_scores(np.take(self.x, rows, axis=0)) for rows in blocks], axis=1)


def make_validator(
    estimator: Any, objective: Objective, model: Model, data: Data, rows: Rows, sample: Sample,
    positions: Array | None = None,
) -> Validator:  # fmt: skip
    """Make the validator of a fit: by `scoring`, else by the accuracy of a classifier, and by the validation loss."""
    metric = None
    if estimator.scoring is None:
        link = model.loss.inverse_link
        if isinstance(link, ClassInverseLink):
            metric = minus_accuracy(link, rows, positions)
    elif estimator.scoring != "loss":
        metric = _minus_score(estimator.scoring, data.reader, model, sample, rows.x, positions)
    has_others = positions is not None and len(positions) > 1 and estimator.solver != "lbfgs"
    return Validator(objective, rows, metric, positions, has_others=has_others)


def minus_accuracy(link: ClassInverseLink, rows: Rows, positions: Array | None) -> Metric:
    """Make the metric that is minus the share of rows whose class is right; of labels, all of them."""
    y, w = (rows.y, rows.w) if positions is None else (rows.y[positions], None if rows.w is None else rows.w[positions])

    def metric(P: Parameters, z: Array) -> Array:
        right = link.is_right(z, y)
        return -np.average(right, axis=1, weights=None if w is None else np.broadcast_to(w, right.shape))

    return metric


def _minus_score(scoring: Any, reader: Any, model: Model, sample: Sample, x: Any, positions: Array | None) -> Metric:
    """Make the metric that is minus the score of each member, as if it were the whole estimator.

    A callable gets rows as the user passed them. The scorers that scikit-learn has by name only pass X to `predict` and
    similar methods, and get the rows x of the sample, encoded once.
    """
    from sklearn.metrics import get_scorer  # not above: it takes longer to import than all of this package

    scorer, encoded = get_scorer(scoring), x if isinstance(scoring, str) else None
    k = len(model.parameters.values)
    selections = [slice(None)] * k if positions is None else positions
    arguments = [_arguments(sample, encoded, rows) for rows in selections]

    def metric(P: Parameters, z: Array) -> Array:
        scores = []
        for values, (X, y, weights) in zip(P.values, arguments, strict=True):
            member = copy.copy(reader)
            vars(member).update(prediction_attributes(reader, model.with_parameters(values[None])))
            scores.append(_score(scoring, scorer, (member, X, y), weights))
        return -np.array(scores, float)

    return metric


def _score(scoring: Any, scorer: Callable[..., Any], arguments: tuple[Any, ...], weights: dict[str, Array]) -> float:
    """Compute a score.

    Raises
    ------
    ValueError
        If a scorer with a name does not suit the estimator, or a score is not finite or no number.
    """
    owner = type(arguments[0]).__name__
    try:
        score = scorer(*arguments, **weights)
    except (AttributeError, TypeError, ValueError) as error:
        if not isinstance(scoring, str):
            raise
        raise ValueError(
            f"scoring must be a metric for {owner} and its y, but {scoring!r} cannot be computed ({error}): choose "
            "another, or None."
        ) from error
    try:
        value = float(score)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise ValueError(
            f"scoring must return a finite number, but {scoring!r} returned {score!r} for {len(arguments[2])} "
            "validation rows: choose another metric, or more validation rows."
        )
    return value


def _arguments(sample: Sample, encoded: Any, rows: Any) -> tuple[Any, Array, dict[str, Array]]:
    """Take X, y and weights of some rows, for a scorer; X is taken from the encoded rows where there are any."""
    weights = {} if sample.w is None else {"sample_weight": sample.w[rows]}
    if encoded is not None:
        return Table(encoded[rows], 0), sample.y[rows], weights
    positions = rows if sample.positions is None else sample.positions[rows]
    X = sample.X if isinstance(positions, slice) else take_rows(sample.X, positions)
    return X, sample.y[rows], weights
