"""Encode a table as one float array, by statistics of the training rows.

The columns of the array are in this order::

    scaled numeric columns | missing indicators | categories, column by column

- A missing number becomes the median, and a column that had missing values in training gets an indicator of 0 and 1.
- A categorical column of two values becomes one column of -1 and +1, where a missing or new value is 0.
- Any other becomes one 0/1 column for each value seen in at least two rows (the 100 most frequent), where "missing" is
  a value as well. New and rare values are 0 everywhere.
- Sparse X is only divided by the root-mean-square of its columns, so that zeros stay zeros.
- Numbers are scaled in float64 where float32 has no finite factor, and clipped to +-M^(1/4), M the largest number of
  the dtype (4.3e9 in float32, 1.2e77 in float64), so that products of an input with weights and gradients, and their
  squares, stay finite.

Rows are counted without weights; weights enter the statistics of numbers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import csr_array, issparse

from skscratch.tabular.chunks import row_chunks
from skscratch.tabular.column_facts import ColumnFacts
from skscratch.tabular.columns import RawTable
from skscratch.tabular.report import CategoryFacts, Facts, bound
from skscratch.tabular.scaling import FittedScaler, Scaler, Unscaled, root_mean_square

MIN_FREQUENCY, MAX_CATEGORIES = 2, 100  # the defaults of the hyperparameters with these names
FEW_VALUES = 10  # so many new values are nothing unusual


class Table(NamedTuple):
    """The inputs of a network.

    Parameters
    ----------
    x : ndarray (C-contiguous) or CSR array of shape (n_samples, n_inputs)
        The encoded columns.
    n_numeric : int
        Number of leading columns that are scaled numbers, which a numeric embedding may read.
    """

    x: Any
    n_numeric: int

    def chunks(self) -> Iterator[Table]:
        """Yield the table in chunks of consecutive rows."""
        for rows in row_chunks(self.x):
            yield self._replace(x=self.x[rows])


@dataclass(frozen=True, eq=False)
class Category:
    """The codes of the values of one categorical column.

    Parameters
    ----------
    values : list
        The values that have a row of `code`, from row 1 on; None is a missing value.
    code : ndarray of shape (n_values + 1, width)
        Row 0 (all zeros) is for every value that is not in `values`.
    names : list of str
        One name per column of `code`.
    """

    values: list[Any]
    code: np.ndarray
    names: list[str]

    @classmethod
    def learn(
        cls,
        counts: Counter[Any],
        name: str,
        min_rows: float = MIN_FREQUENCY,
        max_categories: int | None = MAX_CATEGORIES,
    ) -> Category:
        """Learn the codes of the values of the column `name`, from how often each occurs.

        A value in fewer than `min_rows` rows, or that is not among the `max_categories` most frequent, has no column.
        """
        seen = sorted(counts, key=_order)
        present = [value for value in seen if value is not None]
        if len(seen) == 1:
            return cls([], np.zeros((1, 0)), [])
        if len(present) == 2:
            code = np.array([[0], [-1], [1]], dtype=np.int8)
            return cls(present, code, [_title(name, present[1])])
        common = [value for value in seen if counts[value] >= min_rows]
        kept = sorted(sorted(common, key=lambda value: -counts[value])[:max_categories], key=_order)
        code = np.eye(len(kept) + 1, len(kept), k=-1, dtype=np.int8)
        return cls(kept, code, [_title(name, value) for value in kept])

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Encode objects (n,) as codes (n, width)."""
        rows = {value: i for i, value in enumerate(self.values, start=1)}
        return self.code[np.fromiter((rows.get(value, 0) for value in values), np.intp, len(values))]

    def is_known(self, values: np.ndarray) -> bool:
        """Return whether one of the objects (n,) has a column, or nothing can be said.

        Nothing can be said if there are fewer than ten values, as in a prediction of a few rows, unless all are of
        another kind than in training: strings in place of numbers.
        """
        known = set(self.values) - {None}
        if not known or any(value in known for value in values):  # the first row answers it, as a rule
            return True
        others = [value for value in values if value is not None]
        kinds = [{_order(value)[0] for value in group} for group in (known, others)]
        return not others or (len(others) < FEW_VALUES and bool(kinds[0] & kinds[1]))


def _order(value: Any) -> tuple[int, Any]:
    """Return the sort key of a category: numbers, strings, anything else, missing."""
    if value is None:
        return 3, 0
    if isinstance(value, (Real, np.bool_)):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, repr(value))


