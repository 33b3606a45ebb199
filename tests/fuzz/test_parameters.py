"""Hyperparameters inside and outside of their domains: each fit ends in outputs as documented or in a sentence."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from outcomes import attempt_with, check_outputs, share_of_cases
from parameters import TINY, assignments

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators import table

n = 40
rng = np.random.default_rng(0)
A = rng.normal(size=(n, 3))
FRAME = pd.DataFrame({"a": A[:, 0], "b": np.where(A[:, 1] > 1, np.nan, A[:, 1]), "c": np.resize(["u", "v", "w"], n)})
TARGETS = {"numbers": A[:, 0], "positive": np.exp(A[:, 0]), "two outputs": A[:, :2]}
LABELS = {"two": np.resize([0, 1], n), "three": np.resize([0, 1, 2], n), "multilabel": (A > 0).astype(int)}


def options_of(assigned):
    """Tiny networks, unless their shape is assigned."""
    replaced = ("width", "depth") if assigned.get("hidden_layer_sizes") is not None else ()
    return {name: value for name, value in TINY.items() if name not in replaced} | assigned


@share_of_cases(0.12)
@given(assignments(table.CLASSIFIER), st.sampled_from((A, FRAME)), st.sampled_from(sorted(LABELS)))
def test_classifier(assigned, X, kind):
    model = ScratchMLPClassifier(**options_of(assigned))
    if attempt_with(model, "fit", X, LABELS[kind])[1] is None:
        check_outputs(model, X, n)


@share_of_cases(0.12)
@given(assignments(table.REGRESSOR), st.sampled_from((A, FRAME)), st.sampled_from(sorted(TARGETS)))
def test_regressor(assigned, X, kind):
    model = ScratchMLPRegressor(**options_of(assigned))
    if attempt_with(model, "fit", X, TARGETS[kind])[1] is None:
        check_outputs(model, X, n)
