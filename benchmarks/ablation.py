"""Our estimators with one default changed at a time, beside the defaults: what each of them is worth.

    python -m benchmarks.ablation --csv ablation.csv --plot ablation.png

Takes the arguments of `benchmarks.accuracy`; ratios and the test over tables are to the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skscratch.estimators.recipes import learning_rate

from benchmarks import accuracy
from benchmarks.methods import OURS, ByTask
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

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
# What is changed: a name, and the hyperparameters that differ from the defaults.
ABLATION: dict[str, Mapping[str, Any]] = {
    **{f"{name}={value}": {name: value} for name, values in ALTERNATIVES.items() for value in values},
    "half the rate": {"learning_rate_init": ByTask(*(rate / 2 for rate in RATE))},
    "twice the rate": {"learning_rate_init": ByTask(*(rate * 2 for rate in RATE))},
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the ablation as `benchmarks.accuracy` would."""
    accuracy.main(arguments, variants=ABLATION, peers={}, baseline=OURS, description=__doc__)


if __name__ == "__main__":
    main()
