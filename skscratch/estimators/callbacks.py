"""Support of `sklearn.callback`: a fit as a tree of tasks, which callbacks of the user receive."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from skscratch.core.history import Epoch
from skscratch.estimators.attributes import prediction_attributes
from skscratch.estimators.reading import Given

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn below 1.9 has no callbacks

    class CallbackSupport:
        """Base class without callbacks."""

        _has_callbacks = False

    def with_callbacks(method: Callable) -> Callable:
        """Wrap a method without change; the stack level of warnings counts this frame."""

        @functools.wraps(method)
        def call(*args, **kwargs):
            return method(*args, **kwargs)

        return call

else:

    class CallbackSupport(CallbackSupportMixin):  # type: ignore[no-redef]
        """Base class with `set_callbacks`; it knows if there are any, because tasks take time."""

        _has_callbacks = False

        def set_callbacks(self, *callbacks: Any) -> Any:
            """Set callbacks that are called after each epoch of `fit`.

            Parameters
            ----------
            *callbacks : callback instances
                Objects that follow the protocol of `sklearn.callback`, such as `ProgressBar` and `ScoringMonitor`;
                without arguments, the callbacks that were set before are removed.

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
    """The task "fit" of `sklearn.callback`, and a subtask for each epoch.

    L-BFGS trains one member after the other: there is a subtask for each member, with a subtask for each iteration.
    A callback that returns True ends the fit; with L-BFGS it ends the fit of the member. Callbacks receive the begin
    and the end of an epoch together, when the epoch has ended.

    Parameters
    ----------
    estimator : BaseScratchMLP
        The estimator that is fitted.
    given : Given
        X, y and weights as they were passed to fit: scorers predict from them.
    max_iter : int
        Maximum number of epochs, or of iterations of L-BFGS.
    """

    def __init__(self, estimator: Any, given: Given, max_iter: int):
        metadata = None if given.sample_weight is None else {"sample_weight": given.sample_weight}
        self.arguments = {"estimator": estimator, "X": given.X, "y": given.y, "metadata": metadata}
        self.max_iter, self.one_by_one = max_iter, estimator.solver == "lbfgs"
        n_subtasks = int(estimator.n_estimators) if self.one_by_one else self.max_iter
        self.fit = estimator._init_callback_context(max_subtasks=n_subtasks)
        self.fit.call_on_fit_task_begin(**self.arguments)
        self.member: Any = None
        self.running: Any = None
        self.attributes: Callable[[], Mapping[str, Any]] = dict

    def __call__(self, running: Any, epoch: Epoch) -> bool:
        """Call the callbacks after an epoch of a `RunningFit`; return True if one of them ends the fit."""
        if self.one_by_one and epoch.number == 1:
            self._end_member()
            self.member = self.fit.subcontext(task_name="network", max_subtasks=self.max_iter)
            self.member.call_on_fit_task_begin(**self.arguments)
        self.attributes = functools.partial(_attributes, running, epoch)
        task = (self.member or self.fit).subcontext(task_name="iteration" if self.one_by_one else "epoch")
        task.call_on_fit_task_begin(**self.arguments)
        self.running, running.epoch = running, epoch
        ended: bool = task.call_on_fit_task_end(**self.arguments, reconstruction_attributes=self.attributes)
        running.epoch = None
        return ended

    def end(self, attributes: Mapping[str, Any]) -> None:
        """Call the callbacks at the end of the fit, with the attributes of the fitted estimator."""
        self._end_member()
        if self.running is not None:
            self.running.rows = ()
        self.fit.call_on_fit_task_end(**self.arguments, reconstruction_attributes=attributes)

    def _end_member(self) -> None:
        if self.member is not None:
            self.member.call_on_fit_task_end(**self.arguments, reconstruction_attributes=self.attributes)


def _attributes(running: Any, epoch: Epoch) -> dict[str, Any]:
    """Make the attributes with which a copy of the estimator predicts with a copy of the present parameters."""
    present = running.model.with_parameters(epoch.parameters.values.copy())
    return {**prediction_attributes(running.reader, present), "n_iter_": epoch.number, "_running": running}


def fit_tasks(estimator: Any, given: Given, max_iter: int) -> list[FitTask]:
    """Make a list of the task of this fit; it is empty if no callbacks are set."""
    return [FitTask(estimator, given, max_iter)] if estimator._has_callbacks else []
