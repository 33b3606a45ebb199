"""Monotonic constraints: from `monotonic_cst` to the signs of the inputs of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skscratch.estimators.reading import Data, require_column
from skscratch.tabular.encoding import TableEncoder


def signs_of_inputs(monotonic_cst: Any, data: Data, encoder: TableEncoder) -> tuple[int, ...]:
    """Return the sign of each input: that of its column for a number, 0 for others; empty without constraints.

    Raises
    ------
    ValueError
        If a constraint is not for a numeric column of X, or if predictions would not be monotonic.
    """
    if monotonic_cst is None:
        return ()
    _require_increasing(monotonic_cst, data, encoder)
    signs = _signs_of_columns(monotonic_cst, data.categorical, encoder)
    if constrained := [name for name in encoder.category_names_ if signs.get(name)]:
        raise ValueError(
            f"monotonic_cst must be 0 for categorical columns, which have no order, but it is not for {constrained}: "
            "pass their categories as numbers in order, or leave them out."
        )
    of_numbers = [int(signs.get(name, 0)) for name in encoder.numeric_names_]
    return (*of_numbers, *[0] * (len(encoder.feature_names_out_) - len(of_numbers)))


def _require_increasing(monotonic_cst: Any, data: Data, encoder: TableEncoder) -> None:
    """Raise a ValueError where an input may decrease in its column, or a prediction in its raw score."""
    if not data.loss.inverse_link.increasing:
        raise ValueError(
            "monotonic_cst must be None for three or more classes, or where the inverse link of the loss is not "
            f"increasing, got {monotonic_cst!r} with {data.loss!r}; you could predict one class against the others."
        )
    if not encoder.sparse_ and not encoder.scaler_.scaler.increasing:
        raise ValueError(
            f"scaling must be increasing where monotonic_cst is given, got {encoder.scaler_.scaler!r}; choose "
            "'robust', or set increasing = True in your class if it is."
        )


def _signs_of_columns(monotonic_cst: Any, categorical: tuple[int, ...], encoder: TableEncoder) -> dict[str, int]:
    """Return the signs by name of the column."""
    d = encoder.n_columns
    numeric = np.setdiff1d(np.arange(d), categorical)
    names = dict(zip([*numeric, *categorical], [*encoder.numeric_names_, *encoder.category_names_], strict=True))
    if isinstance(monotonic_cst, Mapping):
        for name in monotonic_cst:
            require_column(name, [names[j] for j in range(d)], "a key of monotonic_cst")
        return dict(monotonic_cst)
    if len(monotonic_cst) != d:
        raise ValueError(
            f"monotonic_cst must have one sign for each of the {d} columns of X, got {len(monotonic_cst)}; a dict "
            "needs only the constrained columns."
        )
    return {names[j]: sign for j, sign in enumerate(monotonic_cst)}
