"""The two estimators: signatures, and encoding and decoding of y."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from skscratch.compat import parameters
from skscratch.compat.base import BaseMLP
from skscratch.estimators.constraints import check_parameters
from skscratch.estimators.docstrings import document
from skscratch.estimators.hyperparameters import store


def is_stochastic(estimator: BaseMLP) -> bool:
    """Return whether the estimator has `partial_fit`: L-BFGS needs all rows at once."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for the stochastic solvers 'sgd' and 'adam', got solver='lbfgs'; choose one."
        )
    return True


def check_incremental(estimator: BaseMLP) -> None:
    """Check the parameters for `partial_fit`."""
    check_parameters(estimator, parameters.PARAMETERS)
    if estimator.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True, got True; set it to False.")


@document(parameters.CLASSIFIER, parameters.TABLE)
class MLPClassifier(ClassifierMixin, BaseMLP):
    loss = "log_loss"

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
    ):
        store(self, locals())

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one epoch on some rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their classes or labels (0 and 1).

        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        classes : array-like of shape (n_classes,), default=None
            All classes that any call passes; required in the first call.

        Returns
        -------
        self : object
            The estimator itself.
        """
        check_incremental(self)
        self._learn_classes(y, classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict probabilities of the classes or labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            A column per class, in the order of `classes_`.
        """
        p = self._outputs(X)
        if self.n_outputs_ > 1:
            return p
        return np.hstack([1 - p, p]) if len(self.classes_) > 1 else np.ones_like(p)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict logarithms of the probabilities of the classes or labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            A column per class, in the order of `classes_`.
        """
        return np.log(self.predict_proba(X))

    def _learn_classes(self, y: Any, classes: Any) -> None:
        """Set the classes in the first call of `partial_fit`, and check that later calls pass the same."""
        known = getattr(self, "classes_", None)
        if classes is None:
            if known is None:
                raise ValueError("classes must be passed on the first call to partial_fit, got None: pass all classes.")
            return
        classes = unique_labels(classes)
        if known is None:
            self.classes_ = classes
            self._label_binarizer = LabelBinarizer().fit(y if type_of_target(y).startswith("multilabel") else classes)
        elif not np.array_equal(known, classes):
            raise ValueError(f"classes must stay those of the first call to partial_fit, {known}, got {classes}.")

    def _read(self, X, y, reset, incremental):
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32), reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y))
        if y.ndim == 1 and len(self.classes_) > 1:  # as LabelBinarizer.transform, without its checks
            return X, y[:, None] == (self.classes_[1:] if len(self.classes_) == 2 else self.classes_)
        return X, self._label_binarizer.transform(y).astype(bool)

    def _check_classes(self, classes: np.ndarray) -> None:
        """Check that a warm start has the same classes, and `partial_fit` no new ones."""
        if self.warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {classes}"
            )
        if new := sorted(set(classes) - set(self.classes_)):
            raise ValueError(
                f"y must hold no other classes than {self.classes_}, got {new}: pass all classes in the first call."
            )

    def _out_activation(self):
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _decode(self, p):
        return self._label_binarizer.inverse_transform(p.ravel() if self.n_outputs_ == 1 else p)

    def _validation_score(self, y, p, w):
        return accuracy_score(self._decode(y), self._decode(p), sample_weight=w)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@document(parameters.REGRESSOR, parameters.TABLE)
class MLPRegressor(RegressorMixin, BaseMLP):
    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
    ):
        store(self, locals())

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on some rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        self : object
            The estimator itself.
        """
        check_incremental(self)
        return self._fit(X, y, sample_weight, incremental=True)

    def _read(self, X, y, reset, incremental):
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y.reshape(len(y), -1)

    def _out_activation(self):
        return "exp" if self.loss == "poisson" else "identity"

    def _decode(self, p):
        return p.ravel() if p.shape[1] == 1 else p

    def _validation_score(self, y, p, w):
        return r2_score(y, p, sample_weight=w) if np.isfinite(p).all() else float("nan")
