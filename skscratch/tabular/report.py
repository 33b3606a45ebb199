"""What an encoder made of each column of X, and why: a small table, and the sentence that warns of lost columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from itertools import islice
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from skscratch.tabular.column_facts import ColumnFacts

LISTED, PRINTED = 5, 60  # at most so many columns are in a warning, in a printed table
SAMPLED = 1000  # so many values of a category tell whether they are numbers or dates written as strings
QUANTITIES = "convert them if they are quantities"
WRITTEN = {
    "numbers": "; most values are numbers written as strings",
    "mixed": "; most values are numbers, others are strings",
    "dates": "; most values are dates written as strings",
}
HEADINGS = ("column", "kind", "missing", "kept", "dropped", "inputs", "reason")


def bound(dtype: DTypeLike) -> float:
    """Return the largest absolute value of an input in this precision, M^(1/4) with M its largest number."""
    return float(np.finfo(dtype).max ** 0.25)


class CategoryFacts(NamedTuple):
    """What is known of the values of a categorical column, without the values.

    Parameters
    ----------
    missing : int
        Rows without a value.
    kept, dropped : int
        Values that have an input, or share one, and values that have none.
    rare : int
        How many of the dropped ones occur in too few rows; the others are beyond the maximum number.
    dropped_rows : int
        Rows of dropped values.
    written : {"numbers", "mixed", "dates", ""}, default=""
        What most of the values are: strings that are written like numbers, numbers beside strings, or strings that are
        written like dates.
    """

    missing: int
    kept: int
    dropped: int
    rare: int
    dropped_rows: int
    written: str = ""

    @classmethod
    def of(cls, counts: Counter[Any], kept: Sequence[Any], min_rows: float) -> CategoryFacts:
        """Count the values of which none but `kept` have an input."""
        rows = {value: count for value, count in counts.items() if value is not None}
        dropped = [rows[value] for value in rows.keys() - set(kept)]
        rare = sum(count < min_rows for count in dropped)
        return cls(counts.get(None, 0), len(rows) - len(dropped), len(dropped), rare, sum(dropped), _written(rows))


def _written(values: Collection[Any]) -> str:
    """Say whether most of the values of a category would be numbers or dates if no strings were among them.

    >>> _written(["29.85", "1,200", "12 %", " "]), _written([1, 2.5, "n/a"]), _written(["2024-01-31", "2024-02-01"])
    ('numbers', 'mixed', 'dates')
    >>> _written([1, 2]), _written(["a", "b", "3"]), _written(["2024"])
    ('', '', '')
    """
    if len(values) < 2 or not any(isinstance(value, (str, bytes)) for value in values):
        return ""  # a single value says nothing, whatever it is
    kinds = Counter(map(_written_kind, islice(values, SAMPLED)))
    most = min(len(values), SAMPLED) / 2
    if kinds["number"] > most:
        return "mixed"
    return "numbers" if kinds["number"] + kinds["numbers"] > most else "dates" if kinds["dates"] > most else ""


def _written_kind(value: Any) -> str:
    """Tell a number from a string that is written like a number or a date, and from all other values."""
    if isinstance(value, (Real, Decimal)):
        return "other" if isinstance(value, bool) else "number"
    if not isinstance(value, (str, bytes)):
        return "other"
    text = value if isinstance(value, str) else value.decode(errors="replace")
    for kind, read in (("numbers", _read_number), ("dates", datetime.fromisoformat)):
        try:
            read(text)
        except ValueError:
            continue
        return kind
    return "other"


def _read_number(text: str) -> float:
    """Read a number, also with a unit or commas: only whether it is one matters."""
    return float(text.strip().strip("%$€£").replace(",", ""))


class Facts(NamedTuple):
    """What an encoder keeps of the facts of the training rows.

    Parameters
    ----------
    n : int
        Number of rows.
    missing : ndarray of int of shape (n_numeric,)
        Missing numbers of each column.
    varies : ndarray of bool of shape (n_numeric,)
        Whether a column has two different numbers; always True for a sparse column.
    largest : ndarray of shape (n_numeric,)
        The largest absolute value of a number; 0 for a sparse column and for one without numbers.
    categories : list of CategoryFacts
        For each categorical column.
    """

    n: int
    missing: np.ndarray
    varies: np.ndarray
    largest: np.ndarray
    categories: list[CategoryFacts]

    @classmethod
    def of(cls, facts: ColumnFacts, categories: list[CategoryFacts], *, is_sparse: bool) -> Facts:
        """Keep the facts that are needed for a report."""
        largest = np.where(facts.low <= facts.high, np.maximum(np.abs(facts.low), np.abs(facts.high)), 0.0)
        return cls(facts.n, facts.missing, (facts.low < facts.high) | is_sparse, largest, categories)

    def out_of_range(self, dtype: DTypeLike) -> np.ndarray:
        """Return whether numbers that are not scaled would be clipped, or are all 0, in this precision."""
        smallest = np.finfo(dtype).smallest_normal
        return (self.largest > bound(dtype)) | ((self.largest > 0) & (self.largest < smallest))


class ColumnReport(NamedTuple):
    """What was made of one column of X.

    Parameters
    ----------
    name : str
        Its name, or "x0", "x1", ... by position.
    kind : {"number", "category"}
        How it was read.
    missing : float
        Share of the training rows without a value.
    kept, dropped : int or None
        Of a category, the values that have an input and those that have none.
    inputs : int
        How many inputs of the network it became; a numeric embedding makes more of them.
    reason : str
        Why.
    is_useless : bool
        Whether nothing can be learned from it.
    loses_values : bool
        Whether values are beyond the maximum number, more than half of the rows have a value that was dropped, or
        numbers that are not scaled are out of range.
    written : {"numbers", "mixed", "dates", ""}, default=""
        What most values of a category are that should perhaps be numeric, see `CategoryFacts`; of numbers that are all
        strings only if values are lost.
    """

    name: str
    kind: str
    missing: float
    kept: int | None
    dropped: int | None
    inputs: int
    reason: str
    is_useless: bool
    loses_values: bool
    written: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the row of the table."""
        counts = ("" if count is None else f"{count}" for count in (self.kept, self.dropped))
        return (self.name, self.kind, f"{100 * self.missing:.3g} %", *counts, f"{self.inputs}", self.reason)


