"""Rows from a source: a pass over all parts for their summary, a pass in each epoch, and predictions part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.streams import RowStream
from skscratch.estimators.model import Model
from skscratch.estimators.parts import encode_part, learn, open_reader, read_part, summarise
from skscratch.estimators.progress import watched
from skscratch.estimators.reading import Data, Given, Sample, require_column
from skscratch.estimators.state import TrainingState
from skscratch.tabular.columns import RawTable, read_table
from skscratch.tabular.frames import column_array, columns_of, require_distinct, select
from skscratch.tabular.sources import Source
from skscratch.tabular.summary import Summary, merge_summaries

PENDING = 4  # summaries of parts that are merged at once


class Columns(NamedTuple):
    """The names of the columns of a source, by their purpose.

    Parameters
    ----------
    X, y, w : list
        Features, targets, and at most one column of weights.
    vector : bool
        Whether y is given by one name, and so has shape (n,).
    """

    X: list[Any]
    y: list[Any]
    w: list[Any]
    vector: bool

    @property
    def names(self) -> list[Any]:
        """All names."""
        return [*self.X, *self.y, *self.w]

    def given(self, frame: Any) -> Given:
        """Divide a part into X, y and weights."""
        y = select(frame, self.y)
        w = [column_array(column) for column in columns_of(select(frame, self.w))] if self.w else [None]
        return Given(select(frame, self.X), column_array(columns_of(y)[0]) if self.vector else y, w[0])


class Stream:
    """The parts of a source, read for a fit.

    Parameters
    ----------
    estimator : BaseScratchMLP
        The estimator that is fitted.
    source : Source
        Gives the parts.
    given : Given
        y and sample_weight are names of columns.
    before : Model or None
        The last model in a warm start.
    state : TrainingState
        Its seed determines the keys of the rows, by which validation rows are chosen.
    """

    def __init__(self, estimator: Any, source: Source, given: Given, before: Model | None, state: TrainingState):
        _check_hyperparameters(estimator)
        self.estimator, self.source, self.state, self.before = estimator, source, state, before
        self.columns = _choose_columns(estimator, source, given, before)
        if before is None:
            self.reader, self.categorical = open_reader(estimator, select(source.head, self.columns.X))
        else:
            self.reader, self.categorical = estimator, before.categorical
        self.sizes: dict[int, int] = {}  # rows of each part in the first pass

    def learn(self, validation: Given | None, classes: Any, *, validate: bool) -> Data:
        """Read all parts once; learn what is needed of all rows, and choose validation rows if there are to be any."""
        summary = self._summary()
        key = self.state.validation_key
        data = learn(self.reader, self.categorical, summary, validation, classes, self.before, key)
        return data if validate else data._replace(validation=None, validation_key=0.0)

    def rows(self, model: Model, data: Data) -> RowStream:
        """Make the stream of the training rows."""
        assert data.summary is not None

        def parts(rng: np.random.Generator | None) -> Iterator[Rows]:
            for keys, sample in self._samples("training", rng):
                rows = encode_part(model, data, keys, sample)
                if rows.n:
                    yield rows

        n_validation = np.count_nonzero(data.summary.sample.keys < data.validation_key)
        return RowStream(data.summary.n - int(n_validation), parts)

    def _summary(self) -> Summary:
        """Summarise all parts."""
        pending: list[Summary] = []
        for keys, sample in self._samples("statistics"):
            pending.append(summarise(self.reader, keys, sample))
            if len(pending) == PENDING:
                pending = [merge_summaries(pending)]
        if not pending:
            raise ValueError("X must have at least one row with a weight above zero, but it has none.")
        return merge_summaries(pending)

    def _samples(self, purpose: str, rng: np.random.Generator | None = None) -> Iterator[tuple[np.ndarray, Sample]]:
        """Read the rows with a weight above zero of each part, and their keys."""
        for number, frame in self._frames(purpose, rng):
            given = self.columns.given(frame)
            keys, sample = read_part(self.reader, self.categorical, given, self.state.seed, number)
            if len(keys):
                yield keys, sample

    def _frames(self, purpose: str, rng: np.random.Generator | None) -> Iterator[tuple[int, Any]]:
        """Read the parts that have rows; in later passes check that they have as many as in the first."""
        frames, is_first, seen = self.source.frames(self.columns.names, rng), not self.sizes, 0
        if self.estimator.verbose:
            name = f"{type(self.estimator).__name__}: {purpose}"
            frames = watched(frames, name, None if is_first else sum(self.sizes.values()))
        for number, frame in frames:
            if is_first:
                self.sizes[number] = len(frame)
            elif self.sizes.get(number) != len(frame):
                raise _changed(f"part {number} had {self.sizes.get(number, 0)} rows and has {len(frame)} now")
            seen += 1
            if len(frame):
                yield number, frame
        if seen < len(self.sizes):
            raise _changed(f"it had {len(self.sizes)} parts and has {seen} now")


def read_tables(estimator: Any, source: Source, model: Model) -> Iterator[RawTable]:
    """Read the parts of a source to predict from; other columns than those of fit are left out.

    Raises
    ------
    ValueError
        If a column is missing, or there are no rows.
    """
    names = getattr(estimator, "feature_names_in_", source.names)
    for name in names:
        require_column(name, source.names, "A column of fit")
    frames, is_empty = source.frames(list(names)), True
    if estimator.verbose:
        frames = watched(frames, f"{type(estimator).__name__}: prediction")
    for _, frame in frames:
        if len(frame):
            is_empty = False
            yield read_table(estimator, frame, model.categorical, reset=False)
    if is_empty:
        raise ValueError("X must have at least one row, but it has none.")


def _check_hyperparameters(estimator: Any) -> None:
    """Raise a ValueError for values that need all rows at once."""
    if estimator.solver == "lbfgs":
        raise ValueError(
            "solver must be a stochastic one such as 'adam' where X is read in parts, got 'lbfgs', which needs all "
            "rows at once."
        )
    if callable(estimator.scoring):
        raise ValueError(
            "scoring must be None, 'loss' or the name of a scorer where X is read in parts, but is a callable, which "
            "would need rows of X: pass X_val and y_val, and fit on rows in memory, or choose a name."
        )


def _choose_columns(estimator: Any, source: Source, given: Given, before: Model | None) -> Columns:
    """Find the columns of X, y and weights in a source."""
    require_distinct(source.names)
    vector = not isinstance(given.y, (list, tuple))
    y, w = [given.y] if vector else list(given.y), [] if given.sample_weight is None else [given.sample_weight]
    for what, name in [*(("y", name) for name in y), *(("sample_weight", name) for name in w)]:
        if not isinstance(name, str):
            raise ValueError(
                f"{what} must be the name of a column of X where X is read in parts, but a {type(name).__name__} was "
                "given: make it a column of X, and pass its name, or read X into memory."
            )
        require_column(name, source.names, what)
    others = [name for name in source.names if name not in (*y, *w)]
    X = others if before is None else list(getattr(estimator, "feature_names_in_", others))
    for name in X:
        require_column(name, source.names, "A column of the first fit")
    return Columns(X, y, w, vector)


def _changed(how: str) -> ValueError:
    return ValueError(
        f"X must give the same rows in every pass, but {how}: do not change the files during a fit; a function must "
        "return a new iterator in each call."
    )
