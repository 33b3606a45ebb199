"""Our classifier and scikit-learn's with the same network, trained in the same way."""

from __future__ import annotations

from typing import Any

from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from benchmarks.methods import arrays
from benchmarks.tables import Table
from skscratch import ScratchMLPClassifier

# scikit-learn's defaults; its "auto" takes batches of at most 200 rows.
RATE, ALPHA, BATCH_SIZE = 1e-3, 1e-4, 200

# What scikit-learn's network does not have is switched off; all else is scikit-learn's default.
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
    """Neither more epochs nor fewer."""
    return dict(max_iter=number, n_iter_no_change=number)


def ours(epochs: int, hidden: Any = (100,), **settings: Any) -> ScratchMLPClassifier:
    """The network that scikit-learn's is, trained for so many epochs."""
    return ScratchMLPClassifier(**{**SAME, "hidden_layer_sizes": hidden, **exactly(epochs), **settings})


def scikit_learn(epochs: int, hidden: Any = (100,), **settings: Any) -> MLPClassifier:
    """scikit-learn's network, trained for so many epochs."""
    about = dict(learning_rate_init=RATE, batch_size=BATCH_SIZE, alpha=ALPHA, random_state=0, **exactly(epochs))
    return MLPClassifier(hidden, **{**about, **settings})


def pipeline(table: Table, model: MLPClassifier) -> Any:
    """scikit-learn's network behind what a raw frame needs: medians, standardised numbers, one-hot categories."""
    return make_pipeline(arrays(table), model)
