"""A function and its approximation by a network."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skscratch.displays.drawing import BLUE, GREY, VERMILLION, legend_above, panels


class FunctionDisplay:
    """Plot of a function of one or two inputs, its approximation, and the residual.

    With one input, two curves in one panel, and the residual y_true - y_pred in a panel below with its own scale. With
    two inputs, three maps: function and approximation with the same scale, the residual with its own.

    Parameters
    ----------
    X : array-like of shape (n_samples, 1) or (n_samples, 2)
        Inputs in any order: a grid or scattered points.

    y_true : array-like of shape (n_samples,)
        Values of the function at X.

    y_pred : array-like of shape (n_samples,)
        Values of the approximation at X.

    input_names : sequence of str, default=None
        Names of the inputs; None stands for x, or for x₁ and x₂.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, of shape (2,) or (3,)
        Curves and residual; or function, approximation and residual.
    ax_ : matplotlib Axes
        The first of `axes_`.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : list of matplotlib Line2D
        With one input: function, approximation, residual.
    contours_ : list of matplotlib TriContourSet
        With two inputs: function, approximation, residual.
    rmse_ : float
        The root of the mean squared residual, in the unit of y.

    See Also
    --------
    GridDisplay : The scores of a search.
    sklearn.metrics.PredictionErrorDisplay : Targets and predictions of any regressor.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch import ScratchMLPRegressor
    >>> from skscratch.displays import FunctionDisplay
    >>> X = np.linspace(-1, 1, 400)[:, None]
    >>> y = np.sin(5 * X[:, 0])
    >>> model = ScratchMLPRegressor(max_iter=20, random_state=0).fit(X, y)
    >>> display = FunctionDisplay.from_estimator(model, X, y)
    >>> bool(np.array_equal(display.lines_[0].get_ydata(), y))
    True
    >>> bool(np.isclose(display.rmse_**2, np.mean((y - model.predict(X)) ** 2)))
    True
    """

    def __init__(self, X: Any, y_true: Any, y_pred: Any, *, input_names: Any = None):
        self.X = X
        self.y_true = y_true
        self.y_pred = y_pred
        self.input_names = input_names

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw a function and the predictions of a fitted regressor.

        Parameters
        ----------
        estimator : regressor
            Fitted, on one or two columns.
        X : {array-like, dataframe} of shape (n_samples, 1) or (n_samples, 2)
            Inputs; the names of a frame's columns become the labels of the axes.
        y : array-like of shape (n_samples,)
            Values of the function at X.
        ax : matplotlib Axes, default=None
            Its area is divided among the panels; None makes a figure.
        name : str, default=None
            Label of the approximation.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : FunctionDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator is no regressor.
        """
        check_is_fitted(estimator)
        if not is_regressor(estimator):
            raise TypeError(
                f"estimator must be a regressor, got {type(estimator).__name__}; for a classifier use "
                "scikit-learn's DecisionBoundaryDisplay."
            )
        names = [str(column) for column in getattr(X, "columns", [])] or None
        return cls.from_predictions(X, y, estimator.predict(X), input_names=names, ax=ax, name=name, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: Any,
        y_pred: Any,
        *,
        input_names: Any = None,
        ax: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a function and predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, 1) or (n_samples, 2)
            Inputs.
        y_true : array-like of shape (n_samples,)
            Values of the function at X.
        y_pred : array-like of shape (n_samples,)
            Predictions at X.
        input_names : sequence of str, default=None
            Names of the inputs.
        ax : matplotlib Axes, default=None
            Its area is divided among the panels; None makes a figure.
        name : str, default=None
            Label of the approximation.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : FunctionDisplay
            The display, with the drawn artists as attributes.
        """
        return cls(X, y_true, y_pred, input_names=input_names).plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Its area is divided among the panels; None makes a figure.
        name : str, default=None
            Label of the approximation.
        **kwargs : dict
            Passed to matplotlib's `plot` for the approximation, or to its `tricontourf` for function and
            approximation.

        Returns
        -------
        self : FunctionDisplay
            The display itself.

        Raises
        ------
        ValueError
            If X has not one or two columns of numbers, y has not one number per row, or two columns are on a line.
        """
        X = _numbers(self.X, "X")
        y, p = (_numbers(a, "y", ensure_2d=False) for a in (self.y_true, self.y_pred))
        check_consistent_length(X, y, p)
        if X.shape[1] > 2 or y.ndim > 1 or p.ndim > 1:
            raise ValueError(
                "X must have one or two columns and y_true and y_pred one, got shapes "
                f"{X.shape}, {y.shape} and {p.shape}; fix the other columns, and draw each output in its own display."
            )
        self.rmse_ = float(np.sqrt(np.mean((y - p) ** 2)))
        draw = self._draw_curves if X.shape[1] == 1 else self._draw_maps
        draw(X, y, p, ax, name or "approximation", kwargs)
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def _draw_curves(self, X: np.ndarray, y: np.ndarray, p: np.ndarray, ax: Any, name: str, style: dict) -> None:
        order = np.argsort(X[:, 0], kind="stable")
        x, y, p = X[order, 0], y[order], p[order]
        self.axes_ = panels(self, ax, (7, 4.2), rows=2, sharex=True, height_ratios=[3, 1])[:, 0]
        above, below = self.axes_
        style = {"color": VERMILLION, "linewidth": 1.2, "label": f"{name}, RMS residual {self.rmse_:.2g}", **style}
        self.lines_ = [
            *above.plot(x, y, color=BLUE, linewidth=3, label="function"),
            *above.plot(x, p, **style),
            *below.plot(x, y - p, color=GREY, linewidth=1.2, label="residual"),
        ]
        below.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
        above.set(ylabel="y")
        below.set(xlabel=self._names_of_inputs(1)[0], ylabel="residual")
        legend_above(above)

    def _draw_maps(self, X: np.ndarray, y: np.ndarray, p: np.ndarray, ax: Any, name: str, style: dict) -> None:
        if np.linalg.matrix_rank(X - X[0]) < 2:
            raise ValueError(
                "X must have points that do not all lie on one line if it has two columns, but they do; "
                "pass one column."
            )
        self.axes_ = panels(self, ax, (7, 3.4), columns=3, sharex=True, sharey=True)[0]
        from matplotlib.ticker import MaxNLocator

        ticks, largest = MaxNLocator(15).tick_values, np.abs(y - p).max()
        both = {"levels": ticks(min(y.min(), p.min()), max(y.max(), p.max())), "cmap": "cividis", **style}
        rest = {"levels": ticks(-largest, largest), "cmap": "RdBu_r"}
        titles = ["function", name, f"residual (RMS {self.rmse_:.2g})"]
        self.contours_ = []
        for panel, z, look, title in zip(self.axes_, (y, p, y - p), (both, both, rest), titles, strict=True):
            self.contours_.append(panel.tricontourf(*X.T, z, **look))
            panel.set_title(title, fontsize="medium")
            panel.set_xlabel(self._names_of_inputs(2)[0])
        self.axes_[0].set_ylabel(self._names_of_inputs(2)[1])
        for contours, place, label, n in ((0, self.axes_[:2], "y", 5), (2, self.axes_[2:], "residual", 3)):
            options = {"location": "bottom", "label": label, "ticks": MaxNLocator(n)}
            self.axes_[0].figure.colorbar(self.contours_[contours], ax=place.tolist(), **options)

    def _names_of_inputs(self, d: int) -> list[str]:
        if self.input_names is None:
            return [["x"], ["x₁", "x₂"]][d - 1]
        names = list(self.input_names)
        if len(names) != d:
            raise ValueError(f"input_names must have one name for each of the {d} columns of X, got {names}.")
        return names


def _numbers(a: Any, name: str, **options: Any) -> np.ndarray:
    """Read finite numbers; scikit-learn's error for strings names neither X nor y."""
    try:
        return check_array(a, dtype=float, input_name=name, **options)
    except ValueError as error:
        if "could not convert" not in str(error):
            raise
        raise ValueError(
            f"{name} must hold numbers to be drawn, but it does not ({error}); for a column of categories pass numbers "
            "in its place to from_predictions."
        ) from error
