"""The import is timed in new processes; no test asserts a time."""

from benchmarks.usage import import_time


def test_the_import_is_compared_with_a_bound_and_with_scikit_learn():
    assert [m.reference for m in import_time.measurements(1)] == ["bound", "sklearn.neural_network"]