def _title(name: str, value: Any) -> str:
    """Name the column of a value; 1.0 is written as 1, as in a column without missing values."""
    if value is None:
        return f"{name} is missing"
    return f"{name}={int(value) if isinstance(value, float) and value.is_integer() else value}"


class TableEncoder:
    """A map from raw tables to arrays, by statistics of the training rows.

    Parameters
    ----------
    scaling : {"robust", "standard", "quantile"}, Scaler or None, default="robust"
        Rule by which numeric columns are scaled; None does not scale. See `skscratch.tabular.scaling`.
    min_frequency : int, float or None, default=2
        A category in fewer rows, or in a smaller share of the rows if it is a float, has no column; None is 1.
    max_categories : int or None, default=100
        Maximum number of columns that a categorical column becomes; None is no limit.

    Attributes
    ----------
    feature_names_out_ : ndarray of str objects of shape (n_inputs,)
        Names of the encoded columns, such as "age", "age is missing", "sex=male".
    numeric_names_, category_names_ : list of str
        Names of the columns of the raw table.
    facts_ : Facts
        What is known of these columns, for a report.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.tabular import RawTable, TableEncoder
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

    def __init__(
        self,
        scaling: str | Scaler | None = "robust",
        min_frequency: float | None = MIN_FREQUENCY,
        max_categories: int | None = MAX_CATEGORIES,
    ) -> None:
        self.scaling, self.min_frequency, self.max_categories = scaling, min_frequency, max_categories

    def fit(
        self, raw: RawTable, sample_weight: np.ndarray | None = None, facts: ColumnFacts | None = None
    ) -> TableEncoder:
        """Learn medians, scales and categories.

        Parameters
        ----------
        raw : RawTable
            The training rows, those of zero weight left out, or a sample of them.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights above zero.
        facts : ColumnFacts, default=None
            Facts of all rows, where `raw` is only a sample.

        Returns
        -------
        TableEncoder
            The encoder itself.

        Raises
        ------
        ValueError
            If `scaling` is no name of a scaler, no scaler and not None.
        """
        scaler = Unscaled() if self.scaling is None else Scaler.make(self.scaling)
        self.sparse_ = issparse(raw.numeric)
        facts = ColumnFacts.of(raw) if facts is None else facts
        self.numeric_names_, self.category_names_ = raw.numeric_names, raw.category_names
        self.categories_: list[Category] = []
        if self.sparse_:
            names = self._learn_sparse(raw, scaler, sample_weight)
        else:
            names = self._learn_dense(raw, scaler, sample_weight, facts)
        kept = zip(facts.counts, self.categories_, strict=True)
        categories = [CategoryFacts.of(counts, category.values, self._min_rows(facts.n)) for counts, category in kept]
        self.facts_ = Facts.of(facts, categories, is_sparse=self.sparse_)
        # a network needs at least one input, here a zero
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
            Without scaling, missing values, categories and a change of precision, `x` is `raw.numeric` itself.
        """
        if self.sparse_:
            return self._encode_sparse(raw, dtype)
        if self._is_encoded(raw, dtype):
            return Table(raw.numeric, raw.numeric.shape[1])
        return self._encode_dense(raw, dtype)

    def derivatives(self, raw: RawTable, dtype: DTypeLike = np.float32) -> np.ndarray:
        """Compute the derivative of each scaled number with respect to the number in X.

        Parameters
        ----------
        raw : RawTable
            Rows with the columns of the training rows.
        dtype : dtype, default=float32
            Precision of the inputs, on which it depends where numbers are clipped: there the derivative is 0.

        Returns
        -------
        ndarray of shape (n_samples, n_numeric)
            In float64; NaN where a number is missing.
        """
        x = raw.numeric.toarray() if issparse(raw.numeric) else raw.numeric
        slopes = np.where(np.isnan(x), np.nan, 1 / self.scale_) if self.sparse_ else self.scaler_.derivative(x)
        t = self.transform(raw, dtype).x
        t = t.toarray() if issparse(t) else t[:, : x.shape[1]]
        return slopes * (np.abs(t) < bound(dtype))

    @property
    def n_columns(self) -> int:
        """Number of columns of the raw table."""
        return len(self.numeric_names_) + len(self.category_names_)

    @property
    def column_of_input(self) -> np.ndarray:
        """For each input the number of its column: of `numeric_names_`, then of `category_names_`."""
        m = len(self.numeric_names_)
        if self.sparse_:
            return np.arange(m)
        categories = [m + i for i, category in enumerate(self.categories_) for _ in category.names]
        return np.array([*range(m), *self.flagged_, *categories] or [0])

    def _learn_dense(
        self, raw: RawTable, scaler: Scaler, sample_weight: np.ndarray | None, facts: ColumnFacts
    ) -> list[str]:
        """Learn from a dense table and return the names of the encoded columns."""
        self.scaler_: FittedScaler = scaler.fit(raw.numeric, sample_weight, (facts.low, facts.high))
        self.flagged_ = np.flatnonzero(facts.missing)
        self.categories_ = [
            Category.learn(counts, name, self._min_rows(facts.n), self.max_categories)
            for counts, name in zip(facts.counts, raw.category_names, strict=True)
        ]
        flags = [_title(raw.numeric_names[j], None) for j in self.flagged_]
        return [*raw.numeric_names, *flags, *(name for category in self.categories_ for name in category.names)]

    def _encode_dense(self, raw: RawTable, dtype: DTypeLike) -> Table:
        x = raw.numeric.toarray() if issparse(raw.numeric) else raw.numeric
        m, width = x.shape[1], len(self.feature_names_out_)
        out = np.zeros((len(raw), width), dtype)
        for rows in row_chunks(x):
            missing, t = np.isnan(x[rows]), self.scaler_.transform(x[rows])
            with np.errstate(over="ignore"):  # infinity is clipped in the next lines
                t = np.where(missing, self.scaler_.missing.astype(t.dtype), t) if missing.any() else t
                out[rows, :m] = t
            if not self.scaler_.scaler.bounded:
                np.clip(out[rows, :m], -bound(dtype), bound(dtype), out=out[rows, :m])
            if len(self.flagged_):
                out[rows, m : m + len(self.flagged_)] = missing[:, self.flagged_]
        stop = m + len(self.flagged_)
        for category, values in zip(self.categories_, raw.categories, strict=True):
            start, stop = stop, stop + len(category.names)
            out[:, start:stop] = category.encode(values)
        return Table(out, m)

    def _is_encoded(self, raw: RawTable, dtype: DTypeLike) -> bool:
        """Return whether the numbers of raw are already the inputs of the network."""
        x = raw.numeric
        return (
            isinstance(self.scaler_.scaler, Unscaled)
            and isinstance(x, np.ndarray)
            and x.shape[1] == len(self.feature_names_out_)
            and x.dtype == dtype
            and x.flags.c_contiguous
            and all((np.abs(x[rows]) <= bound(dtype)).all() for rows in row_chunks(x))
        )

    def _learn_sparse(self, raw: RawTable, scaler: Scaler, sample_weight: np.ndarray | None) -> list[str]:
        """Learn the scale of each column of a sparse table and return the names of the columns."""
        unscaled = isinstance(scaler, Unscaled)
        self.scale_ = np.ones(raw.numeric.shape[1]) if unscaled else root_mean_square(raw.numeric, sample_weight)
        return raw.numeric_names

    def _encode_sparse(self, raw: RawTable, dtype: DTypeLike) -> Table:
        x = csr_array(raw.numeric)
        with np.errstate(over="ignore"):  # infinity is clipped in the next line
            data = np.where(np.isnan(x.data), 0, x.data) / self.scale_[x.indices]
        data = np.clip(data, -bound(dtype), bound(dtype)).astype(dtype)
        return Table(csr_array((data, x.indices, x.indptr), shape=x.shape), 0)

    @property
    def is_unscaled(self) -> bool:
        """Whether numbers are inputs without scaling."""
        return not self.sparse_ and isinstance(self.scaler_.scaler, Unscaled)

    def unknown_columns(self, raw: RawTable) -> list[str]:
        """Return the names of the categorical columns of which no value is known."""
        if not raw.categories:
            return []
        columns = zip(self.categories_, raw.categories, raw.category_names, strict=True)
        return [name for category, values, name in columns if not category.is_known(values)]

    def _min_rows(self, n: int) -> float:
        """Return in how many of n rows a category must be to have a column."""
        frequency = 1 if self.min_frequency is None else self.min_frequency
        return frequency if isinstance(frequency, Integral) else frequency * n
