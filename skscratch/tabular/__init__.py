"""Encode tables and targets as arrays that a network can read, and decode predictions.

>>> from skscratch.tabular import RawTable, TableEncoder
>>> import numpy as np
>>> raw = RawTable(np.array([[1.0], [2.0], [3.0]]), [], ["age"], [])
>>> TableEncoder(scaling="standard").fit(raw).transform(raw, np.float64).x.round(3).ravel()
array([-1.225,  0.   ,  1.225])
"""

from skscratch.tabular.chunks import row_chunks
from skscratch.tabular.columns import RawTable, find_categories, read_table
from skscratch.tabular.encoding import Category, Table, TableEncoder
from skscratch.tabular.frames import column_names, is_frame, select, take_rows
from skscratch.tabular.scaling import (
    FittedScaler,
    Quantile,
    Robust,
    Scaler,
    Standard,
    Unscaled,
    mean_and_std,
    quantiles,
    root_mean_square,
)
from skscratch.tabular.sources import Source, find_source
from skscratch.tabular.targets import (
    ClassTarget,
    RegressionTarget,
    check_weights,
    class_weights,
    read_labels,
    read_numbers,
    require_target,
)

__all__ = [
    "Category",
    "ClassTarget",
    "FittedScaler",
    "Quantile",
    "RawTable",
    "RegressionTarget",
    "Robust",
    "Scaler",
    "Source",
    "Standard",
    "Table",
    "TableEncoder",
    "Unscaled",
    "check_weights",
    "class_weights",
    "column_names",
    "find_categories",
    "find_source",
    "is_frame",
    "mean_and_std",
    "quantiles",
    "read_labels",
    "read_numbers",
    "read_table",
    "require_target",
    "root_mean_square",
    "row_chunks",
    "select",
    "take_rows",
]
