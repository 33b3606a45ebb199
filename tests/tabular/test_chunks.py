"""Chunks of rows: every row is in one chunk, and results do not depend on their number."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier
from skscratch.tabular import RawTable, TableEncoder, chunks, row_chunks

SMALL = dict(width=4, depth=1, n_estimators=3, max_iter=2, random_state=0)


@pytest.fixture
def frame(rng):
    """A frame with missing values and categories, some only in the last rows."""
    X = pd.DataFrame(rng.standard_normal((50, 3)), columns=["a", "b", "c"])
    X["port"] = pd.Series(np.resize(["C", "Q", "S", None], 50)).astype("category")
    X.loc[48:, "b"] = np.nan
    return X


@pytest.mark.parametrize("size", [1, 100, 1000])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_every_row_is_in_one_chunk(monkeypatch, rng, size, container):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", size)
    x = container(rng.standard_normal((50, 3)))
    found = [np.arange(50)[rows] for rows in row_chunks(x, extra_bytes=8)]
    assert_array_equal(np.concatenate(found), np.arange(50))
    assert len(found) == {1: 50, 100: 17, 1000: 2}[size]


def test_fit_and_predict_do_not_depend_on_the_number_of_chunks(monkeypatch, frame):
    X, y = frame, np.resize(["x", "y", "z"], 50)
    once = ScratchMLPClassifier(**SMALL).fit(X, y)
    methods = ("hidden_activations", "predict_proba", "predict_members", "predict_log_proba")
    expected = [getattr(once, method)(X) for method in methods]
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300)
    chunked = ScratchMLPClassifier(**SMALL).fit(X, y)
    found = [getattr(chunked, method)(X) for method in methods]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert "b is missing" in chunked._model.encoder.feature_names_out_


def test_infinity_is_found_in_the_last_chunk(monkeypatch, rng):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 100)
    X = rng.standard_normal((50, 3))
    X[49, 1] = np.inf
    with pytest.raises(ValueError, match="column 'x1' contains infinity"):
        ScratchMLPClassifier(**SMALL).fit(X, np.arange(50) % 2)


def test_a_missing_value_in_a_column_without_any_in_training_becomes_the_median(rng):
    x = rng.standard_normal((5, 2))
    encoder = TableEncoder(scaling=None).fit(RawTable(x, [], ["a", "b"], []))
    incomplete = x.copy()
    incomplete[3, 1] = np.nan
    x[3, 1] = np.median(x[:, 1])
    assert_array_equal(encoder.transform(RawTable(incomplete, [], ["a", "b"], []), np.float64).x, x)