class ColumnTable(tuple[ColumnReport, ...]):
    """A report for each column of X, in their order; printed as a table.

    >>> report = ColumnReport("port", "category", 0.5, 3, 1, 3, "an input for each value", False, False)
    >>> ColumnTable([report])
    column  kind      missing  kept  dropped  inputs  reason
    port    category  50 %     3     1        3       an input for each value
    """

    def __repr__(self) -> str:
        rows = [HEADINGS, *self._rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join([*(line.rstrip() for line in lines), *self._others])

    def _repr_html_(self) -> str:
        """Write the table as HTML, which notebooks show."""
        lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self._rows)
        head = "".join(f"<th>{heading}</th>" for heading in HEADINGS)
        table = f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
        return table + "".join(self._others)

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        """The rows that are printed."""
        return [report.cells for report in self[:PRINTED]]

    @property
    def _others(self) -> list[str]:
        """A line that says how many columns are not printed, if there are any."""
        return [f"... and {len(self) - PRINTED} more columns"] if len(self) > PRINTED else []


def report_columns(encoder: Any, categorical: Sequence[int], dtype: DTypeLike = np.float32) -> ColumnTable:
    """Report what an encoder made of the columns of X.

    Parameters
    ----------
    encoder : TableEncoder
        A fitted encoder.
    categorical : sequence of int
        Positions in X of the categorical columns.
    dtype : dtype, default=float32
        Precision of the inputs.

    Returns
    -------
    ColumnTable
    """
    d = len(encoder.numeric_names_) + len(encoder.category_names_)
    numbers, categories, chosen = _numbers(encoder, dtype), _categories(encoder), set(categorical)
    return ColumnTable(next(categories if j in chosen else numbers) for j in range(d))


