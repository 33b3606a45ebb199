"""From checked rows to a model with its initial parameters, and to the rows that core trains on."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skscratch.core.batches import Rows
from skscratch.core.network import Network
from skscratch.core.parameters import Parameters
from skscratch.estimators import builders
from skscratch.estimators.hyperparameters import snapshot
from skscratch.estimators.model import Model
from skscratch.estimators.monotonic import signs_of_inputs
from skscratch.estimators.reading import Data, Sample
from skscratch.estimators.state import TrainingState, generator
from skscratch.exceptions import ColumnWarning
from skscratch.tabular.columns import RawTable
from skscratch.tabular.encoding import Table, TableEncoder
from skscratch.tabular.report import report_columns, warning_of

ONE_ROW = (
    "X has a single row, so that all columns are constant and nothing is learned from them, now or later: begin with "
    "some hundred rows, by fit_statistics or by the first partial_fit."
)


def build(estimator: Any, data: Data, state: TrainingState) -> tuple[Model, Table]:
    """Learn the encoder from the training rows, choose the network, and draw initial parameters.

    The table is that of the training rows.
    """
    sample = data.training
    _warn_of_missing_values(sample.raw)
    dtype = builders.dtype(estimator, data.n)
    facts = None if data.summary is None else data.summary.columns
    encoder = TableEncoder(estimator.scaling, estimator.min_frequency, estimator.max_categories)
    encoder.fit(sample.raw, sample.w, facts)
    _warn_of_columns(encoder, data, dtype)
    table = encoder.transform(sample.raw, dtype)
    signs = signs_of_inputs(estimator.monotonic_cst, data, encoder)
    network = builders.network(estimator, table, data.loss.n_scores(data.target.n_outputs), sample.w, signs)
    parameters = _init(estimator, network, state, dtype)
    model = Model(data.categorical, encoder, data.target, network, data.loss, parameters, snapshot(estimator))
    return model, table


def _init(estimator: Any, network: Network, state: TrainingState, dtype: np.dtype) -> Parameters:
    """Draw the initial parameters.

    Raises
    ------
    ValueError
        If the memory does not suffice.
    """
    try:
        return network.init(estimator.n_estimators, generator(state.seed, "init"), dtype)
    except (MemoryError, OverflowError) as error:
        size = estimator.n_estimators * network.n_parameters * dtype.itemsize / 2**30
        raise ValueError(
            f"hidden layers and n_estimators must fit into memory, but their parameters take {size:.3g} GiB: choose "
            "smaller ones."
        ) from error


def resume(before: Model, data: Data) -> Model:
    """Copy a model, with a target that knows the new rows too; training changes the copied parameters in place."""
    return replace(before.with_parameters(before.parameters.values.copy()), target=data.target)


def encode_rows(model: Model, sample: Sample, table: Table | None = None) -> Rows:
    """Turn checked rows, or their table, into those that core trains on and validates with."""
    x, dtype = (table or model.encode(sample.raw)).x, model.parameters.values.dtype
    return Rows(x, model.target.encode(sample.y, dtype), None if sample.w is None else sample.w.astype(dtype))


def _warn_of_columns(encoder: TableEncoder, data: Data, dtype: np.dtype) -> None:
    """Warn of columns that are useless or lose values; of numbers that are constant only if their columns have names.

    An array often has such columns, for example the pixels at the edge of an image.
    """
    facts = encoder.facts_
    if facts.n == 1 and not facts.varies.any() and not encoder.is_unscaled:
        warnings.warn(ONE_ROW, ColumnWarning, stacklevel=7)
        return
    if facts.varies.all() and not facts.categories and not encoder.is_unscaled:
        return  # a report of many columns takes time
    named = hasattr(data.reader, "feature_names_in_")
    reports = report_columns(encoder, data.categorical, dtype)
    text = warning_of([r for r in reports if named or r.kind == "category" or r.loses_values])
    if text is not None:
        warnings.warn(text, ColumnWarning, stacklevel=7)


def _warn_of_missing_values(raw: RawTable) -> None:
    if issparse(raw.numeric) and np.isnan(raw.numeric.data).any():
        warnings.warn(
            "X is sparse and has missing values, which count as 0 and have no indicator; pass X.toarray() to have them "
            "replaced by the median and marked.",
            UserWarning,
            stacklevel=7,
        )
