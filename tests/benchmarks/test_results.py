"""Losses of a result are equal to closed forms and to those of scikit-learn."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import log_loss

from benchmarks import methods, results, tables


def test_calibration_error_is_its_closed_form():
    """The accuracy of each bin that has rows is known."""
    confidence = np.array([0.55] * 4 + [0.9] * 10 + [1.0] * 2)
    correct = np.array([1, 1, 1, 0] + [1] * 8 + [0] * 2 + [1, 0], bool)
    p = np.column_stack([confidence, 1 - confidence])
    expected = 4 / 16 * (0.75 - 0.55) + 10 / 16 * (0.9 - 0.8) + 2 / 16 * (1 - 0.5)
    assert results.calibration_error((~correct).astype(int), p) == pytest.approx(expected)
    assert results.calibration_error(np.zeros(5, int), np.tile([1.0, 0, 0], (5, 1))) == 0


def test_probabilities_are_evaluated_as_in_scikit_learn(rng):
    p, y = rng.dirichlet(np.ones(3), 50), rng.integers(0, 3, 50)
    assert results.evaluate_probabilities(y, p)["log_loss"] == pytest.approx(log_loss(y, p))
    assert results.evaluate_probabilities(np.array([0, 1]), np.eye(2))["auc"] == 1


def test_a_wrong_probability_of_zero_is_clipped():
    losses = results.evaluate_probabilities(np.array([1, 0]), np.eye(2))
    assert losses["log_loss"] == pytest.approx(-np.log(1e-7), rel=1e-6)


def test_a_class_without_training_rows_has_probability_zero():
    model = DummyClassifier().fit(np.zeros((4, 1)), [0, 0, 0, 2])
    losses = results.evaluate(model, np.zeros((4, 1)), np.array([0, 0, 1, 2]), classes=3)
    assert losses["error"] == 0.5
    assert losses["log_loss"] == pytest.approx(-(2 * np.log(0.75) + np.log(1e-7) + np.log(0.25)) / 4, rel=1e-6)


def test_rmse_is_divided_by_the_standard_deviation(make_table, measure):
    t = make_table(task="regression")
    result = measure(methods.Method("numpy", lambda *_: DummyRegressor()), t)
    _, y, _, y_test = tables.split(t, 0)
    expected = np.sqrt(np.mean((y_test - y.mean()) ** 2)) / y_test.std()
    assert result.rmse == pytest.approx(expected, rel=1e-4) and np.isnan(result.error)


class PredictsNaN(DummyRegressor):
    """A regressor whose predictions are NaN."""

    def predict(self, X):
        return np.full(len(X), np.nan)


def test_predictions_that_are_not_finite_are_noted(make_table, measure):
    result = measure(methods.Method("numpy", lambda *_: PredictsNaN()), make_table(task="regression"))
    assert result.note == "ValueError: predictions must be finite, got NaN or infinity."
    assert np.isnan(result.rmse) and np.isnan(result.fit_s)


def test_the_first_line_of_an_exception_is_noted(make_table, measure, failing_method):
    result = measure(failing_method, make_table(task="regression"))
    assert result.note == "RuntimeError: no memory" and np.isnan(result.rmse) and np.isnan(result.fit_s)


def test_results_are_read_as_they_were_written(make_result, tmp_path):
    written = [
        make_result("new", "a", size=np.inf, error=0.25, auc=0.75, fit_s=1.5),
        make_result("new", "b", size=8000.0, rmse=0.5, note="MemoryError"),
    ]
    writer = results.Writer(tmp_path / "results.csv", {"cpu": "any"})
    for result in written:
        writer.write(result)
    found, facts = results.read_csv(tmp_path / "results.csv")
    assert list(map(repr, found)) == list(map(repr, written))  # repr, because NaN != NaN
    assert facts == {"cpu": "any"}
