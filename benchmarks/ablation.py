"""Our estimators with one default changed at a time, beside the defaults: what each of them is worth.

    python -m benchmarks.ablation --csv ablation.csv --plot ablation.png

Takes the arguments of `benchmarks.accuracy`; ratios and the test over tables are to the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import accuracy
from benchmarks.methods import OURS, ByTask

# What is changed: a name, and the parameters that differ from the defaults.
ABLATION: dict[str, Mapping[str, Any]] = {
    "n_estimators=1": {"n_estimators": 1},
    "n_estimators=4": {"n_estimators": 4},
    "n_estimators=16": {"n_estimators": 16},
    "width=32": {"width": 32},
    "width=128": {"width": 128},
    "depth=2": {"depth": 2},
    "activation=silu": {"activation": "silu"},
    "init=he_normal": {"init": "he_normal"},
    "numeric_embedding=None": {"numeric_embedding": None},
    "numeric_embedding=piecewise": {"numeric_embedding": "piecewise"},
    "scaling=standard": {"scaling": "standard"},
    "scaling=quantile": {"scaling": "quantile"},
    "n_iter_no_change=8": {"n_iter_no_change": 8},
    "n_iter_no_change=inf": {"n_iter_no_change": float("inf")},
    "max_iter=32": {"max_iter": 32},
    "learning_rate=cosine": {"learning_rate": "cosine"},
    "half the rate": {"learning_rate_init": ByTask(classification=0.02, regression=0.035)},
    "twice the rate": {"learning_rate_init": ByTask(classification=0.08, regression=0.14)},
    "batch_size=128": {"batch_size": 128},
    "batch_size=512": {"batch_size": 512},
    "beta_2=0.999": {"beta_2": 0.999},
    "alpha=1e-4": {"alpha": 1e-4},
    "dropout=0.1": {"dropout": 0.1},
    "label_smoothing=0.1": {"label_smoothing": 0.1},
    "scoring=loss": {"scoring": "loss"},
    "early_stopping=False": {"early_stopping": False},
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the ablation as `benchmarks.accuracy` would."""
    accuracy.main(arguments, variants=ABLATION, peers={}, baseline=OURS, description=__doc__)


if __name__ == "__main__":
    main()
