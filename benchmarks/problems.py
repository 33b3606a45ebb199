"""The problems whose training steps are timed: a network, its batches and its data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Problem(NamedTuple):
    """A network and its training: `epochs` epochs of `batches` batches of `batch` rows.

    With several `members` it is the network of the default estimator: an ensemble in the NTK parametrization, in which
    each member has a piecewise linear embedding and a layer of scale factors before its dense layers.
    """

    features: int
    hidden: tuple[int, ...]
    batch: int
    classes: int
    epochs: int
    batches: int = 50
    members: int = 1

    @property
    def name(self) -> str:
        members = f", {self.members} members" if self.members > 1 else ""
        return f"{self.features} features, {self.hidden}, batch {self.batch}, {self.classes} classes{members}"

    @property
    def outputs(self) -> int:
        return 1 if self.classes == 2 else self.classes

    @property
    def rows(self) -> int:
        return self.batch * self.batches

    @property
    def steps(self) -> int:
        return self.epochs * self.batches

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Generate X (n, d) in float32 and classes y (n,) that depend on X."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.rows, self.features), np.float32)
        return X, (X @ rng.standard_normal((self.features, self.classes), np.float32)).argmax(axis=1)


PROBLEMS = [
    Problem(20, (100,), 200, 2, epochs=20),
    Problem(50, (64, 64), 128, 2, epochs=20),
    Problem(50, (32,), 32, 3, epochs=40),
    Problem(50, (256, 256, 256), 256, 10, epochs=4),
    Problem(100, (1024, 1024), 256, 10, epochs=1),
    Problem(784, (512, 512), 128, 10, epochs=2),
    Problem(20, (64, 64), 128, 2, epochs=10, members=8),
]
