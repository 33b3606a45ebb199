"""The benchmarks of what a user waits for run, and compute what they say; no test asserts a time."""

import csv
import mmap
import sys

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from benchmarks import models, tables
from benchmarks.usage import __main__ as usage
from benchmarks.usage import figures, importing, latency, memory, probes, search
from skscratch.core.layers import Dense


def test_figures_are_ratios(capsys, monkeypatch, tmp_path):
    figure = figures.Figure("what", 3.0, "theirs", 4.0, "s", 0.5)
    assert figure.ratio == 0.75 and "ratio 0.750   goal 0.5" in str(figure)
    monkeypatch.setattr(usage, "PARTS", {"one": lambda repeats: [figure] * repeats})
    path = tmp_path / "usage.csv"
    usage.main(["--repeats", "2", "--csv", str(path)])
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["part"], row["what"], row["ratio"]) for row in rows] == [("one", "what", "0.75")] * 2
    with pytest.raises(SystemExit):
        usage.main(["two"])
    assert "parts must be of one, got two" in capsys.readouterr().err


def test_our_network_has_scikit_learns_hyperparameters():
    """All that both have; scikit-learn's are its defaults, except for those that are given."""
    ours, theirs = models.ours(3, (5, 4)).get_params(), models.scikit_learn(3, (5, 4)).get_params()
    shared = ours.keys() & theirs.keys()
    assert len(shared) > 15 and {name for name in shared if ours[name] != theirs[name]} == set()
    default = MLPClassifier().get_params()
    changed = {name for name in theirs if theirs[name] != default[name]}
    assert changed == {"hidden_layer_sizes", "max_iter", "n_iter_no_change", "random_state", "batch_size"}
    assert theirs["batch_size"] == 200  # what "auto" is in scikit-learn


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_our_network_is_that_of_scikit_learns_pipeline():
    table = tables.sources()["titanic"]()
    ours = models.ours(2, (5, 4)).fit(table.X, table.y)
    theirs = models.pipeline(table, models.scikit_learn(2, (5, 4))).fit(table.X, table.y)[-1]
    assert [W.shape[2] for W in ours.coefs_] == [W.shape[1] for W in theirs.coefs_] == [5, 4, 1]
    assert ours.n_iter_ == theirs.n_iter_ == 2 and len(ours.loss_curve_) == 2
    assert {type(layer) for layer in ours._model.network.layers} == {Dense, Relu}
    assert len(ours._model.parameters.values) == 1 and ours.t_ == theirs.t_ == 2 * len(table.y)  # no validation rows


def test_searches_are_compared(monkeypatch):
    """In this process alone: workers are not started for a test."""
    monkeypatch.setattr(search, "worker_threads", lambda jobs: jobs)
    found = list(search.figures(1, widths=[3], depths=[1], epochs=1, folds=2, jobs=1, defaults={"max_iter": 1}))
    assert len(found) == 4 and all(figure.ratio > 0 for figure in found)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_predictions_are_compared():
    found = list(latency.figures(1, calls=1, rows=2100, epochs=1))
    assert len(found) == 8 and all(figure.ratio > 0 for figure in found)
    assert [figure.unit for figure in found] == ["us"] * 4 + ["s", "MB"] * 2


def test_the_traced_peak_is_what_was_there_at_once():
    def half_a_megabyte_twice():
        np.ones(2**19, np.uint8)
        np.ones(2**19, np.uint8)

    assert 2**19 <= latency.traced_peak(half_a_megabyte_twice) < 2**19 + 2**16


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_measured_in_processes_of_their_own(monkeypatch):
    asked = []
    monkeypatch.setattr(memory, "probe", lambda *arguments: asked.append(arguments) or 1e6)
    found = list(memory.figures(1, rows=1000, gigabytes=0.001))
    assert len(found) == 8 and all(figure.ratio > 0 for figure in found)
    monkeypatch.undo()
    assert memory.probe(*asked[0]) > 0  # a real process
    assert memory.probe("memmap", 0.001) > 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_resident_memory_counts_what_is_written():
    before = probes.status("VmRSS")
    with probes.largest("RssAnon", 0.001) as seen:
        new = mmap.mmap(-1, 2**24, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # nothing that was freed before
        kept = np.frombuffer(new, np.uint8)
        kept[...] = 1
    seen.append(probes.status("RssAnon"))
    assert probes.status("VmRSS") - before > 2**23 and max(seen) - seen[0] > 2**23 and kept.all()


def test_the_import_is_timed():
    assert [figure.beside for figure in importing.figures(1)] == ["the bound", "its neural_network"]
