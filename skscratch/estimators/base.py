"""What both estimators share: from X and y to trained networks, and from X to raw scores."""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from skscratch.core.batches import Rows
from skscratch.core.lbfgs import lbfgs
from skscratch.core.network import PREDICT_BLOCK
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters
from skscratch.core.stopping import Patience
from skscratch.core.training import Callback, History, Trainer
from skscratch.estimators import docstrings, recipes
from skscratch.estimators.callbacks import CallbackSupport, FitTask, fit_tasks, with_callbacks
from skscratch.estimators.constraints import check_parameters
from skscratch.estimators.held_out import Criterion, Judge, minus_accuracy, rows_to_hold_out
from skscratch.estimators.hyperparameters import Hyperparameters
from skscratch.estimators.inspection import HiddenActivations
from skscratch.estimators.progress import Progress
from skscratch.estimators.published import FittedAttributes
from skscratch.estimators.threads import threads_for
from skscratch.tabular.columns import RawTable, find_categories, read_table
from skscratch.tabular.encoding import Table, TableEncoder
from skscratch.tabular.targets import check_weights, require_target


class Sample(NamedTuple):
    """Rows as they came: columns by kind, targets, weights (None where all are one)."""

    raw: RawTable
    y: np.ndarray
    w: np.ndarray | None

    def take(self, rows: np.ndarray) -> Sample:
        """Some of the rows, by index."""
        return Sample(self.raw.take(rows), self.y[rows], None if self.w is None else self.w[rows])


