"""Results of `skscratch.compat` against the installed scikit-learn, and the intended differences."""

import inspect
import itertools

import numpy as np
import pytest
import sklearn
from scipy.optimize import approx_fprime
from scipy.sparse import csc_array, csr_array
from sklearn import neural_network as theirs
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from skscratch import compat as ours
from skscratch.compat import base

# The other tests run with all supported versions of scikit-learn.
compares_with_scikit_learn = pytest.mark.skipif(
    tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9),
    reason="compares with scikit-learn 1.9; before 1.7 its MLP had no sample weights and no Poisson loss",
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 44
CLASSES = np.array(["ash", "elm", "oak"])


def make_problems():
    """Make a table of 44 rows, half of its entries zero, and a target of every kind that depends on it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 5)) * rng.integers(0, 2, size=(N, 5))
    s = X @ rng.normal(size=(5, 3)) + rng.normal(size=(N, 3))
    targets = {
        "binary": CLASSES[(s[:, 0] > 0).astype(int)],
        "multiclass": CLASSES[s.argmax(axis=1)],
        "multilabel": (s > 0).astype(int),
        "regression": s[:, 0],
        "outputs": s,
        "poisson": rng.poisson(np.exp(s[:, 0] / 2)).astype(float),
    }
    w = rng.integers(0, 3, size=N) + rng.uniform(size=N) * (rng.uniform(size=N) < 0.5)
    return X, targets, w


X, TARGETS, WEIGHTS = make_problems()
SOLVERS = {
    "adam": {"solver": "adam", "learning_rate_init": 0.02},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.03},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate": "invscaling", "power_t": 0.2},
    "descent": {"solver": "sgd", "momentum": 0.0, "learning_rate": "adaptive", "learning_rate_init": 0.1},
}
ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]
FITTED = {
    "coefficients": lambda m, X: [*m.coefs_, *m.intercepts_],
    "loss curve": lambda m, X: [getattr(m, "loss_curve_", []), m.loss_, getattr(m, "best_loss_", None) or 0.0],
    "validation scores": lambda m, X: getattr(m, "validation_scores_", None) or [],
    "counts": lambda m, X: [m.n_iter_, m.t_, m.n_layers_, m.n_outputs_, getattr(m, "_no_improvement_count", 0)],
    "predictions": lambda m, X: [m.predict_proba(X) if is_classifier(m) else m.predict(X)],
}


def make(package, problem, **options):
    """Make scikit-learn's or our estimator for a problem."""
    classes = problem in ("binary", "multiclass", "multilabel")
    if problem == "poisson":
        options["loss"] = "poisson"
    options = {"hidden_layer_sizes": (4, 3), "alpha": 0.1, "batch_size": 16, "random_state": 3} | options
    return (package.MLPClassifier if classes else package.MLPRegressor)(**options)


def run(model, X, y, w, procedure):
    """Fit once, or twice with a warm start and then by `partial_fit`, or by `partial_fit` on parts of the rows."""
    if procedure == "partial_fit":
        first = {"classes": np.arange(3) if y.ndim == 2 else np.unique(y)} if is_classifier(model) else {}
        for rows in (slice(0, 22), slice(22, N), slice(0, N)):
            model.partial_fit(X[rows], y[rows], None if w is None else w[rows], **first)
        return model
    model.fit(X, y, w)
    if procedure.startswith("warm"):
        model.fit(X, y, w)
    if procedure == "warm_start" and model.solver != "lbfgs":
        model.partial_fit(X, y, w)
    return model


def deviation(a, b):
    """Return the largest difference of entries, relative to the entry of b; NaN equals NaN."""
    a, b = (np.concatenate([np.ravel(v).astype(float) for v in [[], *values]]) for values in (a, b))
    assert a.shape == b.shape
    equal = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.max(np.abs(a - b)[~equal] / np.abs(b[~equal]), initial=0.0)


