"""Scores of a search over two parameters."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skscratch.displays.drawing import VERMILLION, ink_on, panels

UNITS = {"width": "width (units per hidden layer)", "depth": "depth (hidden layers)"}


class GridDisplay:
    """Heat map of scores over two parameters, with the time of a fit in each cell.

    Parameters
    ----------
    scores : array-like of shape (n_rows, n_columns)
        Mean score of each pair of values, NaN if the search did not try it.

    fit_times : array-like of shape (n_rows, n_columns)
        Mean time of a fit, in seconds.

    x_values, y_values : sequences of length n_columns and n_rows
        The values of the two parameters.

    x_name, y_name : str
        Names of the two parameters.

    score_name : str, default="score"
        Name of the scores.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the heat map.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    image_ : matplotlib AxesImage
        The heat map.
    texts_ : ndarray of shape (n_rows, n_columns)
        The text of each cell, None in an empty cell.
    best_ : matplotlib Rectangle
        The frame around the largest score, or the first of several.
    colorbar_ : matplotlib Colorbar
        The scale of the scores.

    See Also
    --------
    LossCurveDisplay : The losses of a single fit.
    sklearn.model_selection.ValidationCurveDisplay : The scores of one parameter.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skscratch import ScratchMLPClassifier
    >>> from skscratch.displays import GridDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"width": [4, 16], "depth": [1, 2, 3]}
    >>> search = GridSearchCV(ScratchMLPClassifier(max_iter=4, random_state=0), grid, cv=2).fit(X, y)
    >>> display = GridDisplay.from_estimator(search)
    >>> display.scores.shape, display.x_values, display.y_values
    ((3, 2), [4, 16], [1, 2, 3])
    >>> bool(display.scores.max() == search.best_score_)
    True
    """

    def __init__(
        self,
        scores: Any,
        fit_times: Any,
        *,
        x_values: Any,
        y_values: Any,
        x_name: str,
        y_name: str,
        score_name: str = "score",
    ):
        self.scores = scores
        self.fit_times = fit_times
        self.x_values = x_values
        self.y_values = y_values
        self.x_name = x_name
        self.y_name = y_name
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        x: str | None = None,
        y: str | None = None,
        metric: str | None = None,
        score_name: str | None = None,
        ax: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a fitted search.

        If other parameters were searched as well, a cell shows the best of its candidates and the time of its fit.

        Parameters
        ----------
        search : GridSearchCV or RandomizedSearchCV
            A fitted search over at least two parameters.
        x, y : str, default=None
            Names of the parameters on the axes; None chooses width and depth if they were searched (also those of a
            step of a pipeline), and otherwise the first of the other parameters.
        metric : str, default=None
            The metric, in a search with several; None is that of `refit`.
        score_name : str, default=None
            Name of the score; None uses the name of the metric in the search.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the title.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : GridDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        TypeError
            If `search` is no search.
        ValueError
            If the search has no such parameters or metric.
        """
        check_is_fitted(search)
        if not hasattr(search, "cv_results_"):
            raise TypeError(
                f"search must be a fitted GridSearchCV or RandomizedSearchCV, got {type(search).__name__}, which has "
                "no cv_results_; pass a fitted search."
            )
        results = search.cv_results_
        metrics = [key.removeprefix("mean_test_") for key in results if key.startswith("mean_test_")]
        chosen = metric or ("score" if "score" in metrics else search.refit)
        if chosen not in metrics:
            raise ValueError(f"metric must be one of {metrics}, got {metric!r}, where refit={search.refit!r}.")
        mean = f"mean_test_{chosen}"
        x, y = _two_parameters([key.removeprefix("param_") for key in results if key.startswith("param_")], x, y)
        tried = [i for i in np.argsort(results[mean]) if not np.isnan(results[mean][i])]  # the best comes last
        tried = [i for i in tried if {x, y} <= set(results["params"][i])]
        x_values, columns = _positions([results["params"][i][x] for i in tried])
        y_values, rows = _positions([results["params"][i][y] for i in tried])
        scores = np.full((len(y_values), len(x_values)), np.nan)
        fit_times = scores.copy()
        scores[rows, columns], fit_times[rows, columns] = results[mean][tried], results["mean_fit_time"][tried]
        display = cls(
            scores,
            fit_times,
            x_values=x_values,
            y_values=y_values,
            x_name=_axis_name(x),
            y_name=_axis_name(y),
            score_name=f"mean {score_name or _score_name(search, chosen)}",
        )
        return display.plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the title.
        **kwargs : dict
            Passed to matplotlib's `imshow`, for instance cmap, vmin, vmax.

        Returns
        -------
        self : GridDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no score to draw.
        """
        scores, fit_times = np.asarray(self.scores, float), np.asarray(self.fit_times, float)
        if np.isnan(scores).all():
            raise ValueError("scores must have at least one number in it, got none; error_score='raise' shows why.")
        rows, columns = scores.shape
        width = np.clip(1.1 * columns + 2.2, 4.5, max(7, 0.6 * columns + 1.5))
        ax = panels(self, ax, (width, max(3, 0.6 * rows + 1.2)))[0, 0]
        self.ax_, self.figure_ = ax, ax.figure
        self.image_ = ax.imshow(scores, **{"cmap": "cividis", "origin": "lower", "aspect": "auto", **kwargs})
        prefix = "" if name is None else f"{name}: "
        digits = int(np.clip(2 - np.floor(np.log10(np.nanmax(np.abs(scores)) or 1)), 0, 6))
        self.texts_ = np.full(scores.shape, None)
        for (row, column), score in np.ndenumerate(scores):
            if not np.isnan(score):
                colour = ink_on(self.image_.cmap(self.image_.norm(score)))
                text = f"{score:.{digits}f}\n{_seconds(fit_times[row, column])}"
                self.texts_[row, column] = ax.text(column, row, text, color=colour, ha="center", va="center")
        self._frame_the_best(scores)
        ax.set_xticks(range(columns), [str(value) for value in self.x_values])
        ax.set_yticks(range(rows), [str(value) for value in self.y_values])
        ax.set(xlabel=self.x_name, ylabel=self.y_name, title=f"{prefix}{self.score_name}, and time of a fit")
        self.colorbar_ = self.figure_.colorbar(self.image_, ax=ax, label=self.score_name)
        return self

    def _frame_the_best(self, scores: np.ndarray) -> None:
        from matplotlib.patches import Rectangle

        row, column = np.unravel_index(np.nanargmax(scores), scores.shape)
        corner = (column - 0.46, row - 0.46)
        self.best_ = self.ax_.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=VERMILLION, linewidth=2.5))


def _two_parameters(names: list[str], x: str | None, y: str | None) -> tuple[str, str]:
    """Return the names of the two parameters: those given, else width and depth, else the first ones."""
    if not {x, y} <= {None, *names}:
        raise ValueError(f"x and y must be among the searched parameters {names}, got x={x!r} and y={y!r}.")
    others = [name for name in names if name not in (x, y)]
    others.sort(key=lambda name: [*UNITS, _short(name)].index(_short(name)))
    x, y = x or (others.pop(0) if others else None), y or (others.pop(0) if others else None)
    if x is None or y is None or x == y:
        raise ValueError(
            f"x and y must be two searched parameters, got x={x!r} and y={y!r} of {names}; for one parameter use "
            "scikit-learn's ValidationCurveDisplay."
        )
    return x, y


def _short(name: str) -> str:
    """Return the name of a parameter without the names of pipeline steps before it."""
    return name.rpartition("__")[2]


def _axis_name(name: str) -> str:
    return UNITS.get(_short(name), _short(name))


def _positions(values: Any) -> tuple[list, list[int]]:
    """Return the distinct values, sorted if possible, and the position of each candidate's value among them."""
    distinct = list({repr(value): value for value in values}.values())
    try:
        distinct.sort()
    except TypeError:  # None and a number have no order
        pass
    positions = {repr(value): i for i, value in enumerate(distinct)}
    return distinct, [positions[repr(value)] for value in values]


def _score_name(search: Any, metric: str) -> str:
    """Return the name of the score that the search maximised."""
    if metric != "score":
        return metric.replace("_", " ")
    if isinstance(search.scoring, str):
        return search.scoring.replace("_", " ")
    if search.scoring is None:
        return "accuracy" if is_classifier(search) else "R²"
    return "score"


def _seconds(time: Any) -> str:
    return f"{time:.2f} s" if time < 10 else f"{time:,.0f} s"
