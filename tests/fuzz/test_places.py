"""Fits with validation rows of one's own, resumed from files, exported, on a cluster, and of extreme shapes."""

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from interruption import Crash, CrashError
from numpy.testing import assert_allclose, assert_array_equal
from outcomes import attempt, attempt_with, check_outputs, share_of_cases
from parameters import LOSSES, OPTIONS, TINY
from tables import arrays, pandas_frames, tables
from targets import labels, targets, weights

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.export import predictor, to_numpy
from skscratch.onnx import to_onnx
from skscratch.tabular.frames import number_of_rows

HAS_ONNX = all(find_spec(name) for name in ("onnx", "onnxruntime"))
MODELS = st.sampled_from((ScratchMLPClassifier, ScratchMLPRegressor))
SOLVERS = st.sampled_from(("adam", "adamw", "sgd", "rmsprop", "lbfgs"))


def targets_for(Estimator, n):
    """Labels or numbers of every kind."""
    return labels(n) if Estimator is ScratchMLPClassifier else targets(n)


def simple_targets(Estimator, n):
    """Labels or numbers that are never refused."""
    return np.resize([0, 1], n) if Estimator is ScratchMLPClassifier else np.linspace(-1, 1, n)


@share_of_cases(0.06)
@given(st.data(), MODELS, tables(), OPTIONS)
def test_validation_rows(data, Estimator, X, options):
    """Validation rows of the same table or of another, with and without targets and weights."""
    n, model = number_of_rows(X), Estimator(**TINY | options)
    X_val = data.draw(st.one_of(st.just(X), tables()))
    m = number_of_rows(X_val)
    more = {"X_val": X_val, "y_val": data.draw(targets_for(Estimator, m)), "sample_weight_val": data.draw(weights(m))}
    more.pop(data.draw(st.sampled_from(("", "X_val", "y_val", "sample_weight_val"))), None)
    if attempt_with(model, "fit", X, data.draw(targets_for(Estimator, n)), data.draw(weights(n)), **more)[1] is None:
        check_outputs(model, X, n)


@share_of_cases(0.03)
@given(st.data(), MODELS, tables(), OPTIONS, SOLVERS, st.integers(1, 4))
def test_resumed_fits(data, Estimator, X, options, solver, after):
    """A fit that was interrupted after some epochs ends like one that was not; other rows are refused."""
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    from skscratch.callbacks import Checkpoint

    n = number_of_rows(X)
    y, w = data.draw(targets_for(Estimator, n)), data.draw(weights(n))
    options = TINY | options | {"max_iter": 4, "solver": solver}
    whole, resumed, other = (Estimator(**options) for _ in range(3))
    assume(attempt_with(whole, "fit", X, y, w)[1] is None)
    with TemporaryDirectory() as folder:
        path = Path(folder, "fit.skscratch")
        interrupted = Estimator(**options).set_callbacks(Checkpoint(path), Crash(after))
        try:
            if attempt(interrupted.fit, X, y, w)[1] is not None:  # a file cannot hold every kind of category
                return
        except CrashError:
            assert attempt(resumed.fit, X, y, w, resume_from=path)[1] is None
            event("resumed")
            assert_array_equal(resumed.predict_members(X), whole.predict_members(X))
            attempt_with(other, "fit", data.draw(tables()), simple_targets(Estimator, n), resume_from=path)


@share_of_cases(0.05)
@given(st.data(), MODELS, st.one_of(arrays(), pandas_frames()), OPTIONS, LOSSES)
def test_exports(data, Estimator, X, options, loss):
    """The module for NumPy and the ONNX model predict the same as the estimator, or refuse X."""
    n, is_classifier = number_of_rows(X), Estimator is ScratchMLPClassifier
    model = Estimator(**TINY | options | ({} if is_classifier else {"loss": loss}))
    assume(attempt_with(model, "fit", X, data.draw(targets_for(Estimator, n)))[1] is None)
    method, output = ("predict_proba", "probabilities") if is_classifier else ("predict", "variable")
    expected = getattr(model, method)(X)
    close = {"rtol": 1e-4, "atol": 1e-5 * np.abs(expected).max()}
    with TemporaryDirectory() as folder:
        if attempt(to_numpy, model, Path(folder, "predict.py"), X)[1] is not None:
            event("not exported")
            return
        exported = predictor.load(Path(folder, "predict.npz"))
    values, error = attempt(getattr(exported, method), X)
    event("predicted" if error is None else "not predicted")
    if error is not None:
        return
    assert_allclose(values, expected, **close)
    proto, error = attempt(to_onnx, model, X) if HAS_ONNX else (None, None)
    if proto is not None and not has_tiny_scalar(proto):
        values = by_onnx(proto, exported, X)[output]
        assert_allclose(values.reshape(expected.shape), expected, **close)


def has_tiny_scalar(proto):
    """Whether a constant is so small that ONNX Runtime takes it for zero, and omits an addition of it."""
    from onnx import numpy_helper

    scalars = [numpy_helper.to_array(each) for each in proto.graph.initializer if max(each.dims, default=1) == 1]
    return any((0 < abs(x) < 1e-44).all() for x in scalars if x.dtype.kind == "f")


def by_onnx(proto, exported, X):
    """Outputs of an ONNX model, by their names, for the inputs that the module for NumPy reads."""
    import onnxruntime

    session = onnxruntime.InferenceSession(proto.SerializeToString())
    columns = dict(zip([name for name, *_ in exported.inputs], exported._read(X), strict=True))
    kinds, feeds = {"double": "f8", "float": "f4", "string": "O"}, {}
    for each in session.get_inputs():
        kind = each.type.removeprefix("tensor(").removesuffix(")")
        x = columns.get(each.name, np.zeros((number_of_rows(X), 1)))  # the module does not read columns without use
        cells = np.vectorize(str, otypes=["O"])(x) if kind == "string" else x
        with np.errstate(invalid="ignore"):  # a missing date is the smallest integer
            feeds[each.name] = cells.astype(kinds.get(kind, kind))
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds), strict=True))


@st.composite
def extreme_shapes(draw):
    """10,000 columns, or a million rows with as many categories."""
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    wide = rng.integers(-1, 2, (40, 10_000)).astype(draw(st.sampled_from(("f8", "f4", "i1"))))
    kinds = {
        "array": lambda: wide,
        "sparse": lambda: sp.csr_array(wide),
        "frame": lambda: pd.DataFrame(wide).add_prefix("c"),
        "categories": lambda: pd.DataFrame(wide[:, :2000]).add_prefix("c").astype("category"),
        "a million categories": lambda: pd.DataFrame({"id": np.arange(1_000_000), "x": 1.0}).astype({"id": str}),
        "a million of a dtype": lambda: pd.DataFrame({"id": np.arange(1_000_000)}).astype("category"),
    }
    return kinds[draw(st.sampled_from(list(kinds)))]()


@settings(share_of_cases(0.0005), deadline=60_000)
@given(MODELS, extreme_shapes())
def test_extreme_shapes(Estimator, X):
    n, model = number_of_rows(X), Estimator(width=2, depth=1, n_estimators=2, max_iter=1, random_state=0)
    error = attempt_with(model, "fit", X, simple_targets(Estimator, n))[1]
    assert error is None, error
    check_outputs(model, X[:50], 50 if n > 50 else n)
