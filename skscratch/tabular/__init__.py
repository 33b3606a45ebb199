"""Encode tables and targets as arrays that a network can read, and decode predictions.

>>> from skscratch.tabular import RawTable, TableEncoder
>>> import numpy as np
>>> raw = RawTable(np.array([[1.0], [2.0], [3.0]]), [], ["age"], [])
>>> TableEncoder(scaling="standard").fit(raw).transform(raw, np.float64).x.round(3).ravel()
array([-1.225,  0.   ,  1.225])
"""

from skscratch.tabular.chunks import row_chunks
from skscratch.tabular.column_facts import ColumnFacts
from skscratch.tabular.columns import RawTable, concatenate_tables, find_categories, read_table, take_rows
from skscratch.tabular.encoding import Category, Table, TableEncoder
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
from skscratch.tabular.summary import RowSample, Summary, merge_summaries, row_keys
from skscratch.tabular.target_facts import ClassMass, Moments
from skscratch.tabular.target_reading import check_indicator, class_codes, read_labels, read_numbers, require_target
from skscratch.tabular.targets import ClassTarget, RegressionTarget
from skscratch.tabular.weights import check_weights, class_weights

__all__ = [
    "Category",
    "ClassMass",
    "ClassTarget",
    "ColumnFacts",
    "FittedScaler",
    "Moments",
    "Quantile",
    "RawTable",
    "RegressionTarget",
    "Robust",
    "RowSample",
    "Scaler",
    "Standard",
    "Summary",
    "Table",
    "TableEncoder",
    "Unscaled",
    "check_indicator",
    "check_weights",
    "class_codes",
    "class_weights",
    "concatenate_tables",
    "find_categories",
    "mean_and_std",
    "merge_summaries",
    "quantiles",
    "read_labels",
    "read_numbers",
    "read_table",
    "require_target",
    "root_mean_square",
    "row_chunks",
    "row_keys",
    "take_rows",
]
