"""Make our classifier and scikit-learn's classifier with the same network and the same training."""

from __future__ import annotations

from typing import Any

from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from benchmarks.methods import arrays
from benchmarks.tables import Table
from skscratch import ScratchMLPClassifier

# scikit-learn's defaults; its batch size "auto" is 200, or the number of rows if that is smaller.
RATE, ALPHA, BATCH_SIZE = 1e-3, 1e-4, 200

# Options that scikit-learn's network does not have are switched off; all others have scikit-learn's defaults.
SAME: dict[str, Any] = dict(
    n_estimators=1,
    init="glorot_uniform",
    numeric_embedding=None,
    early_stopping=False,
    learning_rate="constant",
    learning_rate_init=RATE,
    batch_size=BATCH_SIZE,
    alpha=ALPHA,
    beta_2=0.999,
    epsilon=1e-8,
    dtype="float32",
    random_state=0,
)


def exactly(number: int) -> dict[str, int]:
    """Return the hyperparameters that fix the number of epochs."""
    return dict(max_iter=number, n_iter_no_change=number)


def ours(epochs: int, hidden: Any = (100,), **settings: Any) -> ScratchMLPClassifier:
    """Make our classifier with scikit-learn's network, trained for exactly `epochs` epochs."""
    return ScratchMLPClassifier(**{**SAME, "hidden_layer_sizes": hidden, **exactly(epochs), **settings})


def scikit_learn(epochs: int, hidden: Any = (100,), **settings: Any) -> MLPClassifier:
    """Make scikit-learn's classifier, trained for exactly `epochs` epochs."""
    options = dict(learning_rate_init=RATE, batch_size=BATCH_SIZE, alpha=ALPHA, random_state=0, **exactly(epochs))
    return MLPClassifier(hidden, **{**options, **settings})


def pipeline(table: Table, model: MLPClassifier) -> Any:
    """Make a pipeline that encodes a raw frame (see `methods.arrays`) and fits scikit-learn's classifier."""
    return make_pipeline(arrays(table), model)
