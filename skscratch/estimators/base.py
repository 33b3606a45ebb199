"""The base class of both estimators: from X and y to fitted attributes, and from X to raw scores."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skscratch.core.batches import Rows
from skscratch.core.history import History
from skscratch.core.losses import Loss
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters
from skscratch.core.streams import RowStream
from skscratch.core.training import Callback
from skscratch.estimators import builders, docstrings
from skscratch.estimators.arguments import reject_unknown
from skscratch.estimators.attributes import COLUMNS, fitted_attributes
from skscratch.estimators.building import build, encode_rows, resume
from skscratch.estimators.callbacks import CallbackSupport, FitTask, fit_tasks, with_callbacks
from skscratch.estimators.constraints import check_parameters
from skscratch.estimators.explanations import ExplanationSupport
from skscratch.estimators.fitting import train
from skscratch.estimators.hyperparameters import Hyperparameters, check_unchanged, constraints
from skscratch.estimators.model import Model
from skscratch.estimators.out_of_fold import OutOfFold
from skscratch.estimators.pickles import StoresVersion
from skscratch.estimators.reading import Data, Given, check_validation, read_data, take_columns
from skscratch.estimators.results import fit_results
from skscratch.estimators.splitting import Split, split_rows
from skscratch.estimators.state import LeftOut, TrainingState
from skscratch.estimators.streaming import Stream, read_tables
from skscratch.estimators.time_limit import time_limits
from skscratch.tabular.columns import RawTable, read_table
from skscratch.tabular.encoding import Table
from skscratch.tabular.report import ColumnTable, report_columns
from skscratch.tabular.sources import find_source


class BaseScratchMLP(StoresVersion, CallbackSupport, ExplanationSupport, BaseEstimator):
    """Base class: fit and raw scores; subclasses implement how y is read and what raw scores mean."""

    _hyperparameters: ClassVar[Hyperparameters]
    _model: Model | None = None
    _state: TrainingState | None = None
    _out_of_fold: OutOfFold | None = None
    _importances: np.ndarray | None = None
    # Each is called with objective, rows and parameters before the first epoch, and returns a callback.
    _observers: Sequence[Callable[[Objective, Rows, Parameters], Callback]] = ()

    @abstractmethod
    def _read_target(self, y: Any) -> np.ndarray:
        """Check y and return an array (n,) or (n, o)."""

    @abstractmethod
    def _target_facts(self, y: np.ndarray, w: np.ndarray | None) -> Any:
        """Collect the facts of y of some rows, which can be merged with those of other rows."""

    @abstractmethod
    def _learn_target(self, facts: Any, classes: Any) -> tuple[Any, Loss]:
        """Learn how y is encoded from the facts of all rows, and choose the loss for it."""

    @abstractmethod
    def _weigh(self, target: Any, y: np.ndarray, w: np.ndarray | None, mass: Any) -> np.ndarray | None:
        """Multiply the weights of rows by those of their classes; these depend on the weight of each class in all rows.

        `mass` (n_classes,) is needed where the rows are not all.
        """

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        resume_from: Any = None,
        **unknown: Any,
    ) -> Self:
        reject_unknown(self, unknown)
        validation = Given(X_val, y_val, sample_weight_val)
        return self._fit(Given(X, y, sample_weight), validation, warm=self.warm_start, resume_from=resume_from)

    fit.__doc__ = docstrings.FIT

    def _fit(
        self, given: Given, validation: Given, *, warm: bool, one_epoch: bool = False, classes: Any = None,
        resume_from: Any = None,
    ) -> Self:  # fmt: skip
        """Train a new model, or continue to train the present one or that of a checkpoint.

        All attributes are set together at the end.
        """
        with warning_if_interrupted():
            given = take_columns(given)
            checkpoint = _read_checkpoint(self, resume_from, given.X)
            source = self if checkpoint is None else checkpoint.estimator
            before, state = (source._model, source._state) if warm or checkpoint else (None, None)
            passed = self._check(validation, before, one_epoch)
            limits = [] if one_epoch else time_limits(self)
            state = TrainingState.start(self.random_state) if state is None else state.copy()
            data, model, rows = source._prepare(given, passed, before, state, classes, validate=not one_epoch)
            objective = builders.objective(self, model.network, model.loss, data.mean_weight)
            split = Split(rows) if one_epoch else split_rows(self, objective, model, data, rows, state)
            everything = [rows, *split.passed]
            if checkpoint is not None:
                checkpoint.continue_with(everything, split.validator)
            tasks = [] if one_epoch else fit_tasks(self, given, builders.max_iter(self, split.rows.n))
            running = [_running(self, data.reader, model, state, split, everything) for _ in tasks]
            callbacks: list[Callback] = [*map(partial, tasks, running), *limits]
            run = None if checkpoint is None else checkpoint.run
            state = train(self, objective, model, split, state, callbacks, one_epoch=one_epoch, run=run)
            results = {} if one_epoch else fit_results(model, split, data, state.seed)
            keep = self.warm_start or one_epoch
            self._set(fitted_attributes(data.reader, model, state, keep=keep, **results), tasks)
        return self

    def _prepare(
        self, given: Given, passed: Given | None, before: Model | None, state: TrainingState, classes: Any, *,
        validate: bool,
    ) -> tuple[Data, Model, Rows | RowStream]:  # fmt: skip
        """Read the rows, and make a model with its initial parameters, or copy the present one."""
        source = find_source(given.X)
        if source is None:
            stream, data = None, read_data(self, given, passed, before, classes)
        else:
            stream = Stream(self, source, given, before, state)
            data = stream.learn(passed, classes, validate=validate)
        model, table = build(self, data, state) if before is None else (resume(before, data), None)
        return data, model, encode_rows(model, data.training, table) if stream is None else stream.rows(model, data)

    def _check(self, validation: Given, before: Model | None, one_epoch: bool) -> Given | None:
        """Check all hyperparameters before any data is read; return the validation rows, if some were passed."""
        check_parameters(self, constraints(self._hyperparameters))
        builders.check_options(self)
        if before is not None:
            check_unchanged(self, before.hyperparameters, one_epoch=one_epoch)
        return check_validation(self, validation)

    def _set(self, attributes: Mapping[str, Any], tasks: Sequence[FitTask]) -> None:
        """Set all fitted attributes at once, in place of those of the last fit."""
        for task in tasks:
            task.end(attributes)
        others = {name: value for name, value in vars(self).items() if name not in COLUMNS}
        self.__dict__ = {**others, **attributes}

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """Train for one epoch at a constant rate, with the columns and targets that the first call learned."""
        validation = Given(None, None)
        return self._fit(Given(X, y, sample_weight), validation, warm=True, one_epoch=True, classes=classes)

    def _fit_statistics(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """Set the attributes of a model with its initial parameters."""
        with warning_if_interrupted():
            self._check(Given(None, None), None, one_epoch=True)
            given, state = take_columns(Given(X, y, sample_weight)), TrainingState.start(self.random_state)
            data, model, _ = self._prepare(given, None, None, state, classes, validate=False)
            k = len(model.parameters.values)
            state = state.after(History(best_epoch=np.zeros(k, int)), k, None, LeftOut(), one_epoch=True)
            self._set(fitted_attributes(data.reader, model, state, keep=True), [])
        return self

    def hidden_activations(self, X: Any, layer: int = -1) -> np.ndarray:
        """Compute the activations of a hidden layer, for example as features for another model.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        layer : int, default=-1
            Number of the hidden layer, from 0; negative numbers count from the last.

        Returns
        -------
        a : ndarray of shape (n_estimators, n_samples, units)
            Output of the layer's activation function for each member, in the precision of training.

        Raises
        ------
        ValueError
            If there is no such hidden layer.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skscratch import ScratchMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = ScratchMLPClassifier([16, 8], n_estimators=4, max_iter=4, random_state=0).fit(X, y)
        >>> model.hidden_activations(X).shape
        (4, 150, 8)
        >>> model.hidden_activations(X, layer=0).shape
        (4, 150, 16)
        """
        model = self._fitted_model()
        parts = [model.activations(rows, layer) for rows in self._tables(X, model)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _from_raw_scores(self, f: Callable[[np.ndarray], np.ndarray], X: Any, axis: int = 0) -> np.ndarray:
        """Compute f of the raw scores z (k, n, o) of all members; `axis` is that of the rows in the output of f."""
        model = self._fitted_model()
        parts = [model.from_raw_scores(f, rows, axis) for rows in self._tables(X, model)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis)

    def _tables(self, X: Any, model: Model) -> Iterable[RawTable | Table]:
        """Read X: as one table if it is in memory, part by part if it is a source."""
        if isinstance(X, Table):
            return [X]
        source = find_source(X)
        if source is None:
            return [read_table(self, X, model.categorical, reset=False)]
        return read_tables(self, source, model)

    def _means_without(self, left_out: OutOfFold, X: Any) -> np.ndarray:
        """Compute the mean outputs (g, n, o) of each set of members."""
        return self._from_raw_scores(lambda z: np.tensordot(left_out.shares, self._loss.predict(z), 1), X, axis=1)

    def _of_left_out(self, f: Callable[[OutOfFold], Any]) -> Any:
        """Compute f of the out-of-fold outputs of the last fit; None if there are none."""
        self._fitted_model()
        return None if self._out_of_fold is None else f(self._out_of_fold)

    def _left_out_rows(self) -> OutOfFold:
        """Return the out-of-fold outputs of the last fit, or raise a ValueError if there are none."""
        self._fitted_model()
        if self._out_of_fold is None:
            raise ValueError(
                "The last fit must have had validation rows on which no fit has trained, by which intervals and sets "
                "are made, but it had none: fit with early_stopping=True, or pass X_val and y_val, and do not call "
                "partial_fit afterwards or before a warm start."
            )
        return self._out_of_fold

    def _fitted_model(self) -> Model:
        if self._model is None:
            check_is_fitted(self)  # raises
        assert self._model is not None
        return self._model

    @property
    def _target(self) -> Any:
        return self._fitted_model().target

    @property
    def _loss(self) -> Any:
        return self._fitted_model().loss

    @property
    def columns_(self) -> ColumnTable:
        """What was made of each column of X."""
        model = self._fitted_model()
        return report_columns(model.encoder, model.categorical, model.parameters.values.dtype)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        """Write the estimator for notebooks, in HTML with the table of columns."""
        bundle = super()._repr_mimebundle_(**kwargs)
        return {kind: text + (self._columns_html() if kind == "text/html" else "") for kind, text in bundle.items()}

    @property
    def _repr_html_(self) -> Callable[[], str]:
        """What writes the estimator in HTML, for tools that do not know the method above."""
        write = super()._repr_html_
        return lambda: write() + self._columns_html()

    def _columns_html(self) -> str:
        if not hasattr(self, "columns_"):  # not fitted, or saved by an older version
            return ""
        return f"<details><summary>columns_</summary>{self.columns_._repr_html_()}</details>"

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Effective weights of each dense layer, of shape (n_estimators, fan_in, fan_out)."""
        model = self._fitted_model()
        return [W for W, _ in model.network.dense_layers(model.parameters)]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases of each dense layer, of shape (n_estimators, fan_out)."""
        model = self._fitted_model()
        return [b for _, b in model.network.dense_layers(model.parameters)]

    def __sklearn_is_fitted__(self) -> bool:
        return self._model is not None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags


def is_stochastic(estimator: BaseScratchMLP) -> bool:
    """Return True if `partial_fit` is available: not with L-BFGS, which needs all rows at once."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit and fit_statistics are only available for stochastic solvers such as 'adam', got "
            "solver='lbfgs'; choose another."
        )
    return True


def _read_checkpoint(estimator: BaseScratchMLP, path: Any, X: Any) -> Any:
    """Read the checkpoint that a fit resumes, if it resumes one."""
    if path is None:
        return None
    from skscratch.persistence.checkpoints import read_checkpoint  # not above: most programs read no files

    return read_checkpoint(path, estimator, X)


def _running(*parts: Any) -> Any:
    """Make the value from which callbacks can make checkpoints."""
    from skscratch.persistence.checkpoints import RunningFit  # not above: most fits have no callbacks

    return RunningFit(*parts)


@contextmanager
def warning_if_interrupted() -> Iterator[None]:
    """Make a context that warns of a KeyboardInterrupt before it passes it on."""
    try:
        yield
    except KeyboardInterrupt:
        warnings.warn("The fit was interrupted: the estimator stays as it was.", RuntimeWarning, stacklevel=6)
        raise
