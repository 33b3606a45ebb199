"""Tables, targets and weights of every kind: each fit ends in outputs as documented or in a sentence."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from outcomes import attempt_with, check_outputs, share_of_cases
from parameters import LOSSES, OPTIONS, TINY
from tables import arrow_frames, pandas_frames, tables
from targets import labels, targets, weights

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.tabular.frames import number_of_rows, take_rows


@share_of_cases(0.19)
@given(st.data(), tables(), OPTIONS)
def test_classifier(data, X, options):
    n = number_of_rows(X)
    options |= data.draw(st.sampled_from(({}, {"class_weight": "balanced"})))
    try_fit(ScratchMLPClassifier(**TINY | options), data, X, data.draw(labels(n)))


@share_of_cases(0.19)
@given(st.data(), tables(), OPTIONS, LOSSES)
def test_regressor(data, X, options, loss):
    try_fit(ScratchMLPRegressor(loss, **TINY | options), data, X, data.draw(targets(number_of_rows(X))))


def try_fit(model, data, X, y):
    """Fit, check all outputs, and predict another table."""
    n = number_of_rows(X)
    _, error = attempt_with(model, "fit", X, y, data.draw(weights(n)))
    if error is None:
        check_outputs(model, X, n)
    attempt_with(model, "predict", data.draw(tables()))


@share_of_cases(0.05)
@given(st.one_of(pandas_frames(32), arrow_frames(32)), OPTIONS)
def test_rows_in_parts(X, options):
    """A list of frames is read in parts, with y as a column."""
    parts = [with_column(take_rows(X, np.arange(start, start + 16)), "y", np.resize([0, 1], 16)) for start in (0, 16)]
    model = ScratchMLPClassifier(**TINY | options)
    if attempt_with(model, "fit", parts, "y")[1] is None:
        check_outputs(model, X, 32)


def with_column(frame, name, values):
    """A frame with one more column."""
    if hasattr(frame, "iloc"):
        return frame.assign(**{name: values})
    return frame.append_column(name, [values]) if hasattr(frame, "append_column") else frame.with_columns(y=values)


@share_of_cases(0.05)
@given(st.data(), st.integers(1, 3).flatmap(lambda m: tables(8 * m)))
def test_predict_other_tables(data, X):
    """A table of the same kind with other types, names and values."""
    n = number_of_rows(X)
    model = ScratchMLPClassifier(**TINY)
    _, error = attempt_with(model, "fit", X, [0, 1] * (n // 2))
    if error is None:
        other, method = data.draw(tables()), data.draw(st.sampled_from(("predict_proba", "hidden_activations")))
        attempt_with(model, method, other)
