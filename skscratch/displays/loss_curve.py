"""How the loss fell."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skscratch.core.losses import Loss
from skscratch.core.training import History
from skscratch.displays.drawing import BLUE, GREY, VERMILLION, legend_above, panels, whole_numbers


class LossCurveDisplay:
    """Training loss, validation loss and the epochs that were kept.

    Parameters
    ----------
    train_loss : array-like of shape (n_epochs,) or (n_epochs, n_members)
        Loss of each epoch. Of several networks the mean is drawn as a line, and a band from the smallest to the
        largest.

    validation_loss : array-like of shape (n_epochs,) or (n_epochs, n_members), default=None
        The same on the validation rows.

    best_epochs : array-like of shape (n_members,), default=None
        The epoch, from 1, that each network kept; 0 stands for its first parameters.

    loss_name : str, default="loss"
        What the vertical axis is called.

    train_name : str, default="training"
        What the training loss is called.

    unit : str, default="epoch"
        What is counted on the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : list of matplotlib Line2D
        Training loss, and validation loss where there is one.
    bands_ : list of matplotlib PolyCollection
        The range of the networks, below each line, where losses of several were given.
    best_epoch_lines_ : list of matplotlib Line2D
        A vertical line for each network; where several coincide, a darker one.

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
        """Draw the loss of a fitted network: this package's, of `skscratch.compat` or scikit-learn's.

        The loss is the one that was minimised, of standardised targets where the estimator standardises them. After a
        warm start the epochs kept are those of the last fit.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, with `loss_curve_`.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        name : str, default=None
            Put before the labels of the legend, to tell fits apart that are drawn on the same axes.
        **kwargs : dict
            Handed on to `plot`.

        Returns
        -------
        display : LossCurveDisplay
            With what was drawn in its attributes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no loss curve.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "loss_curve_"):
            raise TypeError(
                f"estimator must have loss_curve_, which stochastic networks do, got {type(estimator).__name__}; of a "
                "search hand over best_estimator_, of a pipeline its last step."
            )
        best = getattr(estimator, "best_iter_", None)
        loss = getattr(estimator, "loss", "loss")
        display = cls(
            getattr(estimator, "loss_curves_", estimator.loss_curve_),
            validation_loss=getattr(estimator, "validation_loss_curves_", None),
            best_epochs=None if best is None else best + len(estimator.loss_curve_) - estimator.n_iter_,
            loss_name=_name_of(loss),
            train_name="training, with its penalty" if estimator.alpha else "training",
            unit="iteration" if estimator.solver == "lbfgs" else "epoch",
        )
        return display.plot(ax, name=name, **kwargs)

    @classmethod
    def from_history(
        cls, history: History, *, loss_name: str = "loss", ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw what `skscratch.core.training.Trainer.run` or `skscratch.core.lbfgs.lbfgs` returned.

        Parameters
        ----------
        history : History
            Losses of one or several networks; of several criteria of validation the last is taken for the loss.
        loss_name : str, default="loss"
            What the vertical axis is called.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        name : str, default=None
            Put before the labels of the legend.
        **kwargs : dict
            Handed on to `plot`.

        Returns
        -------
        display : LossCurveDisplay
            With what was drawn in its attributes.
        """
        validation = [criteria[-1] for criteria in history.validation] or None
        display = cls(history.loss, validation_loss=validation, best_epochs=history.best_epoch, loss_name=loss_name)
        return display.plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        name : str, default=None
            Put before the labels of the legend.
        **kwargs : dict
            Handed on to matplotlib's `plot` for both losses, for instance color, linewidth.

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
            label = "best epoch" if len(best) == 1 else f"best epochs ({len(best)} networks)"
            style = {"color": kwargs.get("color", GREY), "linewidth": 1, "linestyle": ":", "alpha": 0.7, "zorder": 1}
            self.best_epoch_lines_.append(self.ax_.axvline(epoch, label="" if i else prefix + label, **style))
        self.ax_.set(xlabel=self.unit, ylabel=self.loss_name)
        whole_numbers(self.ax_.xaxis)
        legend_above(self.ax_)
        return self

    def _draw_loss(self, loss: Any, prefix: str, label: str, style: dict) -> None:
        """A line, and the range of several networks around it."""
        members = np.asarray(loss, float).reshape(len(loss), -1)
        epochs = np.arange(len(members)) + 1
        style = {"marker": "o" if len(members) == 1 else "", "label": prefix + label, **style}
        (line,) = self.ax_.plot(epochs, members.mean(axis=1), **style)
        self.lines_.append(line)
        if members.shape[1] > 1:
            low, high = members.min(axis=1), members.max(axis=1)
            band = {"color": line.get_color(), "alpha": 0.2, "linewidth": 0}
            text = "" if self.bands_ else f"{prefix}range ({members.shape[1]} networks)"
            self.bands_.append(self.ax_.fill_between(epochs, low, high, label=text, **band))


def _name_of(loss: Any) -> str:
    """What an estimator's loss is called, with its unit where it always has the same."""
    if isinstance(loss, Loss):
        return type(loss).__name__
    return "log loss (nats)" if loss == "log_loss" else loss.replace("_", " ")
