"""Bar chart of speed-up factors: how many times faster than other libraries the core is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

# Colours of Okabe and Ito (2008), "Color universal design", which colour-blind readers can distinguish.
COLORS = {"scikit-learn": "#E69F00", "torch": "#0072B2"}


def plot(table: Mapping[str, Mapping[str, float]], title: str, path: Path) -> None:
    """Write a bar for each ratio in {network: {library: ratio}}; a missing ratio has no bar."""
    from matplotlib.figure import Figure

    libraries = [name for name in COLORS if any(name in ratios for ratios in table.values())]
    figure = Figure(figsize=(7, 1.5 + 0.7 * len(table)), dpi=200, layout="constrained")
    ax = figure.subplots()
    height = 0.8 / len(libraries)
    for i, name in enumerate(libraries):
        bars = {row: ratios[name] for row, ratios in enumerate(table.values()) if name in ratios}
        positions = np.array([*bars]) - 0.4 + (i + 0.5) * height
        ax.barh(positions, [*bars.values()], height, color=COLORS[name], edgecolor="white", label=f"faster than {name}")
        for position, ratio in zip(positions, bars.values(), strict=True):
            end = max(ratio, 1), position  # no label lies on the line
            ax.annotate(f"{ratio:.2f}×", end, (4, 0), textcoords="offset points", va="center")
    ax.axvline(1, color="black", ls="--", lw=1, label="same time")
    ax.set_yticks(range(len(table)), [name.replace(", batch", "\nbatch") for name in table])
    ax.invert_yaxis()  # the first network on top
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter("{x:g}×")
    ax.set_xlabel("time per step of the library / time per step of the core")
    ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path)
