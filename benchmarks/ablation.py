"""Our estimators with one default changed at a time, beside the defaults: what each of them is worth.

    python -m benchmarks.ablation --csv ablation.csv --plot ablation.png

Takes the arguments of `benchmarks.accuracy`; ratios are to the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import accuracy
from benchmarks.methods import OURS, ByTask

# What is changed: a name, and the parameters that differ from the defaults.
ABLATION: dict[str, Mapping[str, Any]] = {
    "one member": {"n_estimators": 1},
    "four members": {"n_estimators": 4},
    "sixteen members": {"n_estimators": 16},
    "width 32": {"width": 32},
    "width 128": {"width": 128},
    "two layers": {"depth": 2},
    "no embedding": {"numeric_embedding": None},
    "no scaling": {"scaling": None},
    "standard scaling": {"scaling": "standard"},
    "he_normal": {"init": "he_normal"},
    "half the rate": {"learning_rate_init": ByTask(classification=0.02, regression=0.035)},
    "twice the rate": {"learning_rate_init": ByTask(classification=0.08, regression=0.14)},
    "constant rate": {"learning_rate": "constant"},
    "batches of 128": {"batch_size": 128},
    "no held-out rows": {"early_stopping": False},
    "dropout 0.1": {"dropout": 0.1},
    "label smoothing 0.1": {"label_smoothing": 0.1},
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the ablation as `benchmarks.accuracy` would."""
    accuracy.main(arguments, variants=ABLATION, peers={}, baseline=OURS, description=__doc__)


if __name__ == "__main__":
    main()
