"""From Dask collections to parts: for each partition of X a delayed X, y and weights with the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np

from skscratch.dask.cluster import Cluster
from skscratch.estimators.reading import Given


class Parts(NamedTuple):
    """A table in parts.

    Parameters
    ----------
    given : list of Given
        X, y and weights of each part as delayed values, not checked.
    meta : DataFrame or ndarray of no rows
        The columns of X, as the collection describes them.
    """

    given: list[Given]
    meta: Any


def parts_of(cluster: Cluster, X: Any, y: Any, sample_weight: Any = None) -> Parts:
    """Align y and weights with the partitions of X.

    Partitions that correspond are paired without reading them. Where their numbers differ, or their known lengths, y
    and weights are divided again like X, for which all lengths are computed once if they are unknown.

    Parameters
    ----------
    cluster : Cluster
        Computes lengths.
    X : dask DataFrame or Array of shape (n_samples, n_features)
        Its partitions are the parts; an array is divided by rows only.
    y, sample_weight : dask DataFrame, Series or Array
        Targets and weights of the same rows.

    Returns
    -------
    Parts

    Raises
    ------
    TypeError
        If one is no Dask collection.
    ValueError
        If X has not two dimensions, or the numbers of rows differ.
    """
    for name, collection in {"X": X, "y": y, "sample_weight": sample_weight}.items():
        _check_type(name, collection)
    X = by_rows(X)
    columns = [X, *(_align(cluster, X, name, a) for name, a in (("y", y), ("sample_weight", sample_weight)))]
    delayed = [[None] * X.npartitions if column is None else _delayed(column) for column in columns]
    return Parts([Given(*part) for part in zip(*delayed, strict=True)], _meta(X))


def is_collection(X: Any) -> bool:
    """Return whether X is a Dask DataFrame, Series or Array."""
    return isinstance(X, (dd.DataFrame, dd.Series, da.Array))


def _check_type(name: str, collection: Any) -> None:
    if collection is None and name == "sample_weight":
        return
    text = "a Dask DataFrame or Array" if name == "X" else "a Dask DataFrame, Series or Array"
    if not is_collection(collection) or name == "X" and isinstance(collection, dd.Series):
        raise TypeError(
            f"{name} must be {text}, got {type(collection).__name__}; make one with dask.dataframe.from_pandas or "
            "dask.array.from_array, or use the estimator of skscratch for data in memory."
        )
    if name == "X" and (collection.ndim != 2 or collection.shape[1] != collection.shape[1]):
        raise ValueError(
            f"X must have two dimensions and a known number of columns, got the shape {collection.shape}; reshape it "
            "or call compute_chunk_sizes."
        )


def by_rows(collection: Any) -> Any:
    """Give an array a single chunk of columns."""
    if isinstance(collection, da.Array) and collection.ndim == 2 and collection.numblocks[1] > 1:
        return collection.rechunk({1: -1})
    return collection


def _align(cluster: Cluster, X: Any, name: str, other: Any) -> Any:
    """Divide y or weights like X."""
    if other is None:
        return None
    other, lengths = by_rows(other), _lengths(X)
    known = _lengths(other)
    if other.npartitions == X.npartitions and (lengths is None or known is None or lengths == known):
        return other  # if lengths are unknown, each part is checked when it is read
    lengths, known = _computed(cluster, X, lengths), _computed(cluster, other, known)
    if sum(lengths) != sum(known):
        raise ValueError(
            f"X and {name} must have the same number of rows, got {sum(lengths)} and {sum(known)}; take both from the "
            "same collection."
        )
    if not isinstance(other, da.Array):
        other = other.to_dask_array(lengths=tuple(known))
    elif np.isnan(other.shape[0]):
        chunks = zip(_delayed(other), known, strict=True)
        other = da.concatenate([da.from_delayed(part, (n, *other.shape[1:]), other.dtype) for part, n in chunks])
    return other.rechunk({0: tuple(lengths)})


def _lengths(collection: Any) -> list[int] | None:
    """Return the rows of each partition, None if they are unknown."""
    if not isinstance(collection, da.Array) or np.isnan(collection.shape[0]):
        return None
    return list(collection.chunks[0])


def _computed(cluster: Cluster, collection: Any, lengths: list[int] | None) -> list[int]:
    """Compute the rows of each partition if they are unknown."""
    if lengths is not None:
        return lengths
    return cluster.results(cluster.compute([dask.delayed(len)(part) for part in _delayed(collection)]))


def _delayed(collection: Any) -> Sequence[Any]:
    """Return the partitions as delayed values."""
    delayed = collection.to_delayed()
    return delayed.ravel().tolist() if isinstance(collection, da.Array) else delayed


def _meta(X: Any) -> Any:
    """Return the columns of X without rows."""
    return np.empty((0, X.shape[1]), X.dtype) if isinstance(X, da.Array) else X._meta
