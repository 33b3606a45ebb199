"""The fitted attributes, as a function of the model and of the state of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from skscratch.core.layers import Dense
from skscratch.estimators.model import Model
from skscratch.estimators.state import Curves, TrainingState
from skscratch.tabular.targets import ClassTarget

COLUMNS = ("n_features_in_", "feature_names_in_")


def prediction_attributes(reader: Any, model: Model) -> dict[str, Any]:
    """Make the attributes that an estimator needs to predict; `reader` is an estimator that has read X."""
    classes = {"classes_": model.target.classes_} if isinstance(model.target, ClassTarget) else {}
    columns = {name: vars(reader)[name] for name in COLUMNS if name in vars(reader)}
    return {**columns, **classes, "_model": model}


def fitted_attributes(
    reader: Any, model: Model, state: TrainingState, *, keep: bool, left_out: Any = None, importances: Any = None
) -> dict[str, Any]:
    """Make all attributes of a fitted estimator.

    `keep` says whether the optimizer state is among them. The `OutOfFold` of left-out rows and the importances are
    results of a whole fit.
    """
    assert state.curves is not None
    return {
        **prediction_attributes(reader, model),
        **_curves(state.curves),
        "best_iter_": state.best_iter,
        "n_iter_": state.n_iter,
        "t_": state.schedule_state.rows,
        "n_outputs_": model.network.n_outputs,
        "n_layers_": sum(isinstance(layer, Dense) for layer in model.network.layers) + 1,
        "out_activation_": model.loss.inverse_link.name,
        "_state": state if keep else state.without_optimizer(),
        "_out_of_fold": left_out,
        "_importances": importances,
    }


def _curves(curves: Curves) -> dict[str, Any]:
    loss = curves.loss.mean(axis=1).tolist()
    names = ("validation_loss_curves_", "validation_loss_curve_", "validation_scores_", "best_validation_score_")
    validation: tuple = (None,) * len(names)
    if curves.validated:
        best = float(np.fmax.reduce(curves.scores, initial=np.nan))
        mean = curves.validation_loss.mean(axis=1).tolist()
        validation = (curves.validation_loss, mean, curves.scores.tolist(), best)
    return {
        "loss_curves_": curves.loss,
        "loss_curve_": loss,
        "loss_": loss[-1] if loss else np.nan,
        "best_loss_": min(loss, default=np.nan),
        **dict(zip(names, validation, strict=True)),
    }
