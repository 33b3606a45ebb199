"""From the columns of X to the inputs of the network: imputation, indicators, scaling, categories."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from numbers import Integral, Real
from typing import Any

import numpy as np

from skscratch.estimators.model import Model
from skscratch.export.quantile import quantile
from skscratch.export.tensor import InputSpec, Tensor, apply, by_rule, cast, concatenate, constant, rule, where
from skscratch.tabular.columns import check_columns
from skscratch.tabular.encoding import Category, TableEncoder
from skscratch.tabular.report import bound
from skscratch.tabular.scaling import FittedScaler, Quantile

# How runtimes write a missing value among strings: NaN, None and NaT of Python, NA of pandas
MISSING_STRINGS = ("nan", "None", "NaT", "<NA>")
STRING = np.dtype(object)
LARGEST_EXACT = 2**53  # among larger integers, some are equal as float64

rule(Quantile)(quantile)


def input_specs(estimator: Any, X: Any = None) -> list[InputSpec]:
    """Choose the inputs: one for each column of a frame, or one matrix for an array of numbers.

    Parameters
    ----------
    estimator : BaseScratchMLP
        The fitted estimator.
    X : {array-like, dataframe}, default=None
        Rows like those that will be predicted; only the types of its columns are read. By default numbers are float64,
        and categories of the type of their values.

    Returns
    -------
    list of InputSpec

    Raises
    ------
    ValueError
        If X has other columns than at fit.
    """
    model, names = estimator._fitted_model(), getattr(estimator, "feature_names_in_", None)
    d = estimator.n_features_in_
    if X is not None:
        check_columns(estimator, X, reset=False)
    types = [np.dtype(np.float64)] * d
    for j, category in zip(model.categorical, _categories(model), strict=True):
        types[j] = _type_of_values(category)
    if names is None and STRING not in types:
        single = getattr(X, "dtype", None) == np.float32 or set(map(str, getattr(X, "dtypes", ()))) == {"float32"}
        return [InputSpec("X", np.dtype(np.float32 if single else np.float64), d)]
    if names is not None and X is not None:
        types = [_type_of_column(X[name], default) for name, default in zip(names, types, strict=True)]
    names = [f"x{j}" for j in range(d)] if names is None else names.tolist()
    return [InputSpec(name, dtype, 1) for name, dtype in zip(names, types, strict=True)]


def encode(model: Model, inputs: Sequence[Tensor]) -> Tensor:
    """Export `TableEncoder.transform`: the inputs of the network (n, d) from the columns of X.

    Raises
    ------
    ValueError
        If an input has another type than its columns had at fit.
    """
    columns = [(x, i) for x in inputs for i in range(_spec(x).width)]
    numeric = [column for j, column in enumerate(columns) if j not in set(model.categorical)]
    dtype = model.parameters.values.dtype
    parts = _encode_numbers(model.encoder, _matrix(numeric), dtype) if numeric else []
    for j, category in zip(model.categorical, _categories(model), strict=True):
        x, i = columns[j]
        parts += _encode_category(category, _columns(x, [i]), f"column {j} ({_spec(x).name!r})")
    if not parts:  # nothing varies: the network has one input, zero
        first = _columns(columns[0][0], [0])
        parts = [apply("Expand", constant(np.zeros((1, 1))), apply("Shape", first, dtype=np.int64))]
    return concatenate([cast(part, dtype) for part in parts], axis=1)


def _categories(model: Model) -> Sequence[Category]:
    return getattr(model.encoder, "categories_", [])  # none of a sparse matrix


def _spec(x: Tensor) -> InputSpec:
    """Return the name and the width of an input."""
    assert x.node is not None
    return x.node.value


def _columns(x: Tensor, numbers: list[int]) -> Tensor:
    """Take columns (n, m) of an input."""
    return x if len(numbers) == _spec(x).width else apply("Gather", x, np.array(numbers), axis=1)


def _matrix(columns: Sequence[tuple[Tensor, int]]) -> Tensor:
    """Join numeric columns (n, m): float32 if all of them are, else float64, as `read_table` does."""
    for x, _ in columns:
        if x.dtype == STRING:
            raise ValueError(
                f"Input {_spec(x).name!r} must be numeric, as at fit, but its type is string; convert it to numbers."
            )
    dtype = np.dtype(np.float32 if all(x.dtype == np.float32 for x, _ in columns) else np.float64)
    groups = [list(group) for _, group in groupby(columns, key=lambda column: id(column[0]))]
    parts = [_columns(group[0][0], [i for _, i in group]) for group in groups]
    return concatenate([cast(part, dtype) for part in parts], axis=1)


def _encode_numbers(encoder: TableEncoder, x: Tensor, dtype: np.dtype) -> list[Tensor]:
    """Export the scaled numbers (n, m), clipped as inputs in this precision, and their missing indicators."""
    missing = np.isnan(x)
    if encoder.sparse_:
        return [_clip(where(missing, 0, x) / encoder.scale_, dtype)]
    fitted = encoder.scaler_
    t = _scale(fitted, where(missing, fitted.median, x))
    if not fitted.scaler.bounded:
        t = _clip(t, dtype)
    flagged = encoder.flagged_
    return [t, cast(apply("Gather", missing, flagged, axis=1), t.dtype)] if len(flagged) else [t]


def _clip(t: Any, dtype: np.dtype) -> Tensor:
    t = cast(t, dtype)
    return np.clip(t, -bound(dtype), bound(dtype))


def _scale(fitted: FittedScaler, x: Tensor) -> Tensor:
    return by_rule(fitted.scaler, fitted.scaler.transform, x, fitted.statistics)


def _encode_category(category: Category, x: Tensor, name: str) -> list[Tensor]:
    """Export the codes (n, width) of a column (n, 1); none if it has no code."""
    if not category.names:
        return []
    kind = _type_of_values(category)
    if (kind == STRING) != (x.dtype == STRING):
        raise ValueError(
            f"The input of {name} must be of type {_type_name(kind)}, as its categories at fit, but it is of type "
            f"{_type_name(x.dtype)}; give it its own input, since a matrix of numbers cannot hold strings."
        )
    return [_encode_strings(category, x, name) if kind == STRING else _encode_values(category, x)]


def _encode_strings(category: Category, x: Tensor, name: str) -> Tensor:
    """Find the row of the code of each string; a missing value has several spellings."""
    rows = {str(value): i for i, value in enumerate(category.values, start=1) if value is not None}
    if clash := [value for value in rows if value in MISSING_STRINGS]:
        raise ValueError(
            f"The categories of {name} must differ from the spellings of a missing value, {list(MISSING_STRINGS)}, but "
            f"{clash[0]!r} is one of them; write it differently and fit again."
        )
    if None in category.values:
        rows |= dict.fromkeys(MISSING_STRINGS, category.values.index(None) + 1)
    row = apply(
        "LabelEncoder",
        apply("Squeeze", x, np.array([1])),
        dtype=np.int64,
        keys_strings=list(rows),
        values_int64s=list(rows.values()),
        default_int64=0,
    )
    return apply("Gather", constant(category.code.astype(np.float32)), row, axis=0)


def _encode_values(category: Category, x: Tensor) -> Tensor:
    """Compare with each value (n, n_values); a code of -1 and 1 is the sum of those of both values."""
    values = [value for value in category.values if value is not None]
    equal = [cast(apply("Equal", x, np.array([values]).astype(x.dtype), dtype=bool), np.float32)]
    if None in category.values:
        equal.append(cast(np.isnan(cast(x, np.result_type(x.dtype, np.float32))), np.float32))
    indicators = concatenate(equal, axis=1)
    if len(category.names) == len(category.values):
        return indicators
    return indicators @ category.code[1:]


def _type_of_values(category: Category) -> np.dtype:
    """Return the type of the values of a column: strings, bools, integers or numbers; a missing one needs a float."""
    values = [value for value in category.values if value is not None]
    for kind, dtype in ((str, object), ((bool, np.bool_), bool), (Integral, np.int64), (Real, np.float64)):
        if all(isinstance(value, kind) for value in values):
            if kind is Integral and max(map(abs, values), default=0) > LARGEST_EXACT:
                raise ValueError(
                    f"Categories that are integers must be at most 2**53 to be exported, got {max(values, key=abs)}: "
                    "convert them to strings and fit again."
                )
            floating = len(values) < len(category.values) and dtype is not object
            return np.dtype(np.float64 if floating else dtype)
    raise ValueError(
        "The categories of a column must be all strings, all bools or all numbers to be exported, but they are "
        f"{values[:3]} ...; convert the column and fit again."
    )


def _type_of_column(column: Any, default: np.dtype) -> np.dtype:
    """Return the type of an input for a column of a frame; that of objects is unknown."""
    dtype = column.to_numpy().dtype
    kinds = {"f": np.float32 if dtype == np.float32 else np.float64, "i": np.int64, "u": np.int64, "b": bool}
    return default if default == STRING else np.dtype(kinds.get(dtype.kind, default))


def _type_name(dtype: np.dtype) -> str:
    return "string" if dtype == STRING else dtype.name
