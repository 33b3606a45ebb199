"""The regressor: numbers as targets and predictions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from skscratch.core.losses import Loss
from skscratch.estimators import builders, docstrings, table
from skscratch.estimators.base import BaseScratchMLP, is_stochastic
from skscratch.estimators.hyperparameters import store
from skscratch.tabular.target_facts import Moments
from skscratch.tabular.target_reading import read_numbers
from skscratch.tabular.targets import RegressionTarget


@docstrings.document(docstrings.REGRESSOR, table.REGRESSOR)
class ScratchMLPRegressor(RegressorMixin, BaseScratchMLP):
    _hyperparameters: ClassVar = table.REGRESSOR

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=None,
        activation="relu",
        *,
        quantile=None,
        width=None,
        depth=None,
        n_estimators=8,
        solver="adam",
        alpha=0.0,
        dropout=0.0,
        clip_norm=None,
        learning_rate="flat_cosine",
        learning_rate_init=None,
        power_t=0.5,
        batch_size="auto",
        max_iter="auto",
        max_time=None,
        shuffle=True,
        tol=1e-4,
        n_iter_no_change="auto",
        max_fun=15000,
        early_stopping="auto",
        validation_fraction=0.1,
        scoring=None,
        init="ntk",
        scaling="robust",
        categorical_features="from_dtype",
        numeric_embedding="piecewise",
        beta_1=0.9,
        beta_2=0.95,
        epsilon=1e-6,
        momentum=0.9,
        nesterovs_momentum=True,
        warm_start=False,
        random_state=None,
        verbose=False,
        dtype="auto",
    ):
        store(self, locals())

    def partial_fit(self, X, y, sample_weight=None):
        return self._partial_fit(X, y, sample_weight)

    partial_fit.__doc__ = docstrings.PARTIAL_FIT_REGRESSOR
    partial_fit = available_if(is_stochastic)(partial_fit)

    def predict(self, X: Any) -> np.ndarray:
        """Predict targets: the mean over all members.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows with the columns of fit.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the units of the training targets; clipped to their range, unless the loss is "poisson", "gamma" or
            "cosine".
        """
        mean = self._from_raw_scores(lambda z: self._loss.predict(z).mean(axis=0), X)
        return self._target.decode(mean)

    def predict_members(self, X: Any) -> np.ndarray:
        """Predict targets with each member.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows with the columns of fit.

        Returns
        -------
        y : ndarray of shape (n_estimators, n_samples) or (n_estimators, n_samples, n_outputs)
            In the units of the training targets, each clipped like `predict`. Without clipping, `predict` is their
            mean over the first axis. A small spread means that the members agree.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from skscratch import ScratchMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = ScratchMLPRegressor(n_estimators=5, max_iter=4, random_state=0).fit(X, y)
        >>> model.predict_members(X).shape
        (5, 442)
        """
        members = self._from_raw_scores(lambda z: self._loss.predict(z), X, axis=1)
        return np.stack([self._target.decode(p) for p in members])

    def _read_target(self, y: Any) -> np.ndarray:
        numbers, vector = read_numbers(y)
        builders.regression_loss(self).check_target(numbers)
        return numbers[:, 0] if vector else numbers

    def _target_facts(self, y: np.ndarray, w: np.ndarray | None) -> Moments:
        seen = slice(None) if w is None else w > 0
        return Moments.of(y[seen], None if w is None else w[seen])

    def _learn_target(self, facts: Moments, classes: Any) -> tuple[RegressionTarget, Loss]:
        loss = builders.regression_loss(self)
        return RegressionTarget.fit(facts, invariance=loss.invariance), loss

    def _weigh(self, target: RegressionTarget, y: np.ndarray, w: np.ndarray | None, mass: Any) -> np.ndarray | None:
        return w

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
