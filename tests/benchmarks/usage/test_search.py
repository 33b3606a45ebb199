"""The search benchmark runs; no test asserts a time."""

from benchmarks.usage import search


def test_four_searches_are_compared(monkeypatch):
    """In one process: no worker is started for a test."""
    monkeypatch.setattr(search, "worker_threads", lambda jobs: jobs)
    tiny = dict(widths=[3], depths=[1], epochs=1, folds=2, jobs=1, defaults={"max_iter": 1})
    found = list(search.measurements(1, **tiny))
    assert [m.name for m in found] == [
        "search of 1 networks, 2 folds, 1 epochs",
        "search of 1 networks, 2 folds, our defaults",
        "search of 1 networks, 2 folds, 1 processes",
        "BLAS threads of 1 processes, no limit set",
    ]
    assert found[2].reference_value == found[0].ours and found[0].reference_value == found[1].reference_value
    assert all(m.ours > 0 and m.reference_value > 0 for m in found)
