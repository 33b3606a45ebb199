"""From checked rows to a model with its initial parameters, and to the rows that core trains on."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skscratch.core.batches import Rows
from skscratch.estimators import builders
from skscratch.estimators.hyperparameters import snapshot
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data, Sample
from skscratch.estimators.state import TrainingState, generator
from skscratch.tabular.columns import RawTable
from skscratch.tabular.encoding import Table, TableEncoder


def build(estimator: Any, data: Data, state: TrainingState) -> tuple[Model, Table]:
    """Learn the encoder from the training rows, choose the network, and draw initial parameters.

    The table is that of the training rows.
    """
    sample = data.training
    _warn_of_missing_values(sample.raw)
    dtype = builders.dtype(estimator, data.n)
    facts = None if data.summary is None else data.summary.columns
    encoder = TableEncoder(estimator.scaling).fit(sample.raw, sample.w, facts)
    table = encoder.transform(sample.raw, dtype)
    network = builders.network(estimator, table, data.target.n_outputs, sample.w)
    parameters = network.init(estimator.n_estimators, generator(state.seed, "init"), dtype)
    model = Model(data.categorical, encoder, data.target, network, data.loss, parameters, snapshot(estimator))
    return model, table


def resume(before: Model, data: Data) -> Model:
    """Copy a model, with a target that knows the new rows too; training changes the copied parameters in place."""
    return replace(before.with_parameters(before.parameters.values.copy()), target=data.target)


def encode_rows(model: Model, sample: Sample, table: Table | None = None) -> Rows:
    """Turn checked rows, or their table, into those that core trains on and validates with."""
    x, dtype = (table or model.encode(sample.raw)).x, model.parameters.values.dtype
    return Rows(x, model.target.encode(sample.y, dtype), None if sample.w is None else sample.w.astype(dtype))


def _warn_of_missing_values(raw: RawTable) -> None:
    if issparse(raw.numeric) and np.isnan(raw.numeric.data).any():
        warnings.warn(
            "X is sparse and has missing values, which count as 0 and have no indicator; pass X.toarray() to have them "
            "replaced by the median and marked.",
            UserWarning,
            stacklevel=6,
        )
