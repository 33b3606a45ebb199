"""Print the versions, and check in a few seconds that the installation works: ``python -m skscratch``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn import show_versions
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

import skscratch
from skscratch.core import Dense, MulticlassLogLoss, Network, Objective, Silu, gradcheck
from skscratch.datasets import load_concrete, load_titanic


def gradients() -> bool:
    """Compare the derivatives of a small network with numeric ones."""
    rng = np.random.default_rng(0)
    network = Network((Dense(8), Silu(), Dense(3)), n_inputs=4)
    x, y = rng.normal(size=(20, 4)), np.eye(3)[rng.integers(3, size=20)]
    return gradcheck(Objective(network, MulticlassLogLoss()), network.init(k=2, rng=rng), x, y, rng=rng) < 1e-6


def scikit_learn() -> bool:
    """Compare the probabilities of `skscratch.compat` with those of scikit-learn's own network."""
    X, y = load_iris(return_X_y=True)
    parameters = {"max_iter": 20, "tol": 1.0, "random_state": 0}
    ours = skscratch.compat.MLPClassifier(**parameters).fit(X, y)
    theirs = MLPClassifier(**parameters).fit(X, y)
    return np.allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-8)


def classifier() -> bool:
    """Fit the passengers of the Titanic; rows that members left out are predicted better than by the larger class."""
    X, y = load_titanic(return_X_y=True, as_frame=False)
    return skscratch.ScratchMLPClassifier(random_state=0).fit(X, y).oof_score_ > 0.75


def regressor() -> bool:
    """Fit the strength of concrete; rows that members left out are predicted better than by a linear model."""
    X, y = load_concrete(return_X_y=True, as_frame=False)
    return skscratch.ScratchMLPRegressor(random_state=0).fit(X, y).oof_score_ > 0.8


def file() -> bool:
    """Save a model and load it; the predictions are the same, bit for bit."""
    X, y = load_iris(return_X_y=True)
    model = skscratch.ScratchMLPClassifier(max_iter=5, random_state=0).fit(X, y)
    with tempfile.TemporaryDirectory() as folder:
        skscratch.save(model, Path(folder) / "model.zip")
        loaded = skscratch.load(Path(folder) / "model.zip")
    return np.array_equal(model.predict_proba(X), loaded.predict_proba(X))


CHECKS: dict[str, Callable[[], bool]] = {
    "derivatives are those of numeric differentiation": gradients,
    "compat computes the numbers of scikit-learn": scikit_learn,
    "the classifier learns": classifier,
    "the regressor learns": regressor,
    "a saved model predicts the same": file,
}


def main() -> int:
    """Print the versions and the result of each check; return 1 if one failed, else 0."""
    print(f"skscratch: {skscratch.__version__}")
    show_versions()
    print("\nChecks:")
    failed = 0
    for text, check in CHECKS.items():
        start = perf_counter()
        passed = check()
        failed += not passed
        print(f"{'passed' if passed else 'FAILED'}  {text} ({perf_counter() - start:.1f} s)", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
