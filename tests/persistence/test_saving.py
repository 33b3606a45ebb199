"""Saved and loaded estimators: equal in every hyperparameter, attribute and prediction."""

import errno
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from configurations import CONFIGURATIONS
from configurations import fit as fit_configuration
from helpers import SMALL, ignore_convergence, scores, two_classes
from interruption import assert_equal
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load, save
from skscratch.compat import MLPClassifier
from skscratch.core import Adam, FlatCosine, HeNormal, HuberLoss, PiecewiseLinear, Relu, Tanh
from skscratch.persistence import archive
from skscratch.tabular import Scaler

X, y = two_classes(90)


def again(model, tmp_path):
    """Save and load an estimator; return it with the file."""
    path = tmp_path / "model.skscratch"
    save(model, path)
    return load(path), path


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_golden_configuration(name, tmp_path):
    """Of binary, multiclass and multilabel y, numbers, frames, sparse X, all solvers and scalings."""
    model, rows = fit_configuration(CONFIGURATIONS[name]), CONFIGURATIONS[name].rows()
    result, _ = again(model, tmp_path)
    assert type(result) is type(model)
    assert_equal(result, model, rows.X)
    assert vars(result).keys() == vars(model).keys() - {"_has_callbacks"}
    for parameter, value in model.get_params().items():
        assert_array_equal(result.get_params()[parameter], value, err_msg=parameter)
    for key, value in model._model.hyperparameters.items():
        assert_array_equal(result._model.hyperparameters[key], value, err_msg=key)
    assert result._model.network == model._model.network and result._model.loss == model._model.loss
    assert_array_equal(result._model.encoder.feature_names_out_, model._model.encoder.feature_names_out_)


def test_every_kind_of_category_that_the_encoder_keeps(Estimator, tmp_path):
    columns = {
        "str": ["x", "y", "z", None], "bool": [True, False], "int": [3, -1, 2**40], "float": [0.5, None, 1.0],
        "tuple": [("a", 1), ("b", None), ()], "mixed": ["1", 1.5, None, b"x"], "numpy": [np.int64(3), np.float32(0.1)],
    }  # fmt: skip
    frame = pd.DataFrame({name: pd.Series([values[i % len(values)] for i in range(90)], dtype=object)
                          for name, values in columns.items()}).assign(number=X[:, 0])  # fmt: skip
    model = Estimator(**SMALL).fit(frame, y)
    result, _ = again(model, tmp_path)
    assert_equal(result, model, frame)
    for category, expected in zip(result._model.encoder.categories_, model._model.encoder.categories_, strict=True):
        assert category.values == expected.values and category.names == expected.names
        assert [type(value) for value in category.values] == [type(value) for value in expected.values]


@pytest.mark.parametrize("kind", ["Interval", "frozenset"])
def test_a_category_that_cannot_be_stored(Estimator, kind, tmp_path):
    """The error named an attribute of the encoder, and not the column."""
    sets = pd.Series([frozenset({i % 3}) for i in range(90)], dtype=object)
    frame = pd.DataFrame({"x": X[:, 0], "part": pd.cut(X[:, 1], 3) if kind == "Interval" else sets})
    model = Estimator(**SMALL).fit(frame, y)
    with pytest.raises(TypeError, match=rf"^The categories of 'part' must .* of type {kind}: .* X\['part'\]\.astype"):
        save(model, tmp_path / "file")
    assert not os.listdir(tmp_path)
    again(Estimator(**SMALL).fit(frame.assign(part=frame["part"].astype(str)), y), tmp_path)


OBJECTS = {
    "activation": [Relu(), Tanh()], "init": HeNormal(), "solver": Adam(beta_1=0.8), "learning_rate": FlatCosine(0.3),
    "numeric_embedding": PiecewiseLinear(bins=4), "categorical_features": np.array([1]), "scoring": "loss",
    "random_state": np.random.RandomState(3), "n_iter_no_change": float("inf"), "hidden_layer_sizes": (np.int64(4), 3),
}  # fmt: skip


