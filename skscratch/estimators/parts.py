"""A fit on rows that are read in parts: the summary of a part, and what is learned from the summary of all parts.

A row has a random key. The rows with the smallest keys are the validation rows. They are all in the sample of the
summary, so they stay in memory, and are left out where the parts are read again.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from skscratch.core.batches import Rows
from skscratch.estimators import builders
from skscratch.estimators.building import encode_rows
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Data, Given, Sample, read_sample, weigh
from skscratch.tabular.columns import find_categories
from skscratch.tabular.summary import Summary, row_keys
from skscratch.tabular.target_facts import ClassMass


def open_reader(estimator: Any, X: Any) -> tuple[Any, tuple[int, ...]]:
    """Make a reader of parts with the columns of X, which may have no rows; also return the categorical columns."""
    reader = copy.copy(estimator)
    validate_data(reader, X, skip_check_array=True, reset=True)
    return reader, find_categories(X, estimator.categorical_features)


def read_part(
    reader: Any, categorical: tuple[int, ...], given: Given, seed: int, part: int
) -> tuple[np.ndarray, Sample]:
    """Check the rows of a part; return those with a weight above zero, and their keys."""
    sample = read_sample(reader, given, categorical, reset=False, is_part=True)
    keys = row_keys(seed, part, len(sample.raw))
    return (keys, sample) if sample.w is None or sample.w.all() else _take(keys, sample, sample.w > 0)


def summarise(reader: Any, keys: np.ndarray, sample: Sample) -> Summary:
    """Summarise the rows of a part."""
    return Summary.of(keys, sample.raw, sample.y, sample.w, reader._target_facts(sample.y, sample.w))


def learn(
    reader: Any, categorical: tuple[int, ...], summary: Summary, validation: Given | None = None, classes: Any = None
) -> tuple[Data, float]:
    """Learn the encoding of y from the summary of all parts; return the data and the key of validation rows.

    Rows with a key below that one are validation rows: they are in the data, and not to be trained on.
    """
    target, loss = reader._learn_target(summary.target, classes)
    sample = Sample(None, None, summary.sample.raw, summary.sample.y, summary.sample.w)
    training = weigh(reader, target, sample, class_mass(summary, target))
    data = Data(reader, categorical, target, loss, training, None, summary)
    if validation is not None:
        rows = read_sample(reader, validation, categorical, reset=False)
        return data._replace(validation=weigh(reader, target, rows)), 0.0
    if not builders.has_validation_rows(reader, summary.n):
        return data, 0.0
    key = summary.validation_key(reader.validation_fraction)
    keys = summary.sample.keys if training.positions is None else summary.sample.keys[training.positions]
    return data._replace(validation=_take(keys, training, keys < key)[1]), key


def encode_part(model: Model, data: Data, keys: np.ndarray, sample: Sample, validation_key: float) -> Rows:
    """Turn the rows of a part into those that core trains on, without validation rows."""
    if validation_key:
        keys, sample = _take(keys, sample, keys >= validation_key)
    assert data.summary is not None
    return encode_rows(model, weigh(data.reader, data.target, sample, class_mass(data.summary, data.target)))


def class_mass(summary: Summary, target: Any) -> np.ndarray | None:
    """Return the weight (n_classes,) of each class in all parts; None for numbers."""
    return summary.target.mass_of(target.classes_) if isinstance(summary.target, ClassMass) else None


def _take(keys: np.ndarray, sample: Sample, rows: np.ndarray) -> tuple[np.ndarray, Sample]:
    """Take rows of a part by mask."""
    w = None if sample.w is None else sample.w[rows]
    return keys[rows], Sample(None, None, sample.raw.take(rows), sample.y[rows], w)
