"""The benchmarks of accuracy run, and reckon as they say; how accurate anything is, is not asked."""

import csv
import gzip
import json
from importlib.metadata import PackageNotFoundError

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from benchmarks import ablation, accuracy, methods, results, tables
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators import recipes

# Tables


def table(n=80, task="binary", name="toy"):
    """A number and a category, both with a missing value, and targets of the task."""
    rng = np.random.default_rng(n)
    X = pd.DataFrame({"x": rng.normal(size=n), "word": pd.Categorical(rng.choice(["a", "b"], n))})
    X.loc[0, ["x", "word"]] = np.nan
    y = rng.normal(size=n) if task == "regression" else np.arange(n) % (2 if task == "binary" else 3)
    return tables.Table(name, task, X, y)


def measure(method, t):
    return results.measure("new", method, t, tables.split(t, 0), results.Fit(0, 8000, 0))


@pytest.fixture
def folder(tmp_path):
    """A folder with a gzipped table of classes, and a plain one of numbers whose first row has a missing value."""
    entries = [
        {"name": "fruit", "target": "kind", "task": "multiclass", "categorical": ["colour"], "source": "ignored"},
        {"name": "price", "target": "euros", "task": "regression", "categorical": []},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    with gzip.open(tmp_path / "fruit.csv.gz", "wt") as file:
        file.write("grams,colour,kind\n5,red,plum\n,NA,apple\n9,,plum\n7,red,02\n")
    (tmp_path / "price.csv").write_text("size,euros\n,1\n2,2.5\n")
    return tmp_path


def test_split_is_the_documented_one():
    t = table()
    train, test = train_test_split(np.arange(80), test_size=0.25, random_state=7, stratify=t.y)
    X, y, X_test, y_test = tables.split(t, 7)
    assert list(X.index) == list(train) and list(X_test.index) == list(test)
    assert list(y) == list(t.y[train]) and list(y_test) == list(t.y[test])
    assert y_test.sum() == 10  # 10 of each class


@pytest.mark.parametrize(("counts", "expected"), [((12, 4), [3, 1]), ((13, 3), None)])
def test_classes_are_stratified_from_four_rows_on(counts, expected):
    t = table(16)._replace(y=np.repeat([0, 1], counts))
    found = [list(np.bincount(tables.split(t, seed)[3], minlength=2)) for seed in range(20)]
    assert (len(set(map(tuple, found))) == 1) == (expected is not None)
    assert expected is None or found[0] == expected


def test_rows_are_limited(monkeypatch):
    monkeypatch.setattr(tables, "TEST_ROWS", 10)
    X, y, X_test, y_test = tables.split(table(task="regression"), 0, 30)
    assert (len(X), len(y), len(X_test), len(y_test)) == (30, 30, 10, 10)
    assert not set(X.index) & set(X_test.index)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_sizes_nest_and_have_the_same_test_rows(task):
    t = table(81, task)
    everything = tables.split(t, 3, np.inf)
    assert len(everything.X) == t.train_rows == 60
    train, _ = train_test_split(np.arange(81), test_size=0.25, random_state=3, stratify=t.y if t.classes else None)
    order = train[np.random.RandomState(3).permutation(60)]
    for size in (1, 10, 59):
        rows = tables.split(t, 3, size)
        assert list(rows.X.index) == list(order[:size]) and list(rows.y) == list(t.y[order[:size]])
        assert list(rows.X_test.index) == list(everything.X_test.index)
    assert list(tables.split(t, 3, 60).X.index) == list(everything.X.index) == list(train)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(300, [100, 200, 500]), (200, [100, 200]), (201, [100, 200, 500]), (50, [100]), (2000, [100, 200, 500, np.inf])],
)
def test_no_training_set_is_there_twice(rows, expected):
    assert tables.different_sizes([500, 200, np.inf, 100, 200], rows) == expected