def test_hyperparameters_that_are_objects(Estimator, tmp_path):
    options = OBJECTS | (
        {"loss": HuberLoss(2.0)} if Estimator is ScratchMLPRegressor else {"class_weight": {0: 2, 1: 1}}
    )
    rows = np.column_stack([X[:, 0], X[:, 1].round(), X[:, 2:]])
    model = Estimator(**options, n_estimators=2, max_iter=3).fit(rows, y)
    result, _ = again(model, tmp_path)
    assert_equal(result, model, rows)
    for name, value in options.items():
        loaded = getattr(result, name)
        assert type(loaded) is type(value)
        if name == "random_state":
            assert_array_equal(loaded.random_sample(3), value.random_sample(3))
        else:
            assert_array_equal(loaded, value)


def test_before_fit(Estimator, tmp_path):
    result, _ = again(Estimator(width=3, max_time=5.0), tmp_path)
    assert vars(result) == vars(Estimator(width=3, max_time=5.0))


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop", "lbfgs"])
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_loaded_model_continues(Estimator, solver, warm_start, tmp_path):
    """A warm start continues from the same state; also if only the loaded estimator has `warm_start`."""
    dropout = 0.0 if solver == "lbfgs" else 0.2
    options = {"solver": solver, "learning_rate": "constant", "n_iter_no_change": np.inf, "dropout": dropout}
    model = Estimator(**SMALL | options, warm_start=warm_start).fit(X, y)
    result, _ = again(model, tmp_path)
    assert_equal(result.set_params(warm_start=True).fit(X, y), model.set_params(warm_start=True).fit(X, y), X)
    if solver != "lbfgs":
        result, _ = again(model, tmp_path)
        assert_equal(result.partial_fit(X, y), model.partial_fit(X, y), X)


def test_the_file_has_one_copy_of_the_parameters(Estimator, tmp_path):
    rows, z = np.resize(X, (900, 4)), np.resize(y, 900)
    model = Estimator(width=100, n_estimators=3, max_iter=2).fit(rows, z)
    kept = model._out_of_fold
    left_out = sum(array.nbytes for array in (kept.outputs, kept.y, kept.rows, model._state.validation_rows))
    size = model._model.parameters.values.nbytes + left_out
    assert size < again(model, tmp_path)[1].stat().st_size < size + 14_000
    model.set_params(warm_start=True).fit(rows, z)
    assert 3 * size < again(model, tmp_path)[1].stat().st_size < 3 * size + 14_000


def test_a_class_of_the_user_must_be_registered_again(tmp_path):
    @dataclass(frozen=True)
    class Centred(Scaler, name="centred"):
        far: float = 3.0

        def learn(self, x, Q, sample_weight=None):
            return (np.nanmean(x, axis=0),)

        def transform(self, x, statistics):
            return np.clip(x - statistics[0].astype(x.dtype), -self.far, self.far)

    model = ScratchMLPClassifier(**SMALL, scaling=Centred(2.0)).fit(X, y)
    result, path = again(model, tmp_path)
    assert_equal(result, model, X)
    del Scaler._classes["centred"]
    with pytest.raises(ValueError, match="family Scaler that is registered as 'centred': import the module"):
        load(path)


@pytest.mark.parametrize("option", [{"learning_rate": lambda t: 1 - t}, {"scoring": lambda model, X, y: 1.0}])
def test_a_function_is_named(Estimator, option, tmp_path):
    (name,) = option
    model = Estimator(**SMALL | option).fit(X, y)
    with pytest.raises(
        TypeError, match=rf"^The '{name}' parameter of {Estimator.__name__} must be a value that a file"
    ):
        save(model, tmp_path / "file")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("model", [LogisticRegression(), MLPClassifier(), None, ScratchMLPClassifier])