def deviations(problem, options, table, weighted, procedure="fit"):
    """Return the largest relative deviation of each fitted quantity from scikit-learn's."""
    options = {"max_iter": 6, "tol": 0.01, "n_iter_no_change": 1} | options
    options |= {"early_stopping": "early" in procedure, "warm_start": "warm" in procedure}
    if problem == "poisson" and "learning_rate_init" in options:
        options["learning_rate_init"] /= 10
    X_, y, w = table(X), TARGETS[problem], WEIGHTS if weighted else None
    one, other = (run(make(package, problem, **options), X_, y, w, procedure) for package in (ours, theirs))
    assert fitted_attributes(one) == fitted_attributes(other)
    assert one.out_activation_ == other.out_activation_
    assert hasattr(one, "best_loss_") == hasattr(other, "best_loss_") == (options.get("solver") != "lbfgs")
    assert (getattr(one, "best_loss_", 0) is None) == (getattr(other, "best_loss_", 0) is None)
    if is_classifier(one):
        np.testing.assert_array_equal(one.predict(X_), other.predict(X_))
        np.testing.assert_array_equal(one.classes_, other.classes_)
    return {name: deviation(read(one, X_), read(other, X_)) for name, read in FITTED.items()}


def fitted_attributes(model):
    return {name for name in vars(model) if name.endswith("_") and not name.startswith("_")}


@pytest.fixture(scope="module")
def record():
    """A function that records deviations; the largest of each quantity are printed at the end (see pytest -s)."""
    table = {}
    yield lambda kind, found: table.update(
        {(kind, name): max(table.get((kind, name), 0.0), found[name]) for name in found}
    )
    print("", *(f"{kind} {name}: {value:.1e}" for (kind, name), value in table.items()), sep="\n")


@compares_with_scikit_learn
@pytest.mark.parametrize("procedure", ["fit", "early_stopping", "warm_start", "warm_early_stopping", "partial_fit"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("problem", TARGETS)
def test_stochastic_solvers_repeat_scikit_learn(problem, solver, procedure, record):
    """Every activation, sparse and dense, weighted and not: 16 configurations of 1920 in each case."""
    for activation, table, weighted in itertools.product(ACTIVATIONS, (np.asarray, csr_array), (False, True)):
        options = SOLVERS[solver] | {"activation": activation}
        found = deviations(problem, options, table, weighted, procedure)
        record("stochastic", found)
        assert max(found.values()) < 1e-6, (activation, table, weighted, found)


@compares_with_scikit_learn
@pytest.mark.parametrize("warm", ["", "warm_start"])
@pytest.mark.parametrize("problem", [name for name in TARGETS if name != "outputs"])
def test_lbfgs_repeats_scikit_learn(problem, warm, record):
    """After 10 iterations; beyond, a rounding error is amplified."""
    for activation, table, weighted in itertools.product(ACTIVATIONS, (np.asarray, csc_array), (False, True)):
        options = {"solver": "lbfgs", "max_iter": 5 if warm else 10, "tol": 1e-9, "activation": activation}
        found = deviations(problem, options, table, weighted, warm)
        record("lbfgs", found)
        assert max(found.values()) < 1e-6, (activation, table, weighted, found)


@compares_with_scikit_learn
@pytest.mark.parametrize("problem", TARGETS)
def test_loss_and_gradient_repeat_scikit_learn(problem):
    """At equal parameters; with several outputs the gradients differ (see below)."""
    for activation, w in itertools.product(ACTIVATIONS, (None, WEIGHTS)):
        (one, f), (_, g) = (losses(package, problem, activation, w) for package in (ours, theirs))
        q = np.random.default_rng(0).normal(size=packed(one).size)
        np.testing.assert_allclose(f(q)[0], g(q)[0], rtol=1e-10)
        if problem != "outputs":
            np.testing.assert_allclose(f(q)[1], g(q)[1], rtol=1e-10, atol=1e-13)


def packed(model):
    return np.hstack([values.ravel() for values in model.coefs_ + model.intercepts_])


def losses(package, problem, activation, w):
    """Return a model of one iteration, and its loss and gradient as a function of packed parameters."""
    y = TARGETS[problem]
    model = make(package, problem, activation=activation, solver="lbfgs", max_iter=1).fit(X, y, w)
    Y = model._label_binarizer.transform(y).astype(float) if is_classifier(model) else y.reshape(N, -1)
    layers = len(model.coefs_)
    return model, lambda q: model._loss_grad_lbfgs(
        q, X, Y, w, [X] + [None] * layers, [None] * layers, [None] * layers, [None] * layers
    )


@compares_with_scikit_learn
@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {"batch_size": "auto"},
        {"batch_size": 1},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": 7},
        {"alpha": 0.0, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"n_iter_no_change": np.inf, "max_iter": 30},
        {"early_stopping": True, "validation_fraction": 0.3, "shuffle": False},
        {"learning_rate_init": 3.0, "max_iter": 40},  # saturates: probabilities are clipped
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "max_iter": 60, "learning_rate_init": 1e-3},
    ],
    ids=str,
)
@pytest.mark.parametrize("problem", ["binary", "multiclass", "multilabel", "regression"])
def test_options_repeat_scikit_learn(problem, options):
    weighted = options.get("batch_size") != 1  # some rows weigh nothing
    assert max(deviations(problem, {"n_iter_no_change": 3} | options, np.asarray, weighted).values()) < 1e-6


