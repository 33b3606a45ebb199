"""Plots of the accuracy benchmark: accuracy against fit time, and losses against the number of training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.methods import OURS
from benchmarks.report import LOSSES, Summary, size_name
from benchmarks.results import Result

# Colours of Okabe and Ito (2008), "Color universal design", which colour-blind readers can distinguish.
BLUE, VERMILION = "#0072B2", "#D55E00"
OTHERS = [VERMILION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
DASHES = ["-", "--", ":"]
# Names of methods in pictures; all others are shown unchanged.
TITLES = {
    "sklearn_mlp": "scikit-learn's MLP",
    "hist_gradient_boosting": "HistGradientBoosting",
    "random_forest": "random forest",
    "catboost": "CatBoost",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "realmlp_td": "RealMLP",
    "tabm_d": "TabM",
    "skorch_mlp": "skorch",
}


def title_of(method: str) -> str:
    """Return the name of a method that a picture shows.

    >>> title_of("catboost"), title_of("linear")
    ('CatBoost', 'linear')
    """
    return TITLES.get(method, method)


def title(runs: Sequence[Sequence[Result]]) -> str:
    """Return how many tables and splits the runs have, and which methods have fewer splits."""
    results = [r for run in runs for r in run]
    tables, methods = {r.table for r in results}, sorted({r.method for r in results})
    splits = {method: len({r.split for r in results if r.method == method}) for method in methods}
    most = max(splits.values())
    fewer = [f"{title_of(method)} {n}" for method, n in splits.items() if n < most]
    return f"Tables: {len(tables)}, splits of each: {most}{''.join(f', {each}' for each in fewer)}."


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the indices of the points that no other point beats in both coordinates, from left to right.

    >>> pareto_front([(1, 1), (2, 0.5), (3, 0.7), (0.5, 2)])
    [3, 0, 1]
    """
    front: list[int] = []
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if not front or points[i][1] < points[front[-1]][1]:
            front.append(i)
    return front


def styles(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the line style of each method: ours thick and blue, each other method with its own colour and dashes."""
    names = dict.fromkeys(names)
    found = {name: dict(color=BLUE, lw=2.6, marker="o", ms=4.5, zorder=3) for name in names if name == OURS}
    for i, name in enumerate(name for name in names if name != OURS):
        color, dash = OTHERS[i % len(OTHERS)], DASHES[i // len(OTHERS) % len(DASHES)]
        found[name] = dict(color=color, ls=dash, lw=1.2, marker="o", ms=3)
    return found


def legend(figure: Any, lines: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw one legend of these styles below all panels."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label=title_of(name), **style) for name, style in lines.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)


def rows_axis(ax: Any, rows: Mapping[float, str]) -> None:
    """Make the x axis the number of training rows, with these labels."""
    from matplotlib.ticker import NullLocator

    ax.set_xscale("log")
    ax.set_xticks([*rows], labels=[*rows.values()])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("training rows (log scale)")
    ax.grid(color="0.92")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def log_ticks(axis: Any, form: str = "{x:g}") -> None:
    """Set ticks at 1, 2 and 5 times powers of ten, in plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator(), major_formatter=form)


def plot(summaries: Mapping[str, Sequence[Summary]], baseline: str, title: str, path: Path) -> None:
    """Write the plot of accuracy against fit time, with a panel for each group of summaries, below its name."""
    figure, axes = panels(len(summaries), columns=1, width=8, height=4.6)
    figure.suptitle(f"{title} Lower left is better.")
    for ax, (name, methods) in zip(axes, summaries.items(), strict=True):
        ax.set_title(name)
        _accuracy_against_time(ax, methods, baseline)
    figure.savefig(path)


