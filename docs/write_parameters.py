"""Write the tables of the page of parameters from the table of hyperparameters: ``python docs/write_parameters.py``."""

import inspect
import re
from pathlib import Path

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators.docstrings import default_text
from skscratch.estimators.table import GROUPS

PAGE = Path(__file__).parent / "guide" / "parameters.md"
DEFAULTS = {
    estimator: {name: default_text(argument.default) for name, argument in inspect.signature(cls).parameters.items()}
    for estimator, cls in [("classifier", ScratchMLPClassifier), ("regressor", ScratchMLPRegressor)]
}
MUST_STAY = dict.fromkeys(f"`{row.name}`" for rows in GROUPS.values() for row in rows if not row.may_change)


def line(row):
    """One line of Markdown for a hyperparameter."""
    default = DEFAULTS[row.estimator or "classifier"][row.name]
    text = row.describe(", ".join(MUST_STAY))
    if row.estimator:
        text = f"{row.estimator.capitalize()} only. {text}"
    return f"| `{row.name}` | `{default}` | {row.type_text} | {text} | {row.advice} |\n"


def write(page):
    """Replace the lines of the table under the heading of each group."""
    head = "| parameter | default | values | what it does | change it |\n|---|---|---|---|---|\n"
    for title, rows in GROUPS.items():
        table = head + "".join(map(line, rows))
        page, n = re.subn(rf"(?<=^## {title}\n\n)(?:\|.*\n)+", lambda _, table=table: table, page, flags=re.MULTILINE)
        assert n == 1, f"the page must have one table under the heading {title!r}, got {n}"
    return page


if __name__ == "__main__":
    PAGE.write_text(write(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
