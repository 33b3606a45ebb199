"""The bridge to `sklearn.callback`: a fit as a tree of tasks, for the callbacks that its user has set."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from skscratch.core.training import Epoch
from skscratch.estimators.attributes import prediction_attributes
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Given

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn below 1.9: no set_callbacks, and nothing to take down after a fit

    class CallbackSupport:
        """No callbacks."""

        _has_callbacks = False

    def with_callbacks(method: Callable) -> Callable:
        """The method as it is, one frame further from its caller, as warnings expect."""

        @functools.wraps(method)
        def call(*args, **kwargs):
            return method(*args, **kwargs)

        return call

else:

    class CallbackSupport(CallbackSupportMixin):  # type: ignore[no-redef]
        """`set_callbacks`, and whether there are any: a fit without them should not pay for their tasks."""

        _has_callbacks = False

        def set_callbacks(self, *callbacks: Any) -> Any:
            """Set callbacks, which are shown each epoch of `fit`.

            Parameters
            ----------
            *callbacks : callback instances
                Objects that follow the protocol of `sklearn.callback`, such as `ProgressBar` and `ScoringMonitor`; none
                takes away those that were set before.

            Returns
            -------
            self : object
                The estimator itself.
            """
            self._has_callbacks = bool(callbacks)
            return super().set_callbacks(*callbacks)

        def __sklearn_clone__(self) -> Any:
            clone = super().__sklearn_clone__()
            clone._has_callbacks = self._has_callbacks
            return clone


class FitTask:
    """The task "fit" of `sklearn.callback`, and a task below it for each epoch.

    With L-BFGS, which trains one network after the other, there is a task for each network, and below it one for each
    iteration. A callback that returns True ends the loop that the task is in: the fit, with L-BFGS that of the network.
    An epoch is shown when it is over, its beginning and its end at once.

    Parameters
    ----------
    estimator : BaseScratchMLP
        What is fitted.
    given : Given
        X, y and weights as they were passed to fit: scorers predict from them.
    max_iter : int
        The largest number of epochs, or of iterations of L-BFGS.
    """

    def __init__(self, estimator: Any, given: Given, max_iter: int):
        metadata = None if given.sample_weight is None else {"sample_weight": given.sample_weight}
        self.shown = {"estimator": estimator, "X": given.X, "y": given.y, "metadata": metadata}
        self.max_iter, self.one_by_one = max_iter, estimator.solver == "lbfgs"
        n_subtasks = int(estimator.n_estimators) if self.one_by_one else self.max_iter
        self.fit = estimator._init_callback_context(max_subtasks=n_subtasks)
        self.fit.call_on_fit_task_begin(**self.shown)
        self.network: Any = None
        self.attributes: Callable[[], Mapping[str, Any]] = dict

    def __call__(self, reader: Any, model: Model, epoch: Epoch) -> bool:
        """Show an epoch of this model; whether a callback wants it to be the last."""
        if self.one_by_one and epoch.number == 1:
            self._end_network()
            self.network = self.fit.subcontext(task_name="network", max_subtasks=self.max_iter)
            self.network.call_on_fit_task_begin(**self.shown)
        self.attributes = functools.partial(_attributes, reader, model, epoch)
        task = (self.network or self.fit).subcontext(task_name="iteration" if self.one_by_one else "epoch")
        task.call_on_fit_task_begin(**self.shown)
        return task.call_on_fit_task_end(**self.shown, reconstruction_attributes=self.attributes)

    def end(self, attributes: Mapping[str, Any]) -> None:
        """Show the end of the fit; these are the attributes of the fitted estimator."""
        self._end_network()
        self.fit.call_on_fit_task_end(**self.shown, reconstruction_attributes=attributes)

    def _end_network(self) -> None:
        if self.network is not None:
            self.network.call_on_fit_task_end(**self.shown, reconstruction_attributes=self.attributes)


def _attributes(reader: Any, model: Model, epoch: Epoch) -> dict[str, Any]:
    """What a copy of the estimator needs to predict with the present parameters, which training overwrites."""
    present = model.with_parameters(epoch.parameters.values.copy())
    return {**prediction_attributes(reader, present), "n_iter_": epoch.number}


def fit_tasks(estimator: Any, given: Given, max_iter: int) -> list[FitTask]:
    """The task of this fit, in a list that is empty if no callbacks are set."""
    return [FitTask(estimator, given, max_iter)] if estimator._has_callbacks else []