def panels(count: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """Make a figure with `count` axes in at most `columns` columns."""
    from matplotlib.figure import Figure

    columns = min(columns, count)
    lines = -(-count // columns)
    figure = Figure(figsize=(columns * width, lines * height), dpi=150, layout="constrained")
    return figure, [figure.add_subplot(lines, columns, place + 1) for place in range(count)]


CURVES: dict[str, Callable[[Summary], float]] = {
    **{name: lambda s, n=name: s.ratios[n] for name in LOSSES if name != "fit time"},
    "calibration error (not a ratio)": lambda s: s.ece,
    "fit time (log scale)": lambda s: s.ratios["fit time"],
}


def plot_curves(summaries: Mapping[float, Sequence[Summary]], baseline: str, title: str, path: Path) -> None:
    """Write a plot of each loss and of the fit time against the size, with a line for each method."""
    figure, axes = panels(len(CURVES), columns=3, width=4.2, height=3.2)
    figure.suptitle(_above_curves(title, baseline))
    lines = styles(s.method for methods in summaries.values() for s in methods)
    for ax, (name, value) in zip(axes, CURVES.items(), strict=True):
        _draw_curves(ax, summaries, value, lines)
        ax.set_title(name)
    axes[-1].set_yscale("log")
    log_ticks(axes[-1].yaxis)
    legend(figure, lines)
    figure.savefig(path)


def plot_groups(groups: Mapping[str, Mapping[float, Sequence[Summary]]], baseline: str, title: str, path: Path) -> None:
    """Write a plot of error or RMSE against the size, with a panel for each group of tables, below its name."""
    figure, axes = panels(len(groups), columns=3, width=4.2, height=3.6)
    figure.suptitle(_above_curves(title, baseline))
    lines = styles(s.method for summaries in groups.values() for methods in summaries.values() for s in methods)
    for ax, (name, summaries) in zip(axes, groups.items(), strict=True):
        _draw_curves(ax, summaries, lambda s: s.together, lines)
        ax.set_title(name)
    legend(figure, lines)
    figure.savefig(path)


def _above_curves(title: str, baseline: str) -> str:
    return f"{title} Ratios to {title_of(baseline)}, lower is better. In parentheses: number of tables of that size."


def _draw_curves(
    ax: Any,
    summaries: Mapping[float, Sequence[Summary]],
    value: Callable[[Summary], float],
    lines: Mapping[str, Mapping[str, Any]],
) -> None:
    """Draw a value against the size, a line for each method."""
    rows = {size: size if isfinite(size) else max(s.n for s in methods) for size, methods in summaries.items()}
    for method, style in lines.items():
        points = [(rows[size], value(s)) for size, methods in summaries.items() for s in methods if s.method == method]
        ax.plot([x for x, _ in points], [y for _, y in points], **style)
    labels = {
        rows[size]: f"{size_name(size)}\n({max(s.tables for s in methods)})" for size, methods in summaries.items()
    }
    rows_axis(ax, labels)


def _accuracy_against_time(ax: Any, summaries: Sequence[Summary], baseline: str) -> None:
    """Draw the joint ratio of error and RMSE against the ratio of fit time."""
    shown = [s for s in summaries if np.isfinite([s.together, s.ratios["fit time"]]).all()]
    points = [(s.ratios["fit time"], s.together) for s in shown]
    front = pareto_front(points)
    ax.set_xscale("log")
    ax.set_xlabel(f"fit time relative to {title_of(baseline)} (log scale)")
    ax.set_ylabel(f"error and RMSE relative to {title_of(baseline)}")
    log_ticks(ax.xaxis, "{x:g}×")
    ax.yaxis.set_major_formatter("{x:g}×")
    ax.grid(color="0.92")
    ax.set_axisbelow(True)
    ax.plot(*zip(*(points[i] for i in front), strict=True), color="0.6", ls="--", zorder=1, label="Pareto front")
    for ours, color, marker, label in [(True, BLUE, "o", OURS), (False, VERMILION, "s", "others")]:
        for on_front in (True, False):
            chosen = [p for i, p in enumerate(points) if shown[i].ours == ours and (i in front) == on_front]
            style: dict[str, Any] = dict(c=color if on_front else "white", edgecolors=color, marker=marker, s=55)
            if chosen:
                ax.scatter(
                    *zip(*chosen, strict=True), label=label if on_front else f"{label}, not on the front", **style
                )
    ax.margins(0.12)
    ax.legend(frameon=False)
    _label(ax, points, [(title_of(s.method), BLUE if s.ours else "black") for s in shown])


def _label(ax: Any, points: Sequence[tuple[float, float]], names: Sequence[tuple[str, str]]) -> None:
    """Write each name in its colour next to its point, at the first of eight positions that is free."""
    from matplotlib.patheffects import withStroke

    ax.figure.draw_without_rendering()  # fixes the layout, so that positions in pixels are known
    taken = [ax.get_legend().get_window_extent()]
    pixels = [ax.transData.transform(point) for point in points]
    sides = [(7, 0), (-7, 0), (0, 9), (0, -9), (6, 8), (-6, 8), (6, -8), (-6, -8)]
    align = {1: ("left", "bottom"), 0: ("center", "center"), -1: ("right", "top")}
    for point, (name, color) in zip(points, names, strict=True):
        for x, y in sides:
            text = ax.annotate(name, point, (x, y), textcoords="offset points", color=color)
            text.set(ha=align[np.sign(x)][0], va=align[np.sign(y)][1])
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
            extent = text.get_window_extent()
            wide = extent.padded(8)  # pixels: half of a marker
            free = not any(extent.overlaps(other) for other in taken) and not any(wide.contains(*p) for p in pixels)
            if free and ax.bbox.containsx(wide.x0) and ax.bbox.containsx(wide.x1):
                break
            if (x, y) != sides[-1]:
                text.remove()
        taken.append(extent)
