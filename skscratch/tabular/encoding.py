"""Encode a table: what a network reads is one float array, and nothing of the training data but this is remembered.

The columns of the array stand in this order::

    scaled numeric columns | missing indicators | categories, column by column

- A number that is missing becomes the median, and a column that had missing values in training is followed by an
  indicator of 0 and 1.
- A categorical column of two values becomes one column of -1 and +1, where a missing or new value is 0.
- Any other becomes one 0/1 column for each value seen in at least two rows (the 100 most frequent), where "missing" is
  a value like any other. New and rare values are 0 everywhere.
- Sparse X is only divided by the root-mean-square of its columns, so that zeros stay zeros.

Counts are of rows; weights enter the statistics of numbers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import csr_array, issparse

from skscratch.tabular.blocks import row_blocks
from skscratch.tabular.columns import RawTable
from skscratch.tabular.scaling import SCALINGS, Scaler, root_mean_square

MIN_ROWS = 2  # a value seen in fewer rows has no column of its own
MAX_VALUES = 100


class Table(NamedTuple):
    """What a network reads.

    Parameters
    ----------
    x : ndarray (C-contiguous) or CSR array of shape (n_samples, n_inputs)
        The encoded columns.
    n_numeric : int
        The first so many columns are scaled numbers, which a numeric embedding may read.
    """

    x: Any
    n_numeric: int

    def blocks(self) -> Iterator[Table]:
        """The table in pieces."""
        for rows in row_blocks(self.x):
            yield self._replace(x=self.x[rows])


@dataclass(frozen=True, eq=False)
class Category:
    """The code of one categorical column.

    Parameters
    ----------
    values : list
        The values with a row of `code`, from row 1 on; None is a missing value.
    code : ndarray of shape (n_values + 1, width)
        Row 0 (all zeros) is for whatever is not in `values`.
    names : list of str
        One name per column of `code`.
    """

    values: list
    code: np.ndarray
    names: list[str]

    @classmethod
    def learn(cls, values: np.ndarray, name: str) -> Category:
        """The code of the objects (n,) of the column `name`."""
        counts = Counter(values.tolist())
        seen = sorted(counts, key=_order)
        present = [value for value in seen if value is not None]
        if len(seen) == 1:
            return cls([], np.zeros((1, 0)), [])
        if len(present) == 2:
            code = np.array([[0], [-1], [1]], dtype=np.int8)
            return cls(present, code, [_title(name, present[1])])
        common = [value for value in seen if counts[value] >= MIN_ROWS]
        kept = sorted(sorted(common, key=lambda value: -counts[value])[:MAX_VALUES], key=_order)
        code = np.eye(len(kept) + 1, len(kept), k=-1, dtype=np.int8)
        return cls(kept, code, [_title(name, value) for value in kept])

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Objects (n,) -> their codes (n, width)."""
        rows = {value: i for i, value in enumerate(self.values, start=1)}
        return self.code[np.fromiter((rows.get(value, 0) for value in values), np.intp, len(values))]


def _order(value: Any) -> tuple[int, Any]:
    """Sort key of a category: numbers, strings, anything else, missing."""
    if value is None:
        return 3, 0
    if isinstance(value, (Real, np.bool_)):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, repr(value))


def _title(name: str, value: Any) -> str:
    """The name of the column for a value; 1.0 reads as 1, as it does in a column without missing values."""
    if value is None:
        return f"{name} is missing"
    return f"{name}={int(value) if isinstance(value, float) and value.is_integer() else value}"


