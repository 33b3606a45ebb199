"""The benchmarks of training steps run, and compute the documented numbers; no test asserts a time."""

import csv
import subprocess
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from benchmarks import adapters, compare, machine, micro, run, scaling, timing
from benchmarks.adapters.core import core, network
from benchmarks.adapters.fit import estimator, fit
from benchmarks.adapters.products import products
from benchmarks.adapters.pytorch import ensemble, pytorch
from benchmarks.adapters.scikit_learn import scikit_learn
from benchmarks.problems import PROBLEMS, Problem
from skscratch import ScratchMLPClassifier
from skscratch.core.optimizers import Update
from skscratch.estimators import builders

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
    """Replace the networks by tiny ones, and hide PyTorch."""
    assert len(run.PROBLEMS) == 7
    monkeypatch.setattr(run, "PROBLEMS", TINY)

    def absent(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(run, "version", absent)


@pytest.fixture
def known_times(tiny, monkeypatch):
    """Replace measured times by fixed ones, and pretend that PyTorch is installed."""
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
    assert printed.count("torch") == 1 and "torch: skipped, it is not installed\n" in printed
    assert all(row["numpy"] == np.__version__ and row["cpu"] for row in rows)


def test_only_chooses_networks_by_name(tiny, capsys):
    run.main(["--repeats", "1", "--only", "3 classes"])
    printed = capsys.readouterr().out
    assert TINY[1].name in printed and TINY[0].name not in printed
    with pytest.raises(SystemExit):
        run.main(["--only", "no such"])
    assert "part of a network's name, got 'no such'" in capsys.readouterr().err


def test_all_adapters_train_the_same_network():
    """The fitted attributes show equal numbers of steps and parameters, in float32."""
    problem = TINY[1]
    with pytest.warns(ConvergenceWarning):
        ours, theirs = fit(problem)(), scikit_learn(problem)()
    assert [W.shape[1:] for W in ours.coefs_] == [W.shape for W in theirs.coefs_]
    assert ours.t_ == theirs.t_ == problem.steps * problem.batch
    assert ours.coefs_[0].dtype == theirs.coefs_[0].dtype == np.float32
    assert core(problem)().loss[-1].shape == (1,)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("problem", TINY)
def test_the_core_and_a_fit_train_equally(problem, monkeypatch):
    """The same network, and as many steps of the same optimizer with the same rate and the same members."""
    steps, step = [], Update.__call__

    def recorded(self, schedule_state):
        steps.append((self.P.values.shape, self.chain))
        step(self, schedule_state)

    monkeypatch.setattr(Update, "__call__", recorded)
    model, by_fit = fit(problem)(), steps.copy()
    steps.clear()
    history = core(problem)()
    assert model._model.network == network(problem) and steps == by_fit and len(steps) == problem.steps
    assert len(history.loss) == len(model.loss_curve_) == problem.epochs
    assert steps[0][0] == (problem.members, network(problem).n_parameters)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_ensemble_is_that_of_the_default_estimator():
    problem = PROBLEMS[-1]._replace(batches=20)
    X, y = problem.data()
    default = ScratchMLPClassifier(max_iter=1, scaling=None, random_state=0).fit(X, y)
    assert network(problem) == default._model.network
    assert problem.batch == builders.batch_size(default, PROBLEMS[-1].rows)
    ours, expected = estimator(problem).get_params(), ScratchMLPClassifier().get_params()
    assert {name for name in ours if ours[name] != expected[name]} == {
        *("hidden_layer_sizes", "batch_size", "scaling", "dtype", "random_state", "early_stopping"),
        *("learning_rate", "learning_rate_init", "max_iter", "n_iter_no_change"),
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (1, 2 * 7 * 4 + 3 * 4 * 5 + 3 * 5 * 3),
        (2, 2 * (2 * 7 * 16 * 3 + 3 * 28 * 4 + 3 * 4 * 5 + 3 * 5 * 3)),
    ],
)
def test_products_do_as_many_multiplications_as_the_layers(monkeypatch, members, expected):
    """Three for each weight and row, and two in the first layer, which computes no gradient of its input.

    With several members, the first layer is the embedding of 7 columns, each with 16 features and 3 outputs.
    """
    counts, matmul = [], np.matmul
    monkeypatch.setattr(np, "matmul", lambda a, b, out: counts.append(a.shape[-1] * out.size) or matmul(a, b, out=out))
    products(Problem(7, (4, 5), 6, 3, epochs=1, batches=1, members=members))()
    assert sum(counts) == 6 * expected


