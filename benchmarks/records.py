"""Rows of results as csv, each with the facts about the machine."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_csv(path: Path, rows: Sequence[Mapping[str, object]], facts: Mapping[str, str]) -> None:
    """Write the rows, which have the same columns, with the facts in further ones."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], *facts])
        writer.writeheader()
        writer.writerows({**row, **facts} for row in rows)


def print_facts(facts: Mapping[str, str]) -> None:
    """A line for each fact, and an empty one."""
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), end="\n\n")
