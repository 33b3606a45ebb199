"""What a whole fit finds out from its rows at its end, besides the parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skscratch.estimators.ensemble_gain import ensemble_gain
from skscratch.estimators.explanations import importances
from skscratch.estimators.model import Model
from skscratch.estimators.out_of_fold import out_of_fold
from skscratch.estimators.reading import Data
from skscratch.estimators.splitting import Split


def fit_results(model: Model, split: Split, data: Data, seed: int) -> dict[str, Any]:
    """Predict left-out rows and compute importances: the arguments of `fitted_attributes` with these names.

    There are no predictions of rows on which an earlier fit has trained.
    """
    left_out = out_of_fold(model, split.validator, data) if split.left_out.unseen else None
    if left_out is not None and not left_out.members.all():
        left_out = replace(left_out, gain=ensemble_gain(model, left_out.shares, data.training, seed))
    return {"left_out": left_out, "importances": importances(model, data.training, seed)}
