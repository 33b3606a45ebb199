"""Bars of how many times faster than others something is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

# In colours of Okabe and Ito (2008), "Color universal design", told apart by everybody.
COLORS = {"scikit-learn": "#E69F00", "torch": "#0072B2"}


def plot(table: Mapping[str, Mapping[str, float]], title: str, path: Path) -> None:
    """Write bars of the ratios {network: {peer: ratio}}; a peer that a network lacks has no bar there."""
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    peers = [name for name in COLORS if any(name in ratios for ratios in table.values())]
    figure = Figure(figsize=(7, 1.5 + 0.7 * len(table)), dpi=200, layout="constrained")
    ax = figure.subplots()
    height = 0.8 / len(peers)
    for i, name in enumerate(peers):
        bars = {place: ratios[name] for place, ratios in enumerate(table.values()) if name in ratios}
        places = np.array([*bars]) - 0.4 + (i + 0.5) * height
        drawn = ax.barh(places, [*bars.values()], height, color=COLORS[name], edgecolor="white", label=f"than {name}")
        ax.bar_label(drawn, fmt="%.2f×", padding=4, path_effects=[withStroke(linewidth=4, foreground="white")])
    ax.axvline(1, color="black", ls="--", lw=1, label="equally fast")
    ax.set_yticks(range(len(table)), [name.replace(", batch", "\nbatch") for name in table])
    ax.invert_yaxis()  # the first network on top
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter("{x:g}×")
    ax.set_xlabel("times faster: their time per step / the core's")
    ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path)
