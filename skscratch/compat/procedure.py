"""scikit-learn's procedure: the order of draws, the books kept after each epoch, and the state between calls."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skscratch.compat.arithmetic import batches_by_rows, loss_of
from skscratch.compat.parameters import PARAMETERS
from skscratch.compat.parts import (
    network_of,
    new_course,
    print_loss,
    read_weights,
    rows_like,
    shuffled_again_and_again,
)
from skscratch.core.batches import Rows
from skscratch.core.lbfgs import lbfgs
from skscratch.core.network import Network
from skscratch.core.objective import Gradient, Objective
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Adaptive
from skscratch.core.training import SMALLEST_RATE, Epoch, Trainer
from skscratch.estimators.constraints import check_parameters


class BaseMLP(BaseEstimator):
    """Everything but what y is. The parameters live in `coefs_` and `intercepts_`, which may be set."""

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    loss_curve_: list[float]
    best_loss_: Any
    best_validation_score_: Any
    validation_scores_: Any

    @abstractmethod
    def _read(self, X: Any, y: Any, reset: bool, incremental: bool) -> tuple[Any, np.ndarray]:
        """Checked X (n, d) and encoded y (n, o)."""

    @abstractmethod
    def _out_activation(self) -> str:
        """The output activation that goes with y."""

    @abstractmethod
    def _decode(self, p: np.ndarray) -> np.ndarray:
        """Outputs (n, o) of the network -> predictions."""

    @abstractmethod
    def _score_held_out(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
        """Score of the outputs p (n, o) for encoded y (n, o)."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their classes, labels (0 and 1) or numbers.

        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        self : object
            The estimator itself.
        """
        check_parameters(self, PARAMETERS)
        return self._fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes, labels or numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The prediction for each row.
        """
        return self._decode(self._outputs(X))

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool = False) -> Self:
        first = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y = self._read(X, y, first, incremental)
        X = X.tocsr() if issparse(X) else X
        rows = Rows(X, y, read_weights(sample_weight, X.shape[0]))
        random_state = check_random_state(self.random_state)  # an int begins anew, in every call of partial_fit too
        self.n_outputs_ = y.shape[1]
        if first:
            self._initialize(X, random_state)
        if self.solver == "lbfgs":
            self._fit_lbfgs(rows)
        else:
            self._fit_stochastic(rows, random_state, first, incremental)
        if not all(np.isfinite(values).all() for values in [*self.coefs_, *self.intercepts_]):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _initialize(self, X: Any, random_state: Any) -> None:
        """Draw coefficients, then intercepts, layer by layer, from a RandomState."""
        self.n_iter_, self.t_ = 0, 0
        self.out_activation_ = self._out_activation()
        network = network_of([X.shape[1], *np.ravel(self.hidden_layer_sizes), self.n_outputs_], self.activation)
        P = Parameters(np.empty((1, network.n_parameters), X.dtype), network.specs)
        for layer, p, d in zip(network.layers, P.layers, network.widths, strict=False):
            layer.init(p, random_state, d)
        self._publish(P)
        self.n_layers_ = len(self.coefs_) + 1

    def _fit_lbfgs(self, rows: Rows) -> None:
        """All rows at once, in float64."""
        network, P = self._unpublish(np.float64)
        history = lbfgs(
            self._objective(network, descend_sum=False),
            P,
            rows_like(P, rows),
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            callbacks=[print_loss] if self.verbose else [],
        )
        self.n_iter_ = len(history.loss) if history.best_epoch[0] else 0  # it may have had nothing to do
        self.loss_ = float(history.loss[-1][0])
        if history.end == "max_iter":
            self._warn_of_max_iter()
        self._publish(P)

    def _fit_stochastic(self, rows: Rows, random_state: np.random.RandomState, first: bool, incremental: bool) -> None:
        """Epochs of shuffled batches."""
        network, P = self._unpublish()
        self._open_books(P, first)
        if not (incremental and hasattr(self, "_optimizer")):
            self._optimizer = new_course(self)
        course, held_out = self._optimizer, None
        if self.early_stopping:
            rows, held_out = self._split(rows, random_state)
        n = len(rows.y)
        trainer = Trainer(
            self._objective(network, descend_sum=True),
            course.chain,
            np.random.default_rng(0),  # draws nothing: the order of rows is handed in
            self._batch_size(n),
            shuffle=False,
            loss_weights=batches_by_rows,
            state=course.state,
            schedule_state=course.schedule_state,
        )
        history = trainer.run(
            P,
            rows_like(P, rows),
            1 if incremental else self.max_iter,
            keep_best=False,
            keep_finite=False,
            order=shuffled_again_and_again(n, random_state) if self.shuffle else None,
            callbacks=[lambda epoch: self._close_epoch(epoch, network, held_out)],
        )
        course.state = trainer.state
        best = self.__dict__.pop("_best")
        if self.early_stopping and best is not None:
            P.values[...] = best
        self._publish(P)
        if history.end == "max_iter" and not incremental:
            self._warn_of_max_iter()

    def _objective(self, network: Network, descend_sum: bool) -> Objective:
        """What is minimised; scikit-learn's stochastic solvers descend along the sum over outputs."""
        return Objective(network, loss_of(self.out_activation_, descend_sum), float(self.alpha))

    def _split(self, rows: Rows, random_state: np.random.RandomState) -> tuple[Rows, Rows]:
        """Rows to train on, and rows held out; stratified where there are two classes."""
        stratify = rows.y if is_classifier(self) and self.n_outputs_ == 1 else None
        train, held_out = train_test_split(
            np.arange(len(rows.y)), random_state=random_state, test_size=self.validation_fraction, stratify=stratify
        )
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. It must hold two rows or more, got "
                f"{len(held_out)}; raise validation_fraction or pass more rows."
            )
        return rows.take(train), rows.take(held_out)

    def _batch_size(self, n: int) -> int:
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warnings.warn(f"batch_size={self.batch_size} is clipped to the {n} rows there are.", stacklevel=5)
        return min(self.batch_size, n)

    def _open_books(self, P: Parameters, first: bool) -> None:
        """Begin to count stalled epochs; a warm start goes on counting, unless it is judged by something else."""
        judged_alike = hasattr(self, "best_loss_") and (self.best_loss_ is None) == self.early_stopping
        if first or not judged_alike:
            self.loss_curve_, self._no_improvement_count = [], 0
            self.best_loss_, self.validation_scores_, self.best_validation_score_ = np.inf, None, None
            if self.early_stopping:
                self.best_loss_, self.validation_scores_, self.best_validation_score_ = None, [], -np.inf
        # A warm start that finds nothing better keeps its last epoch: scikit-learn's earlier best is trained in place.
        self._best = P.values.copy() if first else None

    def _close_epoch(self, epoch: Epoch, network: Network, held_out: Rows | None) -> bool:
        """Keep the books after an epoch: is the fit to end? A NaN is no stall, as comparisons with it are false."""
        state = self._optimizer.schedule_state
        self.n_iter_, self.t_, self.loss_ = epoch.number, state.rows, float(epoch.history.loss[-1][0])
        self.loss_curve_.append(self.loss_)
        if self.verbose:
            print_loss(epoch)
        if held_out is None:
            stalled = self.loss_ > self.best_loss_ - self.tol
            self.best_loss_ = min(self.best_loss_, self.loss_)
        else:
            score = self._validate(epoch.parameters, network, held_out)
            stalled = score < self.best_validation_score_ + self.tol
            if score > self.best_validation_score_:
                self.best_validation_score_, self._best = score, epoch.parameters.values.copy()
        self._no_improvement_count = self._no_improvement_count + 1 if stalled else 0
        if self._no_improvement_count <= self.n_iter_no_change:
            return False
        if isinstance(self._optimizer.chain.schedule, Adaptive) and self._optimizer.learning_rate > SMALLEST_RATE:
            state.plateaus += 1
            self._no_improvement_count = 0
            return False
        return True

    def _validate(self, P: Parameters, network: Network, held_out: Rows) -> float:
        """The score of the rows held out, appended to `validation_scores_`."""
        p = loss_of(self.out_activation_, True).predict(network.predict(P, held_out.x))[0]
        self.validation_scores_.append(self._score_held_out(held_out.y, p, held_out.w))
        if self.verbose:
            print(f"Validation score: {self.validation_scores_[-1]:.6f}")
        return self.validation_scores_[-1]

    def _warn_of_max_iter(self) -> None:
        warnings.warn(
            f"{type(self).__name__} stopped before it had converged, at one of max_iter={self.max_iter} and "
            f"max_fun={self.max_fun}; raise them or tol, or scale the data.",
            ConvergenceWarning,
            stacklevel=5,
        )

    def _outputs(self, X: Any) -> np.ndarray:
        """Outputs (n, o) of the network for rows X."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        network, P = self._unpublish(np.result_type(X.dtype, *self.coefs_))
        return loss_of(self.out_activation_, True).predict(network.predict(P, X))[0]

    def _publish(self, P: Parameters) -> None:
        """Parameters -> `coefs_` and `intercepts_`, views of them."""
        dense = P.layers[::2]  # every other layer is an activation
        self.coefs_, self.intercepts_ = [p.W[0] for p in dense], [p.b[0] for p in dense]

    def _unpublish(self, dtype: Any = None) -> tuple[Network, Parameters]:
        """`coefs_` and `intercepts_` -> the network that they make, and its parameters, a copy."""
        network = network_of([len(self.coefs_[0]), *(W.shape[1] for W in self.coefs_)], self.activation)
        arrays = [np.ravel(a) for layer in zip(self.coefs_, self.intercepts_, strict=True) for a in layer]
        return network, Parameters(np.concatenate(arrays, dtype=dtype)[None], network.specs)

    def _loss_grad_lbfgs(
        self, packed: np.ndarray, X: Any, y: np.ndarray, sample_weight: np.ndarray | None, *scratch: list
    ) -> tuple[float, np.ndarray]:
        """Loss and gradient at all coefficients followed by all intercepts, as scikit-learn packs them.

        Its tests ask for this; the four lists of `scratch`, in which it keeps activations and gradients, stay as they
        are.
        """
        network, P = self._unpublish(np.float64)
        views = [getattr(p, name) for name in "Wb" for p in P.layers[::2]]
        for view, values in zip(views, np.split(packed, np.cumsum([v.size for v in views])[:-1]), strict=True):
            view[...] = values.reshape(view.shape)
        gradient = Gradient(self._objective(network, descend_sum=False), P, rows_like(P, Rows(X, y, sample_weight)))
        loss, dP = float(gradient.value()[0]), gradient.dP
        return loss, np.concatenate([getattr(p, name).ravel() for name in "Wb" for p in dP.layers[::2]])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
