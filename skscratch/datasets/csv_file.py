"""Reading the csv file and the description of a data set into what its loader returns."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.utils import Bunch

NOTHING: Mapping = MappingProxyType({})


def load(
    name: str,
    return_X_y: bool,
    as_frame: bool,
    integers: Sequence[str] = (),
    categories: Mapping[str, Sequence[str]] = NOTHING,
    **facts: Any,
) -> Bunch | tuple:
    """Load ``name.csv``, whose last column is the target; `facts` are further attributes of the Bunch.

    The columns in `integers` become integers, and those in `categories`, with the possible values, categories.
    """
    folder = resources.files("skscratch.datasets")
    names, table = read((folder / f"{name}.csv").read_text(encoding="utf-8"), categories)
    frame = make_frame(name, names, table, integers, categories) if as_frame else None
    data = table[:, :-1] if frame is None else frame[names[:-1]]
    target = table[:, -1].astype(int if names[-1] in integers else float) if frame is None else frame[names[-1]]
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=names[:-1],
        DESCR=(folder / f"{name}.rst").read_text(encoding="utf-8"),
        filename=str(folder / f"{name}.csv"),
        **facts,
    )


def read(text: str, categories: Mapping[str, Sequence[str]]) -> tuple[list[str], np.ndarray]:
    """Read the column names and the values as floats: categories by position, missing values as NaN."""
    names, *rows = csv.reader(text.splitlines())
    return names, np.array(
        [[_number(cell, categories.get(name)) for name, cell in zip(names, row, strict=True)] for row in rows]
    )


def _number(cell: str, values: Sequence[str] | None) -> float:
    """Convert a cell of the file to a float."""
    if not cell:
        return np.nan
    return float(cell if values is None else values.index(cell))


def make_frame(
    name: str,
    names: list[str],
    table: np.ndarray,
    integers: Sequence[str],
    categories: Mapping[str, Sequence[str]],
) -> Any:
    """Convert the table to a DataFrame with integer, float and category columns."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            f"load_{name}(as_frame=True) needs pandas, which is not installed; "
            'install it with `pip install "skscratch[examples]"` or pass as_frame=False.'
        ) from error
    frame = pd.DataFrame(table, columns=names).astype(dict.fromkeys(integers, "int64"))
    for column, values in categories.items():
        codes = frame[column].fillna(-1).astype("int64")  # pandas reads the code -1 as missing
        frame[column] = pd.Categorical.from_codes(codes, values)
    return frame