def test_a_folder_is_read_as_its_manifest_says(folder):
    loaded = {name: load() for name, load in tables.sources(folder).items()}
    fruit, price = loaded["fruit"], loaded["price"]
    assert fruit.categorical == ["colour"] and fruit.classes == 3 and price.classes == 0
    assert list(fruit.y) == [2, 1, 2, 0]  # 02, apple, plum: words, sorted
    assert list(fruit.X["colour"].cat.categories) == ["NA", "red"]  # a word like any other; the empty cell is missing
    assert list(fruit.X["colour"].isna()) == [False, False, True, False]
    assert fruit.X["grams"].dtype == float and np.isnan(fruit.X["grams"][1])
    assert list(price.y) == [1, 2.5]


def test_the_manifest_can_order_the_classes(folder):
    entry = dict(name="fruit", target="kind", task="multiclass", categorical=["colour"])
    assert list(tables.read(folder, **entry, classes=["plum", "02", "apple"]).y) == [0, 2, 0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "ranking"}, "task of fruit must be one of binary, multiclass, regression, got 'ranking'"),
        ({"name": "pear"}, r"pear must be in pear.csv or pear.csv.gz"),
        ({"categorical": []}, r"columns of fruit must be numbers, got \['colour'\]"),
        ({"target": "grams", "task": "regression", "categorical": ["colour", "kind"]}, "no missing values, got 1"),
        ({"classes": ["plum", "apple"]}, r"classes of fruit must be all there are, got none for \['02'\]"),
    ],
)
def test_a_wrong_entry_is_named(folder, change, message):
    entry = dict(name="fruit", target="kind", task="multiclass", categorical=["colour"])
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        tables.read(folder, **{**entry, **change})


def test_every_shipped_table_loads():
    for name, load in tables.sources().items():
        t = load()
        assert t.name == name and len(t.X) == len(t.y) and (t.classes == 2) == (t.task == "binary")
        assert (t.classes == 0) == (t.task == "regression") and t.categorical == (
            ["sex", "embarked"] if name == "titanic" else []
        )


# Methods


@pytest.mark.parametrize("task", tables.TASKS)
@pytest.mark.parametrize("name", methods.PEERS)
def test_a_peer_takes_the_raw_frame(name, task):
    try:
        assert methods.PEERS[name].library
    except ImportError:
        pytest.skip(f"{methods.PEERS[name].package} is not installed")
    result = measure(methods.PEERS[name], table(task=task))
    assert result.note == "" and result.n == 60 and result.fit_s > 0
    assert np.isnan(result.rmse) == (task != "regression") == np.isfinite(result.log_loss)
    assert np.isfinite(result.auc) == (task == "binary")


def test_settings_reach_the_estimator_that_has_them():
    settings = {"width": 3, "label_smoothing": 0.1, "alpha": methods.ByTask(classification=1, regression=2)}
    make = methods.variant(settings).make
    classifier, regressor = make(table(), 5), make(table(task="regression"), 6)
    assert (
        classifier.get_params()
        == ScratchMLPClassifier(width=3, label_smoothing=0.1, alpha=1, random_state=5).get_params()
    )
    assert regressor.get_params() == ScratchMLPRegressor(width=3, alpha=2, random_state=6).get_params()
    with pytest.raises(ValueError, match=r"settings must be parameters of the estimators, got \['widht'\]"):
        methods.variant({"widht": 3})


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_ablation_changes_a_default_to_something_valid():
    t = {task: table(task=task) for task in ("binary", "regression")}
    for name, settings in ablation.ABLATION.items():
        make = methods.variant(settings).make
        changed = [make(t[task], 0) for task in t]
        default = [methods.variant({}).make(t[task], 0) for task in t]
        different = {p for c, d in zip(changed, default, strict=True) for p in _different(c, d)}
        assert len(settings) == 1 and settings.keys() <= different, name
        for c, task in zip(changed, t, strict=True):
            c.set_params(max_iter=1, verbose=False)
            assert results.evaluate(c.fit(t[task].X, t[task].y), t[task].X, t[task].y, t[task].classes)