@pytest.mark.parametrize("classes", [2, 3])
def test_pytorch_reaches_the_loss_of_the_core(classes):
    """With other initial parameters the final losses are nearly equal, and far below the initial loss."""
    pytest.importorskip("torch")
    problem = Problem(10, (32,), 20, classes, epochs=30)
    theirs, ours = pytorch(problem)(), np.mean(core(problem)().loss, axis=1)
    assert len(theirs) == len(ours) == problem.epochs
    assert theirs[-1] == pytest.approx(ours[-1], rel=0.3) and theirs[-1] < theirs[0] / 4


def test_pytorchs_ensemble_computes_the_scores_of_the_core():
    """With equal parameters the scores are equal, and training reduces the loss."""
    torch = pytest.importorskip("torch")
    problem = Problem(3, (4, 5), 6, 2, epochs=1, members=2)
    net, rng = network(problem), np.random.default_rng(0)
    P = net.init(2, rng, np.float32)
    P.values[...] = rng.normal(size=P.values.shape)
    forward, groups, _ = ensemble(problem)
    weights, biases, (s,), (V, a) = (group["params"] for group in groups)
    front, *hidden = P.layers
    dense = [p for p in hidden if p]
    # PyTorch concatenates the outputs of all members: (k, m, f, o) -> (m, f, k o).
    embedding = [front.V.transpose(1, 2, 0, 3), front.a.transpose(1, 0, 2)]
    arrays = [*embedding, dense[0].s, *(p.W for p in dense), *(p.b for p in dense)]
    with torch.no_grad():
        for tensor, values in zip([V, a, s, *weights, *biases], arrays, strict=True):
            tensor.copy_(torch.from_numpy(values).reshape(tensor.shape))
        x = rng.normal(size=(6, 3)).astype(np.float32)
        np.testing.assert_allclose(forward(torch.from_numpy(x)), net.predict(P, x), atol=1e-4)
    losses = pytorch(Problem(10, (32,), 20, 2, epochs=30, members=4))()
    assert losses[-1] < losses[0] / 4


def test_ratios_of_steps_are_relative_to_the_core(known_times, tmp_path, capsys):
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
    assert drawn == {"faster than scikit-learn": [5, 5], **({"faster than torch": [8.1] * 3} if torch else {})}


def test_runs_alternate_and_the_median_is_returned():
    order, times = [], iter([0, 1, 1, 11, 11, 14, 14, 34, 34, 36, 36, 66])
    runs = {name: lambda name=name: order.append(name) for name in "ab"}
    us = timing.alternate(runs, repeats=3, calls=2, timer=lambda: next(times))
    assert order == list("aabb" * 3) and us == {"a": 1, "b": 10}  # seconds of two calls: 1, 3, 2 and 10, 20, 30


# Comparison with another commit


@pytest.mark.parametrize(
    ("base", "head", "slower"),
    [
        (100, 119, False),  # by 19 %, but only by 19 us
        (100, 121, True),
        (1000, 1149, False),  # by 149 us, but only by 14.9 %
        (1000, 1151, True),
        (1000, 500, False),
        (np.nan, 100, False),  # the base cannot run the step
    ],
)
def test_a_step_is_slower_by_both_limits(base, head, slower, capsys):
    steps = [compare.Step("a", 10.0, 10.0), compare.Step("b", base, head)]
    assert steps[1].slower == slower and compare.verdict(steps) == slower
    assert f"{int(slower)} of 2 are slower by more than 15% and 20 us" in capsys.readouterr().out
    assert ("SLOWER" in compare.line(steps[1])) == slower


