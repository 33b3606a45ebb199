"""The regressor: numbers as targets and predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from skscratch.core.inverse_links import InverseIncrements
from skscratch.core.losses import Loss
from skscratch.estimators import builders, docstrings, table
from skscratch.estimators.base import BaseScratchMLP, is_stochastic
from skscratch.estimators.conformal import intervals
from skscratch.estimators.hyperparameters import store
from skscratch.estimators.out_of_fold import OutOfFold
from skscratch.tabular.target_facts import Moments
from skscratch.tabular.target_reading import check_numbers, read_numbers
from skscratch.tabular.targets import RegressionTarget
from skscratch.tabular.weights import check_weights


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
        max_categories=100,
        min_frequency=2,
        monotonic_cst=None,
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

    def fit_statistics(self, X, y, sample_weight=None):
        return self._fit_statistics(X, y, sample_weight)

    fit_statistics.__doc__ = docstrings.FIT_STATISTICS_REGRESSOR
    fit_statistics = available_if(is_stochastic)(fit_statistics)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict targets: the mean over all members.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        return_std : bool, default=False
            Whether to return the standard deviation of the members' predictions, too. It shows how far the members
            disagree, not how far targets are from predictions: noise is not in it, and it is usually smaller than the
            error. `predict_interval` contains a given share of the targets.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_quantiles)
            In the units of the training targets; clipped to their range, unless the loss is "poisson", "gamma" or
            "cosine".

        std : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Only if `return_std`: in the units of the training targets, of predictions that are not clipped.

        Raises
        ------
        ValueError
            If `return_std` is True for a single member or several quantiles.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from skscratch import ScratchMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = ScratchMLPRegressor(max_iter=4, random_state=0).fit(X, y)
        >>> prediction, std = model.predict(X, return_std=True)
        >>> prediction.shape, std.shape
        ((442,), (442,))
        """
        if return_std:
            both = self._mean_and_std(X)
            return both[:, 0], both[:, 1]
        mean = self._from_raw_scores(lambda z: self._loss.predict(z).mean(axis=0), X)
        return self._target.decode(mean)

    def _mean_and_std(self, X: Any) -> np.ndarray:
        """Compute mean and standard deviation over all members, of shape (n, 2) or (n, 2, o)."""
        k = len(self._fitted_model().parameters.values)
        if k == 1 or self._levels is not None:
            given = "one member" if self._levels is None else f"the quantiles {self._levels}"
            raise ValueError(
                f"return_std must be False for a model of {given}: it is the standard deviation of one prediction over "
                "several members, see n_estimators."
            )
        mean, std = self._from_raw_scores(lambda z: _over_members(self._loss.predict(z)), X, axis=1)
        return np.stack([self._target.decode(mean), self._target.decode_difference(std)], axis=1)

    def predict_members(self, X: Any) -> np.ndarray:
        """Predict targets with each member.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

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

    def predict_interval(self, X: Any, alpha: float = 0.1) -> np.ndarray:
        """Predict intervals that contain about a share 1 - alpha of the targets of new rows.

        A member accepts all numbers whose distance from its prediction is at most a quantile of the absolute residuals
        of rows that were left out of training. The interval has what more than half of the members accept. If new rows
        come from the distribution of the training rows, a member accepts a share 1 - alpha of their targets (split
        conformal prediction), so at least a share 1 - 2 alpha is inside, and usually about 1 - alpha. This holds for
        all rows together, not for each kind of row, and only approximately: all members have one quantile, and
        validation rows chose their epochs. Weights of rows are not used.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows with the columns of fit.

        alpha : float in (0, 1), default=0.1
            Share of rows that may be outside.

        Returns
        -------
        bounds : ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper bounds in the units of the training targets, not clipped; with several outputs for each of
            them by itself.

        Raises
        ------
        ValueError
            If the last fit had no validation rows, or too few for this alpha.

        References
        ----------
        Gasparin and Ramdas, "Merging uncertainty sets via majority vote", 2024, arXiv:2401.09379.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from skscratch import ScratchMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = ScratchMLPRegressor(max_iter=8, random_state=0).fit(X[:300], y[:300])
        >>> lower, upper = model.predict_interval(X[300:], alpha=0.2).T
        >>> bool(0.7 < ((lower <= y[300:]) & (y[300:] <= upper)).mean() < 0.9)
        True
        """
        left_out, target = self._left_out_rows(), self._target
        if self._levels is not None:
            raise ValueError(
                f"quantile must be one number for predict_interval, got {self._levels}: the columns of predict are "
                "bounds already."
            )
        with np.errstate(over="ignore"):  # an infinite residual makes an interval of all numbers
            residuals = np.abs(target.numbers(left_out.y) - self._numbers(left_out.outputs))
            residuals = residuals + left_out.rounding * target.scale
        centres = np.stack([self._numbers(p) for p in self._means_without(left_out, X)])
        bounds = [intervals(c, r, alpha) for c, r in zip(np.moveaxis(centres, 2, 0), residuals.T, strict=True)]
        return bounds[0] if target.vector else np.stack(bounds, axis=1)

    @property
    def oof_prediction_(self) -> np.ndarray | None:
        """Predictions of the rows of X by the members that left them out of training; NaN where none did."""
        return self._of_left_out(lambda left_out: left_out.spread(self._target.decode(left_out.outputs)))

    @property
    def oof_score_(self) -> float | None:
        """R2 of the out-of-fold predictions, plus the estimated gain of all members; None of less than two rows."""
        return self._of_left_out(self._score_left_out)

    def _score_left_out(self, left_out: OutOfFold) -> float | None:
        y, p = self._target.numbers(left_out.y), self._numbers(left_out.outputs)
        if len(y) == 1:
            return None  # R2 and D2 compare with the variation of y
        if self._levels is not None:
            return self._score(y, p)
        score, variance = self._score(*_of_size_one(y, p)), left_out.y.var(axis=0, dtype=np.float64)
        if left_out.gain is None:
            return score
        gain = np.divide(left_out.gain, variance, out=np.zeros_like(variance), where=variance > 0)
        return min(score + float(gain.mean()), 1.0)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2 of `predict`, or for several quantiles the mean of D2 of their pinball losses.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows.

        Returns
        -------
        score : float
            At most 1; 0 for a prediction by a constant, the mean or the quantile of y.
        """
        y, prediction = check_numbers(y), self.predict(X)
        return self._score(y, prediction, check_weights(sample_weight, len(prediction)))

    def _score(self, y: Any, prediction: np.ndarray, sample_weight: Any = None) -> float:
        # not above: they take longer to import than all of this package
        from sklearn.metrics import d2_pinball_score, r2_score

        if self._levels is None:
            return float(r2_score(y, prediction, sample_weight=sample_weight))
        columns = zip(self._levels, prediction.T, strict=True)
        scores = [d2_pinball_score(y, column, alpha=q, sample_weight=sample_weight) for q, column in columns]
        return float(np.mean(scores))

    @property
    def _levels(self) -> tuple[float, ...] | None:
        """The quantiles that are predicted, if they are several."""
        quantile = getattr(self._loss, "quantile", None)
        return quantile if isinstance(quantile, tuple) else None

    def _prediction_gradients(self, gradients: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        gradients = gradients * self._target.slopes(outputs)[:, None]
        return gradients[..., 0] if self._target.vector else gradients

    def _numbers(self, outputs: np.ndarray) -> np.ndarray:
        """Decode outputs (n, o) of networks as predictions, also with a single output of shape (n, o)."""
        return self._target.decode(outputs).reshape(outputs.shape)

    def _read_target(self, y: Any) -> np.ndarray:
        numbers, vector = read_numbers(y)
        builders.regression_loss(self).check_target(numbers)
        return numbers[:, 0] if vector else numbers

    def _target_facts(self, y: np.ndarray, w: np.ndarray | None) -> Moments:
        seen = slice(None) if w is None else w > 0
        return Moments.of(y[seen], None if w is None else w[seen])

    def _learn_target(self, facts: Moments, classes: Any) -> tuple[RegressionTarget, Loss]:
        loss = builders.regression_loss(self)
        target = RegressionTarget.fit(facts, invariance=loss.invariance)
        one_column_each = isinstance(loss.inverse_link, InverseIncrements)
        return replace(target, vector=target.vector and not one_column_each), loss

    def _weigh(self, target: RegressionTarget, y: np.ndarray, w: np.ndarray | None, mass: Any) -> np.ndarray | None:
        return w

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _over_members(p: np.ndarray) -> np.ndarray:
    """Compute mean and standard deviation (2, n, o) of p (k, n, o) over the members."""
    with np.errstate(over="ignore"):
        return np.stack([p.mean(axis=0), p.std(axis=0)])


def _of_size_one(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide both by the largest absolute value of each column, since squares of large numbers would overflow."""
    peak = np.abs([y, p]).max(axis=(0, 1))
    peak[peak == 0] = 1
    return y / peak, p / peak
