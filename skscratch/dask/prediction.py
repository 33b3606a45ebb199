"""Lazy predictions: a fitted estimator is applied to each partition when the result is computed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import dask
import dask.array as da
import numpy as np

from skscratch.dask.collections import by_rows, is_collection
from skscratch.tabular.encoding import Table

X_TEXT = "X : dask DataFrame or Array, or array-like in memory, of shape (n_samples, n_features)"


def map_rows(estimator: Any, method: str, X: Any) -> da.Array:
    """Apply a prediction method to the rows of each partition.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator for rows in memory.
    method : str
        Name of the method.
    X : dask DataFrame or Array of shape (n_samples, n_features)
        The rows.

    Returns
    -------
    dask Array of shape (n_samples, ...)
        With the partitions of X; the number of rows is unknown if X is a DataFrame.
    """
    model = estimator._fitted_model()
    row = Table(np.zeros((1, model.network.n_inputs), model.parameters.values.dtype), 0)
    meta = getattr(estimator, method)(row)[:0]
    f = dask.delayed(_Prediction(estimator, method, meta))
    if not isinstance(X, da.Array):
        return X.map_partitions(_call, f, meta=meta)
    X = by_rows(X)
    columns: dict[str, Any] = {"chunks": (X.chunks[0], meta.shape[1:])} if meta.ndim > 1 else {"drop_axis": 1}
    return X.map_blocks(_call, f=f, dtype=meta.dtype, meta=meta, **columns)


def lazy(local: type, name: str) -> Callable[..., Any]:
    """Make a prediction method that is lazy if X is a Dask collection, and documented as that of a local estimator."""

    def method(self: Any, X: Any) -> Any:
        return predict_rows(self, name, X)

    method.__name__, method.__qualname__ = name, name
    method.__doc__ = documentation_of(getattr(local, name))
    return method


def predict_rows(estimator: Any, method: str, X: Any) -> Any:
    """Call a prediction method of the estimator for rows in memory; lazily if X is a Dask collection."""
    estimator._fitted_model()
    local = estimator.to_local()
    return map_rows(local, method, X) if is_collection(X) else getattr(local, method)(X)


def documentation_of(method: Callable[..., Any]) -> str:
    """Write the docstring of a prediction method for Dask collections."""
    text = re.sub(r"X : .*", X_TEXT, method.__doc__ or "")
    return re.sub(r" ndarray of", " dask Array (ndarray for rows in memory) of", text)


class _Prediction:
    """A prediction of rows in memory, which may be none; `meta` is that of no rows."""

    def __init__(self, estimator: Any, method: str, meta: np.ndarray):
        self.estimator, self.method, self.meta = estimator, method, meta

    def __call__(self, X: Any) -> np.ndarray:
        """Predict for rows X."""
        prediction: np.ndarray = getattr(self.estimator, self.method)(X) if len(X) else self.meta
        return prediction


def _call(X: Any, f: _Prediction) -> np.ndarray:
    return f(X)
