"""Our classifier and scikit-learn's with the same network, trained in the same way."""

from __future__ import annotations

from typing import Any

from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from benchmarks.methods import arrays
from benchmarks.tables import Table
from skscratch import ScratchMLPClassifier

RATE, ALPHA = 1e-3, 1e-4

# What scikit-learn's network does not have is switched off, and the rest is as its own.
SAME: dict[str, Any] = dict(
    n_estimators=1,
    init="glorot_uniform",
    numeric_embedding=None,
    early_stopping=False,
    learning_rate="constant",
    learning_rate_init=RATE,
    alpha=ALPHA,
    beta_2=0.999,
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
    about = dict(learning_rate_init=RATE, alpha=ALPHA, random_state=0, **exactly(epochs))
    return MLPClassifier(hidden, **{**about, **settings})


def pipeline(table: Table, model: MLPClassifier) -> Any:
    """scikit-learn's network behind what a raw frame needs: medians, standardised numbers, one-hot categories."""
    return make_pipeline(arrays(table), model)
