"""The memory benchmark measures steps in this process and fits in new processes."""

import sys

import pytest

from benchmarks.usage import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_steps_and_fits_are_compared_with_bounds(monkeypatch):
    calls = []
    monkeypatch.setattr(memory, "process_peak", lambda *arguments: calls.append(arguments) or 1e6)
    found = list(memory.measurements(1, rows=1000, gigabytes=0.001))
    assert calls == [
        *(("fit", model, dtype, 1000) for dtype in ("float32", "float64") for model in ("same", "defaults")),
        ("memmap", 0.001),
    ]
    assert [m.unit for m in found] == ["KB"] * 3 + ["MB"] * 5 and [m.ours for m in found[3:]] == [1.0] * 5
    assert all(m.ours > 0 for m in found[:3])


@pytest.mark.parametrize("arguments", [("fit", "same", "float32", 1000), ("memmap", 0.001)], ids=["fit", "memmap"])
def test_a_new_process_reports_its_peak(arguments):
    assert memory.process_peak(*arguments) > 0
