"""What a worker does with one part of a table: read, summarise, encode, mix. Pure functions of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from skscratch.core.batches import Rows
from skscratch.dask.rounds import concatenate
from skscratch.estimators.model import Model
from skscratch.estimators.parts import encode_part, no_rows, read_part, summarise
from skscratch.estimators.reading import Data, Given, Sample
from skscratch.tabular.columns import find_categories
from skscratch.tabular.summary import Summary, merge_summaries


class Reading(NamedTuple):
    """How all parts are read.

    Parameters
    ----------
    reader : estimator
        Has the number and the names of the columns, and says how y is read.
    categorical : tuple of int
        Positions of the categorical columns.
    seed : int
        Start of the keys of rows.
    """

    reader: Any
    categorical: tuple[int, ...]
    seed: int

    def read(self, number: int, given: Given) -> tuple[np.ndarray, Sample]:
        """Check the rows of a part, which has some; return those with a weight above zero, and their keys.

        Raises
        ------
        ValueError
            If X, y and weights have not the same rows, or a column is not of the kind that the collection describes;
            the message names the partition.
        """
        try:
            _check_lengths(given)
            self._check_kinds(given.X)
            return read_part(self.reader, self.categorical, given, self.seed, number)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{error} (in partition {number})") from None

    def _check_kinds(self, X: Any) -> None:
        """Raise a ValueError if a column that the collection describes as categories has numbers."""
        if not hasattr(X, "iloc") or self.reader.categorical_features != "from_dtype":
            return
        for j in sorted(set(self.categorical) - set(find_categories(X))):
            column = X.iloc[:, j]
            if column.notna().any():  # without any value every type is possible
                raise ValueError(
                    f"Column {X.columns[j]!r} of X must hold categories, as the meta of the collection says, got the "
                    f"type {column.dtype}; correct the meta, or list the categorical columns in categorical_features."
                )


class Encoding(NamedTuple):
    """How all parts are encoded.

    Parameters
    ----------
    model : Model
        Encodes X.
    data : Data
        Encodes y, and has the facts of all rows, without the sample.
    """

    model: Model
    data: Data

    @classmethod
    def of(cls, model: Model, data: Data) -> Encoding:
        """Make an encoding without the rows of data and the parameters of all members, which are large."""
        assert data.summary is not None
        facts = replace(data.summary, sample=data.summary.sample.take(np.arange(0)))
        nothing = Sample(None, None, facts.sample.raw, facts.sample.y, None)
        data = data._replace(training=nothing, validation=None, summary=facts)
        return cls(model.with_parameters(model.parameters.values[:1]), data)


class Encoded(NamedTuple):
    """The number of rows of an encoded part, and mean and variance of y."""

    rows: int
    mean: np.ndarray
    variance: np.ndarray


def summarise_part(reading: Reading, number: int, X: Any, y: Any, w: Any) -> Summary | None:
    """Summarise a part; None if no row has weight."""
    if not len(X):
        return None
    keys, sample = reading.read(number, Given(X, y, w))
    return summarise(reading.reader, keys, sample) if len(keys) else None


def merge(summaries: Sequence[Summary | None]) -> Summary | None:
    """Merge the summaries of parts that have rows."""
    found = [summary for summary in summaries if summary is not None]
    return merge_summaries(found) if found else None


def encode(reading: Reading, encoding: Encoding, number: int, X: Any, y: Any, w: Any) -> Rows:
    """Turn a part into training rows; those of zero weight and validation rows are left out."""
    keys, sample = reading.read(number, Given(X, y, w)) if len(X) else (np.zeros(0), None)
    if sample is None or not len(keys):
        return no_rows(encoding.model)
    return encode_part(encoding.model, encoding.data, keys, sample)


def describe(rows: Rows) -> Encoded:
    """Count the rows of an encoded part, and compute mean and variance of y."""
    o = rows.y.shape[1]
    if not len(rows.y):
        return Encoded(0, np.zeros(o), np.zeros(o))
    return Encoded(len(rows.y), rows.y.mean(axis=0, dtype=np.float64), rows.y.var(axis=0, dtype=np.float64))


def divide(rows: Rows, shares: int, seed: Sequence[int]) -> list[Rows]:
    """Divide rows at random into shares of equal size, to within one row."""
    order = np.random.default_rng(tuple(seed)).permutation(len(rows.y))
    return [rows.take(order[i::shares]) for i in range(shares)]


def join(parts: Sequence[Sequence[Rows]], i: int) -> Rows:
    """Join share i of several parts."""
    return concatenate([shares[i] for shares in parts])


def _check_lengths(given: Given) -> None:
    """Raise a ValueError if X, y and weights have not the same number of rows."""
    lengths = {name: len(a) for name, a in zip(("X", "y", "sample_weight"), given, strict=True) if a is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"X, y and sample_weight must have the same rows in each partition, got {lengths}; take them from the same "
            "collection, or call compute_chunk_sizes on arrays, so that they can be aligned."
        )
