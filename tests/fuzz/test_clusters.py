"""Fits of Dask collections of every kind, in partitions of any size."""

import dask.array as da
import dask.dataframe as dd
import distributed
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from outcomes import attempt, check_outputs, share_of_cases
from parameters import OPTIONS, TINY
from tables import number_matrices, pandas_frames

from skscratch.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor

WEIGHTS = {
    "none": lambda n: None,
    "some zero": lambda n: np.resize([0.0, 1.0, 3.0], n),
    "missing": lambda n: np.full(n, np.nan),
    "huge": lambda n: np.full(n, 1e300),
}
TARGETS = {
    DaskScratchMLPClassifier: {
        "two": lambda n: np.resize([0, 1], n),
        "strings": lambda n: np.resize(["a", "b", "c"], n),
        "one": lambda n: np.ones(n, int),
        "floats": lambda n: np.linspace(0, 1, n),
    },
    DaskScratchMLPRegressor: {
        "numbers": lambda n: np.linspace(-1, 1, n),
        "constant": np.ones,
        "large": lambda n: np.linspace(-1e300, 1e300, n),
        "missing": lambda n: np.full(n, np.nan),
        "strings": lambda n: np.resize(["a", "b"], n),
    },
}


@pytest.fixture(scope="module")
def client():
    """A client of a cluster in this process, so that errors of its tasks have their places."""
    with distributed.Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0") as client:
        yield client


def collections(table, *columns, parts):
    """Make Dask collections of a table and of columns, which may be None."""
    if isinstance(table, np.ndarray):
        size = -(-len(table) // parts)
        return [None if x is None else da.from_array(x, chunks=(size, *x.shape[1:])) for x in (table, *columns)]
    series = [None if x is None else pd.Series(x, index=table.index) for x in columns]
    return [None if x is None else dd.from_pandas(x, npartitions=parts, sort=False) for x in (table, *series)]


@share_of_cases(0.01)
@given(
    st.data(),
    st.sampled_from(list(TARGETS)),
    st.one_of(number_matrices(), pandas_frames()),
    OPTIONS,
    st.integers(1, 4),
)
def test_collections(client, data, Estimator, X, options, parts):
    """A fit is refused in a sentence, or its outputs are as documented."""
    n = len(X)
    y, w = (kinds[data.draw(st.sampled_from(list(kinds)))](n) for kinds in (TARGETS[Estimator], WEIGHTS))
    try:
        given_rows = collections(X, y, w, parts=parts)
    except Exception:  # Dask refuses some frames itself
        assume(False)
    model = Estimator(**TINY | options, n_tasks=2, worker_timeout=30.0)
    error = attempt(lambda: model.fit(*given_rows))[1]  # a collection has no content to compare
    event("refused" if error else "fitted")
    if error is None:
        rows = X if isinstance(X, np.ndarray) else given_rows[0].compute()
        check_outputs(model.to_local(), rows, n)
