"""Every pair of options, as ONNX and as a module of NumPy: equal predictions on rows with missing and new values."""

import importlib.util
import warnings
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.activations import Activation
from skscratch.core.embeddings import NumericEmbedding
from skscratch.core.initializers import Initializer
from skscratch.core.losses import Loss
from skscratch.exceptions import ColumnWarning
from skscratch.export import to_numpy
from skscratch.onnx import to_onnx
from skscratch.tabular.scaling import Scaler

N, N_NEW = 60, 40
NUMERIC = ["size", "amount", "floors", "old", "always"]
CODES = {"colour": ["red", "green", "blue"], "door": ["left", "right"]}
CLASS_NAMES = np.array(["no", "perhaps", "yes"])
TARGETS = {  # numbers (n, 2) -> y
    "two strings": lambda u: CLASS_NAMES[[0, 2]][(u[:, 0] > 0).astype(int)],
    "two bools": lambda u: u[:, 0] > 0,
    "three strings": lambda u: CLASS_NAMES[np.digitize(u[:, 0], [-0.5, 0.5])],
    "three ints": lambda u: np.array([7, -2, 40])[np.digitize(u[:, 0], [-0.5, 0.5])],
    "three floats": lambda u: np.digitize(u[:, 0], [-0.5, 0.5]) * 1.0,
    "labels": lambda u: (u > 0).astype(int),
}
CONSTANTS = {"quantile": {"quantile": 0.7}}
OPTIONS = {
    "problem": [*TARGETS, *Loss.names()],
    "outputs": [1, 2],
    "activation": Activation.names(),
    "scaling": [*Scaler.names(), None],
    "numeric_embedding": [*NumericEmbedding.names(), None],
    "init": ["ntk", *Initializer.names()],
    "n_estimators": [1, 3],
    "dtype": ["float32", "float64"],
    "depth": [0, 1, 2],
    "dropout": [0.0, 0.3],
    "kind": ["frame", "nullable frame", "polars", "float64", "float32", "codes", "objects"],
}


def pairwise(options):
    """Rows of options in which every pair of values of two options occurs, each row with many pairs that are new."""
    rng, names = np.random.default_rng(0), list(options)
    numbers = {name: range(len(values)) for name, values in options.items()}
    ahead = {((a, i), (b, j)) for a, b in combinations(names, 2) for i in numbers[a] for j in numbers[b]}
    while ahead:
        fixed = dict(min(ahead))
        rows = [{name: fixed.get(name, int(rng.integers(len(options[name])))) for name in names} for _ in range(40)]
        pairs = [set(combinations(row.items(), 2)) & ahead for row in rows]
        best = max(range(40), key=lambda i: len(pairs[i]))
        ahead -= pairs[best]
        yield {name: options[name][number] for name, number in rows[best].items()}


def table(rng, n, new):
    """A frame with columns of all kinds; new rows have values that the others have not."""
    size = rng.normal(size=n)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.2, np.nan, size),
            "amount": np.exp(rng.normal(size=n)).round(1),
            "floors": rng.integers(0, 4, n),
            "old": rng.random(n) < 0.4,
            "always": np.ones(n) + new * rng.integers(0, 2, n),
            "colour": pd.Series(rng.choice(["red", "green", "blue", *(["new"] if new else []), None], n)).astype(
                "category"
            ),
            "door": pd.Series(rng.choice([*CODES["door"], *["up", None] * new], n), dtype=object),
            "rooms": pd.Categorical(rng.integers(1, 4 + new, n)),
            "grade": pd.Categorical(rng.choice([0.1, 0.5, 2.0, np.nan], n)),
            "checked": pd.Categorical(rng.random(n) < 0.5),
            "same": pd.Categorical(["one"] * n),
        }
    )


def of_kind(frame, kind):
    """(X for the estimator, its categorical_features, inputs of onnxruntime)"""
    if kind in ("float64", "float32"):
        X = frame[NUMERIC].to_numpy(float).astype(kind)
        return X, "from_dtype", {"X": X}
    if kind == "codes":  # categories as numbers in a matrix
        codes = [
            frame[name].map({value: i for i, value in enumerate(values)}).to_numpy(float)
            for name, values in CODES.items()
        ]
        X = np.column_stack([frame[NUMERIC].to_numpy(float), *codes])
        return X, [5, 6], {"X": X}
    if kind == "objects":
        X = frame.astype(object).to_numpy()
        types = [float] * 5 + [object] * 2 + [np.int64, float, bool, object]
        feeds = {f"x{j}": X[:, [j]].astype(dtype) for j, dtype in enumerate(types)}
        return X, list(range(5, 11)), feeds
    feeds = {name: frame[[name]].to_numpy() for name in frame}
    feeds = {name: x.astype(object) if frame[name].dtype.kind not in "fib" else x for name, x in feeds.items()}
    for name, dtype in {"rooms": np.int64, "grade": float, "checked": bool}.items():
        feeds[name] = frame[[name]].to_numpy().astype(dtype)
    if kind == "nullable frame":
        return frame.astype({"size": "Float64", "floors": "Int64", "old": "boolean"}), "from_dtype", feeds
    if kind == "polars":
        pl = pytest.importorskip("polars")
        frame = frame.astype({"rooms": int, "grade": float, "checked": bool, "colour": object, "same": object})
        return pl.from_pandas(frame), ["colour", "door", "rooms", "grade", "checked", "same"], feeds
    return frame, "from_dtype", feeds


