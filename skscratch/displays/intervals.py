"""Prediction intervals of rows, and the targets inside and outside of them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skscratch.displays.drawing import BLUE, GREY, VERMILLION, legend_above, panels


class IntervalDisplay:
    """Plot of prediction intervals as vertical lines over the predictions, with the targets as points.

    Targets outside of their interval have another colour. The dashed line is where target and prediction are equal.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Targets.

    y_pred : array-like of shape (n_samples,)
        Predictions.

    bounds : array-like of shape (n_samples, 2)
        Lower and upper bounds.

    Attributes
    ----------
    coverage_ : float
        Share of the targets inside, bounds included.
    ax_ : matplotlib Axes
        The axes of the plot.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    interval_lines_ : matplotlib LineCollection
        The intervals.
    points_ : list of matplotlib PathCollection
        Targets inside, and targets outside.
    line_ : matplotlib Line2D
        Where target and prediction are equal.

    See Also
    --------
    ImportanceDisplay : Importances of columns.
    sklearn.calibration.CalibrationDisplay : Whether probabilities are right.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skscratch import ScratchMLPRegressor
    >>> from skscratch.displays import IntervalDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ScratchMLPRegressor(max_iter=8, random_state=0).fit(X[:300], y[:300])
    >>> display = IntervalDisplay.from_estimator(model, X[300:], y[300:], alpha=0.2)
    >>> display.ax_.get_xlabel(), bool(0.7 < display.coverage_ < 0.9)
    ('prediction', True)
    """

    def __init__(self, y_true: Any, y_pred: Any, bounds: Any):
        self.y_true = y_true
        self.y_pred = y_pred
        self.bounds = bounds

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, alpha: float = 0.1, ax: Any = None, name: str | None = None,
        **kwargs: Any,
    ) -> Self:  # fmt: skip
        """Predict intervals for rows that were not used in training, and draw them.

        Parameters
        ----------
        estimator : ScratchMLPRegressor
            Fitted to targets of one output, with validation rows.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows; some hundreds can be distinguished in the plot.
        y : array-like of shape (n_samples,)
            Their targets.
        alpha : float in (0, 1), default=0.1
            Share of rows that may be outside.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the labels in the legend.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : IntervalDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no intervals.
        ValueError
            If the target has several outputs, or there were no validation rows.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "predict_interval"):
            raise TypeError(
                f"estimator must have predict_interval, as a ScratchMLPRegressor, got {type(estimator).__name__}; for "
                "intervals of other estimators pass y_true, y_pred and bounds to IntervalDisplay."
            )
        display = cls(np.asarray(y), estimator.predict(X), estimator.predict_interval(X, alpha))
        return display.plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the labels in the legend.
        **kwargs : dict
            Passed to matplotlib's `vlines` for the intervals, for instance color, linewidth.

        Returns
        -------
        self : IntervalDisplay
            The display itself.

        Raises
        ------
        ValueError
            If shapes differ, or the targets have several outputs.
        """
        y, p, bounds = (np.asarray(values, float) for values in (self.y_true, self.y_pred, self.bounds))
        check_consistent_length(y, p, bounds)
        if y.ndim != 1 or p.ndim != 1 or bounds.shape != (len(y), 2):
            raise ValueError(
                f"y_true and y_pred must have shape (n,) and bounds (n, 2), got {y.shape}, {p.shape} and "
                f"{bounds.shape}; draw each output by itself."
            )
        inside = (bounds[:, 0] <= y) & (y <= bounds[:, 1])
        self.coverage_ = float(inside.mean())
        self.ax_ = panels(self, ax, (7, 4))[0, 0]
        self.figure_ = self.ax_.figure
        prefix = "" if name is None else f"{name}: "
        style = {"color": GREY, "linewidth": 1, "alpha": 0.5, "label": f"{prefix}interval", **kwargs}
        self.interval_lines_ = self.ax_.vlines(p, *bounds.T, **style)
        groups = [(inside, BLUE, "inside"), (~inside, VERMILLION, "outside")]
        self.points_ = [
            self.ax_.scatter(p[rows], y[rows], s=9, color=colour, zorder=3, label=f"{prefix}{text} ({rows.mean():.0%})")
            for rows, colour, text in groups
        ]
        self.line_ = self.ax_.axline((p[0], p[0]), slope=1, color="black", linewidth=1, linestyle="--")
        self.ax_.set(xlabel="prediction", ylabel="target")
        legend_above(self.ax_)
        return self
