"""The soak fits and predicts, and its findings name what is not flat."""

import csv
import sys
from mmap import mmap

import pytest

from benchmarks import soak

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def samples(part="fit", size=lambda calls: 0, open_files=lambda calls: 5, threads=lambda calls: 1):
    """Samples after 10, 20, ..., 1000 calls; what is used is a function of the number of calls."""
    numbers = range(10, 1001, 10)
    return [soak.Sample(part, i, i / 10, 10**8 + size(i), open_files(i), threads(i)) for i in numbers]


def test_flat_samples_have_no_findings():
    noise = [3e5, -3e5]
    assert soak.findings(samples(size=lambda i: noise[i // 10 % 2])) == []


def test_what_rises_is_named():
    """A leak that is as large as the smallest array; the same in the warm-up alone is none."""
    leak = samples("predict", size=lambda i: 120 * i)
    assert soak.findings(leak) == ["predict: memory rises by 120 bytes per call"]
    assert soak.findings(samples("predict", size=lambda i: 120 * min(i, 100))) == []
    assert soak.findings(samples("fit", size=lambda i: 120 * i)) == []  # within the bound of a fit
    assert soak.findings(samples("fit", size=lambda i: 1200 * i)) == ["fit: memory rises by 1200 bytes per call"]
    assert soak.findings(samples(open_files=lambda i: 5 + (i > 900))) == ["fit: 5 open_files rise to 6"]
    assert soak.findings(samples(threads=lambda i: i // 500)) == ["fit: 0 threads rise to 2"]


def test_the_fit_that_must_be_refused():
    with pytest.raises(AssertionError, match="must refuse"):
        soak.refused_fit(soak.MODELS[0], *soak.table()[:1], soak.table()[1] > 0)


@linux
def test_a_leak_is_noticed(monkeypatch):
    """A list that grows by 100 KiB in each call, not from memory that Python has freed and kept."""
    kept = []
    monkeypatch.setattr(soak, "SAMPLES", 20)

    def leak(i):
        kept.append(mmap(-1, 102_400))
        kept[-1].write(b"x" * 102_400)

    grown = list(soak.soak("fit", leak, 400, 0.0))
    assert len(grown) == 20 and grown[-1].calls == 400
    (finding,) = soak.findings(grown)
    assert 90_000 < soak.slope(soak.after_warm_up(grown)) < 110_000 and finding.startswith("fit: memory rises by")


@linux
def test_results_are_printed_written_and_drawn(tmp_path, capsys, monkeypatch, saved_figures):
    monkeypatch.setattr(soak, "BOUNDS", {"fit": float("inf"), "predict": float("inf")})
    files = [tmp_path / name for name in ("a.csv", "a.png")]
    soak.main(["--fits", "20", "--predictions", "200", "--csv", str(files[0]), "--plot", str(files[1])])
    printed = capsys.readouterr().out
    assert "20 calls of fit" in printed and "200 calls of predict" in printed
    rows = list(csv.DictReader(files[0].read_text().splitlines()))
    assert [row["part"] for row in rows] == ["fit"] * 20 + ["predict"] * 200
    assert [int(row["calls"]) for row in rows] == [*range(1, 21), *range(1, 201)]
    assert files[1].read_bytes().startswith(b"\x89PNG")
    for ax in saved_figures[0].axes:
        low, high = ax.get_ylim()
        assert ax.lines and all(low < y < high for line in ax.lines for y in line.get_ydata())
