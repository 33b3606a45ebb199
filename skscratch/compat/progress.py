"""The loss curve, the validation scores and the epochs without improvement, as scikit-learn counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Progress:
    """Results of the epochs so far; the attributes of the estimator are set from it after the last one.

    Parameters
    ----------
    early_stopping : bool
        Whether an epoch is evaluated by its validation score instead of its training loss.
    n_iter : int
        Epochs of this call.
    loss_curve, validation_scores : list of float
        Training loss and validation score of each epoch.
    best_loss, best_score : float
        The smallest loss and the largest validation score.
    best_values : ndarray of shape (1, p) or None
        Parameters of the epoch with the best score; None as long as there is none.
    no_improvement : int
        Epochs without improvement, counted from the last one with an improvement.
    """

    early_stopping: bool
    n_iter: int = 0
    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    best_loss: float = np.inf
    best_score: float = -np.inf
    best_values: np.ndarray | None = None
    no_improvement: int = 0

    @classmethod
    def resume(cls, estimator: Any) -> Progress:
        """Return the progress of the last call, or a new one if `early_stopping` has changed since."""
        early_stopping, last_loss = estimator.early_stopping, getattr(estimator, "best_loss_", np.nan)
        if not hasattr(estimator, "best_loss_") or (last_loss is None) != early_stopping:
            return cls(early_stopping)
        resumed = cls(early_stopping, 0, [*estimator.loss_curve_], no_improvement=estimator._no_improvement_count)
        if early_stopping:
            resumed.validation_scores = [*estimator.validation_scores_]
            resumed.best_score = estimator.best_validation_score_
        else:
            resumed.best_loss = last_loss
        return resumed

    def add(self, number: int, loss: float, score: float | None, values: np.ndarray, tol: float) -> None:
        """Add an epoch; NaN counts as an improvement, as comparisons with it are false."""
        self.n_iter = number
        self.loss_curve.append(loss)
        if score is None:
            no_better = loss > self.best_loss - tol
            self.best_loss = min(self.best_loss, loss)
        else:
            self.validation_scores.append(score)
            no_better = score < self.best_score + tol
            if score > self.best_score:
                self.best_score, self.best_values = score, values.copy()
        self.no_improvement = self.no_improvement + 1 if no_better else 0

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that the epochs determine; there is no `loss_` before the first epoch."""
        last_loss = {"loss_": self.loss_curve[-1]} if self.loss_curve else {}
        return last_loss | {
            "n_iter_": self.n_iter,
            "loss_curve_": self.loss_curve,
            "best_loss_": None if self.early_stopping else self.best_loss,
            "validation_scores_": self.validation_scores if self.early_stopping else None,
            "best_validation_score_": self.best_score if self.early_stopping else None,
            "_no_improvement_count": self.no_improvement,
        }
