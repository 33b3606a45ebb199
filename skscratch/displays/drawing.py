"""Functions that all displays use: colours for colour-blind readers, axes, and legends above them."""

from __future__ import annotations

from typing import Any

import numpy as np

# Four colours of Okabe and Ito (2008, https://jfly.uni-koeln.de/color) with enough contrast to black and to white.
BLUE, VERMILLION, GREEN, PURPLE = COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
GREY = "0.5"


def panels(
    display: object, ax: Any, figsize: tuple[float, float], rows: int = 1, columns: int = 1, **options: Any
) -> np.ndarray:
    """Make axes (rows, columns) in a new figure, or in the area of `ax`, which is returned itself if one is needed.

    Parameters
    ----------
    display : object
        The display, which the error names.
    ax : matplotlib Axes or None
        Where to draw.
    figsize : tuple of float
        Width and height of a new figure, in inches.
    rows, columns : int
        Number of axes in each direction.
    **options
        Passed to matplotlib's `subplots`: sharex, sharey, height_ratios, width_ratios.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError
        If `ax` is neither.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__} needs matplotlib, which could not be imported; run 'pip install matplotlib'."
        ) from error
    if ax is None:
        return pyplot.subplots(rows, columns, figsize=figsize, layout="constrained", squeeze=False, **options)[1]
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be a matplotlib Axes or None, got {ax!r}; matplotlib.pyplot.subplots makes one.")
    if rows == columns == 1:
        return np.array([[ax]])
    ax.set_axis_off()
    ratios = {name: options.pop(name) for name in ("height_ratios", "width_ratios") if name in options}
    bounds = dict(zip(("left", "bottom", "right", "top"), ax.get_position().extents, strict=True))
    area = ax.get_subplotspec() or ax.figure.add_gridspec(1, 1, **bounds)[0]
    return area.subgridspec(rows, columns, **ratios).subplots(squeeze=False, **options)


def legend_above(ax: Any) -> None:
    """Draw a legend above the axes, in as many columns as fit."""
    width = 1.1 * ax.get_window_extent().width  # the final layout makes the axes wider
    for columns in range(len(ax.get_legend_handles_labels()[1]), 0, -1):
        style = {"frameon": False, "borderaxespad": 0.2, "columnspacing": 1.5}
        legend = ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, **style)
        if legend.get_window_extent().width <= width:
            return


def ink_on(colour: Any) -> str:
    """Return black or white: the one with the greater contrast to an RGB colour (WCAG 2.2, relative luminance)."""
    rgb = np.array(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return "black" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "white"


def weight_colours() -> Any:
    """Return a colour map from blue (negative) through transparent (zero) to vermillion (positive)."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    ends = [to_rgba(BLUE, 1), to_rgba(BLUE, 0), to_rgba(VERMILLION, 0), to_rgba(VERMILLION, 1)]
    return LinearSegmentedColormap.from_list("weights", list(zip([0, 0.5, 0.5, 1], ends, strict=True)))


def whole_numbers(axis: Any) -> None:
    """Put ticks at integers only; those of a logarithmic axis, or set by the user, are not changed."""
    from matplotlib.ticker import MaxNLocator

    if isinstance(axis.get_major_locator(), MaxNLocator):
        axis.get_major_locator().set_params(integer=True)
