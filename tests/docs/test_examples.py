"""Results and statistical tests of the examples, computed by the functions in them."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from joblib import parallel_config
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

from skscratch.core.activations import Activation

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def definitions(name):
    """Load the imports, constants, classes and functions of an example, without the cells that use them."""
    path = EXAMPLES / f"{name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    tree.body = [node for node in tree.body if isinstance(node, kinds) or is_constant(node)]
    names = {"__name__": name}
    exec(compile(tree, str(path), "exec"), names)
    return SimpleNamespace(**names)


def is_constant(node):
    """Return whether a statement is an assignment to names in capitals."""
    if not isinstance(node, ast.Assign):
        return False
    return all(name.id.isupper() for name in ast.walk(node.targets[0]) if isinstance(name, ast.Name))


def have_same_parameters(model, network, P):
    pairs = zip(network.dense_layers(P), model.coefs_, model.intercepts_, strict=True)
    return all(np.array_equal(W, coef) and np.array_equal(b, intercept) for (W, b), coef, intercept in pairs)


@pytest.fixture(scope="module")
def sine():
    return definitions("sine")


@pytest.mark.parametrize(("name", "median", "worst"), [("sine", 0.24, 0.32), ("surface", 3.6, 4.1)])
def test_plain_sgd_is_no_worse_than_the_original(sine, name, median, worst):
    f = getattr(sine, name)
    models, errors, _ = sine.repeated_fits(f, times=3)
    assert np.median(errors) <= median and max(errors) <= worst
    assert have_same_parameters(models[0], *sine.fit_core(f, seed=0))


@pytest.mark.parametrize(("name", "bound"), [("sine", 0.02), ("surface", 1.0)])
def test_defaults_are_far_better_than_plain_sgd(sine, name, bound):
    """With half of the default number of members, to save time."""
    f = getattr(sine, name)
    assert sine.rmse(sine.fit_default(f, seed=0, n_estimators=4).predict, f) <= bound


def test_pieces_of_one_layer_are_those_of_the_closed_form(sine):
    """Unit j switches only at x = -b_j / W_j: the number of pieces is that of these points in (-1, 1), plus 1."""
    network, P = sine.fit_core(sine.sine, seed=0, hidden=(16,), k=3)
    first = P.layers[0]
    inside = np.abs(first.b / first.W[:, 0]) < 1
    pieces = sine.linear_pieces(network, P, np.linspace(-1, 1, 20_001)[:, None])
    np.testing.assert_array_equal(pieces, 1 + inside.sum(axis=1))
    assert (pieces <= 17).all()


def test_pieces_of_a_deep_network_have_a_constant_slope(sine):
    """The slope, by differences of predictions, is constant between switches; most switches change it."""
    network, P = sine.fit_core(sine.sine, seed=0)
    x = np.linspace(-1, 1, 20_001)[:, None]
    ends = [i for i, layer in enumerate(network.layers, 1) if isinstance(layer, Activation)]
    on = sine.active([network.activations(P, x, end) for end in ends])
    switches = sine.switches(on)[0]
    bends = np.abs(np.diff(network.predict(P, x)[0, :, 0], 2)) > 1e-9
    near = switches[1:] | switches[:-1]
    assert not bends[~near].any()
    groups = np.count_nonzero(bends & ~np.concatenate([[False], bends[:-1]]))
    assert 0.8 * switches.sum() <= groups <= switches.sum() == sine.linear_pieces(network, P, x)[0] - 1


def test_one_neuron():
    example = definitions("one_neuron")
    scores = [example.fit_estimator(*example.points(seed)).score(*example.points(1000 + seed)) for seed in range(3)]
    assert np.median(scores) >= 0.989
    network, P, cost = example.fit_core(*example.points(0))
    assert cost[0] == pytest.approx(np.log(2)) and (np.diff(cost) < 0).all()
    assert have_same_parameters(example.fit_estimator(*example.points(0)), network, P)


def test_zeros_fail_with_a_hidden_layer():
    example = definitions("one_neuron")
    fresh, inside = example.band(seed=1000)
    x, y = example.band(seed=0)
    zeros, random = (example.fit_estimator(x, y, (8,), init, rate=0.5) for init in ("zeros", "lecun_normal"))
    assert not zeros.coefs_[0].any() and not zeros.coefs_[1].any()
    assert zeros.score(fresh, inside) == max(inside.mean(), 1 - inside.mean())
    assert random.score(fresh, inside) > 0.98
    _, P = example.fit_from(0.3, x, y)
    assert P.layers[0].W[0, 0, 0] != 0.3 and example.spread(P) < 1e-9


@pytest.fixture(scope="module")
def sigmoid_layer():
    return definitions("sigmoid_layer")


@pytest.mark.parametrize("hidden", [(), (16,)], ids=["no hidden layer", "hidden"])
@pytest.mark.parametrize(
    ("loss", "bound"), [("squared error, sigmoid", 0.02), ("cosine distance", 0.02), ("cross-entropy", 0.1)]
)
def test_sigmoid_layer(sigmoid_layer, loss, bound, hidden):
    """The error of a constant prediction, the mean, is 0.13."""
    example = sigmoid_layer
    loss_object, target, last = example.PROBLEMS[loss]
    network, P, history = example.fit_core(loss_object, target, hidden, last, example.RATES[loss], epochs=12)
    prediction = example.first_of_direction(loss_object.predict(network.predict(P, example.X[example.TEST]))[0])
    assert example.rmse(prediction) < bound
    assert history.best_epoch[0] == np.argmin(np.array(history.validation)[:, 0, 0]) + 1
    assert history.loss[-1] < history.loss[0]


def test_sigmoid_layer_by_estimator_and_core(sigmoid_layer):
    example = sigmoid_layer
    settings = example.settings((16,), "cosine distance") | {"max_iter": 3}
    model = example.fit_estimator(example.ScratchMLPRegressor(loss="cosine", **settings), example.CIRCLE)
    loss, target, last = example.PROBLEMS["cosine distance"]
    network, P, _ = example.fit_core(loss, target, (16,), last, example.RATES["cosine distance"], epochs=3)
    assert have_same_parameters(model, network, P)


@pytest.fixture(scope="module")
def images():
    return definitions("images")


@pytest.mark.parametrize(("solver", "activation"), [("momentum", "logistic"), ("RMSprop", "relu"), ("Adam", "relu")])
def test_digits(images, solver, activation):
    x, fresh_x, y, fresh_y = images.split(*images.DATA["digits, 8 x 8"])
    assert images.make_estimator(activation, solver).fit(x, y).score(fresh_x, fresh_y) > 0.94


@pytest.mark.parametrize("solver", ["momentum", "Adam"])
def test_shapes_by_estimator_and_core(images, solver):
    x, fresh_x, y, fresh_y = images.split(*images.DATA["shapes, 32 x 32"])
    model = images.make_estimator("relu", solver, epochs=10).fit(x, y)
    assert model.score(fresh_x, fresh_y) > 0.6  # a constant prediction is right for a third
    assert have_same_parameters(model, *images.fit_core(x, y, images.OPTIMIZERS[solver], epochs=10))


def test_gradients_vanish_and_explode(images):
    """Ten ReLU layers multiply a and db by sqrt(c / 2) each, as the page says; logistic layers decrease dW."""
    x, _, y, _ = images.split(*images.DATA["digits, 8 x 8"])
    for c in images.SCALES.values():
        a, db, _ = images.flow(x, y, images.Relu(), c)
        assert a[-1] / a[0] == pytest.approx((c / 2) ** 4.5, rel=0.8)
        assert db[1] / db[9] == pytest.approx((c / 2) ** 4, rel=0.9)
    _, _, dW = images.flow(x, y, images.Logistic(), 1.0)
    assert dW[0] < 1e-5 * dW[-1]


def test_xor(images):
    alone, hidden = images.fit_xor(()), images.fit_xor((8,))
    assert alone.best_loss_ == pytest.approx(np.log(2), abs=1e-3) and alone.score(images.CORNERS, images.XOR) <= 0.75
    assert hidden.score(images.CORNERS, images.XOR) == 1
    network, P = images.fit_xor_core((8,))
    assert (network.predict(P, images.CORNERS)[0].argmax(axis=1) == images.XOR).all()


@pytest.fixture(scope="module")
def compare():
    return definitions("compare")


def test_corrected_t_test_in_closed_form(compare):
    """Mean 5/2, s² = 5/3, factor 1/4 + 1/3: t² = 45/7; the p-value of 3 degrees of freedom has a closed form."""
    mean, error, p_value = compare.corrected_t_test([1, 2, 3, 4], test_to_train=1 / 3)
    assert mean == 2.5 and error == pytest.approx(np.sqrt(35 / 36))
    angle = np.arctan(np.sqrt(45 / 7) / np.sqrt(3))
    assert p_value == pytest.approx(1 - 2 / np.pi * (angle + np.sin(angle) * np.cos(angle)))


def test_corrected_t_test_without_overlap_is_the_paired_t_test(compare, rng):
    ours, theirs = rng.normal(size=(2, 20)) + [[0.3], [0.0]]
    expected = stats.ttest_rel(ours, theirs)
    mean, error, p_value = compare.corrected_t_test(ours - theirs, test_to_train=0)
    assert (mean / error, p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert compare.corrected_t_test(theirs - ours, 0) == pytest.approx((-mean, error, p_value))


def test_corrected_t_test_keeps_its_level(compare, rng):
    """Differences with the correlation n_test / n that the correction assumes: the p-values are uniform."""
    correlation, splits = 0.1, 50
    shared, independent = rng.normal(size=(2000, 1)), rng.normal(size=(2000, splits))
    differences = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * independent
    corrected = np.array([compare.corrected_t_test(d, correlation / (1 - correlation))[2] for d in differences])
    assert stats.kstest(corrected, "uniform").pvalue > 0.01
    assert (
        stats.ttest_1samp(differences, 0, axis=1).pvalue < 0.05
    ).mean() > 0.3  # the uncorrected test rejects too often


def test_corrected_t_test_of_equal_values(compare):
    assert compare.corrected_t_test(np.zeros(5), 0.1) == (0, 0, 1)
    assert compare.corrected_t_test(np.full(4, 0.5), 0.1) == (0.5, 0, 0)


@pytest.mark.parametrize(
    ("metric", "mean", "p_value", "sentence"),
    [
        ("log loss", -0.02, 0.031, "log loss: better (difference -0.020 ± 0.010, p = .031)"),
        ("log loss", 0.02, 0.0001, "log loss: worse (difference +0.020 ± 0.010, p < .001)"),
        ("accuracy", 0.02, 0.049, "accuracy: better (difference +0.020 ± 0.010, p = .049)"),
        ("ROC AUC", -0.02, 0.01, "ROC AUC: worse (difference -0.020 ± 0.010, p = .010)"),
        ("accuracy", 0.02, 1.0, "accuracy: no significant difference (difference +0.020 ± 0.010, p = 1.000)"),
    ],
)
def test_description_of_a_difference(compare, metric, mean, p_value, sentence):
    assert compare.describe_difference(metric, mean, 0.01, p_value) == sentence


def test_comparison_on_the_same_splits(compare, capsys):
    """A classifier with the class among its columns is better than a constant in all metrics, and equal to itself."""
    X, y = compare.load_titanic(return_X_y=True)
    informed, constant = compare.with_prepared_columns(GaussianNB()), DummyClassifier(strategy="prior")
    models = {"informed": informed, "again": informed, "constant": constant}
    folds = compare.StratifiedKFold(10, shuffle=True, random_state=0)
    repeats = [list(folds.split(X, y)), list(folds.split(X, y))]
    with parallel_config(backend="sequential"):
        scores = compare.score_on_folds(models, compare.ACCURACIES, X.assign(y=1.0 * y), y, repeats)
    train, test = repeats[0][3]
    prior = np.where(y[test], y[train].mean(), 1 - y[train].mean())
    assert scores["constant"]["log loss"][3] == pytest.approx(-np.log(prior).mean())
    assert scores["constant"]["accuracy"][3] == pytest.approx(1 - y[test].mean()) and len(scores["informed"]) == 20
    compare.print_table(scores, 1 / 9)
    compare.print_differences(scores, 1 / 9)
    printed = capsys.readouterr().out
    assert "Repeat 2 of 2" in printed and len(re.findall(r"^constant( +\d\.\d{3} ± \d\.\d{3}){4}$", printed, re.M)) == 1
    itself, other = printed.split("informed against ")[1:]
    assert itself.count("no significant difference") == 3 and other.count(": better (") == 3


@pytest.fixture(scope="module")
def titanic():
    return definitions("titanic")


def test_candidates_within_one_standard_error(titanic, capsys):
    """Five folds with the standard deviation .02 (divisor 5): the standard error of the mean is .02 / sqrt(4)."""
    scores = np.array([-0.5, -0.509, -0.511, -0.6])
    titanic.print_equivalent_candidates(titanic.pd.DataFrame({"mean_test_score": scores, "std_test_score": 0.02}))
    assert capsys.readouterr().out == "Within one standard error (0.010) of the best: 2 of 4 candidates\n\n"


def test_search_counts_its_fits(titanic, capsys):
    X, y = titanic.load_titanic(return_X_y=True)
    model = titanic.ScratchMLPClassifier(width=4, depth=1, n_estimators=1, max_iter=2, random_state=0).fit(X, y)
    scorer = titanic.CountingScorer("neg_log_loss", total=5)
    scores = [scorer(model, X, y) for _ in range(5)]
    assert scores == [pytest.approx(-log_loss(y, model.predict_proba(X)))] * 5
    assert capsys.readouterr().out == "Grid search: fit 5 of 5, width 4, depth 1\n"


def test_chances_of_passengers(titanic, capsys):
    """Women in first class have high chances, men in third class low ones; every passenger has a line."""
    X, y = titanic.load_titanic(return_X_y=True)
    titanic.print_chances(titanic.ScratchMLPClassifier(random_state=0).fit(X, y), X)
    lines = capsys.readouterr().out.splitlines()[3:]
    chances = [int(re.search(r"(\d+)%", line)[1]) for line in lines]
    assert len(chances) == len(titanic.PASSENGERS) and chances[0] > 85 and max(chances[-2:]) < 30
