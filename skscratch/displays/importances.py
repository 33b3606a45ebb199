"""Importances of the columns of X as bars."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skscratch.displays.drawing import BLUE, panels

BAR_HEIGHT = 0.28  # inches


class ImportanceDisplay:
    """Bar plot of the importances of columns, the largest at the top.

    Parameters
    ----------
    importances : array-like of shape (n_features,)
        A number for each column.

    feature_names : array-like of shape (n_features,)
        Their names.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the plot.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    bars_ : matplotlib BarContainer
        The bars, from the smallest that is drawn to the largest.

    See Also
    --------
    IntervalDisplay : Intervals of predictions.
    sklearn.inspection.permutation_importance : What a column adds to a score.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skscratch import ScratchMLPClassifier
    >>> from skscratch.displays import ImportanceDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = ScratchMLPClassifier(max_iter=8, random_state=0).fit(X, y)
    >>> display = ImportanceDisplay.from_estimator(model)
    >>> len(display.bars_), display.ax_.get_xlabel()
    (4, 'importance (share of 1)')
    """

    def __init__(self, importances: Any, feature_names: Any):
        self.importances = importances
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, max_features: int = 20, ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw `feature_importances_` of a fitted estimator, such as one of this package, or a forest.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, with `feature_importances_`.
        max_features : int, default=20
            Maximum number of bars.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Title.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : ImportanceDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no importances, as a pipeline or a search.
        AttributeError
            If it cannot compute them, as after `partial_fit`.
        """
        check_is_fitted(estimator)
        if not any(hasattr(owner, "feature_importances_") for owner in (estimator, type(estimator))):
            raise TypeError(
                f"estimator must have feature_importances_, as a ScratchMLPRegressor, got {type(estimator).__name__}; "
                "of a pipeline pass its last step, pipeline[-1], and of a search its best_estimator_."
            )
        importances = estimator.feature_importances_
        names = getattr(estimator, "feature_names_in_", [f"x{j}" for j in range(len(importances))])
        return cls(importances, names).plot(ax, max_features=max_features, name=name, **kwargs)

    def plot(self, ax: Any = None, *, max_features: int = 20, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        max_features : int, default=20
            Maximum number of bars.
        name : str, default=None
            Title.
        **kwargs : dict
            Passed to matplotlib's `barh`, for instance color.

        Returns
        -------
        self : ImportanceDisplay
            The display itself.
        """
        values = np.asarray(self.importances, float)
        chosen = np.argsort(values, kind="stable")[-max_features:]
        self.ax_ = panels(self, ax, (7, 1 + BAR_HEIGHT * len(chosen)))[0, 0]
        self.figure_ = self.ax_.figure
        self.bars_ = self.ax_.barh(range(len(chosen)), values[chosen], **{"color": BLUE, **kwargs})
        self.ax_.set_yticks(range(len(chosen)), [str(self.feature_names[j]) for j in chosen])
        self.ax_.set(xlabel="importance (share of 1)", title=name or "")
        return self
