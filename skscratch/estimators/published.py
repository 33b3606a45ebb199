"""The fitted attributes that a fit leaves behind: curves, their best values, weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from skscratch.core.losses import Loss
from skscratch.core.network import Network
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Clock
from skscratch.core.training import History, Trainer


class FittedAttributes:
    """What is published of a network, its parameters and the history of a fit."""

    _network: Network
    _parameters: Parameters
    _loss: Loss
    _trainer: Trainer
    loss_curve_: list[float]
    loss_curves_: np.ndarray
    validation_loss_curve_: list[float] | None
    validation_loss_curves_: np.ndarray | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None

    def _publish(self, history: History, continued: bool) -> None:
        """The fitted attributes; the curves of a fit that goes on are longer by its epochs."""
        self._publish_curves(history, continued and hasattr(self, "loss_curves_"))
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else np.nan  # interrupted in the first epoch
        self.best_loss_ = min(self.loss_curve_, default=np.nan)
        self.best_iter_, self.n_iter_ = history.best_epoch, len(history.loss)
        clock = self._trainer.clock if hasattr(self, "_trainer") else Clock()
        self.t_ = clock.rows
        self.n_outputs_ = self._network.n_outputs
        self.n_layers_ = len(self._network.dense_layers(self._parameters)) + 1
        self.out_activation_ = self._loss.link

    def _publish_curves(self, history: History, continued: bool) -> None:
        """The course of losses and scores: all have as many epochs, NaN where no rows were held out."""
        n, k = len(history.loss), len(self._parameters.values)
        loss = _curve(history.loss, n, k)
        validation = _curve((criteria[-1] for criteria in history.validation), n, k)
        scores = _curve((-criteria[0].mean() for criteria in history.validation), n)
        judged = bool(history.validation)
        if continued:
            n = len(self.loss_curves_)
            loss = np.concatenate([self.loss_curves_, loss])
            judged |= self.validation_scores_ is not None
            if judged:
                validation = np.concatenate([_curve(self.validation_loss_curves_, n, k), validation])
                scores = np.concatenate([_curve(self.validation_scores_, n), scores])
        self.loss_curves_, self.loss_curve_ = loss, loss.mean(axis=1).tolist()
        self.validation_loss_curves_ = validation if judged else None
        self.validation_loss_curve_ = validation.mean(axis=1).tolist() if judged else None
        self.validation_scores_ = scores.tolist() if judged else None
        self.best_validation_score_ = float(np.fmax.reduce(scores, initial=np.nan)) if judged else None

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Effective weights of each dense layer, of shape (n_estimators, fan_in, fan_out)."""
        return [W for W, _ in self._network.dense_layers(self._parameters)]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases of each dense layer, of shape (n_estimators, fan_out)."""
        return [b for _, b in self._network.dense_layers(self._parameters)]


def _curve(epochs: Iterable[Any] | None, *shape: int) -> np.ndarray:
    """Numbers of epochs as an array of this shape, NaN for those at the end that are not there."""
    curve = np.full(shape, np.nan)
    for i, numbers in enumerate(epochs if epochs is not None else ()):
        curve[i] = numbers
    return curve
