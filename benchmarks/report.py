"""From results to ratios: a table of them, and the plot of accuracy against time.

Every figure is a ratio to the same figure of the baseline on the same table and split; what is shown is their geometric
mean. Error, log loss and 1 - AUC are taken + 0.01, and RMSE as 0.001 at least, so that one row of a table that all
get right does not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.methods import OURS
from benchmarks.results import Result

BLUE, VERMILION = "#0072B2", "#D55E00"  # told apart by everybody: Okabe and Ito (2008), "Color universal design"
LOSSES: dict[str, Callable[[Result], float]] = {
    "error": lambda r: r.error + 0.01,
    "RMSE": lambda r: np.maximum(r.rmse, 1e-3),
    "log loss": lambda r: r.log_loss + 0.01,
    "1 - AUC": lambda r: 1 - r.auc + 0.01,
    "fit time": lambda r: r.fit_s,
}


class Summary(NamedTuple):
    """A method beside the baseline.

    `together` is the geometric mean of the ratios of error and RMSE, or the one of them that there is; `worst` the
    largest of those ratios that a table has in the mean of its splits; `total` the ratio of all fit times together.
    """

    method: str
    together: float
    ratios: dict[str, float]
    ece: float
    total: float
    seconds: float
    worst: float
    worst_table: str
    done: int
    tried: int
    ours: bool


Pairs = dict[str, list[tuple[Result, Result]]]


def pair(runs: Sequence[Sequence[Result]], baseline: str) -> Pairs:
    """By method, each result and the baseline's on the same table and split.

    The baseline is that of the same run, where that has one, so that their times compare, else of any. A result that
    two runs have is taken from the later one.
    """
    bases = [{(r.table, r.split): r for r in run if r.method == baseline and not r.note} for run in runs]
    anywhere = {key: r for base in bases for key, r in base.items()}
    pairs: dict[str, dict[tuple[str, int], tuple[Result, Result]]] = {}
    for run, base in zip(runs, bases, strict=True):
        for r in run:
            key = r.table, r.split
            if key in anywhere:
                pairs.setdefault(r.method, {})[key] = r, base.get(key, anywhere[key])
    return {method: list(found.values()) for method, found in pairs.items()}


def geometric_mean(values: Iterable[float]) -> float:
    """Of those that are not NaN; NaN where there are none."""
    finite = [value for value in values if value == value]
    return float(np.exp(np.mean(np.log(finite)))) if finite else float("nan")


def summarise(method: str, pairs: Sequence[tuple[Result, Result]]) -> Summary:
    """The ratios of one method."""
    ratios = {name: geometric_mean(loss(r) / loss(b) for r, b in pairs) for name, loss in LOSSES.items()}
    own: dict[str, list[float]] = {}
    for r, b in pairs:
        loss = LOSSES["RMSE" if r.task == "regression" else "error"]
        own.setdefault(r.table, []).append(loss(r) / loss(b))
    tables = {table: mean for table, values in own.items() if (mean := geometric_mean(values)) == mean}
    worst = max(tables, key=lambda table: tables[table], default="")
    done = [(r, b) for r, b in pairs if not r.note]
    seconds = sum(r.fit_s for r, _ in done)
    return Summary(
        method=method,
        together=geometric_mean([ratios["error"], ratios["RMSE"]]),
        ratios=ratios,
        ece=float(np.mean([r.ece for r, _ in done if r.ece == r.ece] or [np.nan])),
        total=seconds / sum(b.fit_s for _, b in done) if done else float("nan"),
        seconds=seconds,
        worst=tables.get(worst, float("nan")),
        worst_table=worst,
        done=len(done),
        tried=len(pairs),
        ours=any(r.library.startswith(OURS) for r, _ in pairs),
    )


def print_table(summaries: Sequence[Summary], baseline: str) -> None:
    """A line per method, the most accurate first."""
    width = max(len(s.method) for s in summaries) + 2
    columns = ["together", *LOSSES, "total", "total s", "ECE", "rows", "worst"]
    print(f"\nRatios to {baseline}, geometric means, smaller is better; ECE and total s are no ratios")
    print(" " * width + "".join(f"{column:>10}" for column in columns))
    for s in sorted(summaries, key=lambda s: (np.isnan(s.together), s.together)):
        cells = [f"{x:.3f}" for x in (s.together, *s.ratios.values(), s.total)]
        cells += [f"{s.seconds:.1f}", f"{s.ece:.4f}", f"{s.done}/{s.tried}", f"{s.worst:.2f}"]
        print(f"{s.method:{width}}" + "".join(f"{cell:>10}" for cell in cells), s.worst_table)
    if len({s.done for s in summaries}) > 1:
        print("Not all methods have the same rows (table x split): compare those that have.")


def print_missing(results: Iterable[Result]) -> None:
    """A line for each result that is missing, with the reason."""
    for r in results:
        if r.note:
            print(f"missing: {r.method} on {r.table}, split {r.split}: {r.note}")


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points that no other beats in both coordinates, from left to right.

    >>> pareto_front([(1, 1), (2, 0.5), (3, 0.7), (0.5, 2)])
    [3, 0, 1]
    """
    front: list[int] = []
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if not front or points[i][1] < points[front[-1]][1]:
            front.append(i)
    return front


