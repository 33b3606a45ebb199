"""Files of every format load, and predict what they predicted when they were written."""

import json
import warnings

import pytest
import sklearn
from configurations import CONFIGURATIONS, compare, predictions
from formats import FOLDERS
from sklearn.exceptions import ConvergenceWarning

import skscratch
from skscratch.persistence.archive import VERSION

FILES = [file for folder in FOLDERS for file in sorted(folder.glob("*.[sc]*")) if file.suffix != ".json"]
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name}")


@each_file
def test_a_file_gives_the_stored_predictions(file):
    expected = json.loads((file.parent / "predictions.json").read_text())[file.name]
    compare(predictions(skscratch.load(file), CONFIGURATIONS[file.stem].rows().X), expected, rtol=1e-5)


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix == ".checkpoint"], ids=lambda file: file.stem)
def test_a_checkpoint_is_resumed(file):
    configuration = CONFIGURATIONS[file.stem]
    estimator, rows = sklearn.clone(configuration.estimator), configuration.rows()
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        resumed = estimator.fit(rows.X, rows.y, **rows.fit_arguments, resume_from=file)
    assert resumed.n_iter_ == 6
    saved = skscratch.load(file.with_suffix(".skscratch"))
    compare(predictions(resumed, rows.X), predictions(saved, rows.X), configuration.rtol)


def test_every_format_has_files():
    assert [folder.name for folder in FOLDERS] == [f"format_{number}" for number in range(1, VERSION + 1)]
    assert all((folder / "predictions.json").exists() for folder in FOLDERS) and len(FILES) >= 6
    assert sum(file.stat().st_size for folder in FOLDERS for file in folder.iterdir()) < 300_000
