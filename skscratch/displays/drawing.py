"""What the displays share: colours that everyone can tell apart, axes, and legends that no line crosses."""

from __future__ import annotations

from typing import Any

import numpy as np

# Four colours of Okabe and Ito (2008, https://jfly.uni-koeln.de/color), those that stand out from black and from white.
BLUE, VERMILLION, GREEN, PURPLE = COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
GREY = "0.5"


def panels(
    display: object, ax: Any, figsize: tuple[float, float], rows: int = 1, columns: int = 1, **options: Any
) -> np.ndarray:
    """Axes (rows, columns): of a new figure, or in the place of `ax`, which is itself the only one if one is asked for.

    Parameters
    ----------
    display : object
        Who asks, for the error's sake.
    ax : matplotlib Axes or None
        Where to draw.
    figsize : tuple of float
        Width and height of a new figure, in inches.
    rows, columns : int
        How many axes.
    **options
        For matplotlib's `subplots`: sharex, sharey, height_ratios, width_ratios.

    Raises
    ------
    ImportError
        If there is no matplotlib.
    TypeError
        If `ax` is something else.
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
    place = ax.get_subplotspec() or ax.figure.add_gridspec(1, 1, **bounds)[0]
    return place.subgridspec(rows, columns, **ratios).subplots(squeeze=False, **options)


def legend_above(ax: Any) -> None:
    """A legend over the axes, in as many columns as there is room for."""
    room = 1.1 * ax.get_window_extent().width  # a layout that is still to come makes the axes wider
    for columns in range(len(ax.get_legend_handles_labels()[1]), 0, -1):
        look = {"frameon": False, "borderaxespad": 0.2, "columnspacing": 1.5}
        legend = ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, **look)
        if legend.get_window_extent().width <= room:
            return


def ink_on(colour: Any) -> str:
    """Black or white, whichever has the greater contrast to an RGB colour (WCAG 2.2, relative luminance)."""
    rgb = np.array(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return "black" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "white"


def weight_colours() -> Any:
    """A colour map from blue (below zero) through nothing at all (zero) to vermillion (above)."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    ends = [to_rgba(BLUE, 1), to_rgba(BLUE, 0), to_rgba(VERMILLION, 0), to_rgba(VERMILLION, 1)]
    return LinearSegmentedColormap.from_list("weights", list(zip([0, 0.5, 0.5, 1], ends, strict=True)))


def whole_numbers(axis: Any) -> None:
    """No ticks between epochs; those of a logarithmic axis, or chosen by hand, stay."""
    from matplotlib.ticker import MaxNLocator

    if isinstance(axis.get_major_locator(), MaxNLocator):
        axis.get_major_locator().set_params(integer=True)
