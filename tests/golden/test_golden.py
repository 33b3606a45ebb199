"""Fits and saved models of this version predict what the files in this folder say."""

import json
import pickle

import pytest
import sklearn
from configurations import CONFIGURATIONS, FOLDER, compare, fit, predictions, training, write

each_configuration = pytest.mark.parametrize("name", CONFIGURATIONS)


def stored(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


@each_configuration
def test_a_new_fit_gives_the_stored_results(name):
    """If a change of results is intended, write the files anew with `python tests/golden/write.py`."""
    configuration, expected = CONFIGURATIONS[name], stored(name)
    model = fit(configuration)
    compare(predictions(model, configuration.rows().X), expected["predictions"], configuration.rtol)
    compare(training(model), expected["training"], configuration.rtol)


@each_configuration
def test_a_saved_model_gives_the_stored_predictions(name):
    expected = stored(name)
    if expected["scikit-learn"] != sklearn.__version__:
        pytest.skip(f"the model was saved with scikit-learn {expected['scikit-learn']}")
    model = pickle.loads((FOLDER / f"{name}.pickle").read_bytes())
    compare(predictions(model, CONFIGURATIONS[name].rows().X), expected["predictions"], rtol=1e-5)


@each_configuration
@pytest.mark.parametrize("change", [{"random_state": 1}, {"alpha": 0.7}, {"max_iter": 1}], ids=str)
def test_another_fit_is_noticed(name, change):
    configuration = CONFIGURATIONS[name]
    changed = sklearn.clone(configuration.estimator).set_params(**change)
    model = fit(configuration._replace(estimator=changed))
    with pytest.raises(AssertionError):
        compare(predictions(model, configuration.rows().X), stored(name)["predictions"], configuration.rtol)


def test_written_files_are_the_same_again(tmp_path):
    name = "classifier_frame_float32"
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        write(name, folder)
    first, second = ({file.name: file.read_bytes() for file in sorted(f.iterdir())} for f in sorted(tmp_path.iterdir()))
    assert first == second and list(first) == [f"{name}.json", f"{name}.pickle"]


def test_every_file_belongs_to_a_configuration():
    files = [file for ending in ("json", "pickle") for file in FOLDER.glob(f"*.{ending}")]
    assert sorted(file.name for file in files) == sorted(
        f"{name}.{ending}" for name in CONFIGURATIONS for ending in ("json", "pickle")
    )
    assert sum(file.stat().st_size for file in files) < 300_000
