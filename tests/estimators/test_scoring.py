"""What a scorer is called with: a fitted estimator, and rows such as the user passed."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csr_array, issparse

from skscratch import ScratchMLPClassifier

pl = pytest.importorskip("polars")

SMALL = dict(width=4, depth=1, n_estimators=2, max_iter=2, batch_size=20, random_state=0)
NUMBERS = np.random.default_rng(0).normal(size=(60, 2)).round(3)
COLUMNS = {"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "c": np.resize(["x", "y", "z"], 60)}
CONTAINERS = {
    "pandas": lambda: pd.DataFrame(COLUMNS, index=np.arange(60) + 100),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "array": lambda: NUMBERS,
    "list": NUMBERS.tolist,
    "csr": lambda: csr_array(NUMBERS),
    "coo": lambda: coo_array(NUMBERS),
}
y = (NUMBERS[:, 0] > 0).astype(int)


def plain(X):
    """Return the first column as a plain array."""
    if issparse(X):
        return X.toarray()[:, 0]
    return X["a"].to_numpy() if hasattr(X, "columns") else np.asarray(X)[:, 0]


class Scorer:
    """A scorer that records its arguments."""

    def __init__(self):
        self.calls = []

    def __call__(self, model, X, y, sample_weight=None):
        self.calls.append((X, y, sample_weight))
        assert model.predict_members(X).shape[0] == 1
        return float(model.score(X, y, sample_weight))


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_that_a_fit_leaves_out(Estimator, container, weighted):
    X, scorer = CONTAINERS[container](), Scorer()
    w = np.resize([0.0, 1.0, 2.0], 60) if weighted else None
    Estimator(**SMALL, scoring=scorer, early_stopping=True).fit(X, y, w)
    assert len(scorer.calls) == 4  # for both members after both epochs
    for rows, labels, weights in scorer.calls:
        assert type(rows) is (csr_array if container == "coo" else type(X))  # rows of coo cannot be taken
        found = [np.flatnonzero(NUMBERS[:, 0] == value)[0] for value in plain(rows)]
        assert len(found) == len(labels) == (4 if weighted else 6)  # a tenth of the rows that have a weight
        assert_array_equal(labels, y[found])
        if weighted:
            assert_array_equal(weights, w[found] / 2)  # only ratios matter
            assert (weights > 0).all()
        else:
            assert weights is None


@pytest.mark.parametrize("container", CONTAINERS)
def test_validation_rows_of_the_user(Estimator, container):
    X, scorer = CONTAINERS[container](), Scorer()
    w = np.resize([0.0, 1.0, 2.0], 60)
    Estimator(**SMALL, scoring=scorer).fit(X, y, X_val=X, y_val=y)
    assert all(type(rows) is type(X) and len(plain(rows)) == 60 for rows, *_ in scorer.calls)
    scorer.calls.clear()
    Estimator(**SMALL, scoring=scorer).fit(X, y, X_val=X, y_val=y, sample_weight_val=w)
    for rows, labels, weights in scorer.calls:
        assert_array_equal(plain(rows), NUMBERS[w > 0, 0])
        assert_array_equal(labels, y[w > 0])
        assert_array_equal(weights, w[w > 0] / 2)


def test_a_scorer_that_reads_a_column_of_x():
    frame = CONTAINERS["pandas"]()

    def saved(model, X, y):
        return float((X["b"].abs() * (model.predict(X) == y)).mean())

    model = ScratchMLPClassifier(**SMALL | {"n_estimators": 1}, scoring=saved).fit(frame, y, X_val=frame, y_val=y)
    assert_allclose(model.best_validation_score_, saved(model, frame, y))