class TableEncoder:
    """Turn raw tables into arrays, by what was learned from the training rows.

    Parameters
    ----------
    scaling : {"robust", "standard", "quantile", None}, default="robust"
        How numeric columns are scaled; see `skscratch.tabular.scaling`.

    Attributes
    ----------
    feature_names_out_ : ndarray of str objects of shape (n_inputs,)
        Names of the encoded columns, such as "age", "age is missing", "sex=male".

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.tabular.columns import RawTable
    >>> from skscratch.tabular.encoding import TableEncoder
    >>> sex = np.array(["male", "female", None], dtype=object)
    >>> raw = RawTable(np.array([[22.0], [np.nan], [38.0]]), [sex], ["age"], ["sex"])
    >>> encoder = TableEncoder(scaling=None).fit(raw)
    >>> encoder.feature_names_out_.tolist()
    ['age', 'age is missing', 'sex=male']
    >>> encoder.transform(raw, np.float64).x
    array([[22.,  0.,  1.],
           [22.,  1., -1.],
           [38.,  0.,  0.]])
    """

    def __init__(self, scaling: str | None = "robust") -> None:
        self.scaling = scaling

    def fit(self, raw: RawTable, sample_weight: np.ndarray | None = None) -> TableEncoder:
        """Learn medians, scales and categories.

        Parameters
        ----------
        raw : RawTable
            The training rows, those of zero weight left out.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights above zero.

        Returns
        -------
        TableEncoder
            The encoder itself.
        """
        self.sparse_ = issparse(raw.numeric)
        if self.sparse_:
            names = self._learn_sparse(raw, sample_weight)
        else:
            names = self._learn_dense(raw, sample_weight)
        # a network needs an input, if only a zero
        self.feature_names_out_ = np.array(names or ["nothing varies"], dtype=object)
        return self

    def transform(self, raw: RawTable, dtype: DTypeLike = np.float32) -> Table:
        """Encode rows.

        Parameters
        ----------
        raw : RawTable
            Rows with the columns of the training rows; never changed.
        dtype : dtype, default=float32
            float32 or float64.

        Returns
        -------
        Table
            If there is nothing to do (no scaling, nothing missing, no categories, same precision), `x` is `raw.numeric`
            itself.
        """
        if self.sparse_:
            return self._encode_sparse(raw, dtype)
        if self._is_encoded(raw, dtype):
            return Table(raw.numeric, raw.numeric.shape[1])
        return self._encode_dense(raw, dtype)

    def _learn_dense(self, raw: RawTable, sample_weight: np.ndarray | None) -> list[str]:
        """Names of the columns of what has been learned."""
        self.scaler_: Scaler = SCALINGS[self.scaling]().fit(raw.numeric, sample_weight)
        missing = [np.isnan(raw.numeric[rows]).any(axis=0) for rows in row_blocks(raw.numeric)]
        self.flagged_ = np.flatnonzero(np.any(missing, axis=0))
        self.categories_ = [
            Category.learn(values, name) for values, name in zip(raw.categories, raw.category_names, strict=True)
        ]
        flags = [_title(raw.numeric_names[j], None) for j in self.flagged_]
        return [*raw.numeric_names, *flags, *(name for category in self.categories_ for name in category.names)]

    def _encode_dense(self, raw: RawTable, dtype: DTypeLike) -> Table:
        x = raw.numeric.toarray() if issparse(raw.numeric) else raw.numeric
        m, width = x.shape[1], len(self.feature_names_out_)
        out = np.zeros((len(raw), width), dtype)
        for rows in row_blocks(x):
            missing, t = np.isnan(x[rows]), self.scaler_.transform(x[rows])
            out[rows, :m] = np.where(missing, self.scaler_.missing.astype(t.dtype), t) if missing.any() else t
            if len(self.flagged_):
                out[rows, m : m + len(self.flagged_)] = missing[:, self.flagged_]
        stop = m + len(self.flagged_)
        for category, values in zip(self.categories_, raw.categories, strict=True):
            start, stop = stop, stop + len(category.names)
            out[:, start:stop] = category.encode(values)
        return Table(out, m)

    def _is_encoded(self, raw: RawTable, dtype: DTypeLike) -> bool:
        """Whether the numbers of raw are already what the network reads."""
        x = raw.numeric
        return (
            self.scaling is None
            and isinstance(x, np.ndarray)
            and x.shape[1] == len(self.feature_names_out_)
            and x.dtype == dtype
            and x.flags.c_contiguous
            and not any(np.isnan(x[rows]).any() for rows in row_blocks(x))
        )

    def _learn_sparse(self, raw: RawTable, sample_weight: np.ndarray | None) -> list[str]:
        """Names of the columns, each of which is divided by its scale from now on."""
        scaled = self.scaling is not None
        self.scale_ = root_mean_square(raw.numeric, sample_weight) if scaled else np.ones(raw.numeric.shape[1])
        return raw.numeric_names

    def _encode_sparse(self, raw: RawTable, dtype: DTypeLike) -> Table:
        x = csr_array(raw.numeric)
        data = (np.where(np.isnan(x.data), 0, x.data) / self.scale_[x.indices]).astype(dtype)
        return Table(csr_array((data, x.indices, x.indptr), shape=x.shape), 0)
