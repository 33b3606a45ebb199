"""The promises of docs/guide/reproducible.md that no other test holds, and the table itself."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import ESTIMATORS, SMALL, scores, two_classes
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csr_array
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_info, threadpool_limits

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load, save
from skscratch.estimators import fitting

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guide/reproducible.md"
X, y = two_classes(150)
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)


def test_every_promise_names_a_test_that_exists():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "tests/" in line]
    assert len(rows) > 15
    for row in rows:
        places = re.findall(r"\[`(\w+)`\]\(\.\./\.\./(tests/\S+?\.py)\)", row)
        assert places, f"{row} names no test"
        for test, path in places:
            assert f"def {test}(" in (ROOT / path).read_text(), f"{path} has no {test}"


IN_ANOTHER_PROCESS = """
import json, sys
sys.path[:0] = {paths}
from helpers import ESTIMATORS, SMALL, scores, two_classes
X, y = two_classes(150)
print(json.dumps([scores(E(**SMALL, dropout=0.1).fit(X, y), X).tolist() for E in ESTIMATORS]))
"""


def test_another_process():
    """Python's hashes of strings, and with them the order of sets, differ between the processes."""
    code = IN_ANOTHER_PROCESS.format(paths=[str(ROOT), str(ROOT / "tests/estimators")])
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    for Estimator, numbers in zip(ESTIMATORS, json.loads(result.stdout), strict=True):
        assert_array_equal(numbers, scores(Estimator(**SMALL, dropout=0.1).fit(X, y), X))


@each_estimator
@pytest.mark.parametrize("options", [{}, {"dropout": 0.2}, {"early_stopping": False, "alpha": 0.1, "dtype": "float64"}])
def test_members_in_other_groups(Estimator, options, monkeypatch):
    def fit(threads):
        @contextmanager
        def threads_for(*arguments):
            yield threads

        monkeypatch.setattr(fitting, "threads_for", threads_for)
        return Estimator(**SMALL | {"n_estimators": 5}, **options).fit(X, y)

    expected = fit(1)
    for threads in (2, 3, 5):
        model = fit(threads)
        assert_array_equal(model._model.parameters.values, expected._model.parameters.values)
        assert_array_equal(model.loss_curves_, expected.loss_curves_)


@contextmanager
def memory_map(a, folder):
    np.save(folder / "X.npy", a)
    yield np.load(folder / "X.npy", mmap_mode="r")


LAYOUTS = {
    "columns first": np.asfortranarray,
    "every second row and column": lambda a: np.repeat(np.repeat(a, 2, axis=0), 2, axis=1)[::2, ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "big-endian": lambda a: a.astype(">f8"),
    "lists": lambda a: a.tolist(),
    "objects": lambda a: a.astype(object),
    "frame": pd.DataFrame,
}


@each_estimator
@pytest.mark.parametrize("layout", [*LAYOUTS, "memory map"])
def test_frame_array_and_layout(Estimator, layout, tmp_path):
    if layout == "memory map":
        with memory_map(X, tmp_path) as mapped:
            model = Estimator(**SMALL).fit(mapped, y)
            predicted = scores(model, mapped)
    else:
        model = Estimator(**SMALL).fit(LAYOUTS[layout](X), y)
        predicted = scores(model, LAYOUTS[layout](X))
    assert_array_equal(predicted, scores(Estimator(**SMALL).fit(X, y), X))


@each_estimator
def test_sparse_formats(Estimator):
    S = np.where(np.abs(X) > 0.5, X, 0)
    models = [Estimator(**SMALL).fit(container(S), y) for container in (csr_array, csc_array)]
    assert_array_equal(*(scores(model, csr_array(S)) for model in models))


@each_estimator
@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_jobs_in_threads_and_forked_processes(Estimator, backend):
    expected = cross_val_predict(Estimator(**SMALL), X, y, cv=3, n_jobs=1)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert_array_equal(cross_val_predict(Estimator(**SMALL), X, y, cv=3), expected)


@each_estimator
def test_what_was_fitted_before(Estimator, tmp_path):
    """A fit does not depend on other fits of the process, on saving in between, or on the estimator's last fit."""
    expected = scores(Estimator(**SMALL).fit(X, y), X)
    Estimator(**SMALL | {"random_state": None}, dropout=0.3).fit(X[:60], y[:60]).predict(X)
    model = Estimator(**SMALL).fit(2 * X[:40], y[:40])
    save(model, tmp_path / "model")
    assert_array_equal(scores(model.fit(X, y), X), expected)
    assert_array_equal(scores(load(tmp_path / "model").fit(X, y), X), expected)
    assert_array_equal(scores(clone(model).fit(X, y), X), expected)


@each_estimator
@pytest.mark.parametrize("width", [64, 256])
def test_numbers_of_blas_threads(Estimator, width):
    """With 64 units small products have one BLAS thread in any case; with 256 units the sums have another order."""
    X, y = two_classes(600)
    options = dict(n_estimators=1, width=width, max_iter=2, batch_size=200, dtype="float64", random_state=0)
    predictions = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            if max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas") < threads:
                pytest.skip("the BLAS library has a single thread")
            predictions.append(scores(Estimator(**options).fit(X, y), X))
    assert_allclose(*predictions, rtol=1e-9, atol=1e-12)


@each_estimator
def test_one_row_and_all_rows(Estimator):
    model = Estimator(**SMALL).fit(X, y)
    rows = np.concatenate([scores(model, X[i : i + 1]) for i in range(len(X))])
    assert_allclose(rows, scores(model, X), rtol=1e-5, atol=1e-6)
    wide = Estimator(**SMALL, dtype="float64").fit(X, y)
    rows = np.concatenate([scores(wide, X[i : i + 1]) for i in range(len(X))])
    assert_allclose(rows, scores(wide, X), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
def test_float32_beside_float64(Estimator, solver):
    """The same draws and the same steps: curves differ by rounding, which grows from epoch to epoch."""
    options = dict(width=16, n_estimators=2, max_iter=20, early_stopping=False, activation="silu", random_state=0)
    narrow, wide = (
        np.array(Estimator(**options, solver=solver, dtype=dtype).fit(X, y).loss_curve_)
        for dtype in ("float32", "float64")
    )
    assert_allclose(narrow[:5], wide[:5], rtol=1e-4)
    assert_allclose(narrow, wide, rtol=0.02, atol=1e-3)
    assert (narrow != wide).any() and wide[-1] < wide[0]
