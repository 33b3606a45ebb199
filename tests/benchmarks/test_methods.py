"""Every method fits a raw frame, and settings are set on the estimator that has them."""

from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from benchmarks import methods, tables
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor


@pytest.mark.parametrize("task", tables.TASKS)
@pytest.mark.parametrize("name", methods.PEERS)
def test_each_method_fits_the_raw_frame(name, task, make_table, measure):
    try:
        assert methods.PEERS[name].library
    except ImportError:
        pytest.skip(f"{methods.PEERS[name].package} is not installed")
    result = measure(methods.PEERS[name], make_table(task=task))
    assert result.note == "" and result.n == 60 and result.fit_s > 0
    measured = {loss for loss in ("rmse", "error", "log_loss", "auc") if np.isfinite(getattr(result, loss))}
    expected = {
        "regression": {"rmse"},
        "binary": {"error", "log_loss", "auc"},
        "multiclass": {"error", "log_loss"},
    }
    assert measured == expected[task]


def test_settings_are_set_on_the_estimator_that_has_them(make_table):
    settings = {"width": 3, "label_smoothing": 0.1, "alpha": methods.ByTask(classification=1, regression=2)}
    make = methods.variant(settings).make
    classifier, regressor = make(make_table(), 5), make(make_table(task="regression"), 6)
    expected = ScratchMLPClassifier(width=3, label_smoothing=0.1, alpha=1, random_state=5)
    assert classifier.get_params() == expected.get_params()
    assert regressor.get_params() == ScratchMLPRegressor(width=3, alpha=2, random_state=6).get_params()


def test_an_unknown_setting_is_an_error():
    with pytest.raises(ValueError, match=r"settings must be parameters of the estimators, got \['widht'\]"):
        methods.variant({"widht": 3})


def test_a_missing_library_is_an_import_error():
    with pytest.raises(PackageNotFoundError):
        methods.Method("no-such-distribution", lambda *_: None).library  # noqa: B018
    assert issubclass(PackageNotFoundError, ImportError)
