"""Sizes of gradients and activations in each layer during training."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skscratch.core.activations import Activation
from skscratch.core.batches import Rows
from skscratch.core.history import Epoch
from skscratch.core.layers import Dense
from skscratch.core.objective import Gradient, Objective
from skscratch.core.parameters import Parameters
from skscratch.core.streams import RowStream
from skscratch.displays.drawing import COLOURS, panels, whole_numbers
from skscratch.estimators.base import BaseScratchMLP

# Rows on which sizes are measured: enough for a root mean square, few compared with an epoch.
MAX_ROWS = 1000
DASHES = ("-", "--", ":", "-.")


class GradientRecorder:
    """Callback that measures the size of gradients and activations in each layer, before training and after each epoch.

    The size is the root mean square: of the entries of dL/dW, where W are the effective weights of a dense layer and L
    is the mean loss without the penalty; and of the outputs a of a hidden layer. It is taken over all members. A
    recorder is a callback of `skscratch.core.training.Trainer.run`.

    Parameters
    ----------
    objective : Objective
        The network and its loss.
    rows : Rows or RowStream
        The rows of the mean loss L; of more than 1000 rows, 1000 evenly spaced ones, and of a stream the first 1000.
    P : Parameters
        The parameters before training.

    Attributes
    ----------
    gradients : list of ndarray of shape (n_dense_layers,)
        Sizes of gradients before training and after each epoch.
    activations : list of ndarray of shape (n_hidden_layers,)
        Sizes of activations, at the same times.

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

    def __init__(self, objective: Objective, rows: Rows | RowStream, P: Parameters):
        self.objective = Objective(objective.network, objective.loss)
        if isinstance(rows, RowStream):
            rows = rows.first(MAX_ROWS)
        rows = rows.take(np.linspace(0, rows.n - 1, min(rows.n, MAX_ROWS)).astype(int))
        self.rows = rows._replace(y=objective.training_target(rows.y))
        self.gradients: list[np.ndarray] = []
        self.activations: list[np.ndarray] = []
        self.record(P)

    def __call__(self, epoch: Epoch) -> None:
        """Measure the parameters after an epoch."""
        self.record(epoch.parameters)

    def record(self, P: Parameters) -> None:
        """Measure gradients and activations at the given parameters.

        Parameters
        ----------
        P : Parameters
            Parameters of the members.
        """
        network = self.objective.network
        with np.errstate(over="ignore", invalid="ignore"):  # a diverging network is drawn as well
            gradient = Gradient(self.objective, P, self.rows)
            gradient.tape.replay()
            layers = list(zip(network.layers, P.layers, gradient.dP.layers, gradient.outputs, strict=True))
            dense = [layer.effective_gradient(p, dp) for layer, p, dp, _ in layers if isinstance(layer, Dense)]
            self.gradients.append(np.array([_rms(dV) for dV in dense]))
            self.activations.append(np.array([_rms(a) for layer, *_, a in layers if isinstance(layer, Activation)]))


class GradientFlowDisplay:
    """Plot of the size of gradients and activations in each layer, before training and after each epoch.

    Gradients that are far smaller in each layer than in the next one are vanishing; gradients that grow without bound
    are exploding. On a logarithmic axis a size of zero is not visible.

    Parameters
    ----------
    gradients : array-like of shape (n_epochs + 1, n_dense_layers)
        Root mean square of dL/dW before training and after each epoch.

    activations : array-like of shape (n_epochs + 1, n_hidden_layers)
        Root mean square of the outputs of hidden layers.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, of shape (2,) or (1,)
        Gradients and activations; only gradients if there is no hidden layer.
    ax_ : matplotlib Axes
        The first of `axes_`.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    gradient_lines_ : list of matplotlib Line2D
        One for each dense layer, from the input on.
    activation_lines_ : list of matplotlib Line2D
        One for each hidden layer.

    See Also
    --------
    LossCurveDisplay : The losses of the epochs.
    NetworkDisplay : The weights after the last one.

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
        """Fit a clone of an estimator, and draw the sizes that were measured during its training.

        If `random_state` is an integer, the training is the same as in a fit of the estimator itself.

        Parameters
        ----------
        estimator : ScratchMLPClassifier or ScratchMLPRegressor
            Fitted or not; it is not changed.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        ax : matplotlib Axes, default=None
            Its area is divided among the panels; None makes a figure.
        name : str, default=None
            Prefix of the titles.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : GradientFlowDisplay
            The display, with the drawn artists as attributes.

        Raises
        ------
        TypeError
            If the estimator is neither.
        ValueError
            If its solver is L-BFGS, which has no epochs and trains the members one by one.
        """
        if not isinstance(estimator, BaseScratchMLP):
            raise TypeError(
                f"estimator must be a ScratchMLPClassifier or a ScratchMLPRegressor, got {estimator!r}; for a pipeline "
                "pass its last step and the transformed X, for another network use a GradientRecorder."
            )
        if estimator.solver == "lbfgs":
            raise ValueError("solver must be 'adam', 'sgd' or 'rmsprop', which have epochs, got 'lbfgs'; choose one.")
        model, recorders = clone(estimator), []

        def observe(objective: Objective, rows: Rows | RowStream, P: Parameters) -> GradientRecorder:
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
            Its area is divided among the panels; None makes a figure.
        name : str, default=None
            Prefix of the titles.
        **kwargs : dict
            Passed to matplotlib's `plot` for all layers, for instance linewidth.

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


def _draw_layers(ax: Any, sizes: np.ndarray, output: bool, style: dict) -> list:
    """Draw a curve for each column of sizes, on a logarithmic axis if they differ by more than a factor of ten."""
    names = [f"layer {i}" for i in range(1, sizes.shape[1] + 1)]
    if output:
        names[-1] = "output"
    lines: list[Any] = []
    for i, (name, size) in enumerate(zip(names, sizes.T, strict=True)):
        layer_style = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i // len(COLOURS) % len(DASHES)]}
        layer_style["marker"] = "o" if len(size) == 1 else ""
        lines += ax.plot(range(len(size)), size, label=name, **{**layer_style, **style})
    positive = sizes[(sizes > 0) & np.isfinite(sizes)]
    ax.set_yscale("log" if positive.size and positive.max() > 10 * positive.min() else "linear")
    return lines