@cache
def tables(kind):
    """Training rows, the categorical columns, new rows, and the same rows as inputs of onnxruntime."""
    rng = np.random.default_rng(1)
    X, categorical, _ = of_kind(table(rng, N, new=False), kind)
    X_new, _, feeds = of_kind(table(rng, N_NEW, new=True), kind)
    return X, categorical, X_new, feeds


def case(options):
    """A fitted estimator, new rows, and the same rows as inputs."""
    options, u = dict(options), np.random.default_rng(2).normal(size=(N, 2))
    problem, outputs, kind = (options.pop(name) for name in ("problem", "outputs", "kind"))
    X, categorical, X_new, feeds = tables(kind)
    if problem in TARGETS:
        estimator, y = ScratchMLPClassifier(), TARGETS[problem](u)
    else:
        y = 1e3 * np.exp(u) if outputs == 2 or problem == "cosine" else 1e3 * np.exp(u[:, 0])
        estimator = ScratchMLPRegressor(problem, **CONSTANTS.get(problem, {}))
    estimator.set_params(width=5, max_iter=2, random_state=0, categorical_features=categorical, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a fit that is stopped early
        warnings.simplefilter("ignore", ColumnWarning)  # of columns that do not vary
        return estimator.fit(X, y), X_new, feeds


def expected(estimator, X):
    """(probabilities or numbers (n, o), labels or None)"""
    if isinstance(estimator, ScratchMLPRegressor):
        return estimator.predict(X).reshape(len(X), -1), None
    return estimator.predict_proba(X), estimator.predict(X)


def check(values, labels, p, right, tolerance):
    """Compare predictions with those of the estimator, labels where they are not a tie."""
    assert values.shape == p.shape
    np.testing.assert_allclose(values, p, rtol=tolerance, atol=tolerance * max(1, np.abs(p).max()))
    if labels is not None:
        assert labels.shape == right.shape
        top = np.sort(p, axis=1)[:, -2:] if right.ndim == 1 else None
        clear = np.abs(p - 0.5) > 1e-5 if top is None else top[:, 1] - top[:, 0] > 1e-5
        assert (labels == right)[clear].all() and clear.any()


def learned_bytes(model):
    """Size of what was learned: parameters, statistics of scaling, names of categories."""
    statistics = sum(part.nbytes for part in model.encoder.scaler_.statistics)
    return model.parameters.values.nbytes + statistics + 40 * len(model.encoder.feature_names_out_)


def load(path):
    """Import the module that was written, and load its model."""
    spec = importlib.util.spec_from_file_location("predict_model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


CASES = list(pairwise(OPTIONS))


@pytest.mark.parametrize("options", CASES, ids=lambda options: "-".join(map(str, options.values())))
def test_predictions_are_those_of_the_estimator(options, tmp_path):
    estimator, X, feeds = case(options)
    p, right = expected(estimator, X)
    check_module(estimator, feeds, p, right, tmp_path / "predict.py")
    check_onnx(estimator, X, feeds, p, right)


def check_module(estimator, feeds, p, right, path):
    to_numpy(estimator, path)
    model = load(path)
    values = model.predict(feeds).reshape(p.shape) if right is None else model.predict_proba(feeds)
    check(values, None if right is None else model.predict(feeds), p, right, 1e-6)


def check_onnx(estimator, X, feeds, p, right):
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    proto = to_onnx(estimator, X)
    content = proto.SerializeToString()
    assert len(content) <= 1.2 * learned_bytes(estimator._model) + 20_000
    assert all(node.name for node in proto.graph.node)
    onnx.checker.check_model(proto, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options)
    *labels, values = session.run(None, feeds)
    check(values, labels[0] if labels else None, p, right, 1e-5)
    one_row = session.run(None, {name: x[:1] for name, x in feeds.items()})
    np.testing.assert_allclose(one_row[-1], values[:1], rtol=1e-5, atol=1e-5)
    no_row = session.run(None, {name: x[:0] for name, x in feeds.items()})
    assert no_row[-1].shape == (0, *values.shape[1:])


def test_every_pair_of_options_is_tested():
    seen = {pair for row in CASES for pair in combinations(map(str, row.items()), 2)}
    wanted = {(str((a, x)), str((b, y))) for a, b in combinations(OPTIONS, 2) for x in OPTIONS[a] for y in OPTIONS[b]}
    assert wanted <= seen and len(CASES) < 400
