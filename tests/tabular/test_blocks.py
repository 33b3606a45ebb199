"""A table that is read in many blocks gives what it gives in one."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier
from skscratch.tabular import blocks
from skscratch.tabular.blocks import row_blocks
from skscratch.tabular.columns import RawTable
from skscratch.tabular.encoding import TableEncoder

SMALL = dict(width=4, depth=1, n_estimators=3, max_iter=2, random_state=0)


@pytest.fixture
def frame(rng):
    """Holes, categories and rare values, some only in the last rows."""
    X = pd.DataFrame(rng.standard_normal((50, 3)), columns=["a", "b", "c"])
    X["port"] = pd.Series(np.resize(["C", "Q", "S", None], 50)).astype("category")
    X.loc[48:, "b"] = np.nan
    return X


@pytest.mark.parametrize("size", [1, 100, 1000])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_every_row_is_in_one_block(monkeypatch, rng, size, container):
    monkeypatch.setattr(blocks, "BLOCK", size)
    x = container(rng.standard_normal((50, 3)))
    found = [np.arange(50)[rows] for rows in row_blocks(x, more=8)]
    assert_array_equal(np.concatenate(found), np.arange(50))
    assert len(found) == {1: 50, 100: 17, 1000: 2}[size]


def test_fit_and_predict_do_not_depend_on_blocks(monkeypatch, frame):
    X, y = frame, np.resize(["x", "y", "z"], 50)
    once = ScratchMLPClassifier(**SMALL).fit(X, y)
    methods = ("hidden_activations", "predict_proba", "predict_members", "predict_log_proba")
    expected = [getattr(once, method)(X) for method in methods]
    monkeypatch.setattr(blocks, "BLOCK", 300)
    pieces = ScratchMLPClassifier(**SMALL).fit(X, y)
    found = [getattr(pieces, method)(X) for method in methods]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    assert "b is missing" in pieces._model.encoder.feature_names_out_


def test_infinity_is_found_in_the_last_block(monkeypatch, rng):
    monkeypatch.setattr(blocks, "BLOCK", 100)
    X = rng.standard_normal((50, 3))
    X[49, 1] = np.inf
    with pytest.raises(ValueError, match="column 'x1' contains infinity"):
        ScratchMLPClassifier(**SMALL).fit(X, np.arange(50) % 2)


def test_a_hole_that_was_not_in_the_training_rows_is_filled(rng):
    x = rng.standard_normal((5, 2))
    encoder = TableEncoder(scaling=None).fit(RawTable(x, [], ["a", "b"], []))
    holes = x.copy()
    holes[3, 1] = np.nan
    x[3, 1] = np.median(x[:, 1])
    assert_array_equal(encoder.transform(RawTable(holes, [], ["a", "b"], []), np.float64).x, x)
