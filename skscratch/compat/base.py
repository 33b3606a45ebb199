"""The fit of scikit-learn: the order of random draws, the stopping rule, and the state between two calls."""

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

from skscratch.compat.builders import (
    SolverState,
    build_network,
    cast_rows,
    new_solver_state,
    print_loss,
    read_weights,
    row_orders,
)
from skscratch.compat.losses import build_loss, scale_to_rows
from skscratch.compat.parameters import PARAMETERS
from skscratch.compat.progress import Progress
from skscratch.core.batches import Rows
from skscratch.core.history import Epoch
from skscratch.core.lbfgs import lbfgs
from skscratch.core.network import Network
from skscratch.core.objective import Gradient, Objective
from skscratch.core.parameters import Parameters
from skscratch.core.training import Trainer
from skscratch.estimators.constraints import check_parameters
from skscratch.estimators.pickles import StoresVersion


class BaseMLP(StoresVersion, BaseEstimator):
    """Fit and prediction of both estimators; reading and decoding y is implemented by subclasses.

    The parameters are `coefs_` and `intercepts_`, which a user may change.
    """

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    loss_curve_: list[float]
    best_loss_: Any
    best_validation_score_: Any
    validation_scores_: Any
    _optimizer: SolverState

    @abstractmethod
    def _read(self, X: Any, y: Any, reset: bool, incremental: bool) -> tuple[Any, np.ndarray]:
        """Check X (n, d) and encode y (n, o)."""

    @abstractmethod
    def _out_activation(self) -> str:
        """Return the output activation for y."""

    @abstractmethod
    def _decode(self, p: np.ndarray) -> np.ndarray:
        """Decode outputs (n, o) of the network as predictions."""

    @abstractmethod
    def _validation_score(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
        """Score the outputs p (n, o) for encoded y (n, o)."""

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
        random_state = check_random_state(
            self.random_state
        )  # an int gives the same draws in every call, of partial_fit too
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
        network = build_network([X.shape[1], *np.ravel(self.hidden_layer_sizes), self.n_outputs_], self.activation)
        P = Parameters(np.empty((1, network.n_parameters), X.dtype), network.specs)
        for layer, p, d in zip(network.layers, P.layers, network.widths, strict=False):
            layer.init(p, random_state, d)
        self._set_coefficients(P)
        self.n_layers_ = len(self.coefs_) + 1

    def _fit_lbfgs(self, rows: Rows) -> None:
        """Train by L-BFGS on all rows at once, in float64."""
        network, P = self._network_and_parameters(np.float64)
        history = lbfgs(
            self._objective(network, descend_sum=False),
            P,
            cast_rows(P, rows),
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            callbacks=[print_loss] if self.verbose else [],
        )
        self.n_iter_ = len(history.loss) if history.best_epoch[0] else 0  # 0 if the initial parameters are optimal
        self.loss_ = float(history.loss[-1][0])
        if history.end == "max_iter":
            self._warn_of_max_iter()
        self._set_coefficients(P)

    def _fit_stochastic(self, rows: Rows, random_state: np.random.RandomState, first: bool, incremental: bool) -> None:
        """Train by epochs of shuffled batches."""
        network, P = self._network_and_parameters()
        progress = Progress(self.early_stopping, best_values=P.values.copy()) if first else Progress.resume(self)
        solver = self._optimizer if incremental and hasattr(self, "_optimizer") else new_solver_state(self)
        rows, validation = self._split(rows, random_state) if self.early_stopping else (rows, None)
        n = len(rows.y)
        trainer = Trainer(
            self._objective(network, descend_sum=True),
            solver.chain,
            np.random.default_rng(0),  # draws nothing: `order` gives the order of rows
            self._batch_size(n),
            shuffle=False,
            loss_weights=scale_to_rows,
            state=solver.state,
            schedule_state=solver.schedule_state,
        )
        history = trainer.run(
            P,
            cast_rows(P, rows),
            1 if incremental else self.max_iter,
            keep_best=False,
            keep_finite=False,
            order=row_orders(n, random_state) if self.shuffle else None,
            callbacks=[lambda epoch: self._end_epoch(epoch, network, validation, solver, progress)],
        )
        solver.state, self._optimizer, self.t_ = trainer.state, solver, solver.schedule_state.rows
        for name, value in progress.attributes().items():
            setattr(self, name, value)
        if self.early_stopping and progress.best_values is not None:
            P.values[...] = progress.best_values
        self._set_coefficients(P)
        if history.end == "max_iter" and not incremental:
            self._warn_of_max_iter()

    def _objective(self, network: Network, descend_sum: bool) -> Objective:
        """Build the objective function; stochastic solvers follow the gradient of the sum over outputs."""
        return Objective(network, build_loss(self.out_activation_, descend_sum), float(self.alpha))

    def _split(self, rows: Rows, random_state: np.random.RandomState) -> tuple[Rows, Rows]:
        """Split rows into training and validation rows, stratified if there are two classes."""
        stratify = rows.y if is_classifier(self) and self.n_outputs_ == 1 else None
        train, validation = train_test_split(
            np.arange(len(rows.y)), random_state=random_state, test_size=self.validation_fraction, stratify=stratify
        )
        if len(validation) < 2:
            raise ValueError(
                "The validation set is too small. It must hold two rows or more, got "
                f"{len(validation)}; raise validation_fraction or pass more rows."
            )
        return rows.take(train), rows.take(validation)

    def _batch_size(self, n: int) -> int:
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warnings.warn(
                f"batch_size={self.batch_size} is clipped to {n}, the number of rows.",
                stacklevel=5,
            )
        return min(self.batch_size, n)

    def _end_epoch(
        self, epoch: Epoch, network: Network, validation: Rows | None, solver: SolverState, progress: Progress
    ) -> bool:
        """Add an epoch to the progress, and return whether the fit ends."""
        if self.verbose:
            print_loss(epoch)
        score = None if validation is None else self._validate(epoch.parameters, network, validation)
        loss = float(epoch.history.loss[-1][0])
        progress.add(epoch.number, loss, score, epoch.parameters.values, self.tol)
        if progress.no_improvement <= self.n_iter_no_change:
            return False
        if not solver.decay():
            return True
        progress.no_improvement = 0
        return False

    def _validate(self, P: Parameters, network: Network, rows: Rows) -> float:
        """Score the validation rows."""
        p = build_loss(self.out_activation_, True).predict(network.predict(P, rows.x))[0]
        score = self._validation_score(rows.y, p, rows.w)
        if self.verbose:
            print(f"Validation score: {score:.6f}")
        return score

    def _warn_of_max_iter(self) -> None:
        limit = f"max_iter={self.max_iter}" + (f" or max_fun={self.max_fun}" if self.solver == "lbfgs" else "")
        warnings.warn(
            f"{type(self).__name__} stopped before convergence, at {limit}; raise it or tol, or scale the data.",
            ConvergenceWarning,
            stacklevel=5,
        )

    def _outputs(self, X: Any) -> np.ndarray:
        """Compute outputs (n, o) of the network for rows X."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        network, P = self._network_and_parameters(np.result_type(X.dtype, *self.coefs_))
        return build_loss(self.out_activation_, True).predict(network.predict(P, X))[0]

    def _set_coefficients(self, P: Parameters) -> None:
        """Set `coefs_` and `intercepts_` to views of the parameters."""
        dense = P.layers[::2]  # every other layer is an activation
        self.coefs_, self.intercepts_ = [p.W[0] for p in dense], [p.b[0] for p in dense]

    def _network_and_parameters(self, dtype: Any = None) -> tuple[Network, Parameters]:
        """Build the network of `coefs_` and `intercepts_`, and copy them to its parameters."""
        network = build_network([len(self.coefs_[0]), *(W.shape[1] for W in self.coefs_)], self.activation)
        arrays = [np.ravel(a) for layer in zip(self.coefs_, self.intercepts_, strict=True) for a in layer]
        return network, Parameters(np.concatenate(arrays, dtype=dtype)[None], network.specs)

    def _loss_grad_lbfgs(
        self, packed: np.ndarray, X: Any, y: np.ndarray, sample_weight: np.ndarray | None, *buffers: list
    ) -> tuple[float, np.ndarray]:
        """Compute loss and gradient at `packed`: all coefficients, then all intercepts.

        scikit-learn's tests call this method; `buffers`, its lists of activations and gradients, are not used.
        """
        network, P = self._network_and_parameters(np.float64)
        views = [getattr(p, name) for name in "Wb" for p in P.layers[::2]]
        for view, values in zip(views, np.split(packed, np.cumsum([v.size for v in views])[:-1]), strict=True):
            view[...] = values.reshape(view.shape)
        gradient = Gradient(self._objective(network, descend_sum=False), P, cast_rows(P, Rows(X, y, sample_weight)))
        loss, dP = float(gradient.value()[0]), gradient.dP
        return loss, np.concatenate([getattr(p, name).ravel() for name in "Wb" for p in dP.layers[::2]])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