def _numbers(encoder: Any, dtype: DTypeLike) -> Iterator[ColumnReport]:
    """Report the numeric columns."""
    facts: Facts = encoder.facts_
    clipped = facts.out_of_range(dtype) & encoder.is_unscaled
    columns = zip(encoder.numeric_names_, facts.missing, facts.varies, clipped, strict=True)
    for name, missing, varies, is_clipped in columns:
        is_marked, share = missing > 0 and not encoder.sparse_, float(missing / facts.n)
        reason = "the number" + (", and whether it is missing" if is_marked else "")
        if not varies:
            reason = "all values are missing" if share == 1 else "constant" + ", but not always known" * (share > 0)
        if is_clipped:
            reason += f"; out of the range of {np.dtype(dtype)}"
        is_useless = bool(not varies and share in (0, 1))
        yield ColumnReport(name, "number", share, None, None, 1 + int(is_marked), reason, is_useless, bool(is_clipped))


def _categories(encoder: Any) -> Iterator[ColumnReport]:
    """Report the categorical columns."""
    n = encoder.facts_.n
    columns = zip(encoder.category_names_, encoder.categories_, encoder.facts_.categories, strict=True)
    for name, category, facts in columns:
        inputs = category.code.shape[1]
        loses = facts.dropped > facts.rare or facts.dropped_rows > n / 2
        written = facts.written if loses or inputs == 0 or facts.written != "numbers" else ""
        reason = _reason(facts, inputs, n) + WRITTEN.get(written, "")
        yield ColumnReport(
            name, "category", facts.missing / n, facts.kept, facts.dropped, inputs, reason, inputs == 0,
            loses and inputs > 0, written,
        )  # fmt: skip


def _reason(facts: CategoryFacts, inputs: int, n: int) -> str:
    """Say why a categorical column became so many inputs."""
    if inputs == 0:
        if facts.missing == n:
            return "all values are missing"
        different = facts.dropped + facts.missing == n and facts.dropped > 1
        return "one value only" if facts.dropped < 2 else "all values differ" if different else "all values are rare"
    reason = "one input for two values" if inputs < facts.kept else "an input for each value kept"
    reason += ", and for missing values" if inputs > facts.kept else ""
    beyond = facts.dropped - facts.rare
    lost = [f"{facts.rare} in too few rows"] * (facts.rare > 0) + [f"{beyond} beyond max_categories"] * (beyond > 0)
    return f"{reason}; {' and '.join(lost)}" if lost else reason


def warning_of(reports: Sequence[ColumnReport]) -> str | None:
    """Write one sentence about columns that are useless or lose values; None if there are none."""
    useless = [f"{report.name!r} ({report.reason})" for report in reports if report.is_useless]
    lossy = [report for report in reports if report.loses_values]
    counts = [f"{r.name!r} ({r.kept} of {r.kept + (r.dropped or 0)} values kept)" for r in lossy if r.kept is not None]
    numbers = [repr(report.name) for report in lossy if report.kept is None]
    texts = [repr(report.name) for report in reports if report.written in ("numbers", "mixed")]
    dates = [repr(report.name) for report in reports if report.written == "dates"]
    parts = [
        *([f"nothing is learned from {_listed(useless)}"] if useless else []),
        *([f"values are ignored in {_listed(counts)}: see max_categories and min_frequency"] if counts else []),
        *([f"numbers are clipped or 0 in {_listed(numbers)}: set scaling"] if numbers else []),
        *([f"numbers are categories because of strings in {_listed(texts)}: {QUANTITIES}"] if texts else []),
        *([f"dates are categories in {_listed(dates)}: convert them to numbers, such as days"] if dates else []),
    ]
    return f"Of the columns of X, {', and '.join(parts)}; columns_ lists what was made of each." if parts else None


def _listed(items: Sequence[str]) -> str:
    """Write at most LISTED items, and how many more there are."""
    others = len(items) - LISTED
    return ", ".join(items[:LISTED]) + (f" and {others} more" if others > 0 else "")