def plot(summaries: Sequence[Summary], baseline: str, title: str, path: Path) -> None:
    """Write the accuracy-time plot: ratio of error and RMSE together against ratio of fit time."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    shown = [s for s in summaries if np.isfinite([s.together, s.ratios["fit time"]]).all()]
    points = [(s.ratios["fit time"], s.together) for s in shown]
    front = pareto_front(points)
    figure = Figure(figsize=(8, 5), dpi=150, layout="constrained")
    ax = figure.subplots()
    ax.set(xscale="log", title=title)
    ax.set_xlabel(f"fit time, as a multiple of {baseline}'s (log scale)")
    ax.set_ylabel(f"error and RMSE, as a multiple of {baseline}'s")
    ax.xaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator(), major_formatter="{x:g}×")
    ax.yaxis.set_major_formatter("{x:.2f}×")
    ax.grid(color="0.92")
    ax.set_axisbelow(True)
    ax.plot(*zip(*(points[i] for i in front), strict=True), color="0.6", ls="--", zorder=1, label="Pareto front")
    for ours, color, marker, label in [(True, BLUE, "o", OURS), (False, VERMILION, "s", "others")]:
        for on_front in (True, False):
            chosen = [p for i, p in enumerate(points) if shown[i].ours == ours and (i in front) == on_front]
            style: dict[str, Any] = dict(c=color if on_front else "white", edgecolors=color, marker=marker, s=55)
            if chosen:
                ax.scatter(*zip(*chosen, strict=True), label=label if on_front else f"{label}, beaten in both", **style)
    ax.margins(0.12)
    ax.legend(frameon=False)
    _label(ax, points, [(s.method, BLUE if s.ours else "black") for s in shown])
    figure.savefig(path)


def _label(ax: Any, points: Sequence[tuple[float, float]], names: Sequence[tuple[str, str]]) -> None:
    """Write each name in its colour beside its point, at the first of eight places that is still free."""
    from matplotlib.patheffects import withStroke

    ax.figure.draw_without_rendering()  # fixes the layout, so that places on paper are known
    taken = [ax.get_legend().get_window_extent()]
    places = [ax.transData.transform(point) for point in points]
    sides = [(7, 0), (-7, 0), (0, 9), (0, -9), (6, 8), (-6, 8), (6, -8), (-6, -8)]
    align = {1: ("left", "bottom"), 0: ("center", "center"), -1: ("right", "top")}
    for point, (name, color) in zip(points, names, strict=True):
        for x, y in sides:
            text = ax.annotate(name, point, (x, y), textcoords="offset points", color=color)
            text.set(ha=align[np.sign(x)][0], va=align[np.sign(y)][1])
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
            box = text.get_window_extent()
            free = not any(box.overlaps(other) for other in taken) and not any(box.contains(*p) for p in places)
            if free and ax.bbox.containsx(box.x0) and ax.bbox.containsx(box.x1):
                break
            if (x, y) != sides[-1]:
                text.remove()
        taken.append(box)
