"""Fit, predict, save, load and export with nothing installed but the wheel, in the environment of .ci/build."""

import sys
from importlib.metadata import distributions

import numpy as np

import skscratch
from skscratch.export import to_numpy

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 4))
X[::7, 0] = np.nan
for estimator, y in [
    (skscratch.ScratchMLPClassifier(max_iter=20, random_state=0), np.where(X[:, 1] > 0, "yes", "no")),
    (skscratch.ScratchMLPRegressor(max_iter=20, random_state=0), X[:, 1]),
]:
    model = estimator.fit(X, y)
    assert model.score(X, y) > 0.8, f"{estimator}: {model.score(X, y)}"
    skscratch.save(model, "model.skscratch")
    loaded = skscratch.load("model.skscratch")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    to_numpy(model, "exported.py")

assert skscratch.__file__.startswith(sys.prefix), f"not the installed package: {skscratch.__file__}"
names = sorted(f"{found.name} {found.version}" for found in distributions())
print(f"skscratch {skscratch.__version__} works with", ", ".join(names))
