"""A fitted model as a value: what a prediction needs, and nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skscratch.core.activations import Activation
from skscratch.core.losses import Loss
from skscratch.core.network import PREDICT_BLOCK, Network
from skscratch.core.parameters import Parameters
from skscratch.estimators.threads import threads_for
from skscratch.exceptions import ColumnWarning
from skscratch.tabular.columns import RawTable
from skscratch.tabular.encoding import Table, TableEncoder
from skscratch.tabular.targets import ClassTarget, RegressionTarget


@dataclass(frozen=True, eq=False)
class Model:
    """Trained networks, and all that leads from rows of X to their predictions.

    Parameters
    ----------
    categorical : tuple of int
        Positions of the categorical columns of X.
    encoder : TableEncoder
        Turns rows into the inputs of the networks.
    target : ClassTarget or RegressionTarget
        Turns outputs of the networks into classes, labels or numbers.
    network : Network
        The architecture, which all members share.
    loss : Loss
        Its inverse link turns raw scores into outputs.
    parameters : Parameters
        A row for each member.
    hyperparameters : mapping of str to object
        Snapshot of the hyperparameters that made the above what they are.
    """

    categorical: tuple[int, ...]
    encoder: TableEncoder
    target: ClassTarget | RegressionTarget
    network: Network
    loss: Loss
    parameters: Parameters
    hyperparameters: Mapping[str, Any]

    def with_parameters(self, values: np.ndarray) -> Model:
        """Make the same model with other parameters (k, p)."""
        return replace(self, parameters=self.parameters.like(values))

    def encode(self, rows: RawTable | Table) -> Table:
        """Turn rows into the inputs of the networks, in the precision of the parameters, unless they are already."""
        return rows if isinstance(rows, Table) else self.encoder.transform(rows, self.parameters.values.dtype)

    def from_raw_scores(
        self, f: Callable[[np.ndarray], np.ndarray], rows: RawTable | Table, axis: int = 0
    ) -> np.ndarray:
        """Compute f of the raw scores z (k, n, o) of all members, in float64 whatever their precision.

        Rows are taken block by block; they lie along this axis of what f returns.
        """
        self.warn_of_unknown_values(rows)
        parts = []
        for block in rows.chunks():
            x = self.encode(block).x
            with threads_for(self.network, min(x.shape[0], PREDICT_BLOCK)):
                parts.append(f(self._raw_scores(x)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis)

    def _raw_scores(self, x: Any) -> np.ndarray:
        """Compute raw scores (k, n, o) in float64, finite: of parameters that diverged, they may overflow."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = self.network.predict(self.parameters, x).astype(np.float64)
            return z if np.isfinite(z.sum()) else np.nan_to_num(z, copy=False)

    def warn_of_unknown_values(self, rows: RawTable | Table) -> None:
        """Warn of categorical columns in which no value is known, unless the rows are encoded already."""
        names = self.encoder.unknown_columns(rows) if isinstance(rows, RawTable) else []
        if names:
            warnings.warn(
                f"No value of X is known from training in {', '.join(map(repr, names[:5]))}: such a column is ignored; "
                "check that it has the same type and the same values as in training.",
                ColumnWarning,
                stacklevel=6,
            )

    def activations(self, rows: RawTable | Table, layer: int) -> np.ndarray:
        """Compute the activations (k, n, h) of a hidden layer, counted from 0 or from the last, -1."""
        ends = [i for i, part in enumerate(self.network.layers, 1) if isinstance(part, Activation)]
        if not (isinstance(layer, (int, np.integer)) and -len(ends) <= layer < len(ends)):
            raise ValueError(
                f"layer must be the number of one of the {len(ends)} hidden layers, from 0, or negative from the last, "
                f"got {layer!r}; hidden_layer_sizes, or width and depth, say which there are."
            )
        self.warn_of_unknown_values(rows)
        return self.network.activations(self.parameters, self.encode(rows).x, ends[layer])
