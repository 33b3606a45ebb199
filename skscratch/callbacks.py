"""Callbacks for `set_callbacks` of both estimators, on the protocol of `sklearn.callback`."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from time import monotonic
from typing import Any

from skscratch.estimators.base import BaseScratchMLP
from skscratch.persistence.estimators import check_hyperparameters, write_content
from skscratch.persistence.files import prepare


class Checkpoint:
    """Write a file after every so many epochs of a fit, from which the fit can be resumed after a crash.

    The file contains the estimator with its best epochs so far, which `skscratch.load` returns, and the whole state of
    training: pass its path to ``fit(X, y, resume_from=path)``. It is replaced at once, so that there is always a
    complete one.

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists. Each fit needs a path of its own.
    every : int, default=1
        Number of epochs from one file to the next; with "lbfgs", of iterations.
    seconds : float, default=0.0
        Minimum time between two files, for epochs that take less time than a file.

    Raises
    ------
    ImportError
        With scikit-learn below 1.9, which has no callbacks.
    ValueError
        If `every` or `seconds` is not valid.

    Warns
    -----
    RuntimeWarning
        If a file cannot be written during the fit: the fit continues, and the last file remains.

    Notes
    -----
    At the beginning of a fit, errors say that the folder cannot be written, or that a hyperparameter is of a type that
    a file cannot store, such as a function.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from skscratch import ScratchMLPClassifier, load
    >>> from skscratch.callbacks import Checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = f"{folder.name}/iris.checkpoint"
    >>> model = ScratchMLPClassifier(max_iter=8, random_state=0).set_callbacks(Checkpoint(path, every=5)).fit(X, y)
    >>> load(path).n_iter_
    5
    >>> resumed = ScratchMLPClassifier(max_iter=8, random_state=0).fit(X, y, resume_from=path)
    >>> bool((resumed.predict_proba(X) == model.predict_proba(X)).all())
    True
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1, seconds: float = 0.0):
        if not hasattr(BaseScratchMLP, "set_callbacks"):
            raise ImportError("Checkpoint needs the callbacks of scikit-learn 1.9 or later; upgrade scikit-learn.")
        if not (isinstance(every, int) and every >= 1):
            raise ValueError(f"every must be an int in the range [1, inf), got {every!r}.")
        if not seconds >= 0:
            raise ValueError(f"seconds must be a number in the range [0, inf), got {seconds!r}.")
        self.path, self.every, self.seconds = Path(path), every, seconds
        self._last = -float("inf")

    def setup(self, estimator: Any, context: Any) -> None:
        """Check before the fit that a file can be written, and remove unfinished files of fits that were killed."""
        if not isinstance(estimator, BaseScratchMLP):
            raise TypeError(
                "Checkpoint must be set on a ScratchMLPClassifier or a ScratchMLPRegressor, also in a pipeline or a "
                f"search, got {type(estimator).__name__}."
            )
        self._last = -float("inf")
        check_hyperparameters(type(estimator).__name__, estimator.get_params(deep=False))
        try:
            prepare(self.path)
        except OSError as error:
            raise OSError(f"Checkpoint must be able to write {str(self.path)!r}, but: {error}.") from error

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing: a checkpoint is written after an epoch."""

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any) -> None:
        """Write a file after an epoch, if it is time to."""
        if context.task_name not in ("epoch", "iteration") or fitted_estimator.n_iter_ % self.every:
            return
        if monotonic() - self._last < self.seconds:
            return
        try:
            write_content(self.path, fitted_estimator._running.content())
            fitted_estimator._running.path = self.path
        except OSError as error:
            warnings.warn(
                f"The checkpoint {str(self.path)!r} could not be written after epoch {fitted_estimator.n_iter_} "
                f"({error}); the fit continues, and the last checkpoint remains.",
                RuntimeWarning,
                stacklevel=2,
            )
        self._last = monotonic()

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing at the end of the fit."""
