"""ONNX models: inputs and outputs, labels of all types, a process without this package, errors."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic
from skscratch.onnx import to_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys

class NoOther:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("skscratch", "sklearn", "scipy", "pandas"):
            raise ImportError(name)

sys.meta_path.insert(0, NoOther())
import json
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession("model.onnx")
types = {"tensor(string)": object, "tensor(double)": float, "tensor(int64)": np.int64}
columns = json.loads(sys.argv[1])
feeds = {each.name: np.array(columns[each.name], types[each.type])[:, None] for each in session.get_inputs()}
label, p = session.run(None, feeds)
print(json.dumps([label.tolist(), p.tolist()]))
"""


def classifier(**options):
    return ScratchMLPClassifier(width=8, max_iter=4, n_estimators=2, random_state=0, **options)


def run(proto, feeds):
    onnx.checker.check_model(proto, full_check=True)
    return onnxruntime.InferenceSession(proto.SerializeToString()).run(None, feeds)


def test_versions_and_names(rng):
    X = rng.normal(size=(40, 3))
    proto = to_onnx(classifier().fit(X, X[:, 0] > 0))
    assert {each.domain: each.version for each in proto.opset_import} == {"": 18, "ai.onnx.ml": 3}
    names = [node.name for node in proto.graph.node]
    assert all(names) and len(set(names)) == len(names)
    assert [each.name for each in proto.graph.input] == ["X"]
    assert [each.name for each in proto.graph.output] == ["label", "probabilities"]
    assert [each.name for each in to_onnx(ScratchMLPRegressor(max_iter=1).fit(X, X[:, 0])).graph.output] == ["variable"]


def test_a_process_without_this_package(tmp_path):
    X, y = load_titanic(return_X_y=True)
    model = classifier().fit(X, y)
    (tmp_path / "model.onnx").write_bytes(to_onnx(model, X).SerializeToString())
    rows = X.head(60)
    columns = {name: [None if pd.isna(x) else x for x in rows[name]] for name in rows}
    script = [sys.executable, "-c", SCRIPT, json.dumps(columns)]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True)
    labels, p = json.loads(done.stdout)
    np.testing.assert_allclose(p, model.predict_proba(rows), rtol=1e-5)
    assert labels == model.predict(rows).tolist()


@pytest.mark.parametrize("classes", [["b", "a"], [3, -1], [True, False], [2.0, 5.0], np.array([1, 2], np.uint8)])
def test_types_of_labels(rng, classes):
    X = rng.normal(size=(40, 2))
    model = classifier().fit(X, np.array(classes)[(X[:, 0] > 0).astype(int)])
    labels, _ = run(to_onnx(model), {"X": X})
    np.testing.assert_array_equal(labels, model.predict(X))
    assert labels.dtype.kind == {"U": "O", "u": "i"}.get(np.array(classes).dtype.kind, np.array(classes).dtype.kind)


def test_large_numbers_keep_their_digits(rng):
    """Seconds since 1970 differ by less than float32 resolves."""
    X = 1.7e9 + rng.normal(size=(80, 1))
    model = ScratchMLPRegressor(width=8, max_iter=8, n_estimators=2, random_state=0).fit(X, X[:, 0])
    (y,) = run(to_onnx(model), {"X": X})
    np.testing.assert_allclose(y[:, 0] - 1.7e9, model.predict(X) - 1.7e9, atol=1e-5)


def test_a_matrix_of_float32(rng):
    X = rng.normal(size=(40, 3)).astype(np.float32)
    model = classifier().fit(X, X[:, 0] > 0)
    _, p = run(to_onnx(model, X), {"X": X})
    assert p.dtype == np.float32
    np.testing.assert_allclose(p, model.predict_proba(X), atol=1e-6)


def test_a_wide_frame(rng):
    X = pd.DataFrame(rng.normal(size=(30, 1000)), columns=[f"column {j}" for j in range(1000)])
    model = classifier(numeric_embedding=None).fit(X, X["column 0"] > 0)
    proto = to_onnx(model)
    assert len(proto.SerializeToString()) < 1.2 * (model._model.parameters.values.nbytes + 1000 * 40) + 20_000
    _, p = run(proto, {name: X[[name]].to_numpy() for name in X})
    np.testing.assert_allclose(p, model.predict_proba(X), atol=1e-6)


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match="got Pipeline; convert a Pipeline by skl2onnx.to_onnx, after"):
        to_onnx(make_pipeline(classifier()))
    with pytest.raises(NotFittedError):
        to_onnx(classifier())


def test_without_the_package_onnx(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"onnx must be installed .*: pip install 'skscratch\[onnx\]'"):
        to_onnx(classifier().fit(rng.normal(size=(20, 2)), [0, 1] * 10))


def test_nothing_is_imported_before_it_is_needed():
    ours, theirs = {"skscratch.export", "skscratch.onnx"}, {"onnx", "onnxruntime", "skl2onnx"}
    for module, absent in (("skscratch", ours | theirs), ("skscratch.onnx, skscratch.export", theirs)):
        code = f"import sys, {module}; assert not {absent} & set(sys.modules)"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