def test_a_comparison_of_no_steps_fails():
    assert compare.verdict([compare.Step("a", np.nan, 10.0)]) == compare.verdict([]) == 1


def test_medians_are_compared_and_a_slow_step_is_timed_again(monkeypatch, tmp_path):
    """The head seems slower in the first repetitions, when the machine was busy, and is not slower in all of them."""
    base, head, trees = tmp_path / "base", tmp_path / "head", []
    times = {base: iter([100, 900, 100] * 2), head: iter([200, 200, 100, 101, 101, 101])}

    def in_process(tree, name):
        trees.append(tree)
        return {"core": next(times[tree])}

    monkeypatch.setattr(compare, "in_process", in_process)
    (step,) = compare.compare(base, head, "network", repeats=3)
    assert trees == [base, head] * 6 and step == ("network, core", 100, 101) and not step.slower


def test_the_package_of_the_given_tree_is_timed(monkeypatch, tmp_path):
    """The package in another folder is timed by the adapters of this tree."""
    (tmp_path / "skscratch").symlink_to(compare.ROOT / "skscratch")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("raise RuntimeError('the base has benchmarks too')")
    monkeypatch.setattr(compare, "TIME", compare.TIME.replace("time_steps(sys.argv[3])", "skscratch.__file__"))
    assert compare.in_process(tmp_path, "any") == str(tmp_path / "skscratch" / "__init__.py")


def test_steps_that_fail_are_skipped(monkeypatch, capsys):
    monkeypatch.setattr(compare, "PROBLEMS", TINY)

    def broken(problem):
        raise TypeError("the base has no such argument")

    monkeypatch.setitem(adapters.ADAPTERS, "core", broken)
    us = compare.time_steps(TINY[0].name)
    assert us.keys() == {"fit"} and us["fit"] > 0
    assert "core: TypeError: the base has no such argument" in capsys.readouterr().err


def test_a_slower_step_sets_the_exit_status(monkeypatch, tmp_path, capsys):
    """With fixed times, against the last commit of the repository, if it is one."""
    if subprocess.run(["git", "-C", str(compare.ROOT), "rev-parse", "HEAD"], capture_output=True).returncode:
        pytest.skip("not a git repository")
    trees = []

    def in_process(tree, name):
        trees.append((tree / "skscratch").is_dir() and tree)
        return {"core": 100.0 if tree == compare.ROOT else 50.0}

    monkeypatch.setattr(compare, "in_process", in_process)
    path = tmp_path / "compare.csv"
    assert compare.main(["HEAD", "--repeats", "1", "--only", "batch 32,", "--csv", str(path)]) == 1
    base, head = trees[:2]
    assert head == compare.ROOT and base and not base.exists()  # it existed while it was timed, and is deleted now
    assert [(row["base"], row["head"], row["slower"]) for row in read(path)] == [("50.0", "100.0", "True")]
    assert "2.00  SLOWER" in capsys.readouterr().out


# Single operations, and scaling


@pytest.mark.parametrize("make", micro.CHOICES, ids=lambda make: make.__name__)
def test_both_functions_give_the_same_numbers(make):
    choice = make()
    core_values = choice.run_core().copy()
    np.testing.assert_allclose(choice.run_alternative(), core_values, rtol=1e-5, atol=1e-4)


def test_choices_are_printed_and_written(tmp_path, capsys):
    path = tmp_path / "micro.csv"
    micro.main(["--repeats", "1", "--only", "relu", "--csv", str(path)])
    (row,) = read(path)
    assert row["operation"] == "relu" and float(row["core (us)"]) > 0 and row["cpu"]
    assert "maximum with the number 0" in capsys.readouterr().out


def test_scaling_changes_one_number_at_a_time():
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


def test_facts_name_the_threads():
    assert machine.machine()["blas"].endswith("thread")