@compares_with_scikit_learn
def test_a_random_state_object_gives_the_same_draws():
    models = [make(package, "binary", random_state=np.random.RandomState(5), max_iter=4) for package in (ours, theirs)]
    for model in models:
        model.set_params(warm_start=True, early_stopping=True).fit(X, TARGETS["binary"]).fit(X, TARGETS["binary"])
    assert deviation(models[0].coefs_, models[1].coefs_) < 1e-9
    assert models[0].random_state.randint(2**31) == models[1].random_state.randint(2**31)


def test_parameters_set_by_hand_are_used_and_trained():
    """`coefs_` and `intercepts_` are plain lists, of which single entries may be replaced."""
    models = [
        make(package, "regression", solver="sgd").partial_fit(X, TARGETS["regression"]) for package in (ours, theirs)
    ]
    for model in models:
        model.coefs_[1] = model.coefs_[1] + 1.0
        model.intercepts_[-1][:] = 7.0
    np.testing.assert_allclose(models[0].predict(X), models[1].predict(X), rtol=1e-12)
    for model in models:
        model.partial_fit(X, TARGETS["regression"])
    assert deviation(models[0].coefs_, models[1].coefs_) < 1e-9


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_fit_that_diverges_sets_the_same_attributes():
    options = {
        "activation": "identity",
        "solver": "sgd",
        "learning_rate_init": 5.0,
        "max_iter": 25,
        "n_iter_no_change": 3,
    }
    models = [make(package, "regression", early_stopping=True, **options) for package in (ours, theirs)]
    for model in models:
        model.fit(X, TARGETS["regression"])
    assert models[0].n_iter_ == models[1].n_iter_ == 25
    assert np.isnan(models[0].validation_scores_[-1])
    np.testing.assert_array_equal(np.isnan(models[0].loss_curve_), np.isnan(models[1].loss_curve_))
    np.testing.assert_allclose(models[0].validation_scores_, models[1].validation_scores_, rtol=1e-6)
    assert deviation(models[0].coefs_, models[1].coefs_) < 1e-6


@compares_with_scikit_learn
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("method", ["__init__", "fit", "partial_fit", "predict", "score"])
def test_signatures_are_scikit_learns(name, method):
    def signature(package):
        parameters = inspect.signature(getattr(getattr(package, name), method)).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert signature(ours) == signature(theirs)


@parametrize_with_checks([ours.MLPClassifier(max_iter=100), ours.MLPRegressor(max_iter=100)])
@pytest.mark.filterwarnings("default")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


# Intended differences


