"""The classifier: classes and labels as targets, probabilities as predictions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.special import logsumexp
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from skscratch.core.losses import Loss
from skscratch.estimators import builders, docstrings, table
from skscratch.estimators.base import BaseScratchMLP, is_stochastic
from skscratch.estimators.conformal import class_sets
from skscratch.estimators.hyperparameters import store
from skscratch.estimators.out_of_fold import OutOfFold
from skscratch.tabular.target_facts import ClassMass
from skscratch.tabular.target_reading import read_labels
from skscratch.tabular.targets import ClassTarget
from skscratch.tabular.weights import class_weights


@docstrings.document(docstrings.CLASSIFIER, table.CLASSIFIER)
class ScratchMLPClassifier(ClassifierMixin, BaseScratchMLP):
    _hyperparameters: ClassVar = table.CLASSIFIER

    def __init__(
        self,
        hidden_layer_sizes=None,
        activation="relu",
        *,
        width=None,
        depth=None,
        loss="log_loss",
        n_estimators=8,
        solver="adam",
        alpha=0.0,
        dropout=0.0,
        clip_norm=None,
        label_smoothing=0.0,
        learning_rate="flat_cosine",
        learning_rate_init=None,
        power_t=0.5,
        batch_size="auto",
        max_iter="auto",
        max_time=None,
        shuffle=True,
        tol=1e-4,
        n_iter_no_change="auto",
        max_fun=15000,
        early_stopping="auto",
        validation_fraction=0.1,
        scoring=None,
        init="ntk",
        scaling="robust",
        categorical_features="from_dtype",
        max_categories=100,
        min_frequency=2,
        monotonic_cst=None,
        numeric_embedding="piecewise",
        class_weight=None,
        beta_1=0.9,
        beta_2=0.95,
        epsilon=1e-6,
        momentum=0.9,
        nesterovs_momentum=True,
        warm_start=False,
        random_state=None,
        verbose=False,
        dtype="auto",
    ):
        store(self, locals())

    def partial_fit(self, X, y, sample_weight=None, classes=None):
        return self._partial_fit(X, y, sample_weight, classes)

    partial_fit.__doc__ = docstrings.PARTIAL_FIT_CLASSIFIER
    partial_fit = available_if(is_stochastic)(partial_fit)

    def fit_statistics(self, X, y, sample_weight=None, classes=None):
        return self._fit_statistics(X, y, sample_weight, classes)

    fit_statistics.__doc__ = docstrings.FIT_STATISTICS_CLASSIFIER
    fit_statistics = available_if(is_stochastic)(fit_statistics)

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable class of each row; for labels, 1 for those with a probability above one half.
        """
        p = self._probabilities(X)
        return self._target.decode(p)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict probabilities: the mean over all members.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            A column for each of `classes_`; for a multilabel target the probability of each label.
        """
        return self._columns(self._probabilities(X))

    def predict_members(self, X: Any) -> np.ndarray:
        """Predict probabilities with each member.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        Returns
        -------
        p : ndarray of shape (n_estimators, n_samples, n_classes) or (n_estimators, n_samples, n_labels)
            Probabilities of each member; `predict_proba` is their mean over the first axis. A small spread means
            that the members agree.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skscratch import ScratchMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = ScratchMLPClassifier(n_estimators=5, max_iter=4, random_state=0).fit(X, y)
        >>> model.predict_members(X).shape
        (5, 150, 3)
        """
        return self._columns(self._from_raw_scores(lambda z: self._loss.predict(z), X, axis=1))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict logarithms of probabilities, precise even if the probability itself rounds to 0 or 1.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Columns as in `predict_proba`.
        """
        log_p = self._log_probabilities(X)
        if self._target.kind == "multiclass":
            return log_p
        return log_p[:, 0] if self._target.kind == "binary" else log_p[..., 1]

    def decision_function(self, X: Any) -> np.ndarray:
        """Compute the logit of the mean probability (binary, multilabel) or its logarithm (multiclass).

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        Returns
        -------
        scores : ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_labels)
            For two classes, above 0 if the second class is predicted.
        """
        log_p = self._log_probabilities(X)
        if self._target.kind == "multiclass":
            return log_p
        logit = log_p[..., 1] - log_p[..., 0]
        return logit[:, 0] if self._target.kind == "binary" else logit

    def predict_set(self, X: Any, alpha: float = 0.1) -> np.ndarray:
        """Predict sets of classes that contain the class of about a share 1 - alpha of new rows.

        A member accepts the classes whose probability is at least a quantile of the probabilities of the true classes
        of rows that were left out of training. The set has the classes that more than half of the members accept. What
        is said of the share at `ScratchMLPRegressor.predict_interval` holds here too: at least about 1 - 2 alpha and
        usually about 1 - alpha, over all classes together; a rare class is inside less often. If alpha is larger than
        the share of errors of `predict`, sets of uncertain rows are empty.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows with the columns of fit.

        alpha : float in (0, 1), default=0.1
            Share of rows whose class may be missing from the set.

        Returns
        -------
        is_in_set : ndarray of bool of shape (n_samples, n_classes)
            A column for each of `classes_`.

        Raises
        ------
        ValueError
            If the last fit had no validation rows, or too few for this alpha, or if the target is multilabel.

        References
        ----------
        Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", Journal of the
        American Statistical Association 114, 2019, arXiv:1609.00451.

        Examples
        --------
        >>> from skscratch import ScratchMLPClassifier
        >>> from skscratch.datasets import load_titanic
        >>> X, y = load_titanic(return_X_y=True)
        >>> model = ScratchMLPClassifier(max_iter=8, random_state=0).fit(X[::2], y[::2])
        >>> is_in_set = model.predict_set(X[1::2], alpha=0.1)
        >>> share = is_in_set[range(len(is_in_set)), y[1::2]].mean()
        >>> is_in_set.shape, bool(0.85 < share < 0.95)
        ((654, 2), True)
        """
        left_out = self._left_out_rows()
        if self._target.kind == "multilabel":
            raise ValueError(
                "y must have had one class for each row in fit for predict_set, but it was multilabel: fit a "
                "classifier for each label."
            )
        probabilities = self._columns(left_out.outputs.astype(np.float64))  # 1 - p of float32 would be 0
        known = 1 - probabilities[self._columns(left_out.y) > 0]
        scores = 1 - self._columns(self._means_without(left_out, X))
        return class_sets(scores, known + left_out.rounding, alpha)

    @property
    def oof_decision_function_(self) -> np.ndarray | None:
        """Probabilities of the rows of X by the members that left them out of training; NaN where none did."""
        return self._of_left_out(lambda left_out: left_out.spread(self._columns(left_out.outputs)))

    @property
    def oof_score_(self) -> float | None:
        """Accuracy of the out-of-fold predictions, plus the estimated gain of all members over those without a row."""
        return self._of_left_out(self._score_left_out)

    def _score_left_out(self, left_out: OutOfFold) -> float:
        from sklearn.metrics import accuracy_score  # not above: it takes longer to import than all of this package

        score = accuracy_score(self._target.decode(left_out.y), self._target.decode(left_out.outputs))
        return float(score) if left_out.gain is None else min(float(score + left_out.gain[0]), 1.0)

    def _probabilities(self, X: Any) -> np.ndarray:
        """Compute the mean probabilities (n, o) over members."""
        return self._from_raw_scores(lambda z: self._loss.predict(z).mean(axis=0), X)

    def _columns(self, p: np.ndarray) -> np.ndarray:
        """Turn probabilities (..., o) into those with a column for each class or label."""
        return np.concatenate([1 - p, p], axis=-1) if self._target.kind == "binary" else p

    def _log_probabilities(self, X: Any) -> np.ndarray:
        """Compute the logarithm of the mean over members: (n, K), or (n, o, 2) for no and yes of logistic units."""
        return self._from_raw_scores(
            lambda z: logsumexp(self._loss.inverse_link.log_probabilities(z), axis=0) - np.log(len(z)), X
        )

    def _prediction_gradients(self, gradients: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        return np.concatenate([-gradients, gradients], axis=-1) if self._target.kind == "binary" else gradients

    def _read_target(self, y: Any) -> np.ndarray:
        return read_labels(y)

    def _target_facts(self, y: np.ndarray, w: np.ndarray | None) -> ClassMass:
        return ClassMass.of(y, w)

    def _learn_target(self, facts: ClassMass, classes: Any) -> tuple[ClassTarget, Loss]:
        target = ClassTarget.fit(facts, classes)
        return target, builders.classification_loss(self, target.kind)

    def _weigh(self, target: ClassTarget, y: np.ndarray, w: np.ndarray | None, mass: Any) -> np.ndarray | None:
        return class_weights(self.class_weight, target.classes_, y, w, mass)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
