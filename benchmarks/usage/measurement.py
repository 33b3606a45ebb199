"""A measurement of skscratch next to a reference value, and the ratio of both."""

from __future__ import annotations

from typing import NamedTuple


class Measurement(NamedTuple):
    """A value of ours and a reference value in the same unit.

    Attributes
    ----------
    name : str
        What was measured.
    ours : float
        Value for skscratch.
    reference : str
        Name of what it is compared with: another library, or a bound.
    reference_value : float
        Value of the reference.
    unit : str
        Unit of both values.
    goal : float or None
        Largest ratio that is acceptable, None if there is no such limit.
    """

    name: str
    ours: float
    reference: str
    reference_value: float
    unit: str
    goal: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.reference_value

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"   goal {self.goal:.3g}"
        ours, reference = f"{self.ours:.4g} {self.unit}", f"{self.reference} {self.reference_value:.4g} {self.unit}"
        return f"{self.name:58} {ours:>14}   {reference:38} ratio {self.ratio:.3f}{goal}"

    def row(self) -> dict[str, object]:
        """Return the cells of the measurement's row in a csv file."""
        return {**self._asdict(), "ratio": f"{self.ratio:.4g}"}
