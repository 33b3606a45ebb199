"""Make titanic.csv from the OpenML file in scikit-learn's wheel: ``python -m skscratch.datasets.make_titanic [PATH]``.

scikit-learn contains the complete OpenML data set 40945, gzipped in the ARFF format, among the files of its tests, so
that this script needs no internet. These columns are left out: name, ticket and cabin, which identify a passenger, and
boat, body and home.dest, which were recorded after the shipwreck.
"""

from __future__ import annotations

import csv
import gzip
import sys
from importlib import resources
from pathlib import Path

SOURCE = "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz"
COLUMNS = ["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked", "survived"]


def read_arff(text: str) -> list[dict[str, str]]:
    """Read the rows of an ARFF file as strings by column name; missing values ("?") become empty."""
    header, data = text.split("@data\n")
    names = [line.split("'")[1] for line in header.splitlines() if line.startswith("@attribute")]
    rows = csv.reader(line for line in data.splitlines() if line)
    return [{n: "" if v == "?" else v for n, v in zip(names, row, strict=True)} for row in rows]


def make_titanic(path: Path) -> None:
    """Write the csv file to `path`."""
    compressed = (resources.files("sklearn") / SOURCE).read_bytes()
    rows = read_arff(gzip.decompress(compressed).decode("utf-8"))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    make_titanic(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("titanic.csv"))
