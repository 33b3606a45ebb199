"""The accuracy benchmark runs, prints, writes and reads results; no test asserts how accurate a method is."""

import csv

import numpy as np
import pytest

from benchmarks import accuracy, methods, results


def test_a_run_is_printed_and_written(run_accuracy, tmp_path, capsys):
    csv_path, plot_path = tmp_path / "a.csv", tmp_path / "a.png"
    run_accuracy("--splits", "2", "--csv", str(csv_path), "--plot", str(plot_path))
    printed = capsys.readouterr().out
    assert "absent: skipped, no-such-distribution is not installed" in printed
    assert "missing: failing on two, split 1, size 8,000: RuntimeError: no memory" in printed
    with csv_path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["method"] for r in rows] == ["base", "skscratch", "failing"] * 4
    assert all(r["numpy"] == np.__version__ and r["threads"] == "1" for r in rows)
    assert all(r["fit_s"] == "" for r in rows if r["method"] == "failing")
    assert plot_path.stat().st_size > 10_000


def test_earlier_runs_are_read_and_joined(run_accuracy, tmp_path, capsys):
    first, second, plot_path = (tmp_path / name for name in ("a.csv", "b.csv", "both.png"))
    run_accuracy("--csv", str(first))
    printed = capsys.readouterr().out
    run_accuracy("--from", str(first))
    assert capsys.readouterr().out.partition("\n")[2] in printed  # the same text after a line about the file
    run_accuracy("--methods", "base", "--variant", "small=n_estimators=1, alpha=0.1", "--csv", str(second))
    assert {"base", "small"} <= methods_of_the_ratios(capsys.readouterr().out)
    run_accuracy("--from", str(first), str(second), "--plot", str(plot_path))
    assert {"base", "skscratch", "failing", "small"} <= methods_of_the_ratios(capsys.readouterr().out)
    assert plot_path.stat().st_size > 10_000


def methods_of_the_ratios(printed):
    """The first words of the lines of the table of ratios."""
    return {line.split()[0] for line in printed.partition("Ratios")[2].splitlines()[1:] if line}


def test_sizes_and_random_states_are_run_and_printed(run_accuracy, tmp_path, capsys):
    csv_path, *plots = (tmp_path / name for name in ("a.csv", "a.png", "curves.png"))
    files = ["--csv", str(csv_path), "--plot", str(plots[0]), "--curves", str(plots[1])]
    sizes = ["--sizes", "10,all,59,70", "--random-states", "2", "--splits", "2"]
    run_accuracy("--methods", "skscratch", *sizes, *files)
    printed = capsys.readouterr().out
    found, _ = results.read_csv(csv_path)
    fits = [(r.split, r.size, r.random_state, r.n) for r in found if r.method == "base" and r.table == "one"]
    assert fits == [(s, n, s + i, min(n, 60)) for s in (0, 1) for n in (10, 59, 70) for i in (0, 1000)]
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("Size")] == ["10:", "59:", "70:"]
    assert printed.count("Ratios to base") == printed.count("Paired over tables: ratio to skscratch") == 3
    run_accuracy("--from", str(csv_path))
    assert capsys.readouterr().out.partition("\n")[2] in printed
    assert all(path.stat().st_size > 10_000 for path in plots)


def test_only_fits_on_few_rows_have_several_random_states(run_accuracy, failing_method, monkeypatch):
    seeds = []
    monkeypatch.setattr(methods, "ours", lambda t, seed, settings: seeds.append(seed) or failing_method.make(t, seed))
    monkeypatch.setattr(accuracy, "FEW_ROWS", 60)  # the number of training rows of the tables
    sizes = ["--sizes", "59,60", "--random-states", "3", "--splits", "2", "--only", "one", "--methods", "skscratch"]
    run_accuracy(*sizes)
    assert seeds == [0, 1000, 2000, 0, 1, 1001, 2001, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "three"], "tables must be any of one, two, got three"),
        (["--methods", "base,nope"], "methods must be any of skscratch, base, absent, failing, got nope"),
        (["--baseline", "nope"], "the baseline must be any of skscratch"),
        (["--sizes", "100,many"], "argument --sizes: invalid sizes value: '100,many'"),
        (["--sizes", "0"], "argument --sizes: invalid sizes value: '0'"),
        (["--set", "widht=3"], "settings must be parameters of the estimators"),
    ],
    ids=["table", "method", "baseline", "size", "zero", "setting"],
)
def test_wrong_arguments_are_named_before_anything_is_fitted(run_accuracy, capsys, arguments, message):
    with pytest.raises(SystemExit):
        run_accuracy(*arguments)
    assert message in capsys.readouterr().err
