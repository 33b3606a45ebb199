"""The layers of a network and the weights between them."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skscratch.displays.drawing import GREY, panels, weight_colours, whole_numbers

# A network with a wider layer is drawn as heat maps: circles and lines could not be distinguished.
MAX_WIDTH = 16


class NetworkDisplay:
    """Plot of a network: columns of circles and a line for each weight, or a heat map for each layer if it is wide.

    Negative weights are blue, positive weights are vermillion; weights near zero are faint.

    Parameters
    ----------
    weights : sequence of array-like of shape (fan_in, fan_out)
        The weights of each dense layer, from the input on.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One, or one for each dense layer.
    ax_ : matplotlib Axes
        The first of `axes_`.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    edges_ : list of matplotlib LineCollection
        The lines of each dense layer, in the order of the raveled weights; empty with heat maps.
    nodes_ : list of matplotlib PathCollection
        The circles of each column; empty with heat maps.
    images_ : list of matplotlib AxesImage
        The heat map of each dense layer, with a row for each input; empty with circles.
    colorbar_ : matplotlib Colorbar
        The scale of the weights.

    See Also
    --------
    GradientFlowDisplay : Gradients and activations over the epochs.
    FunctionDisplay : The function that the network computes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skscratch import ScratchMLPClassifier
    >>> from skscratch.displays import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = ScratchMLPClassifier([6, 5], numeric_embedding=None, max_iter=8, random_state=0).fit(X, y)
    >>> display = NetworkDisplay.from_estimator(model)
    >>> [len(nodes.get_offsets()) for nodes in display.nodes_]
    [4, 6, 5, 3]
    """

    def __init__(self, weights: Any):
        self.weights = weights

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, member: int = 0, ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw a member of a fitted estimator of this package, of `skscratch.compat` or of `sklearn.neural_network`.

        The first layer shown is the input of the first dense layer: the encoded and embedded columns.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, with `coefs_`.
        member : int, default=0
            Number of the member.
        ax : matplotlib Axes, default=None
            Axes to draw on, whose area is divided among heat maps; None makes a figure.
        name : str, default=None
            The title.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : NetworkDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no `coefs_`.
        ValueError
            If the estimator has no such member.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "coefs_"):
            raise TypeError(
                f"estimator must have coefs_, as networks do, got {type(estimator).__name__}; for a search pass "
                "best_estimator_, for a pipeline its last step."
            )
        members = [np.reshape(W, (-1, *np.shape(W)[-2:])) for W in estimator.coefs_]
        if not (isinstance(member, Integral) and 0 <= member < len(members[0])):
            raise ValueError(f"member must be an integer from 0 to {len(members[0]) - 1}, got {member!r}.")
        return cls([W[member] for W in members]).plot(ax, name=name, **kwargs)

    def plot(
        self, ax: Any = None, *, name: str | None = None, kind: Literal["auto", "graph", "heatmap"] = "auto"
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, whose area is divided among heat maps; None makes a figure.
        name : str, default=None
            The title.
        kind : {"auto", "graph", "heatmap"}, default="auto"
            Circles and lines, or heat maps; "auto" draws circles if no layer is wider than 16.

        Returns
        -------
        self : NetworkDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `kind` is not one of these.
        """
        if kind not in ("auto", "graph", "heatmap"):
            raise ValueError(f"kind must be 'auto', 'graph' or 'heatmap', got {kind!r}.")
        weights = [np.asarray(W, float) for W in self.weights]
        names = ["inputs", *(f"layer {i}" for i in range(1, len(weights))), "output"]
        widest = max(len(weights[0]), *(W.shape[1] for W in weights))
        graph = kind == "graph" or (kind == "auto" and widest <= MAX_WIDTH)
        self.axes_ = panels(self, ax, (7, 4 if graph else 3.4), columns=1 if graph else len(weights))[0]
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        largest = max((np.abs(W).max() for W in weights if W.size), default=0) or 1
        scale = ScalarMappable(Normalize(-largest, largest), weight_colours())
        self.edges_: list[Any] = []
        self.nodes_: list[Any] = []
        self.images_: list[Any] = []
        (self._draw_graph if graph else self._draw_heat_maps)(weights, names, scale)
        self.colorbar_ = self.figure_.colorbar(scale, ax=self.axes_.tolist(), label="weight")
        if name is not None:
            self.ax_.set_title(name, loc="left")
        return self

    def _draw_graph(self, weights: list[np.ndarray], names: list[str], scale: Any) -> None:
        """Draw columns of circles from left to right, and a line for each weight."""
        from matplotlib.collections import LineCollection

        widths = [len(weights[0]), *(W.shape[1] for W in weights)]
        places = [np.column_stack([np.full(n, i), (n - 1) / 2 - np.arange(n)]) for i, n in enumerate(widths)]
        for W, left, right in zip(weights, places[:-1], places[1:], strict=True):
            w = W.ravel()
            ends = np.stack([np.repeat(left, len(right), axis=0), np.tile(right, (len(left), 1))], axis=1)
            look = {"colors": scale.to_rgba(w), "linewidths": 0.5 + 2 * np.abs(w) / scale.norm.vmax, "zorder": 1}
            self.edges_.append(self.ax_.add_collection(LineCollection(list(ends), **look)))
        self.nodes_ = [self.ax_.scatter(*place.T, s=90, color=GREY, zorder=2) for place in places]
        self.ax_.set_xticks(range(len(widths)), [f"{name} ({n})" for name, n in zip(names, widths, strict=True)])
        self.ax_.set_yticks([])
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.ax_.set(xlim=(-0.3, len(widths) - 0.7), ylim=(-max(widths) / 2, max(widths) / 2))

    def _draw_heat_maps(self, weights: list[np.ndarray], names: list[str], scale: Any) -> None:
        """Draw a heat map for each dense layer, all with the same scale."""
        for ax, W, left, right in zip(self.axes_, weights, names[:-1], names[1:], strict=True):
            self.images_.append(ax.imshow(W, cmap=scale.cmap, norm=scale.norm, aspect="auto", interpolation="nearest"))
            ax.set(xlabel=f"{right} (unit)", ylabel=f"{left} (unit)")
            whole_numbers(ax.xaxis)
            whole_numbers(ax.yaxis)
