"""Ablation of the default hyperparameters: change one default at a time and compare with the defaults.

    python -m benchmarks.ablation --csv ablation.csv --plot ablation.png

The arguments are those of `benchmarks.accuracy`. Ratios and the test over tables compare with our defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import accuracy
from benchmarks.methods import OURS, ByTask
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators.builders import learning_rate

# For each hyperparameter, the values that are compared with its default.
ALTERNATIVES: dict[str, Sequence[Any]] = {
    "n_estimators": [1, 2, 4, 16],
    "width": [32, 128],
    "depth": [1, 3],
    "activation": ["silu", "gelu", "tanh"],
    "init": ["he_normal"],
    "numeric_embedding": ["periodic", None],
    "scaling": ["standard", "quantile"],
    "n_iter_no_change": [2, 8, float("inf")],
    "max_iter": [32],
    "learning_rate": ["cosine"],
    "batch_size": [64, 256],
    "beta_2": [0.99, 0.999],
    "alpha": [3e-3],
    "dropout": [0.1],
    "label_smoothing": [0.1],
    "scoring": ["loss"],
    "early_stopping": [False],
    "validation_fraction": [0.2],
}
RATE = ByTask(learning_rate(ScratchMLPClassifier()), learning_rate(ScratchMLPRegressor()))
# The name of each variant -> the hyperparameters that differ from the defaults.
ABLATION: dict[str, Mapping[str, Any]] = {
    **{f"{name}={value}": {name: value} for name, values in ALTERNATIVES.items() for value in values},
    "half the rate": {"learning_rate_init": ByTask(*(rate / 2 for rate in RATE))},
    "twice the rate": {"learning_rate_init": ByTask(*(rate * 2 for rate in RATE))},
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `benchmarks.accuracy` with the variants of `ABLATION`."""
    accuracy.main(arguments, variants=ABLATION, peers={}, baseline=OURS, description=__doc__)


if __name__ == "__main__":
    main()