def _different(one, other):
    """The names of the hyperparameters in which two estimators differ on 6,400 rows, whose batches of 128 are full."""

    def values(estimator, n=6400):
        sizes = recipes.hidden_sizes(estimator)
        chosen = {name: getattr(recipes, name)(estimator, n) for name in ("batch_size", "max_iter")}
        chosen |= {"width": sizes[0], "depth": len(sizes), "learning_rate_init": recipes.learning_rate(estimator)}
        chosen["n_iter_no_change"] = recipes.epochs_without_change(estimator, recipes.FLAT_PATIENCE)
        return {**estimator.get_params(), **chosen}

    expected = values(other)
    return [name for name, value in values(one).items() if value != expected[name]]


# Results


def test_calibration_error_is_its_closed_form():
    """In every bin that is hit the share that is right is known."""
    confidence = np.array([0.55] * 4 + [0.9] * 10 + [1.0] * 2)
    right = np.array([1, 1, 1, 0] + [1] * 8 + [0] * 2 + [1, 0], bool)
    p = np.column_stack([confidence, 1 - confidence])
    expected = 4 / 16 * (0.75 - 0.55) + 10 / 16 * (0.9 - 0.8) + 2 / 16 * (1 - 0.5)
    assert results.calibration_error((~right).astype(int), p) == pytest.approx(expected)
    assert results.calibration_error(np.zeros(5, int), np.tile([1.0, 0, 0], (5, 1))) == 0


def test_probabilities_are_evaluated_as_scikit_learn_does(rng):
    p, y = rng.dirichlet(np.ones(3), 50), rng.integers(0, 3, 50)
    assert results.evaluate_probabilities(y, p)["log_loss"] == pytest.approx(log_loss(y, p))
    assert results.evaluate_probabilities(np.array([0, 1]), np.eye(2))["auc"] == 1
    assert np.isfinite(results.evaluate_probabilities(np.array([1, 0]), np.eye(2))["log_loss"])


def test_a_class_that_was_not_fitted_counts_as_zero():
    model = DummyClassifier().fit(np.zeros((4, 1)), [0, 0, 0, 2])
    figures = results.evaluate(model, np.zeros((4, 1)), np.array([0, 0, 1, 2]), classes=3)
    assert figures["error"] == 0.5
    assert figures["log_loss"] == pytest.approx(-(2 * np.log(0.75) + np.log(1e-7) + np.log(0.25)) / 4, rel=1e-6)


def test_rmse_is_in_standard_deviations():
    t = table(task="regression")
    result = measure(methods.Method("numpy", lambda *_: DummyRegressor()), t)
    _, y, _, y_test = tables.split(t, 0)
    expected = np.sqrt(np.mean((y_test - y.mean()) ** 2)) / y_test.std()
    assert result.rmse == pytest.approx(expected, rel=1e-4) and np.isnan(result.error)


class Broken(DummyRegressor):
    def predict(self, X):
        return np.full(len(X), np.nan)


def crash(*_):
    raise RuntimeError("no memory\nand more")


@pytest.mark.parametrize(
    ("make", "note"),
    [(lambda *_: Broken(), "ValueError: predictions are not finite"), (crash, "RuntimeError: no memory")],
)
def test_a_failure_is_a_row_with_a_note(make, note):
    result = measure(methods.Method("numpy", make), table(task="regression"))
    assert result.note == note and np.isnan(result.rmse) and np.isnan(result.fit_s)


# The command


@pytest.fixture
def command(monkeypatch):
    """benchmarks.accuracy with two small tables and stubs for peers; ours is a tiny network."""
    shipped = {"one": lambda: table(name="one"), "two": lambda: table(task="regression", name="two")}
    monkeypatch.setattr(accuracy, "sources", lambda folder: shipped)

    def stub(t, seed):
        return DummyClassifier() if t.classes else DummyRegressor()

    peers = {
        "base": methods.Method("numpy", stub),
        "absent": methods.Method("no-such-distribution", stub),
        "broken": methods.Method("numpy", crash),
    }
    small = ["--set", "width=2", "--set", "max_iter=1"]
    return lambda *arguments: accuracy.main([*small, *arguments], peers=peers, baseline="base")


