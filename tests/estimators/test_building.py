"""What is learned from the first rows stays; every member has initial parameters of its own."""

import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, STEADY, scores, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier
from skscratch.tabular.columns import read_table

X, y = two_classes(120)


def encode(model, X):
    return model._model.encode(read_table(model, X, model._model.categorical, reset=False)).x


def test_what_the_first_call_learned_stays(Estimator):
    """Centre, scale and categories come from its rows, and are applied to later rows."""
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(e=pd.Categorical(np.resize([*"xyz"], 120)))
    model = Estimator(**STEADY).partial_fit(frame[:60], y[:60])
    encoded = encode(model, frame).copy()
    later = frame[60:].assign(a=1000 * frame["a"], e=pd.Categorical(np.full(120, "new"))[60:])
    model.partial_fit(later, y[60:])
    assert_array_equal(encode(model, frame), encoded)


@pytest.mark.parametrize("n, dtype", [(31, np.float64), (300, np.float32)])
def test_the_precision_of_the_first_call_stays(Estimator, n, dtype):
    rows, z = np.resize(X, (1000, 4)), np.resize(y, 1000)
    model = Estimator(**STEADY).partial_fit(rows[:n], z[:n])
    for m in (10, 500, 1000):
        model.partial_fit(rows[:m], z[:m])
        assert model.coefs_[0].dtype == dtype
    assert scores(model, X).dtype == np.float64


def test_each_member_is_a_network_of_its_own(Estimator):
    """Member 0 is the same network whatever the number of members: they share batches, not parameters."""
    options = dict(SMALL, early_stopping=False, dtype="float64")
    three, one = (Estimator(**options | {"n_estimators": k}).fit(X, y) for k in (3, 1))
    for W3, W1 in zip(three.coefs_, one.coefs_, strict=True):
        assert_allclose(W3[:1], W1, atol=1e-9)
        assert np.abs(W3[0] - W3[1]).max() > 1e-3


def test_missing_values_of_sparse_rows_count_as_zero_with_a_warning(rng):
    """Those of dense rows are replaced by the median and marked by an indicator."""
    rows = rng.normal(size=(60, 3)) * (rng.random((60, 3)) < 0.5)
    with_nan = rows.copy()
    with_nan[0, 1] = np.nan
    rows[0, 1] = 0
    model = ScratchMLPClassifier(**SMALL)
    with pytest.warns(UserWarning, match="X is sparse and has missing values, which count as 0") as record:
        model.fit(csr_array(with_nan), rows[:, 0] > 0)
    assert len(record) == 1
    zeros = ScratchMLPClassifier(**SMALL).fit(csr_array(rows), rows[:, 0] > 0)
    assert_array_equal(model.predict_proba(csr_array(with_nan)), zeros.predict_proba(csr_array(rows)))
