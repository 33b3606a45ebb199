"""How large gradients and activations are, layer by layer, while a network learns."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skscratch.core.activations import Activation
from skscratch.core.batches import Rows
from skscratch.core.layers import Dense
from skscratch.core.objective import Gradient, Objective
from skscratch.core.parameters import Parameters
from skscratch.core.training import Epoch
from skscratch.displays.drawing import COLOURS, panels, whole_numbers
from skscratch.estimators.base import BaseScratchMLP

# Rows on which the scales are measured: enough for a root mean square, few beside an epoch.
PROBE = 1000
DASHES = ("-", "--", ":", "-.")


class GradientRecorder:
    """Measures, before training and after each epoch, the scale of gradients and activations in each layer.

    The scale is the root mean square: of the entries of dL/dW, where W are the effective weights of a dense layer and L
    the mean loss without its penalty; and of the values a that a hidden layer hands on. Members are taken together. A
    recorder is a callback of `skscratch.core.training.Trainer.run`.

    Parameters
    ----------
    objective : Objective
        The network and its loss.
    rows : Rows
        What L is a mean over; of more than 1000 rows, 1000 spread evenly over them.
    P : Parameters
        The parameters before training.

    Attributes
    ----------
    gradients : list of ndarray of shape (n_dense_layers,)
        One before training, and one after each epoch.
    activations : list of ndarray of shape (n_hidden_layers,)
        Likewise.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core import Dense, Network, Objective, Rows, Sgd, SquaredError, Tanh, Trainer
    >>> from skscratch.displays import GradientFlowDisplay, GradientRecorder
    >>> objective = Objective(Network((Dense(8), Tanh(), Dense(1)), n_inputs=1), SquaredError())
    >>> P = objective.network.init(k=1, rng=np.random.default_rng(0))
    >>> x = np.linspace(-1, 1, 100)[:, None]
    >>> rows = Rows(x, x**2, None)
    >>> recorder = GradientRecorder(objective, rows, P)
    >>> trainer = Trainer(objective, Sgd().chain(rate=0.1), np.random.default_rng(1), batch_size=10)
    >>> history = trainer.run(P, rows, epochs=20, callbacks=[recorder])
    >>> display = GradientFlowDisplay(recorder.gradients, recorder.activations).plot()
    >>> np.shape(display.gradients), np.shape(display.activations)
    ((21, 2), (21, 1))
    """

    def __init__(self, objective: Objective, rows: Rows, P: Parameters):
        self.objective = Objective(objective.network, objective.loss)
        n = len(rows.y)
        rows = rows.take(np.linspace(0, n - 1, min(n, PROBE)).astype(int))
        self.rows = rows._replace(y=objective.training_target(rows.y))
        self.gradients: list[np.ndarray] = []
        self.activations: list[np.ndarray] = []
        self.record(P)

    def __call__(self, epoch: Epoch) -> None:
        """Measure after an epoch."""
        self.record(epoch.parameters)

    def record(self, P: Parameters) -> None:
        """Measure the parameters as they are now.

        Parameters
        ----------
        P : Parameters
            Of the networks that are watched.
        """
        network = self.objective.network
        with np.errstate(over="ignore", invalid="ignore"):  # a picture of a network that diverges is useful, too
            gradient = Gradient(self.objective, P, self.rows)
            gradient.tape.replay()
            layers = list(zip(network.layers, network.widths, gradient.dP.layers, gradient.outputs, strict=False))
            dense = [(dp.W, layer.scale(d)) for layer, d, dp, _ in layers if isinstance(layer, Dense)]
            self.gradients.append(np.array([_rms(dW) / c for dW, c in dense]))
            self.activations.append(np.array([_rms(a) for layer, *_, a in layers if isinstance(layer, Activation)]))


class GradientFlowDisplay:
    """The scale of gradients and activations in each layer, from before training to its end.

    Curves that fall from layer to layer, each far below the next, are vanishing gradients; curves that rise without end
    are exploding ones. Where the axis is logarithmic a scale of zero lies below the picture.

    Parameters
    ----------
    gradients : array-like of shape (n_epochs + 1, n_dense_layers)
        Root mean square of dL/dW before training and after each epoch.

    activations : array-like of shape (n_epochs + 1, n_hidden_layers)
        Root mean square of what hidden layers hand on.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, of shape (2,) or (1,)
        Gradients and activations; the latter not where there is no hidden layer.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    gradient_lines_ : list of matplotlib Line2D
        One for each dense layer, from the input on.
    activation_lines_ : list of matplotlib Line2D
        One for each hidden layer.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skscratch import ScratchMLPClassifier
    >>> from skscratch.displays import GradientFlowDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = ScratchMLPClassifier([16, 8], max_iter=4, random_state=0)
    >>> display = GradientFlowDisplay.from_estimator(model, X, y)
    >>> [line.get_label() for line in display.gradient_lines_]
    ['layer 1', 'layer 2', 'output']
    >>> display.gradients.shape, display.activations.shape
    ((5, 3), (5, 2))
    """

    def __init__(self, gradients: Any, activations: Any):
        self.gradients = gradients
        self.activations = activations

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Fit a clone of an estimator, and draw what was measured on the way.

        With an integer for `random_state` it is the fit that the estimator itself makes.

        Parameters
        ----------
        estimator : ScratchMLPClassifier or ScratchMLPRegressor
            Fitted or not; it stays as it is.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        ax : matplotlib Axes, default=None
            Its place is divided among the panels; None makes a figure.
        name : str, default=None
            Put before the titles.
        **kwargs : dict
            Handed on to `plot`.

        Returns
        -------
        display : GradientFlowDisplay
            With what was drawn in its attributes.

        Raises
        ------
        TypeError
            If the estimator is none of these two.
        ValueError
            If its solver is L-BFGS, which has no epochs and trains one network after the other.
        """
        if not isinstance(estimator, BaseScratchMLP):
            raise TypeError(
                f"estimator must be a ScratchMLPClassifier or a ScratchMLPRegressor, got {estimator!r}; of a pipeline "
                "hand over the last step and what the others make of X, of any other network what was recorded."
            )
        if estimator.solver == "lbfgs":
            raise ValueError("solver must be 'adam', 'sgd' or 'rmsprop', which have epochs, got 'lbfgs'; choose one.")
        model, recorders = clone(estimator), []

        def observe(objective: Objective, rows: Rows, P: Parameters) -> GradientRecorder:
            recorders.append(GradientRecorder(objective, rows, P))
            return recorders[-1]

        model._observers = [observe]
        model.fit(X, y)
        (recorder,) = recorders
        return cls(np.array(recorder.gradients), np.array(recorder.activations)).plot(ax, name=name, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Its place is divided among the panels; None makes a figure.
        name : str, default=None
            Put before the titles.
        **kwargs : dict
            Handed on to matplotlib's `plot` for all layers, for instance linewidth.

        Returns
        -------
        self : GradientFlowDisplay
            The display itself.
        """
        prefix = "" if name is None else f"{name}: "
        gradients, activations = np.asarray(self.gradients, float), np.asarray(self.activations, float)
        self.axes_ = panels(self, ax, (7, 3.2), columns=1 + (activations.shape[1] > 0), sharex=True)[0]
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        self.gradient_lines_ = _draw_layers(self.axes_[0], gradients, True, kwargs)
        self.axes_[0].set(ylabel="root mean square of dL/dW", title=f"{prefix}gradients")
        self.activation_lines_ = []
        if len(self.axes_) == 2:
            self.activation_lines_ = _draw_layers(self.axes_[1], activations, False, kwargs)
            self.axes_[1].set(ylabel="root mean square of a", title=f"{prefix}activations")
        for panel in self.axes_:
            panel.set_xlabel("epoch")
            whole_numbers(panel.xaxis)
        self.axes_[-1].legend(handles=self.gradient_lines_, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        return self


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a, dtype=np.float64))))


def _draw_layers(ax: Any, scales: np.ndarray, output: bool, style: dict) -> list:
    """A curve for each column of scales; on a logarithmic axis where they span more than a power of ten."""
    names = [f"layer {i}" for i in range(1, scales.shape[1] + 1)]
    if output:
        names[-1] = "output"
    lines: list[Any] = []
    for i, (name, scale) in enumerate(zip(names, scales.T, strict=True)):
        look = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i // len(COLOURS) % len(DASHES)]}
        look["marker"] = "o" if len(scale) == 1 else ""
        lines += ax.plot(range(len(scale)), scale, label=name, **{**look, **style})
    some = scales[(scales > 0) & np.isfinite(scales)]
    ax.set_yscale("log" if some.size and some.max() > 10 * some.min() else "linear")
    return lines
