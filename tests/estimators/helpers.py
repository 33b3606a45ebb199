"""What several test files of the estimators share."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

ESTIMATORS = [ScratchMLPClassifier, ScratchMLPRegressor]
SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=8, random_state=0)
# At a constant rate k epochs and then m epochs are k + m epochs.
STEADY = dict(
    width=8, depth=1, n_estimators=2, learning_rate="constant", n_iter_no_change=float("inf"), random_state=0
)  # fmt: skip
TANH = dict(
    width=8, depth=1, activation="tanh", init="glorot_normal", numeric_embedding=None, scaling=None, n_estimators=3,
    learning_rate_init=0.2, max_iter=30, dtype="float64", random_state=0,
)  # fmt: skip
ignore_convergence = pytest.mark.filterwarnings("ignore:.*reached max_iter:sklearn.exceptions.ConvergenceWarning")


def two_classes(n):
    """Make a table of n rows and four columns with two classes, which a regressor takes as 0 and 1."""
    return make_classification(n, 4, n_informative=3, n_redundant=0, random_state=0)


def scores(model, X):
    """Return the probabilities of a classifier, the predictions of a regressor."""
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def member_raw_scores(model, X, i):
    """Compute raw scores (n, o) of member i of an estimator with the options TANH."""
    W, b = [W[i] for W in model.coefs_], [b[i] for b in model.intercepts_]
    return np.tanh(X @ W[0] + b[0]) @ W[1] + b[1]