@compares_with_scikit_learn
@pytest.mark.parametrize("weighted", [False, True])
def test_the_lbfgs_gradient_of_several_outputs_is_that_of_its_loss(weighted):
    """scikit-learn's is that of three times the loss, for three outputs."""
    w = WEIGHTS if weighted else None
    (one, f), (_, g) = (losses(package, "outputs", "tanh", w) for package in (ours, theirs))
    q = packed(one)
    numeric = approx_fprime(q, lambda q: f(q)[0], 1e-7)
    np.testing.assert_allclose(f(q)[1], numeric, atol=1e-5)
    assert np.abs(g(q)[1] - numeric).max() > 0.1


@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_lbfgs_has_no_partial_fit(problem):
    model = make(ours, problem, solver="lbfgs")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        model.partial_fit(X, TARGETS[problem])
    assert hasattr(model.set_params(solver="sgd"), "partial_fit")


def test_one_class_has_one_column_of_probabilities():
    y = np.full(N, "oak")
    one, other = (make(package, "binary", max_iter=3).fit(X, y) for package in (ours, theirs))
    np.testing.assert_array_equal(one.predict_proba(X), np.ones((N, 1)))
    np.testing.assert_array_equal(one.predict_log_proba(X), np.zeros((N, 1)))
    np.testing.assert_array_equal(one.predict(X), y)
    assert other.predict_proba(X).shape == (N, 2)  # for one entry of classes_
    assert one.classes_.tolist() == other.classes_.tolist() == ["oak"]


@compares_with_scikit_learn
@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_a_batch_without_weight_is_skipped(problem):
    w = np.r_[np.ones(32), np.zeros(N - 32)]  # batches of 16, the last without weight
    options = {"shuffle": False, "max_iter": 5}
    with pytest.raises(ZeroDivisionError):
        make(theirs, problem, **options).fit(X, TARGETS[problem], w)
    one = make(ours, problem, **options).fit(X, TARGETS[problem], w)
    other = make(theirs, problem, **options).fit(X[:32], TARGETS[problem][:32], w[:32])
    assert deviation(one.coefs_, other.coefs_) < 1e-6
    assert deviation([one.loss_curve_], [other.loss_curve_]) < 1e-6


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("epochs", [0, 3])
def test_an_interrupted_fit_has_the_attributes_of_its_complete_epochs(monkeypatch, epochs, early_stopping):
    options = {"early_stopping": early_stopping, "tol": 0.0}
    complete = make(ours, "binary", max_iter=max(epochs, 1), **options).fit(X, TARGETS["binary"])
    row_orders, calls = base.row_orders, []

    def interrupting(n, random_state):
        next_order = row_orders(n, random_state)

        def order():
            calls.append(1)
            if len(calls) > epochs:
                raise KeyboardInterrupt
            return next_order()

        return order

    monkeypatch.setattr(base, "row_orders", interrupting)
    with pytest.warns(RuntimeWarning, match=f"interrupted in epoch {epochs + 1}"):
        model = make(ours, "binary", max_iter=9, **options).fit(X, TARGETS["binary"])
    assert model.n_iter_ == len(model.loss_curve_) == epochs
    assert model.loss_curve_ == complete.loss_curve_[:epochs]
    assert not hasattr(model, "_best") and model.predict(X).shape == (N,)
    if early_stopping and epochs:
        assert model.validation_scores_ == complete.validation_scores_
        np.testing.assert_array_equal(model.coefs_[0], complete.coefs_[0])


@pytest.mark.parametrize("solver, limit", [("adam", "max_iter=2;"), ("lbfgs", "max_iter=2 or max_fun=15000;")])
def test_the_warning_names_the_limits_of_the_solver(solver, limit):
    with pytest.warns(ConvergenceWarning, match=f"MLPRegressor stopped before convergence, at {limit} raise it or tol"):
        ours.MLPRegressor(solver=solver, max_iter=2).fit(X, TARGETS["regression"])
