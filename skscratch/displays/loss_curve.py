"""Loss curves of training and validation."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skscratch.core.history import History
from skscratch.core.losses import Loss
from skscratch.displays.drawing import BLUE, GREY, VERMILLION, legend_above, panels, whole_numbers


class LossCurveDisplay:
    """Plot of training loss, validation loss and the best epochs.

    Parameters
    ----------
    train_loss : array-like of shape (n_epochs,) or (n_epochs, n_members)
        Loss of each epoch. For several members the mean is drawn as a line, and the range as a band.

    validation_loss : array-like of shape (n_epochs,) or (n_epochs, n_members), default=None
        Loss of the validation rows in each epoch.

    best_epochs : array-like of shape (n_members,), default=None
        The epoch, counted from 1, whose parameters each member has; 0 means the initial parameters.

    loss_name : str, default="loss"
        Label of the vertical axis.

    train_name : str, default="training"
        Label of the training loss.

    unit : str, default="epoch"
        Label of the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the plot.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : list of matplotlib Line2D
        Training loss, and validation loss if given.
    bands_ : list of matplotlib PolyCollection
        The range of the members around each line, if there are several.
    best_epoch_lines_ : list of matplotlib Line2D
        A vertical line for each member; lines at the same epoch look darker.

    See Also
    --------
    GradientFlowDisplay : Gradients and activations of the layers.
    sklearn.model_selection.LearningCurveDisplay : Scores against the number of rows.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skscratch import ScratchMLPRegressor
    >>> from skscratch.displays import LossCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ScratchMLPRegressor(max_iter=8, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(model)
    >>> display.ax_.get_ylabel(), [line.get_label() for line in display.lines_]
    ('squared error', ['training', 'validation'])
    >>> display.lines_[0].get_ydata().tolist() == model.loss_curve_
    True
    """

    def __init__(
        self,
        train_loss: Any,
        *,
        validation_loss: Any = None,
        best_epochs: Any = None,
        loss_name: str = "loss",
        train_name: str = "training",
        unit: str = "epoch",
    ):
        self.train_loss = train_loss
        self.validation_loss = validation_loss
        self.best_epochs = best_epochs
        self.loss_name = loss_name
        self.train_name = train_name
        self.unit = unit

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, name: str | None = None, **kwargs: Any) -> Self:
        """Draw the loss of a fitted estimator of this package, of `skscratch.compat` or of `sklearn.neural_network`.

        It is the loss of the training, for standardised targets if the estimator standardises them. After a warm start
        the best epochs are those of the last fit.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, with `loss_curve_`.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the labels in the legend, to distinguish fits on the same axes.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LossCurveDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no loss curve.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "loss_curve_"):
            raise TypeError(
                f"estimator must have loss_curve_, which stochastic networks do, got {type(estimator).__name__}; for a "
                "search pass best_estimator_, for a pipeline its last step."
            )
        best = getattr(estimator, "best_iter_", None)
        loss = getattr(estimator, "loss", "loss")
        display = cls(
            getattr(estimator, "loss_curves_", estimator.loss_curve_),
            validation_loss=getattr(estimator, "validation_loss_curves_", None),
            best_epochs=None if best is None else best + len(estimator.loss_curve_) - estimator.n_iter_,
            loss_name=_name_of(loss),
            train_name="training, with penalty" if estimator.alpha else "training",
            unit="iteration" if estimator.solver == "lbfgs" else "epoch",
        )
        return display.plot(ax, name=name, **kwargs)

    @classmethod
    def from_history(
        cls, history: History, *, loss_name: str = "loss", ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw a history that `skscratch.core.training.Trainer.run` or `skscratch.core.lbfgs.lbfgs` returned.

        Parameters
        ----------
        history : History
            Losses of one or several members; the last of several validation metrics must be the loss.
        loss_name : str, default="loss"
            Label of the vertical axis.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the labels in the legend.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LossCurveDisplay
            The display, with the drawn artists as attributes.
        """
        validation = [metrics[-1] for metrics in history.validation] or None
        display = cls(history.loss, validation_loss=validation, best_epochs=history.best_epoch, loss_name=loss_name)
        return display.plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        name : str, default=None
            Prefix of the labels in the legend.
        **kwargs : dict
            Passed to matplotlib's `plot` for both losses, for instance color, linewidth.

        Returns
        -------
        self : LossCurveDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no epoch to draw.
        """
        if len(self.train_loss) == 0:
            raise ValueError("train_loss must have at least one epoch, got none; fit for longer.")
        self.ax_ = panels(self, ax, (7, 4))[0, 0]
        self.figure_ = self.ax_.figure
        prefix = "" if name is None else f"{name}: "
        self.lines_: list[Any] = []
        self.bands_: list[Any] = []
        self.best_epoch_lines_: list[Any] = []
        self._draw_loss(self.train_loss, prefix, self.train_name, {"color": BLUE, **kwargs})
        if self.validation_loss is not None:
            style = {"color": VERMILLION, "linestyle": "--", **kwargs}
            self._draw_loss(self.validation_loss, prefix, "validation", style)
        best = np.sort(np.ravel([] if self.best_epochs is None else self.best_epochs))
        for i, epoch in enumerate(best):
            label = "best epoch" if len(best) == 1 else f"best epochs ({len(best)} members)"
            style = {"color": kwargs.get("color", GREY), "linewidth": 1, "linestyle": ":", "alpha": 0.7, "zorder": 1}
            self.best_epoch_lines_.append(self.ax_.axvline(epoch, label="" if i else prefix + label, **style))
        self.ax_.set(xlabel=self.unit, ylabel=self.loss_name)
        whole_numbers(self.ax_.xaxis)
        legend_above(self.ax_)
        return self

    def _draw_loss(self, loss: Any, prefix: str, label: str, style: dict) -> None:
        """Draw a line, and the range of several members around it."""
        members = np.asarray(loss, float).reshape(len(loss), -1)
        epochs = np.arange(len(members)) + 1
        style = {"marker": "o" if len(members) == 1 else "", "label": prefix + label, **style}
        (line,) = self.ax_.plot(epochs, members.mean(axis=1), **style)
        self.lines_.append(line)
        if members.shape[1] > 1:
            low, high = members.min(axis=1), members.max(axis=1)
            band = {"color": line.get_color(), "alpha": 0.2, "linewidth": 0}
            text = "" if self.bands_ else f"{prefix}range ({members.shape[1]} members)"
            self.bands_.append(self.ax_.fill_between(epochs, low, high, label=text, **band))


def _name_of(loss: Any) -> str:
    """Return the name of an estimator's loss, with its unit if that is fixed."""
    if isinstance(loss, Loss):
        return type(loss).__name__
    return "log loss (nats)" if loss == "log_loss" else loss.replace("_", " ")
