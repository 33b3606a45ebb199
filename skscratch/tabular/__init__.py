"""Encode tables and targets as arrays that a network can read, and decode predictions.

>>> from skscratch.tabular import RawTable, TableEncoder
>>> import numpy as np
>>> raw = RawTable(np.array([[1.0], [2.0], [3.0]]), [], ["age"], [])
>>> TableEncoder(scaling="standard").fit(raw).transform(raw, np.float64).x.round(3).ravel()
array([-1.225,  0.   ,  1.225])
"""

from skscratch.tabular.cells import (
    are_dates,
    are_strings,
    brief,
    explain_matrix,
    kind_of,
    none_for_missing,
    require_table,
    require_values,
    to_floats,
)
from skscratch.tabular.chunks import row_chunks
from skscratch.tabular.column_facts import ColumnFacts
from skscratch.tabular.columns import RawTable, check_columns, concatenate_tables, find_categories, read_table
from skscratch.tabular.encoding import Category, Table, TableEncoder
from skscratch.tabular.frames import (
    column_array,
    column_names,
    columns_of,
    is_frame,
    is_sparse_frame,
    number_of_rows,
    require_distinct,
    select,
    take_rows,
    type_name,
)
from skscratch.tabular.report import CategoryFacts, ColumnReport, ColumnTable, Facts, bound, report_columns, warning_of
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
from skscratch.tabular.sources import ArrowSource, FrameSource, LazyFrameSource, Source, find_source
from skscratch.tabular.summary import RowSample, Summary, merge_summaries, row_keys
from skscratch.tabular.target_facts import ClassMass, Moments
from skscratch.tabular.target_reading import (
    check_indicator,
    check_numbers,
    class_codes,
    read_labels,
    read_numbers,
    require_target,
)
from skscratch.tabular.targets import ClassTarget, RegressionTarget
from skscratch.tabular.weights import WeightScale, check_weights, class_weights

__all__ = [
    "ArrowSource",
    "Category",
    "CategoryFacts",
    "ClassMass",
    "ClassTarget",
    "ColumnFacts",
    "ColumnReport",
    "ColumnTable",
    "Facts",
    "FittedScaler",
    "FrameSource",
    "LazyFrameSource",
    "Moments",
    "Quantile",
    "RawTable",
    "RegressionTarget",
    "Robust",
    "RowSample",
    "Scaler",
    "Source",
    "Standard",
    "Summary",
    "Table",
    "TableEncoder",
    "Unscaled",
    "WeightScale",
    "are_dates",
    "are_strings",
    "bound",
    "brief",
    "check_columns",
    "check_indicator",
    "check_numbers",
    "check_weights",
    "class_codes",
    "class_weights",
    "column_array",
    "column_names",
    "columns_of",
    "concatenate_tables",
    "explain_matrix",
    "find_categories",
    "find_source",
    "is_frame",
    "is_sparse_frame",
    "kind_of",
    "mean_and_std",
    "merge_summaries",
    "none_for_missing",
    "number_of_rows",
    "quantiles",
    "read_labels",
    "read_numbers",
    "read_table",
    "report_columns",
    "require_distinct",
    "require_table",
    "require_target",
    "require_values",
    "root_mean_square",
    "row_chunks",
    "row_keys",
    "select",
    "take_rows",
    "to_floats",
    "type_name",
    "warning_of",
]
