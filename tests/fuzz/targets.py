"""Labels, numbers and weights of every kind, also such as must be refused."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import strategies as st
from tables import NUMBERS

pl = pytest.importorskip("polars")

LABELS = {
    "integers": lambda n, rng: np.resize([0, 1], n),
    "three": lambda n, rng: np.resize([5, -1, 7], n),
    "strings": lambda n, rng: np.resize(["no", "yes", "perhaps"], n),
    "objects": lambda n, rng: np.resize(np.array(["b", "a"], dtype=object), n),
    "booleans": lambda n, rng: np.resize([True, False], n),
    "floats": lambda n, rng: np.resize([0.0, 1.0, 2.0], n),
    "rare": lambda n, rng: np.where(np.arange(n) == 0, 1, 0),
    "one class": lambda n, rng: np.ones(n, int),
    "many": lambda n, rng: np.arange(n) // 2,
    "continuous": lambda n, rng: rng.normal(size=n),
    "large": lambda n, rng: np.resize([2**62, -(2**62)], n),
    "unsigned": lambda n, rng: np.resize(np.array([0, 2**63], dtype=np.uint64), n),
    "multilabel": lambda n, rng: rng.integers(0, 2, (n, 3)),
    "sparse multilabel": lambda n, rng: sp.csr_array(rng.integers(0, 2, (n, 2))),
    "list": lambda n, rng: np.resize(["a", "b"], n).tolist(),
    "mixed": lambda n, rng: np.array([[1, "1", None][i % 3] for i in range(n)], dtype=object),
    "missing": lambda n, rng: np.where(np.arange(n) % 2, np.nan, 1.0),
    "category": lambda n, rng: pd.Series(np.resize(["a", "b"], n), dtype="category"),
    "nullable": lambda n, rng: pd.Series(np.resize([0, 1], n), dtype="Int64"),
    "nullable missing": lambda n, rng: pd.Series([None, 0, 1] * n, dtype="Int64")[:n],
    "polars": lambda n, rng: pl.Series(np.resize(["a", "b"], n)),
    "column": lambda n, rng: np.resize([0, 1], n)[:, None],
    "dates": lambda n, rng: np.resize(np.array(["2020-01-01", "2021-01-01"], dtype="M8[D]"), n),
    "missing date": lambda n, rng: np.resize(np.array(["2020-01-01", "2021-01-01", "NaT"], dtype="M8[D]"), n),
    "complex": lambda n, rng: np.resize([1j, 2.0], n),
    "bytes": lambda n, rng: np.resize([b"a", b"b"], n),
    "wrong length": lambda n, rng: np.resize([0, 1], n + 1),
}
FORMS = {
    "array": np.asarray,
    "list": lambda y: y.tolist(),
    "float32": lambda y: y.astype(np.float32),
    "series": pd.Series,
    "frame": lambda y: pd.DataFrame({"y": y}),
    "two outputs": lambda y: np.column_stack([y, -y]),
    "strings": lambda y: y.astype(str),
    "objects": lambda y: y.astype(object),
    "complex": lambda y: y.astype(complex),
    "durations": lambda y: np.arange(len(y)).astype("m8[h]"),
    "dates": lambda y: pd.Series(pd.date_range("2020", periods=len(y), tz="UTC")),
    "three dimensions": lambda y: y[:, None, None],
    "short": lambda y: y[:-1],
}
WEIGHTS = {
    "none": lambda n, rng: None,
    "integers": lambda n, rng: rng.integers(1, 4, n),
    "some zero": lambda n, rng: np.where(np.arange(n) % 2, 0.0, 1.0),
    "one row": lambda n, rng: np.where(np.arange(n) == 0, 1.0, 0.0),
    "zero": lambda n, rng: np.zeros(n),
    "tiny": lambda n, rng: np.full(n, 5e-324),
    "huge": lambda n, rng: rng.random(n) * 1e308,
    "wide": lambda n, rng: 10.0 ** rng.uniform(-300, 300, n),
    "float32": lambda n, rng: rng.random(n, dtype=np.float32),
    "negative": lambda n, rng: -np.ones(n),
    "missing": lambda n, rng: np.full(n, np.nan),
    "scalar": lambda n, rng: 2.0,
    "booleans": lambda n, rng: np.resize([True, False], n),
    "strings": lambda n, rng: np.full(n, "a"),
    "durations": lambda n, rng: np.arange(n).astype("m8[h]"),
    "series": lambda n, rng: pd.Series(rng.random(n)),
    "short": lambda n, rng: np.ones(n - 1),
    "column": lambda n, rng: np.ones((n, 1)),
}


def drawn(draw, kinds, n):
    """One of several kinds, made with a drawn seed."""
    kind = draw(st.sampled_from(list(kinds)))
    with np.errstate(all="ignore"):
        return kinds[kind](n, np.random.default_rng(draw(st.integers(0, 9))))


@st.composite
def labels(draw, n):
    """Labels of n rows."""
    return drawn(draw, LABELS, n)


@st.composite
def targets(draw, n):
    """Numbers of n rows."""
    y = drawn(draw, NUMBERS, n)
    with np.errstate(all="ignore"):
        return FORMS[draw(st.sampled_from(list(FORMS)))](abs(y) if draw(st.booleans()) else y)


@st.composite
def weights(draw, n):
    """Weights of n rows, or None."""
    return drawn(draw, WEIGHTS, n)