def test_a_run_is_printed_written_and_read_again(command, tmp_path, capsys):
    files = [tmp_path / name for name in ("a.csv", "a.png", "b.csv", "both.png")]
    command("--splits", "2", "--csv", str(files[0]), "--plot", str(files[1]))
    printed = capsys.readouterr().out
    assert "absent: left out, no-such-distribution is not installed" in printed
    assert "missing: broken on two, split 1, size 8,000: RuntimeError: no memory" in printed
    with files[0].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["method"] for r in rows] == ["base", "skscratch", "broken"] * 4
    assert all(r["numpy"] == np.__version__ and r["threads"] == "1" for r in rows)
    assert all(r["fit_s"] == "" for r in rows if r["method"] == "broken")

    command("--methods", "base", "--variant", "small=n_estimators=1, alpha=0.1", "--csv", str(files[2]))
    printed_small = capsys.readouterr().out
    assert {"base", "small"} <= {line.split()[0] for line in printed_small.partition("Ratios")[2].splitlines()[1:]}
    command("--from", str(files[0]))
    assert capsys.readouterr().out.partition("\n")[2] in printed  # after a line about the file, the same
    command("--from", str(files[0]), str(files[2]), "--plot", str(files[3]))
    assert {"base", "skscratch", "broken", "small"} <= set(capsys.readouterr().out.split())
    assert all(path.stat().st_size > 10_000 for path in (files[1], files[3]))


def test_sizes_and_random_states_are_run_and_printed_in_blocks(command, tmp_path, capsys):
    files = [tmp_path / name for name in ("a.csv", "a.png", "curves.png")]
    sizes = ["--sizes", "10,all,59,70", "--random-states", "2", "--splits", "2"]
    command(
        "--methods", "skscratch", *sizes, "--csv", str(files[0]), "--plot", str(files[1]), "--curves", str(files[2])
    )
    printed = capsys.readouterr().out
    found, _ = results.read_csv(files[0])
    one = [(r.split, r.size, r.random_state, r.n) for r in found if r.method == "base" and r.table == "one"]
    assert one == [(s, n, s + i, min(n, 60)) for s in (0, 1) for n in (10, 59, 70) for i in (0, 1000)]
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("Size")] == ["10:", "59:", "70:"]
    assert printed.count("Ratios to base") == printed.count("Paired over tables: ratio to skscratch") == 3
    command("--from", str(files[0]))
    assert capsys.readouterr().out.partition("\n")[2] in printed
    assert all(path.stat().st_size > 10_000 for path in files[1:])


def test_random_states_are_for_few_rows_only_and_reach_the_method(command, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(methods, "ours", lambda t, seed, settings: seen.append(seed) or crash())
    monkeypatch.setattr(accuracy, "FEW_ROWS", 60)  # all that the tables have to fit on
    sizes = ["--sizes", "59,60", "--random-states", "3", "--splits", "2", "--only", "one", "--methods", "skscratch"]
    command(*sizes)
    assert seen == [0, 1000, 2000, 0, 1, 1001, 2001, 1]


def test_a_missing_library_is_an_import_error():
    with pytest.raises(PackageNotFoundError):
        methods.Method("no-such-distribution", crash).library  # noqa: B018
    assert issubclass(PackageNotFoundError, ImportError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "three"], "tables must be of one, two, got three"),
        (["--methods", "base,nope"], "methods must be of skscratch, base, absent, broken, got nope"),
        (["--baseline", "nope"], "the baseline must be of skscratch"),
        (["--sizes", "100,many"], "argument --sizes: invalid sizes value: '100,many'"),
        (["--sizes", "0"], "argument --sizes: invalid sizes value: '0'"),
        (["--set", "widht=3"], "settings must be parameters of the estimators"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_fitted(command, capsys, arguments, message):
    with pytest.raises(SystemExit):
        command(*arguments)
    assert message in capsys.readouterr().err


def test_the_ablation_is_beside_the_defaults(command, monkeypatch, capsys):
    monkeypatch.setattr(ablation, "ABLATION", {"narrow": {"width": 2}})
    ablation.main(["--only", "two", "--splits", "1", "--set", "max_iter=1"])
    printed = capsys.readouterr().out
    assert "Ratios to skscratch" in printed and "\nnarrow" in printed.partition("Paired over tables")[2]
