"""What a checkpoint refuses, what it warns of, and that the last one stays."""

import copy
import errno
import os
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from helpers import two_classes
from interruption import Crash, assert_equal, fit, interrupt
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load, save
from skscratch.callbacks import Checkpoint
from skscratch.core import Adam
from skscratch.persistence import archive

pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=5, learning_rate="cosine", random_state=0)
X, y = two_classes(120)
FRAME = pd.DataFrame(X, columns=[*"abcd"])
WEIGHTS = np.linspace(1, 2, 120)
MODEL = ScratchMLPClassifier(**SMALL, early_stopping=True)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A checkpoint of a fit on a frame, with weights and validation rows."""
    path = tmp_path_factory.mktemp("checkpoint") / "file"
    passed = {"sample_weight": WEIGHTS, "X_val": FRAME[:20], "y_val": y[:20]}
    assert interrupt(MODEL, (FRAME, y, passed), path, after=2)
    return path


def resume(path, model=MODEL, X=FRAME, y=y, **changes):
    arguments = {"sample_weight": WEIGHTS, "X_val": FRAME[:20], "y_val": y[:20]} | changes
    return fit(model, (X, y, arguments), resume_from=path)


def test_the_fit_of_these_tests_can_be_resumed(path):
    """So that the refusals below have the reasons that they say."""
    passed = {"sample_weight": WEIGHTS, "X_val": FRAME[:20], "y_val": y[:20]}
    assert_equal(resume(path), fit(MODEL, (FRAME, y, passed)), FRAME)


@pytest.mark.parametrize(
    "change",
    [
        {"width": 9}, {"alpha": 0.1}, {"solver": Adam()}, {"learning_rate": "constant"}, {"max_iter": 6},
        {"batch_size": 50}, {"class_weight": {0: 2.0}}, {"scoring": "loss"}, {"shuffle": False}, {"beta_1": 0.8},
    ],
    ids=str,
)  # fmt: skip
def test_other_hyperparameters(path, change):
    (name,) = change
    model = ScratchMLPClassifier(**SMALL, early_stopping=True).set_params(**change)
    with pytest.raises(ValueError, match=rf"^{name} must be as in the checkpoint '{path}', \[.*\], got \[.*\]; .*\.$"):
        resume(path, model)


def test_every_hyperparameter_is_compared_unless_it_changes_nothing(path):
    values = {name: object() for name in MODEL.get_params()}
    model = ScratchMLPClassifier(**values)
    from skscratch.persistence.checkpoints import MAY_CHANGE, read_checkpoint

    with pytest.raises(ValueError, match="must be as in the checkpoint") as error:
        read_checkpoint(path, model, FRAME)
    named = re.match(r"(.*) must be as", str(error.value))[1].split(" and ")
    assert set(named) == set(values) - set(MAY_CHANGE)


@pytest.mark.parametrize(
    "other, got",
    [
        (FRAME[[*"abdc"]], r"\['a', 'b', 'd', 'c'\]"), (FRAME[[*"abc"]], r"\['a', 'b', 'c'\]"),
        (FRAME.rename(columns={"d": "e"}), r"\['a', 'b', 'c', 'e'\]"), (X, "4 without names"),
    ],
)  # fmt: skip
def test_other_columns(path, other, got):
    with pytest.raises(ValueError, match=rf"^X must have the columns of the checkpoint '{path}', .*, got {got}; .*\.$"):
        resume(path, X=other, X_val=other[:20])


def test_the_columns_of_a_record_batch(tmp_path):
    """Their names were not read."""
    pa, path = pytest.importorskip("pyarrow"), tmp_path / "batch"
    batch = pa.record_batch({name: FRAME[name].to_numpy() for name in FRAME})
    model = ScratchMLPClassifier(**SMALL)
    assert interrupt(model, (batch, y, {}), path, 1)
    assert_equal(fit(model, (batch, y, {}), resume_from=path), fit(model, (batch, y, {})), batch)


def test_columns_with_one_name(path):
    """narwhals, which scikit-learn calls, raised an error of its own."""
    with pytest.raises(ValueError, match="must have different names, but several have the name 'a'"):
        resume(path, X=FRAME.rename(columns={"b": "a"}), X_val=FRAME[:20])


CHANGED = FRAME.copy()
CHANGED.iloc[7, 2] += 1e-3


@pytest.mark.parametrize(
    "change",
    [
        {"X": CHANGED}, {"X": FRAME[::-1]}, {"y": np.roll(y, 1)}, {"sample_weight": None},
        {"sample_weight": WEIGHTS + np.eye(120)[5]}, {"X_val": CHANGED[:20]}, {"y_val": 1 - y[:20]},
        {"X_val": None, "y_val": None}, {"sample_weight_val": np.linspace(1, 2, 20)},
    ],
    ids=lambda change: "-".join(change),
)  # fmt: skip
def test_other_rows(path, change):
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"^X, y, the weights and the validation rows must be those .*\.$"):
        resume(path, **change)
    assert path.read_bytes() == before


def test_fewer_rows(path):
    with pytest.raises(ValueError, match="must be those that the fit in"):
        resume(path, X=FRAME[20:], y=y[20:], sample_weight=WEIGHTS[20:], X_val=FRAME[:20], y_val=y[:20])


def test_another_class(path):
    with pytest.raises(ValueError, match=r"^resume_from must be a checkpoint of a ScratchMLPRegressor, but .*\.$"):
        resume(path, ScratchMLPRegressor(**SMALL, early_stopping=True))


def test_a_saved_model(tmp_path):
    save(fit(MODEL, (X, y, {})), tmp_path / "file")
    with pytest.raises(
        ValueError, match=r"^resume_from must be a file of a Checkpoint, but skscratch.save wrote .*\.$"
    ):
        fit(MODEL, (X, y, {}), resume_from=tmp_path / "file")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data.replace(b"\x3f", b"\x40"),
        lambda d: d[1:],
    ],
)
def test_damaged_files_leave_the_estimator_as_it_was(path, damage, tmp_path):
    other = tmp_path / "file"
    other.write_bytes(damage(path.read_bytes()))
    model = fit(MODEL, (X, y, {}))
    before = dict(vars(model))
    with pytest.raises(ValueError, match=rf"^'{other}' must be .*\.$"):
        model.fit(FRAME, y, resume_from=other)
    assert vars(model) == before


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        fit(MODEL, (X, y, {}), resume_from=tmp_path / "none")


@pytest.mark.parametrize("option", [{"learning_rate": lambda t: 1 - t}, {"scoring": lambda model, X, y: 1.0}])
def test_a_function_is_refused_before_the_fit(option, tmp_path):
    crash = Crash(after=1)
    model = ScratchMLPClassifier(**SMALL).set_params(**option)
    with pytest.raises(
        TypeError, match=rf"^The '{next(iter(option))}' parameter of ScratchMLPClassifier must be a value"
    ):
        fit(model, (X, y, {}), Checkpoint(tmp_path / "file"), crash)
    assert crash.left == 1 and not os.listdir(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused_before_the_fit(tmp_path):
    (tmp_path / "file").write_text("a file, not a folder")
    for path in (tmp_path / "none" / "file", tmp_path / "file" / "file", tmp_path):
        crash = Crash(after=1)
        with pytest.raises(OSError, match=rf"^Checkpoint must be able to write '{path}', but: .*\.$"):
            fit(MODEL, (X, y, {}), Checkpoint(path), crash)
        assert crash.left == 1
    assert os.listdir(tmp_path) == ["file"]


def test_a_read_only_folder(tmp_path, monkeypatch):
    """The user of the tests may be allowed to write everywhere, so the error is made."""

    def fail(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("skscratch.persistence.files.Path.touch", fail)
    with pytest.raises(OSError, match=r"must be able to write .* \[Errno 13\] Permission denied\.$"):
        fit(MODEL, (X, y, {}), Checkpoint(tmp_path / "file"))


def test_a_disk_that_becomes_full(tmp_path, monkeypatch):
    """The fit continues with a warning for each file, and the last one remains and can be resumed."""
    path, write, calls = tmp_path / "file", archive.np.lib.format.write_array, []

    def fail_later(*args, **kwargs):
        calls.append(args)
        if len(calls) > 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*args, **kwargs)

    expected = fit(MODEL, (X, y, {}))
    monkeypatch.setattr(archive.np.lib.format, "write_array", fail_later)
    with pytest.warns(RuntimeWarning) as record:
        model = fit(MODEL, (X, y, {}), Checkpoint(path))
    assert_equal(model, expected, X)
    messages = [str(warning.message) for warning in record]
    assert re.fullmatch(
        rf"The checkpoint '{path}' could not be written after epoch 5 "
        rf"\(\[Errno 28\] No space left on device: '{path}'\); "
        "the fit continues, and the last checkpoint remains.",
        messages[-1],
    )
    assert load(path).n_iter_ == 5 - len(messages) > 0 and os.listdir(tmp_path) == ["file"]
    monkeypatch.undo()
    assert_equal(fit(MODEL, (X, y, {}), resume_from=path), expected, X)


def test_its_own_arguments(tmp_path):
    for every in (0, -1, 1.5, "2"):
        with pytest.raises(ValueError, match=r"every must be an int in the range \[1, inf\), got"):
            Checkpoint(tmp_path / "file", every=every)
    for seconds in (-1, float("nan")):
        with pytest.raises(ValueError, match=r"seconds must be a number in the range \[0, inf\), got"):
            Checkpoint(tmp_path / "file", seconds=seconds)


def test_without_callbacks_in_scikit_learn(monkeypatch, tmp_path):
    monkeypatch.delattr("sklearn.callback.CallbackSupportMixin.set_callbacks")
    monkeypatch.delattr("skscratch.estimators.callbacks.CallbackSupport.set_callbacks")
    with pytest.raises(ImportError, match=r"Checkpoint needs the callbacks of scikit-learn 1\.9 or later; upgrade"):
        Checkpoint(tmp_path / "file")


def test_on_another_estimator(tmp_path):
    pipeline = make_pipeline(StandardScaler(), MODEL).set_callbacks(Checkpoint(tmp_path / "file"))
    with pytest.raises(TypeError, match=r"Checkpoint must be set on a ScratchMLPClassifier or a ScratchMLPRegressor"):
        pipeline.fit(X, y)


def test_in_a_parallel_search_a_file_is_always_complete(tmp_path):
    """All fits write the same file, at the same time."""
    model = ScratchMLPClassifier(**SMALL).set_callbacks(Checkpoint(tmp_path / "file"))
    search = GridSearchCV(model, {"alpha": [0.0, 0.1]}, cv=2, n_jobs=2).fit(X, y)
    assert_equal(load(tmp_path / "file"), search.best_estimator_, X)


class Keep(Crash):
    """A callback that keeps every fitted estimator, and copies of it without what is kept so far."""

    def __init__(self):
        self.kept = []

    def __getstate__(self):
        return {}

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.kept.append(fitted_estimator)
        self.kept.append(pickle.loads(pickle.dumps(fitted_estimator)))
        self.kept.append(copy.deepcopy(fitted_estimator))


def test_estimators_that_other_callbacks_get_can_be_pickled_and_copied():
    """Without the rows of the fit, which the originals do not keep either when it has ended."""
    keep = Keep()
    fit(MODEL, (X, y, {}), keep)
    assert len(keep.kept[0]._running.rows) == 0
    for original, *others in zip(keep.kept[::3], keep.kept[1::3], keep.kept[2::3], strict=True):
        for other in others:
            np.testing.assert_array_equal(other.predict_proba(X), original.predict_proba(X))
            assert getattr(other, "_running", None) is None


def test_the_same_fit_writes_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        fit(MODEL, (X, y, {}), Checkpoint(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_size_of_a_checkpoint(tmp_path):
    """Five arrays of parameters: the present, initial and best ones, and two moments of Adam."""
    model = ScratchMLPClassifier(**SMALL | {"width": 200})
    fitted = fit(model, (X, y, {}), Checkpoint(tmp_path / "file"))
    size = fitted._model.parameters.values.nbytes
    assert 5 * size < (tmp_path / "file").stat().st_size < 5 * size + 20_000


def test_a_checkpoint_changes_nothing(tmp_path):
    assert_equal(fit(MODEL, (X, y, {}), Checkpoint(tmp_path / "file")), fit(MODEL, (X, y, {})), X)
