"""The benchmarks of speed run, and reckon as they say; how fast anything is, is not asked."""

import csv
import mmap
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from benchmarks import adapters, compare, machine, micro, models, run, scaling, tables, timing
from benchmarks.adapters.core import core, network, optimizer
from benchmarks.adapters.fit import fit
from benchmarks.adapters.products import products
from benchmarks.adapters.pytorch import ensemble, pytorch
from benchmarks.adapters.scikit_learn import scikit_learn
from benchmarks.problems import PROBLEMS, Problem
from benchmarks.usage import __main__ as usage
from benchmarks.usage import figures, importing, latency, memory, probes, search
from skscratch import ScratchMLPClassifier
from skscratch.estimators import recipes

TINY = [
    Problem(3, (4,), 8, 2, epochs=2, batches=3),
    Problem(3, (4, 5), 8, 3, epochs=1, batches=3),
    Problem(3, (4,), 8, 2, epochs=1, batches=3, members=2),
]


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Steps


@pytest.fixture
def tiny(monkeypatch):
    """Tiny networks in the place of the others, and no PyTorch."""
    assert len(run.PROBLEMS) == 7
    monkeypatch.setattr(run, "PROBLEMS", TINY)

    def absent(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(run, "version", absent)


@pytest.fixture
def known_times(tiny, monkeypatch):
    """Times that nobody measured, and a PyTorch that need not be there."""
    times = {"core": 10, "fit": 12, "scikit-learn": 50, "torch": 81, "products": 4}
    monkeypatch.setattr(run, "version", lambda package: "9.9")
    monkeypatch.setattr(run, "measure", lambda problem, names, repeats: {name: times[name] for name in names})


def test_prints_and_writes_a_row_per_network(tiny, tmp_path, capsys):
    path = tmp_path / "steps.csv"
    run.main(["--repeats", "1", "--csv", str(path)])
    printed, rows = capsys.readouterr().out, read(path)
    assert [row["network"] for row in rows] == [problem.name for problem in TINY]
    assert all(row["network"] in printed for row in rows)
    measured = [name for name in adapters.ADAPTERS if name != "torch"]
    assert all([key for key in row if "(us)" in key] == [f"{name} (us)" for name in measured] for row in rows)
    times = [float(row[f"{name} (us)"] or "inf") for row in rows for name in measured]
    assert min(times) > 0 and times.count(float("inf")) == 1  # scikit-learn has no ensemble
    assert printed.count("torch") == 1 and "torch: left out, it is not installed\n" in printed
    assert all(row["numpy"] == np.__version__ and row["cpu"] for row in rows)


def test_only_chooses_networks_by_name(tiny, capsys):
    run.main(["--repeats", "1", "--only", "3 classes"])
    printed = capsys.readouterr().out
    assert TINY[1].name in printed and TINY[0].name not in printed
    with pytest.raises(SystemExit):
        run.main(["--only", "no such"])
    assert "part of a network's name, got 'no such'" in capsys.readouterr().err


def test_all_adapters_train_the_same_network():
    """As many steps on as many parameters, in float32: the estimators say so themselves."""
    problem = TINY[1]
    with pytest.warns(ConvergenceWarning):
        ours, theirs = fit(problem)(), scikit_learn(problem)()
    assert [W.shape[1:] for W in ours.coefs_] == [W.shape for W in theirs.coefs_]
    assert ours.t_ == theirs.t_ == problem.steps * problem.batch
    assert ours.coefs_[0].dtype == theirs.coefs_[0].dtype == np.float32
    assert core(problem)().loss[-1].shape == (1,)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_ensemble_is_the_default_estimators():
    problem = PROBLEMS[-1]._replace(batches=1, epochs=1)
    default = ScratchMLPClassifier(max_iter=1, scaling=None, random_state=0)
    X, y = problem.data()
    default.fit(np.tile(X, (2, 1)), np.tile(y, 2))
    assert network(problem) == default._model.network
    assert (problem.members, problem.batch) == (default.n_estimators, recipes.BATCH_SIZE)
    P = default._model.network.init(1, np.random.default_rng(0))
    links, expected = optimizer(problem, P).links, recipes.optimizer(default, P).links
    assert [type(link) for link in links] == [type(link) for link in expected] and links[0] == expected[0]
    np.testing.assert_array_equal(links[-1].factors, expected[-1].factors)
    assert fit(TINY[2])().t_ == TINY[2].steps * TINY[2].batch


def test_products_do_as_many_multiplications_as_the_dense_layers(monkeypatch):
    """Three for each weight and row, but that the first layer asks for no gradient of its input."""
    done, matmul = [], np.matmul
    monkeypatch.setattr(np, "matmul", lambda a, b, out: done.append(a.shape[-1] * out.size) or matmul(a, b, out=out))
    products(Problem(7, (4, 5), 6, 3, epochs=1, batches=1))()
    assert sum(done) == 6 * (2 * 7 * 4 + 3 * 4 * 5 + 3 * 5 * 3)


@pytest.mark.parametrize("classes", [2, 3])
def test_pytorch_learns_what_the_core_learns(classes):
    """From another start: nearly the same loss in the end, which is far below that of the start."""
    pytest.importorskip("torch")
    problem = Problem(10, (32,), 20, classes, epochs=30)
    theirs, ours = pytorch(problem)(), np.mean(core(problem)().loss, axis=1)
    assert len(theirs) == len(ours) == problem.epochs
    assert theirs[-1] == pytest.approx(ours[-1], rel=0.3) and theirs[-1] < theirs[0] / 4


def test_pytorchs_ensemble_is_the_cores():
    """With the same parameters the same scores; and it learns."""
    torch = pytest.importorskip("torch")
    problem = Problem(3, (4, 5), 6, 2, epochs=1, members=2)
    net, rng = network(problem), np.random.default_rng(0)
    P = net.init(2, rng, np.float32)
    P.values[...] = rng.normal(size=P.values.shape)
    forward, groups, _ = ensemble(problem)
    weights, biases, (s,), (w, b, V, a) = (group["params"] for group in groups)
    front, scale, *hidden = P.layers
    dense = [p for p in hidden if vars(p)]
    own = [front.w, front.b, front.V, front.a, scale.s, *(p.W for p in dense), *(p.b for p in dense)]
    with torch.no_grad():
        for array, values in zip([w, b, V, a, s, *weights, *biases], own, strict=True):
            array.copy_(torch.from_numpy(values).reshape(array.shape))
        x = rng.normal(size=(6, 3)).astype(np.float32)
        np.testing.assert_allclose(forward(torch.from_numpy(x)), net.predict(P, x), atol=1e-4)
    losses = pytorch(Problem(10, (32,), 20, 2, epochs=30, members=4))()
    assert losses[-1] < losses[0] / 4


def test_ratios_of_steps_are_to_the_core(known_times, tmp_path, capsys):
    path = tmp_path / "steps.csv"
    run.main(["--csv", str(path)])
    printed = capsys.readouterr().out
    assert "scikit-learn/core    torch/core    core/products" in printed and "torch: 9.9" in printed
    lines = [line.split()[-8:] for line in printed.splitlines() if "classes" in line]
    assert lines[:2] == [["10", "12", "50", "81", "4", "5.00", "8.10", "2.50"]] * 2
    assert lines[2] == ["10", "12", "-", "81", "4", "-", "8.10", "2.50"]
    assert [(row["torch (us)"], row["torch"]) for row in read(path)] == [("81", "9.9")] * 3


@pytest.mark.parametrize("torch", ["9.9", ""])
def test_bars_are_the_ratios(known_times, torch, tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    drawn, barh = {}, Axes.barh
    monkeypatch.setattr(Axes, "barh", lambda *a, **k: drawn.update({k["label"]: a[2]}) or barh(*a, **k))
    monkeypatch.setattr(run, "torch_version", lambda: torch)
    path = tmp_path / "steps.png"
    run.main(["--plot", str(path)])
    assert path.read_bytes().startswith(b"\x89PNG")
    assert drawn == {"than scikit-learn": [5, 5], **({"than torch": [8.1] * 3} if torch else {})}


def test_runs_take_turns_and_the_median_counts(monkeypatch):
    order, clock = [], iter([0, 1, 1, 11, 11, 14, 14, 34, 34, 36, 36, 66])
    monkeypatch.setattr(timing, "perf_counter", lambda: next(clock))
    us = timing.alternate({name: lambda name=name: order.append(name) for name in "ab"}, repeats=3, calls=2)
    assert order == list("aabb" * 3) and us == {"a": 1, "b": 10}  # turns of 1, 3, 2 and of 10, 20, 30 seconds


# The gate


@pytest.mark.parametrize(
    ("base", "head", "slower"),
    [
        (100, 119, False),  # by 19 %, but not by 20 us
        (100, 121, True),
        (1000, 1149, False),  # by 149 us, but not by 15 %
        (1000, 1151, True),
        (1000, 500, False),
        (np.nan, 100, False),  # the base has no such step
    ],
)
def test_the_gate_fails_by_share_and_time(base, head, slower, capsys):
    steps = [compare.Step("a", 10.0, 10.0), compare.Step("b", base, head)]
    assert steps[1].slower == slower and compare.verdict(steps) == slower
    assert f"{int(slower)} of 2 are slower by more than 15% and 20 us" in capsys.readouterr().out
    assert ("SLOWER" in compare.line(steps[1])) == slower


def test_the_gate_fails_where_nothing_was_compared():
    assert compare.verdict([compare.Step("a", np.nan, 10.0)]) == compare.verdict([]) == 1


def test_medians_of_turns_are_compared_and_a_slow_one_is_timed_again(monkeypatch, tmp_path):
    """The head seems slower in its first turns, when others were at work, and is not in the end."""
    base, head, turns = tmp_path / "base", tmp_path / "head", []
    times = {base: iter([100, 900, 100] * 2), head: iter([200, 200, 100, 101, 101, 101])}

    def in_process(tree, name):
        turns.append(tree)
        return {"core": next(times[tree])}

    monkeypatch.setattr(compare, "in_process", in_process)
    (step,) = compare.compare(base, head, "network", repeats=3)
    assert turns == [base, head] * 6 and step == ("network, core", 100, 101) and not step.slower


def test_the_gate_times_the_tree_it_is_told_to(monkeypatch, tmp_path):
    """A package of that name in another folder is the one whose steps are timed, by this tree's adapters."""
    (tmp_path / "skscratch").symlink_to(compare.ROOT / "skscratch")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("raise RuntimeError('the base has benchmarks too')")
    monkeypatch.setattr(compare, "TIME", compare.TIME.replace("time_steps(sys.argv[3])", "skscratch.__file__"))
    assert compare.in_process(tmp_path, "any") == str(tmp_path / "skscratch" / "__init__.py")


def test_steps_that_fail_are_left_out(monkeypatch, capsys):
    monkeypatch.setattr(compare, "PROBLEMS", TINY)

    def broken(problem):
        raise TypeError("the base knows no such argument")

    monkeypatch.setitem(adapters.ADAPTERS, "core", broken)
    us = compare.time_steps(TINY[0].name)
    assert us.keys() == {"fit"} and us["fit"] > 0
    assert "core: TypeError: the base knows no such argument" in capsys.readouterr().err


def test_the_gate_says_so_by_its_exit_status(monkeypatch, tmp_path, capsys):
    """Against the last commit, where there is one, with times that nobody measured."""
    if subprocess.run(["git", "-C", str(compare.ROOT), "rev-parse", "HEAD"], capture_output=True).returncode:
        pytest.skip("not a git repository")
    seen = []

    def in_process(tree, name):
        seen.append((tree / "skscratch").is_dir() and tree)
        return {"core": 100.0 if tree == compare.ROOT else 50.0}

    monkeypatch.setattr(compare, "in_process", in_process)
    path = tmp_path / "compare.csv"
    assert compare.main(["HEAD", "--repeats", "1", "--only", "batch 32,", "--csv", str(path)]) == 1
    base, head = seen[:2]
    assert head == compare.ROOT and base and not base.exists()  # there while it was timed, and gone now
    assert [(row["base"], row["head"], row["slower"]) for row in read(path)] == [("50.0", "100.0", "True")]
    assert "2.00  SLOWER" in capsys.readouterr().out


# Single operations, and scaling


@pytest.mark.parametrize("make", micro.CHOICES, ids=lambda make: make.__name__)
def test_both_ways_give_the_same_numbers(make):
    choice = make()
    chosen = choice.run_chosen().copy()
    np.testing.assert_allclose(choice.run_other(), chosen, rtol=1e-5, atol=1e-4)


def test_choices_are_printed_and_written(tmp_path, capsys):
    path = tmp_path / "micro.csv"
    micro.main(["--repeats", "1", "--only", "relu", "--csv", str(path)])
    (row,) = read(path)
    assert row["operation"] == "relu" and float(row["chosen (us)"]) > 0 and row["cpu"]
    assert "maximum with the number 0" in capsys.readouterr().out


def test_scaling_changes_one_thing_at_a_time():
    for name, problems in scaling.axes(3).items():
        field = {"width": "hidden", "threads": None}.get(name, name)
        found = {p._replace(batches=1, hidden=(), members=0, epochs=0) for p in problems.values()}
        assert len(found) == 1, name
        if field:
            assert len({getattr(p, field) for p in problems.values()}) == len(problems) > 4
    assert all(problem.rows == rows for rows, problem in scaling.axes(1)["rows"].items())


def test_scaling_is_written_and_drawn(monkeypatch, tmp_path, capsys):
    base = scaling.BASE._replace(features=3, batch=4, batches=2, hidden=(4, 4))
    few = {"rows": {8: base}, "members": {2: base._replace(members=2)}, "threads": {1: base}}
    monkeypatch.setattr(scaling, "axes", lambda threads: few)
    files = [tmp_path / "scaling.csv", tmp_path / "scaling.png"]
    arguments = ["--repeats", "1", "--steps", "2", "--csv", str(files[0]), "--plot", str(files[1])]
    scaling.main([*few, *arguments])
    assert [(row["axis"], row["value"]) for row in read(files[0])] == [
        ("rows", "8"),
        ("members", "2"),
        ("threads", "1"),
    ]
    assert files[1].read_bytes().startswith(b"\x89PNG") and "threads" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        scaling.main(["height"])


# As a user meets it


def test_figures_are_ratios(capsys, monkeypatch, tmp_path):
    figure = figures.Figure("what", 3.0, "theirs", 4.0, "s", 0.5)
    assert figure.ratio == 0.75 and "ratio 0.750   goal 0.5" in str(figure)
    monkeypatch.setattr(usage, "PARTS", {"one": lambda repeats: [figure] * repeats})
    path = tmp_path / "usage.csv"
    usage.main(["--repeats", "2", "--csv", str(path)])
    assert [(row["part"], row["what"], row["ratio"]) for row in read(path)] == [("one", "what", "0.75")] * 2
    with pytest.raises(SystemExit):
        usage.main(["two"])
    assert "parts must be of one, got two" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_our_network_is_that_of_scikit_learns_pipeline():
    table = tables.sources()["titanic"]()
    ours = models.ours(2, (5, 4)).fit(table.X, table.y)
    theirs = models.pipeline(table, models.scikit_learn(2, (5, 4))).fit(table.X, table.y)[-1]
    assert [W.shape[2] for W in ours.coefs_] == [W.shape[1] for W in theirs.coefs_] == [5, 4, 1]
    assert ours.n_iter_ == theirs.n_iter_ == 2 and len(ours.loss_curve_) == 2


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


def test_facts_name_the_threads():
    assert machine.machine()["blas"].endswith("thread")
