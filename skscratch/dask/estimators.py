"""The two estimators for Dask collections: fit on a cluster, lazy predictions, and the estimator for rows in memory."""

from __future__ import annotations

from typing import Any, ClassVar

from skscratch.dask import documentation
from skscratch.dask.cluster import Cluster, default_cluster
from skscratch.dask.collections import is_collection, parts_of
from skscratch.dask.fitting import fit
from skscratch.dask.options import OPTIONS, with_options
from skscratch.dask.prediction import documentation_of, lazy, predict_rows
from skscratch.dask.scoring import accuracy, r2
from skscratch.estimators import docstrings, table
from skscratch.estimators.callbacks import with_callbacks
from skscratch.estimators.classifier import ScratchMLPClassifier
from skscratch.estimators.hyperparameters import Hyperparameters
from skscratch.estimators.regressor import ScratchMLPRegressor


class DaskSupport:
    """What both estimators share; it comes before the estimator for rows in memory, which is `_local`."""

    _hyperparameters: ClassVar[Hyperparameters]
    _local: ClassVar[type]

    @with_callbacks
    def fit(self: Any, X: Any, y: Any, sample_weight: Any = None, *, resume_from: Any = None) -> Any:
        fit(self, self._cluster(), X, y, sample_weight, resume_from)
        return self

    fit.__doc__ = documentation.FIT

    def score(self: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        if not is_collection(X):
            return float(self.to_local().score(X, y, sample_weight))
        estimator, cluster = self.to_local(), self._cluster()
        f = accuracy if hasattr(self, "classes_") else r2
        return f(cluster, estimator, parts_of(cluster, X, y, sample_weight))

    score.__doc__ = documentation.SCORE

    def to_local(self: Any) -> Any:
        """Make the fitted estimator for rows in memory, which needs no Dask.

        Returns
        -------
        estimator : ScratchMLPClassifier or ScratchMLPRegressor
            With the same hyperparameters and fitted attributes.
        """
        self._fitted_model()
        local, own = self._unfitted(), {*self.get_params(deep=False), "n_rounds_"}
        vars(local).update({name: value for name, value in vars(self).items() if name not in own})
        return local

    def _unfitted(self: Any) -> Any:
        """Make an estimator for rows in memory with the same hyperparameters."""
        options = self.get_params(deep=False)
        return self._local(**{name: value for name, value in options.items() if name not in OPTIONS})

    def _cluster(self: Any) -> Cluster:
        """Find the cluster of the current client."""
        return default_cluster(float(self.worker_timeout))


@docstrings.document(documentation.CLASSIFIER, {**table.CLASSIFIER, **OPTIONS})
@with_options(ScratchMLPClassifier)
class DaskScratchMLPClassifier(DaskSupport, ScratchMLPClassifier):
    _hyperparameters: ClassVar = {**table.CLASSIFIER, **OPTIONS}
    _local: ClassVar = ScratchMLPClassifier
    predict = lazy(ScratchMLPClassifier, "predict")
    predict_proba = lazy(ScratchMLPClassifier, "predict_proba")
    predict_log_proba = lazy(ScratchMLPClassifier, "predict_log_proba")
    decision_function = lazy(ScratchMLPClassifier, "decision_function")


@docstrings.document(documentation.REGRESSOR, {**table.REGRESSOR, **OPTIONS})
@with_options(ScratchMLPRegressor)
class DaskScratchMLPRegressor(DaskSupport, ScratchMLPRegressor):
    _hyperparameters: ClassVar = {**table.REGRESSOR, **OPTIONS}
    _local: ClassVar = ScratchMLPRegressor

    def predict(self, X: Any, return_std: bool = False) -> Any:
        if not return_std:
            return predict_rows(self, "predict", X)
        both = predict_rows(self, "_mean_and_std", X)
        return both[:, 0], both[:, 1]

    predict.__doc__ = documentation_of(ScratchMLPRegressor.predict)
