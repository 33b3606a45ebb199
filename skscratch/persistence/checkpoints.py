"""Checkpoints: the content of a file from which a fit can be resumed, and the checks before it is resumed."""

from __future__ import annotations

import copy
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skscratch.core.batches import Rows
from skscratch.core.history import Epoch, RunState
from skscratch.core.lbfgs import LbfgsState
from skscratch.core.stopping import Best
from skscratch.core.streams import RowStream
from skscratch.estimators.attributes import fitted_attributes
from skscratch.estimators.hyperparameters import equal
from skscratch.estimators.model import Model
from skscratch.estimators.splitting import Split
from skscratch.estimators.state import TrainingState
from skscratch.estimators.validation import Validator
from skscratch.persistence.estimators import content_of, errors_in_content, make_estimator, read_content
from skscratch.tabular.columns import check_columns
from skscratch.tabular.sources import find_source

FIRST_ROWS = 2**12  # of a stream, which would have to be read from beginning to end
# Hyperparameters that do not change how a fit continues; all others must be those of the checkpoint.
MAY_CHANGE = ("verbose", "max_time", "warm_start", "random_state")


@dataclass(eq=False)
class RunningFit:
    """A fit that is running, from which checkpoints are made after an epoch; a pickle or a copy of it is None.

    Parameters
    ----------
    estimator, reader : BaseScratchMLP
        The estimator that is fitted, and one that has read X.
    model : Model
        With the present parameters.
    state : TrainingState
        The state at the beginning of the fit.
    split : Split
        The validator, and the rows that each member leaves out.
    rows : sequence of Rows or RowStream
        All rows, and those that were passed for validation; they are removed at the end of the fit, since callbacks may
        keep this object.
    """

    estimator: Any
    reader: Any
    model: Model
    state: TrainingState
    split: Split
    rows: Sequence[Rows | RowStream]
    epoch: Epoch | None = None
    path: str | os.PathLike[str] | None = None  # of the last checkpoint
    _checksum: int | None = field(default=None, init=False)

    def content(self) -> dict[str, Any]:
        """Return the content of a checkpoint: the estimator of the best epochs so far, and the state of the run."""
        assert self.epoch is not None
        run = self.epoch.run_state()
        if isinstance(run, LbfgsState):  # members that are not trained yet predict nothing, unless in a warm start
            after, (values, history) = None, run.best_so_far(all_members=self.state.curves is not None)
        else:
            after, (values, history) = run, run.best_so_far()
        state = self.state.after(history, len(values), after, self.split.left_out, one_epoch=False)
        estimator = type(self.estimator)(**self.estimator.get_params(deep=False))
        model, keep = self.model.with_parameters(values), self.estimator.warm_start
        vars(estimator).update(fitted_attributes(self.reader, model, state, keep=keep))
        kept = None if self.split.validator is None else self.split.validator.kept
        fit = {"run": run, "state": self.state.without_optimizer(), "rows": self.checksum(), "kept": kept}
        return {**content_of(estimator), "fit": fit}

    def checksum(self) -> int:
        """Return the checksum of all rows; it is computed once."""
        if self._checksum is None:
            self._checksum = checksum(self.rows)
        return self._checksum

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A checkpoint that was read.

    Parameters
    ----------
    path : str or path-like
        Where it was.
    estimator : BaseScratchMLP
        The estimator at the beginning of the fit, with the columns, the model and the seed of this fit.
    run : RunState or LbfgsState
        The state of the run.
    rows : int
        The checksum of the rows.
    kept : Best or None
        What the validator has kept for predictions out of fold.
    """

    path: str | os.PathLike[str]
    estimator: Any
    run: RunState | LbfgsState
    rows: int
    kept: Best | None

    def continue_with(self, rows: Sequence[Rows | RowStream], validator: Validator | None) -> None:
        """Set the state of the validator; raise a ValueError unless these are the rows that the fit began with."""
        if checksum(rows) != self.rows:
            raise ValueError(
                f"X, y, the weights and the validation rows must be those that the fit in {os.fspath(self.path)!r} "
                "began with, in the same order, but some of them differ; pass the same rows, or fit anew without "
                "resume_from."
            )
        if validator is not None:
            validator.kept = self.kept


def read_checkpoint(path: str | os.PathLike[str], estimator: Any, X: Any) -> Checkpoint:
    """Read a checkpoint for a fit of this estimator on X.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or one of another class, with other hyperparameters or other columns.
    """
    content, name = read_content(path), os.fspath(path)
    if content.get("fit") is None:
        raise ValueError(
            f"resume_from must be a file of a Checkpoint, but skscratch.save wrote {name!r}, which has no state of a "
            "fit; read it with skscratch.load."
        )
    if content["estimator"] != type(estimator).__name__:
        raise ValueError(
            f"resume_from must be a checkpoint of a {type(estimator).__name__}, but {name!r} is one of a "
            f"{content['estimator']}; resume the fit with that class."
        )
    with errors_in_content(path):
        begun, fit = make_estimator(type(estimator), content), content["fit"]
        begun._model, begun._state = begun._model.with_parameters(fit["run"].values), fit["state"]
    _check_hyperparameters(name, begun.get_params(deep=False), estimator.get_params(deep=False))
    if find_source(X) is None:  # the columns of a source are checked when it is read
        _check_columns(name, begun, X)
    return Checkpoint(path, begun, fit["run"], fit["rows"], fit["kept"])


def checksum(rows: Sequence[Rows | RowStream]) -> int:
    """Compute a checksum (CRC-32) of the bytes of encoded rows, in their order; of a stream only of its first rows."""
    crc = 0
    for array in _arrays(rows):
        crc = zlib.crc32(repr((array.shape, array.dtype)).encode(), crc)
        crc = zlib.crc32(np.ascontiguousarray(array).data, crc)
    return crc


def _arrays(rows: Sequence[Rows | RowStream]) -> Iterator[np.ndarray]:
    yield np.array([table.n for table in rows])
    tables = [table if isinstance(table, Rows) else table.first(FIRST_ROWS) for table in rows]
    parts: list[Any] = [part for table in tables for part in table if part is not None]
    for part in parts:
        yield from (part.data, part.indices, part.indptr) if issparse(part) else (part,)


def _check_hyperparameters(path: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    changed = [name for name in now if name not in MAY_CHANGE and not equal(now[name], before[name])]
    if changed:
        raise ValueError(
            f"{' and '.join(changed)} must be as in the checkpoint {path!r}, {[before[name] for name in changed]}, "
            f"got {[now[name] for name in changed]}; set them to these values, or call skscratch.load and train with "
            "warm_start=True."
        )


def _check_columns(path: str, begun: Any, X: Any) -> None:
    reader = copy.copy(begun)
    check_columns(reader, X, reset=True)
    names, before = (getattr(each, "feature_names_in_", None) for each in (reader, begun))
    if reader.n_features_in_ != begun.n_features_in_ or not equal(names, before):
        raise ValueError(
            f"X must have the columns of the checkpoint {path!r}, {_describe(begun, before)}, got "
            f"{_describe(reader, names)}; pass the same columns in the same order."
        )


def _describe(reader: Any, names: Any) -> str:
    return f"{reader.n_features_in_} without names" if names is None else str(names.tolist())
