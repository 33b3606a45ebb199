"""A fit on rows that are read in parts: the summary of a part, and what is learned from the summary of all parts.

A row has a random key. The rows with the smallest keys are the validation rows. They are all in the sample of the
summary, so they stay in memory, and are left out where the parts are read again.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from skscratch.core.batches import Rows
from skscratch.estimators import builders
from skscratch.estimators.building import encode_rows
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data, Given, Sample, check_same_classes, read_sample, weigh
from skscratch.tabular.columns import check_columns, find_categories
from skscratch.tabular.summary import Summary, row_keys
from skscratch.tabular.target_facts import ClassMass

MAX_WEIGHT = 1e290  # so that sums over all parts are finite


def open_reader(estimator: Any, X: Any) -> tuple[Any, tuple[int, ...]]:
    """Make a reader of parts with the columns of X, which may have no rows; also return the categorical columns."""
    reader = copy.copy(estimator)
    check_columns(reader, X, reset=True)
    return reader, find_categories(X, estimator.categorical_features)


def read_part(
    reader: Any, categorical: tuple[int, ...], given: Given, seed: int, part: int
) -> tuple[np.ndarray, Sample]:
    """Check the rows of a part; return those with a weight above zero, and their keys."""
    sample = read_sample(reader, given, categorical, reset=False, is_part=True)
    if sample.w is not None and sample.w.max(initial=0) > MAX_WEIGHT:
        raise ValueError(
            f"sample_weight must be at most {MAX_WEIGHT:g} where X is read in parts, but it holds {sample.w.max():g}: "
            "divide all weights by the same number."
        )
    keys = row_keys(seed, part, len(sample.raw))
    return (keys, sample) if sample.w is None or sample.w.all() else _take(keys, sample, sample.w > 0)


def summarise(reader: Any, keys: np.ndarray, sample: Sample) -> Summary:
    """Summarise the rows of a part."""
    return Summary.of(keys, sample.raw, sample.y, sample.w, reader._target_facts(sample.y, sample.w))


def learn(
    reader: Any,
    categorical: tuple[int, ...],
    summary: Summary,
    validation: Given | None = None,
    classes: Any = None,
    before: Model | None = None,
    key_before: float = 0.0,
) -> Data:
    """Learn the encoding of y from the summary of all parts, and choose validation rows.

    In a warm start the encoding is that of the last model, and no row is left out whose key is not below `key_before`:
    the last fit trained on it.
    """
    if before is None:
        target, loss = reader._learn_target(summary.target, classes)
    else:
        check_same_classes(before.target, classes)
        target, loss = before.target.widen(summary.target), before.loss
    sample = _scaled(Sample(None, None, summary.sample.raw, summary.sample.y, summary.sample.w), summary)
    training = weigh(reader, target, sample, class_mass(summary, target))
    data = Data(reader, categorical, target, loss, training, None, summary)
    if validation is not None:
        rows = read_sample(reader, validation, categorical, reset=False)
        return data._replace(validation=weigh(reader, target, rows))
    if not builders.has_validation_rows(reader, summary.n):
        return data
    key = summary.validation_key(reader.validation_fraction)
    keys = summary.sample.keys if training.positions is None else summary.sample.keys[training.positions]
    if (keys < key_before).any():
        key = min(key, key_before)
    return data._replace(validation=_take(keys, training, keys < key)[1], validation_key=key)


def encode_part(model: Model, data: Data, keys: np.ndarray, sample: Sample) -> Rows:
    """Turn the rows of a part into those that core trains on, without validation rows; none may be left."""
    if data.validation_key:
        keys, sample = _take(keys, sample, keys >= data.validation_key)
    if not len(keys):
        return no_rows(model)
    assert data.summary is not None
    sample = _scaled(sample, data.summary)
    return encode_rows(model, weigh(data.reader, data.target, sample, class_mass(data.summary, data.target)))


def no_rows(model: Model) -> Rows:
    """Return what a part without training rows becomes."""
    d, o, dtype = model.network.n_inputs, model.network.n_outputs, model.parameters.values.dtype
    return Rows(np.zeros((0, d), dtype), np.zeros((0, o), dtype), None)


def _scaled(sample: Sample, summary: Summary) -> Sample:
    """Divide the weights of rows by the scale of those of all parts."""
    if sample.w is None or summary.weights is None:
        return sample
    return sample._replace(w=summary.weights.apply(sample.w))


def class_mass(summary: Summary, target: Any) -> np.ndarray | None:
    """Return the weight (n_classes,) of each class in all parts; None for numbers."""
    return summary.target.mass_of(target.classes_) if isinstance(summary.target, ClassMass) else None


def _take(keys: np.ndarray, sample: Sample, rows: np.ndarray) -> tuple[np.ndarray, Sample]:
    """Take rows of a part by mask."""
    w = None if sample.w is None else sample.w[rows]
    return keys[rows], Sample(None, None, sample.raw.take(rows), sample.y[rows], w)
