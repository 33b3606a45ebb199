"""Facts of columns in parts against those of all rows."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from skscratch.tabular.column_facts import ColumnFacts


def facts(read, X, sizes):
    ends = np.cumsum(sizes)
    first, *others = (ColumnFacts.of(read(X.iloc[end - size : end])) for end, size in zip(ends, sizes, strict=True))
    for other in others:
        first = first.merge(other)
    return first


def test_facts_of_parts_are_those_of_all_rows(read):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"below": -rng.gamma(2, size=50), "above": rng.gamma(2, size=50), "c": rng.choice(["a", "b"], 50)})
    X.loc[::7, "below"] = np.nan
    X["empty"] = np.nan
    for sizes in ([50], [10, 40], [1, 9, 20, 20]):
        found = facts(read, X, sizes)
        numbers = X[["below", "above", "empty"]]
        np.testing.assert_array_equal(found.low, numbers.min().fillna(np.inf))
        np.testing.assert_array_equal(found.high, numbers.max().fillna(-np.inf))
        np.testing.assert_array_equal(found.missing, numbers.isna().sum())
        assert found.counts == [X["c"].value_counts().to_dict()] and found.n == 50


def test_missing_entries_of_sparse_rows(read):
    X = csr_array([[np.nan, 0.0], [1.0, np.nan], [0.0, np.nan]])
    found = ColumnFacts.of(read(X))
    np.testing.assert_array_equal(found.missing, [1, 2])
    assert found.n == 3


def test_ten_thousand_different_values_are_counted_exactly(read):
    X = pd.DataFrame({"id": [f"i{i}" for i in range(10_000)]})
    assert facts(read, X, [4_000, 6_000]).counts == [dict.fromkeys(X["id"], 1)]
