"""More rows never make the default recipe worse, for a single member too, not only for their mean."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, r2_score

from benchmarks.generated import GENERATED
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

TESTED = 5_000


def losses(name, rows, **options):
    """Compute the test loss for each number of rows, as mean over four single members.

    It is the log loss, or the RMSE in standard deviations of y.
    """
    train, test = GENERATED[name](max(rows), 0).table, GENERATED[name](TESTED, 1).table
    Estimator = ScratchMLPRegressor if train.task == "regression" else ScratchMLPClassifier
    found = []
    for n in rows:
        model = Estimator(n_estimators=4, random_state=0, **options).fit(train.X[:n], train.y[:n])
        members = model.predict_members(test.X)
        if train.task == "regression":
            found.append(np.mean([np.sqrt(1 - r2_score(test.y, y)) for y in members]))
        else:
            found.append(np.mean([log_loss(test.y, p) for p in members]))
    return found


@pytest.mark.parametrize("name", ["steps_regression", "waves_binary"])
def test_the_loss_falls_from_3000_to_15000_rows(name):
    """The ratio is .7 to .9, by the random state."""
    few, many = losses(name, [3_000, 15_000])
    assert many < 0.95 * few


def test_interactions_are_found_in_many_rows():
    """R2 of a member is .99 where a column matters only in interaction; it is .87 with an L2 penalty."""
    few, many = losses("interactions_regression", [3_000, 30_000])
    assert many < 0.15 < few


@pytest.mark.parametrize("n", [100, 250])
def test_probabilities_of_small_tables_are_no_worse_than_the_shares_of_the_classes(n):
    """With labels that have nothing to do with X, the best log loss is that of the shares."""
    rng = np.random.default_rng(n)
    X, y = rng.normal(size=(n + 2_000, 5)), rng.integers(0, 2, n + 2_000)
    model = ScratchMLPClassifier(random_state=0).fit(X[:n], y[:n])
    assert log_loss(y[n:], model.predict_proba(X[n:])) < 1.15 * np.log(2)