def test_other_objects_are_refused(model, tmp_path):
    with pytest.raises(TypeError, match="model must be a ScratchMLPClassifier or a ScratchMLPRegressor, got"):
        save(model, tmp_path / "file")
    assert not os.listdir(tmp_path)


def test_a_full_disk_leaves_the_last_file(Estimator, tmp_path, monkeypatch):
    model = Estimator(**SMALL).fit(X, y)
    _, path = again(model, tmp_path)
    before = path.read_bytes()

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.np.lib.format, "write_array", fail)
    with pytest.raises(OSError, match="No space left"):
        save(Estimator(**SMALL).fit(X, 1 - y), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_an_error_of_the_system_in_the_middle(tmp_path):
    """The maximum size of files of a process acts like a full disk."""
    pytest.importorskip("resource", reason="Windows has no such limit")
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "import skscratch; model = skscratch.load(sys.argv[1]);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000));"
        "skscratch.save(model, sys.argv[1])"
    )
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    _, path = again(model, tmp_path)
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert "OSError: [Errno 27] File too large" in done.stderr
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_folders_that_do_not_exist(Estimator, tmp_path):
    (tmp_path / "file").write_text("a file, not a folder")
    for path in (tmp_path / "none" / "file", tmp_path / "file" / "file", tmp_path):
        with pytest.raises(OSError, match=r"\[Errno"):
            save(Estimator(), path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
    assert os.listdir(tmp_path) == ["file"]


def edited(path, edit):
    """Change the content of a file, with the right checksum."""
    tree, arrays = archive.read_archive(path)
    edit(tree)
    archive.write_archive(path, tree, arrays)


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda tree: tree.update(estimator="system"), "must be a file that skscratch.save or a Checkpoint wrote"),
        (lambda tree: tree.update(estimator=["x"]), "must be a file that skscratch.save or a Checkpoint wrote"),
        (lambda tree: tree.pop("estimator"), "must be a file that skscratch.save or a Checkpoint wrote"),
        (lambda tree: tree.pop("model"), "damaged"),
        (lambda tree: tree.update(model=1), "damaged"),
        (lambda tree: tree.update(t_={"array": 1000}), "damaged"),
        (lambda tree: tree.update(t_={"tuple": 1}), "damaged"),
        (lambda tree: tree["hyperparameters"]["dict"].append(["new_one", 1]), r"has the hyperparameters \['new_one'\]"),
        (lambda tree: tree.update(t_={"type": "os.system", "fields": {}}), "which this version does not know"),
    ],
)
def test_content_of_others(edit, message, tmp_path):
    """Its checksum is right, so somebody wrote it by intent, or another version did."""
    _, path = again(ScratchMLPClassifier(**SMALL).fit(X, y), tmp_path)
    edited(path, edit)
    with pytest.raises(ValueError, match=rf"^'{path}' .*{message}.*\.$"):
        load(path)


def test_numpy_alone_reads_the_parameters(tmp_path):
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    _, path = again(model, tmp_path)
    with np.load(path) as file:
        content = json.loads(file["content.json"])
        number = content["model"]["fields"]["parameters"]["fields"]["values"]["array"]
        assert_array_equal(file[f"arrays/{number}"], model._model.parameters.values)
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None


IMPORTS = """
import sys
before = set(sys.modules)
import skscratch
loaded = [name for name in sys.modules if name.startswith(("skscratch.persistence", "skscratch.callbacks"))]
assert not loaded, loaded
skscratch.ScratchMLPClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1])
loaded = [name for name in sys.modules if name.startswith(("skscratch.persistence", "skscratch.callbacks"))]
assert not loaded, loaded
"""


def test_neither_the_import_nor_a_fit_imports_it():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_loading_again_saves_the_same_bytes(Estimator, tmp_path):
    model, path = again(Estimator(**SMALL).fit(X, y), tmp_path)
    before = path.read_bytes()
    save(model, path)
    assert path.read_bytes() == before
    assert scores(model, X).shape[0] == 90