class BaseScratchMLP(CallbackSupport, FittedAttributes, HiddenActivations, Hyperparameters):
    """The path of the data; what y is and what raw scores mean is the subclass's business."""

    _constraints: ClassVar[Mapping[str, tuple]]
    _target: Any
    # Shown objective, rows and parameters before the first epoch; what each returns is called after every epoch.
    _observers: Sequence[Callable[[Objective, Rows, Parameters], Callback]] = ()

    @abstractmethod
    def _read_target(self, y: Any) -> np.ndarray:
        """y as a plain array (n,) or (n, o)."""

    @abstractmethod
    def _learn_target(self, y: np.ndarray, w: np.ndarray | None, first: bool, classes: Any) -> None:
        """Set `_target` and `_loss` at first; later only what may grow with new rows."""

    @abstractmethod
    def _weigh(self, y: np.ndarray, w: np.ndarray | None) -> np.ndarray | None:
        """The weights of rows, those of their classes included."""

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
    ) -> Self:
        check_parameters(self, self._constraints)
        tasks = fit_tasks(self, X, y, sample_weight)
        warm = self.warm_start and self.__sklearn_is_fitted__()
        sample = self._read(X, y, sample_weight, reset=not warm)
        held_out = self._read_held_out(X_val, y_val, sample_weight_val)
        if not warm:
            for name in ("_trainer", "loss_curves_"):  # nothing may go on from before, should this fit fail
                self.__dict__.pop(name, None)
            self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        init_rng, split_rng, train_rng = map(np.random.default_rng, np.random.SeedSequence(self._seed).spawn(3))
        table = self._check_architecture(sample) if warm else self._build(sample, init_rng)
        objective = Objective(self._network, self._loss, float(self.alpha))
        rows = self._rows(table, sample)
        judge: Judge | None = None
        if held_out is not None:
            judge = self._judge(objective, self._encode(held_out.raw), held_out)
        elif recipes.holds_out(self, len(rows.y)):
            rows, judge = self._hold_out(objective, table, sample, split_rng)
        with threads_for(self._network, recipes.batch_size(self, len(rows.y)), self.n_estimators) as threads:
            history = self._train(objective, rows, judge, train_rng, threads, warm, tasks)
        self._publish(history, warm)
        if not self.warm_start:  # an optimizer's memory is twice as large as the network
            self.__dict__.pop("_trainer", None)
        for task in tasks:
            task.end()
        return self

    fit.__doc__ = docstrings.FIT

    def _read(self, X: Any, y: Any, sample_weight: Any, *, reset: bool, classes: Any = None) -> Sample:
        """Check everything handed to fit; rows without weight are dropped here, before anything is learned of them."""
        require_target(y, type(self).__name__)
        if reset:
            self._categories = find_categories(X, self.categorical_features)
        raw = read_table(self, X, self._categories, reset=reset)
        y = self._read_target(y)
        check_consistent_length(raw.numeric, y)
        w = check_weights(sample_weight, len(raw))
        self._learn_target(y, w, reset, classes)
        sample = Sample(raw, y, self._weigh(y, w))
        return sample if sample.w is None else sample.take(np.flatnonzero(sample.w > 0))

    def _read_held_out(self, X_val: Any, y_val: Any, sample_weight_val: Any) -> Sample | None:
        if X_val is None and y_val is None and sample_weight_val is None:
            return None
        if X_val is None or y_val is None:
            given = ["X_val"] * (X_val is not None) + ["y_val"] * (y_val is not None)
            raise ValueError(
                "X_val and y_val must be given together, got only "
                f"{given[0] if given else 'sample_weight_val'}; pass both or neither."
            )
        if self.early_stopping is False:
            raise ValueError(
                "early_stopping must be 'auto' or True where X_val and y_val are given, got False; they choose the "
                "best epoch."
            )
        return self._read(X_val, y_val, sample_weight_val, reset=False)

    def _hold_out(
        self, objective: Objective, table: Table, sample: Sample, rng: np.random.Generator
    ) -> tuple[Rows, Judge]:
        """Each network leaves out rows of its own, a share of every class, and is judged by them."""
        rows, k = self._rows(table, sample), self.n_estimators
        strata = None
        if self._loss.link == "softmax":
            strata = rows.y.argmax(axis=1)
        elif self._loss.link == "logistic" and rows.y.shape[1] == 1:
            strata = rows.y[:, 0].astype(int)
        left_out = rows_to_hold_out(len(rows.y), self.validation_fraction, k, rng, strata)
        judge = self._judge(objective, table, sample, left_out)
        w = np.ones((len(rows.y), k), bool) if rows.w is None else np.repeat(rows.w[:, None], k, axis=1)
        np.put_along_axis(w, left_out.T, 0, axis=0)
        seen, rows = w.any(axis=1), rows._replace(w=w)
        return (rows if seen.all() else rows.take(np.flatnonzero(seen))), judge

    def _build(self, sample: Sample, rng: np.random.Generator) -> Table:
        """The encoder, the network and its first parameters, from the training rows."""
        dtype = recipes.dtype(self, len(sample.raw))
        self._encoder = TableEncoder(self.scaling).fit(sample.raw, sample.w)
        table = self._encoder.transform(sample.raw, dtype)
        self._network = recipes.network(self, table, self._target.n_outputs, sample.w)
        self._parameters = self._network.init(self.n_estimators, rng, dtype)
        self._built_with = self._architecture()
        return table

    def _architecture(self) -> dict[str, Any]:
        """What the encoder and the network were made from, which a warm start takes as it is."""
        names = ("n_estimators", "activation", "loss", "dropout", "init", "scaling", "numeric_embedding", "dtype")
        return {"hidden layers": recipes.hidden_sizes(self), **{name: getattr(self, name) for name in names}}

    def _check_architecture(self, sample: Sample) -> Table:
        """The encoded rows for a warm start, if the network is still the one that is asked for."""
        now = self._architecture()
        changed = [name for name, before in self._built_with.items() if not np.array_equal(now[name], before)]
        if changed:
            raise ValueError(
                f"{' and '.join(changed)} must stay as they were where warm_start=True, got "
                f"{[now[name] for name in changed]} after {[self._built_with[name] for name in changed]}; set "
                "warm_start=False to begin anew."
            )
        return self._encode(sample.raw)

    def _rows(self, table: Table, sample: Sample) -> Rows:
        """What core trains on."""
        dtype = self._parameters.values.dtype
        w = None if sample.w is None else sample.w.astype(dtype)
        return Rows(table.x, self._target.encode(sample.y, dtype), w)

    def _train(
        self,
        objective: Objective,
        rows: Rows,
        judge: Judge | None,
        rng: np.random.Generator,
        threads: int,
        warm: bool,
        tasks: list[FitTask],
    ) -> History:
        """Epochs of the stochastic solvers, or iterations of L-BFGS."""
        patient = self.solver == "lbfgs" or recipes.schedule(self).patient
        patience = Patience(recipes.epochs_without_change(self), self.tol) if patient else None
        lines = [Progress(type(self).__name__, self.max_iter)] if self.verbose else []
        observers = [observe(objective, rows, self._parameters) for observe in self._observers]
        callbacks: list[Callback] = [*lines, *tasks, *observers]
        if self.solver == "lbfgs":
            if self.dropout:
                raise ValueError(
                    f"dropout must be 0 where solver='lbfgs', which needs the same loss twice, got {self.dropout!r}; "
                    "choose another solver."
                )
            limits = {"max_iter": self.max_iter, "max_fun": self.max_fun, "tol": self.tol}
            history = lbfgs(
                objective, self._parameters, rows, validate=judge, patience=patience, callbacks=callbacks, **limits
            )
        else:
            trainer = self._resume(objective, len(rows.y), rng, continued=warm)
            trainer.threads = threads
            history = trainer.run(
                self._parameters, rows, self.max_iter, validate=judge, patience=patience, callbacks=callbacks
            )
        for line in lines:
            line.end()
        if patience is not None and history.end == "max_iter":
            warnings.warn(
                f"{type(self).__name__} reached max_iter={self.max_iter} before its loss had converged; raise max_iter "
                "or tol.",
                ConvergenceWarning,
                stacklevel=4,
            )
        return history

    def _resume(
        self, objective: Objective, n: int, rng: np.random.Generator, continued: bool, constant_rate: bool = False
    ) -> Trainer:
        """A trainer; one that continues a fit has its optimizer's memory, its clock and its random numbers."""
        optimizer = recipes.optimizer(self, self._parameters, constant_rate)
        trainer = Trainer(objective, optimizer, rng, recipes.batch_size(self, n), self.shuffle, bool(self.dropout))
        before = getattr(self, "_trainer", None) if continued else None
        if before is not None:
            trainer.rng, trainer.rngs, trainer.clock = before.rng, before.rngs, before.clock
            if [type(link) for link in before.optimizer.links] == [type(link) for link in optimizer.links]:
                trainer.state = before.state
        self._trainer = trainer
        return trainer

    def _judge(self, objective: Objective, table: Table, held_out: Sample, chosen: np.ndarray | None = None) -> Judge:
        """What chooses the best epoch: `scoring`, else the accuracy of a classifier, and the held-out loss.

        All networks are judged by all rows, or each by its own, `chosen` (k, m).
        """
        rows, first = self._rows(table, held_out), None
        if chosen is not None:
            rows = Rows(rows.x, rows.y[chosen], None if rows.w is None else rows.w[chosen.T])
        if self.scoring is None and self._loss.link in ("logistic", "softmax"):
            first = minus_accuracy(self._loss.link, rows.y, rows.w)
        elif self.scoring not in (None, "loss"):
            first = self._minus_score(table, held_out, chosen)
        return Judge(objective, rows, first, chosen)

    def _minus_score(self, table: Table, held_out: Sample, chosen: np.ndarray | None) -> Criterion:
        """A scikit-learn scorer, asked about each member as if it were the whole estimator."""
        from sklearn.metrics import get_scorer  # not above: it takes longer to import than all of this package

        scorer, own = get_scorer(self.scoring), [slice(None)] * self.n_estimators if chosen is None else chosen

        def criterion(P: Parameters, z: np.ndarray) -> np.ndarray:
            scores = []
            for values, rows in zip(P.values, own, strict=True):
                member = copy.copy(self)
                member._parameters = P.like(values[None])
                weights = {} if held_out.w is None else {"sample_weight": held_out.w[rows]}
                scores.append(scorer(member, table._replace(x=table.x[rows]), held_out.y[rows], **weights))
            return -np.array(scores, float)

        return criterion

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """One epoch at a constant rate; what the first call learns about columns and targets stays."""
        check_parameters(self, self._constraints)
        first = not self.__sklearn_is_fitted__()
        sample = self._read(X, y, sample_weight, reset=first, classes=classes)
        if first:
            self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        init_rng, _, train_rng = map(np.random.default_rng, np.random.SeedSequence(self._seed).spawn(3))
        table = self._build(sample, init_rng) if first else self._encode(sample.raw)
        rows = self._rows(table, sample)
        objective = Objective(self._network, self._loss, float(self.alpha))
        trainer = self._resume(objective, len(rows.y), train_rng, continued=not first, constant_rate=True)
        with threads_for(self._network, trainer.batch_size, self.n_estimators) as trainer.threads:
            history = trainer.run(self._parameters, rows, 1, keep_best=False)
        epochs = getattr(self, "n_iter_", 0)
        self._publish(history, continued=not first)
        self.n_iter_, self.best_iter_ = epochs + 1, self.best_iter_ + epochs
        return self

    def _read_rows(self, X: Any) -> RawTable:
        """New rows with the columns of fit."""
        if not self.__sklearn_is_fitted__():
            check_is_fitted(self)  # which takes its time, and raises
        return read_table(self, X, self._categories, reset=False)

    def _encode(self, X: Any) -> Table:
        """X as the network reads it; a table that has been encoded already passes through."""
        if isinstance(X, Table):
            return X
        raw = X if isinstance(X, RawTable) else self._read_rows(X)
        return self._encoder.transform(raw, self._parameters.values.dtype)

    def _from_raw_scores(self, f: Callable[[np.ndarray], np.ndarray], X: Any, axis: int = 0) -> np.ndarray:
        """f of the raw scores z (k, n, o) of all members, in float64 whatever they were computed in.

        Block by block of rows, which stand along this axis of what f returns.
        """
        parts = []
        for block in (X if isinstance(X, Table) else self._read_rows(X)).blocks():
            x = self._encode(block).x
            with threads_for(self._network, min(x.shape[0], PREDICT_BLOCK)):
                parts.append(f(self._network.predict(self._parameters, x).astype(np.float64)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_parameters")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags


def is_stochastic(estimator: BaseScratchMLP) -> bool:
    """Whether `partial_fit` is offered: L-BFGS needs all rows at once."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic solvers such as 'adam', got solver='lbfgs'; choose another."
        )
    return True
