"""A figure: ours beside another's, or beside a bound."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """What was measured: ours and what it is compared with, in one unit; `goal` is the largest ratio aimed at."""

    what: str
    ours: float
    beside: str
    theirs: float
    unit: str
    goal: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"   goal {self.goal:.3g}"
        ours, theirs = f"{self.ours:.4g} {self.unit}", f"{self.beside} {self.theirs:.4g} {self.unit}"
        return f"{self.what:58} {ours:>14}   {theirs:38} ratio {self.ratio:.3f}{goal}"

    def row(self) -> dict[str, object]:
        """The cells of a csv file."""
        return {**self._asdict(), "ratio": f"{self.ratio:.4g}"}
