"""A function and what a network makes of it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skscratch.displays.drawing import BLUE, GREY, VERMILLION, legend_above, panels


class FunctionDisplay:
    """A function of one or two inputs, its approximation, and what is left between them.

    One input gives two curves over each other, and the residual y_true - y_pred below them on its own scale. Two inputs
    give three maps side by side: function and approximation on one scale, the residual on its own.

    Parameters
    ----------
    X : array-like of shape (n_samples, 1) or (n_samples, 2)
        Where the function was looked at, in any order: a grid or scattered points.

    y_true : array-like of shape (n_samples,)
        The function there.

    y_pred : array-like of shape (n_samples,)
        The approximation there.

    input_names : sequence of str, default=None
        What the inputs are called; None stands for x, or for x₁ and x₂.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, of shape (2,) or (3,)
        Curves and residual; or function, approximation and residual.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : list of matplotlib Line2D
        Of one input: function, approximation, residual.
    contours_ : list of matplotlib TriContourSet
        Of two inputs: function, approximation, residual.
    rmse_ : float
        The root of the mean squared residual, in the unit of y.

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
        """Draw what a fitted regressor predicts beside the function.

        Parameters
        ----------
        estimator : regressor
            Fitted, on one or two columns.
        X : {array-like, dataframe} of shape (n_samples, 1) or (n_samples, 2)
            Where to look; a frame's columns name the axes.
        y : array-like of shape (n_samples,)
            The function there.
        ax : matplotlib Axes, default=None
            Its place is divided among the panels; None makes a figure.
        name : str, default=None
            What the approximation is called.
        **kwargs : dict
            Handed on to `plot`.

        Returns
        -------
        display : FunctionDisplay
            With what was drawn in its attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no regressor.
        """
        check_is_fitted(estimator)
        if not is_regressor(estimator):
            raise TypeError(
                f"estimator must be a regressor, got {type(estimator).__name__}; for a classifier there is "
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
        """Draw predictions beside the function.

        Parameters
        ----------
        X : array-like of shape (n_samples, 1) or (n_samples, 2)
            Where they were made.
        y_true : array-like of shape (n_samples,)
            The function there.
        y_pred : array-like of shape (n_samples,)
            The predictions there.
        input_names : sequence of str, default=None
            What the inputs are called.
        ax : matplotlib Axes, default=None
            Its place is divided among the panels; None makes a figure.
        name : str, default=None
            What the approximation is called.
        **kwargs : dict
            Handed on to `plot`.

        Returns
        -------
        display : FunctionDisplay
            With what was drawn in its attributes.
        """
        return cls(X, y_true, y_pred, input_names=input_names).plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Its place is divided among the panels; None makes a figure.
        name : str, default=None
            What the approximation is called.
        **kwargs : dict
            Handed on to matplotlib's `plot` for the approximation, or to its `tricontourf` for function and
            approximation.

        Returns
        -------
        self : FunctionDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there are not one or two inputs and a number for each of their rows, or two inputs lie on a line.
        """
        X = check_array(self.X, dtype=float, input_name="X")
        y, p = (check_array(a, dtype=float, ensure_2d=False, input_name="y") for a in (self.y_true, self.y_pred))
        check_consistent_length(X, y, p)
        if X.shape[1] > 2 or y.ndim > 1 or p.ndim > 1:
            raise ValueError(
                "X must have one or two columns and y_true and y_pred one, got shapes "
                f"{X.shape}, {y.shape} and {p.shape}; hold the other columns fixed, and draw outputs one by one."
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
                "X must have points that do not all lie on one line where it has two columns, got only such; "
                "hand over one column."
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
