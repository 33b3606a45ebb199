"""Going on where a fit stood: warm_start and partial_fit."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_classification

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.tabular.columns import read_table

# At a constant rate k epochs and then m epochs are k + m epochs; all rows are one batch.
STEADY = dict(
    width=8, depth=1, n_estimators=2, learning_rate="constant", n_iter_no_change=float("inf"), random_state=0
)  # fmt: skip
ESTIMATORS = [ScratchMLPClassifier, ScratchMLPRegressor]
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)
X, y = make_classification(120, 4, n_informative=3, n_redundant=0, random_state=0)
quiet = pytest.mark.filterwarnings("ignore:.*reached max_iter")


def encode(model, X):
    return model._model.encode(read_table(model, X, model._model.categorical, reset=False)).x


def scores(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


# warm_start


@quiet
@each_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("batch_size", ["auto", 50])
def test_twice_ten_epochs_are_twenty(Estimator, solver, batch_size):
    """With the optimizer's memory, the clock and the random numbers of the first fit, and no best epoch between."""
    options = dict(STEADY, solver=solver, batch_size=batch_size, learning_rate_init=1e-3, early_stopping=False)
    warm = Estimator(**options, max_iter=10, warm_start=True).fit(X, y)
    assert warm.best_iter_.tolist() == [10, 10]  # so slow that each epoch is the best so far
    warm.fit(X, y)
    once = Estimator(**options, max_iter=20).fit(X, y)
    assert once.best_iter_.tolist() == [20, 20]
    assert_allclose(warm.loss_curve_, once.loss_curve_, rtol=1e-12)
    assert_allclose(scores(warm, X), scores(once, X), rtol=1e-10)
    assert warm.t_ == once.t_ == 20 * 120
    assert warm.n_iter_ == 10 and len(warm.loss_curve_) == 20


@quiet
@each_estimator
def test_dropout_goes_on_with_its_random_numbers(Estimator):
    options = dict(STEADY, batch_size=50, early_stopping=False, dropout=0.3)
    once, pieces = Estimator(**options, max_iter=4).fit(X, y), Estimator(**options)
    for _ in range(4):
        pieces.partial_fit(X, y)
    assert_allclose(pieces.loss_curve_, once.loss_curve_, rtol=1e-12)


@quiet
@each_estimator
def test_a_cold_start_forgets(Estimator):
    options = dict(STEADY, max_iter=10)
    model = Estimator(**options).fit(X, y)
    first = scores(model, X)
    assert_array_equal(scores(model.fit(X, y), X), first)
    assert len(model.loss_curve_) == 10


@each_estimator
def test_a_warm_start_gets_better(Estimator):
    model = Estimator(width=8, depth=1, max_iter=5, warm_start=True, random_state=0).fit(X, y)
    losses = [model.best_loss_]
    for _ in range(5):
        losses.append(model.fit(X, y).best_loss_)
    assert losses[-1] < 0.8 * losses[0]
    assert sorted(losses)[::-1] == losses


@quiet
@each_estimator
def test_the_same_rows_validate_again(Estimator):
    """Rows that a first fit has trained on could not validate a second."""
    model = Estimator(**STEADY, max_iter=1, warm_start=True, early_stopping=True, tol=1.0).fit(X, y)
    first = model._state.validation_rows
    assert first.shape == (2, 12)
    assert_array_equal(model.fit(X, y)._state.validation_rows, first)
    assert_array_equal(model.partial_fit(X, y)._state.validation_rows, first)


@quiet
@each_estimator
def test_lbfgs_goes_on(Estimator):
    model = Estimator(width=8, depth=1, solver="lbfgs", max_iter=3, tol=0.0, warm_start=True, random_state=0).fit(X, y)
    first = model.best_loss_
    assert model.fit(X, y).best_loss_ < first and len(model.loss_curve_) == 6


@quiet
@each_estimator
@pytest.mark.parametrize(
    ("change", "name"),
    [
        (dict(width=9), "hidden layers"),
        (dict(depth=2), "hidden layers"),
        (dict(n_estimators=3), "n_estimators"),
        (dict(activation=["tanh"]), "activation"),
        (dict(dropout=0.5), "dropout"),
        (dict(scaling="standard"), "scaling"),
        (dict(numeric_embedding="periodic"), "numeric_embedding"),
    ],
    ids=repr,
)
def test_the_architecture_must_stay(Estimator, change, name):
    model = Estimator(**STEADY, max_iter=2, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=f"^{name} must stay as they were where warm_start=True, got "):
        model.set_params(**change).fit(X, y)
    model.set_params(warm_start=False).fit(X, y)


@quiet
@each_estimator
def test_what_may_change_in_a_warm_start(Estimator):
    model = Estimator(**STEADY, max_iter=2, warm_start=True).fit(X, y)
    for change in (dict(max_iter=3), dict(learning_rate_init=1e-4), dict(alpha=1.0), dict(solver="sgd"), dict(tol=0.1)):
        model.set_params(**change).fit(X, y)
    assert model.n_iter_ == 3 and len(model.loss_curve_) == 2 + 5 * 3


@quiet
def test_a_warm_start_with_other_data():
    model = ScratchMLPClassifier(**STEADY, max_iter=2, warm_start=True).fit(X, y)
    model.fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="X has 3 features, but ScratchMLPClassifier is expecting 4 features"):
        model.fit(X[:, :3], y)
    with pytest.raises(ValueError, match=r"y must hold no other classes than \[0, 1\], but it holds 2"):
        model.fit(X, y + 1)
    with pytest.raises(ValueError, match="must have 1 column"):
        ScratchMLPRegressor(**STEADY, max_iter=2, warm_start=True).fit(X, y).fit(X, np.c_[y, y])


@quiet
@each_estimator
def test_all_curves_grow_alike(Estimator):
    """An epoch without held-out rows is NaN where it was judged before or is afterwards."""
    model = Estimator(**STEADY, max_iter=2, early_stopping=False, warm_start=True).fit(X, y)
    assert model.validation_loss_curves_ is model.validation_loss_curve_ is model.validation_scores_ is None
    curves = [model.loss_curves_]
    for held_out in (True, True, False):
        model.set_params(early_stopping=held_out).fit(X, y)
        curves.append(model.loss_curves_[-2:])
    model.partial_fit(X, y)
    assert_array_equal(model.loss_curves_[:8], np.concatenate(curves))
    assert model.loss_curves_.shape == model.validation_loss_curves_.shape == (9, 2)
    assert_allclose(model.loss_curve_, model.loss_curves_.mean(axis=1))
    assert_allclose(model.validation_loss_curve_, model.validation_loss_curves_.mean(axis=1))
    judged = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0], bool)
    assert_array_equal(np.isfinite(model.validation_loss_curve_), judged)
    assert_array_equal(np.isfinite(model.validation_scores_), judged)
    assert model.best_validation_score_ == np.nanmax(model.validation_scores_)


@quiet
@each_estimator
def test_a_failed_fit_leaves_the_curves_to_go_on_with(Estimator):
    model = Estimator(**STEADY, max_iter=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="dropout must be 0"):
        model.set_params(n_estimators=3, solver="lbfgs", dropout=0.5).fit(X, y)
    model.set_params(n_estimators=2, solver="adam", dropout=0.0).fit(X, y)
    assert model.loss_curves_.shape == (2, 2)


# partial_fit


@quiet
@each_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("batch_size", ["auto", 50])
def test_calls_of_partial_fit_are_epochs_of_fit(Estimator, solver, batch_size):
    """At a constant rate so small that the last epoch is the best, which fit keeps."""
    options = dict(STEADY, solver=solver, batch_size=batch_size, learning_rate_init=1e-3, early_stopping=False)
    partial = Estimator(**options)
    for epochs in range(1, 6):
        assert partial.partial_fit(X, y) is partial
        assert partial.n_iter_ == len(partial.loss_curve_) == epochs and partial.t_ == 120 * epochs
        assert (partial.best_iter_ == epochs).all()
    whole = Estimator(**options, max_iter=5).fit(X, y)
    assert_allclose(partial.loss_curve_, whole.loss_curve_, rtol=1e-12)
    assert_allclose(scores(partial, X), scores(whole, X), rtol=1e-10)


@each_estimator
def test_the_rate_is_constant(Estimator):
    """Whatever the schedule: nobody knows how many calls there will be."""

    def after(learning_rate):
        model = Estimator(width=8, depth=1, learning_rate=learning_rate, power_t=1.0, random_state=0)
        for _ in range(4):
            model.partial_fit(X, y)
        return scores(model, X)

    constant = after("constant")
    for learning_rate in ("flat_cosine", "one_cycle", "invscaling", "adaptive", lambda progress: 0.0):
        assert_array_equal(after(learning_rate), constant)


@each_estimator
def test_partial_fit_learns(Estimator):
    model = Estimator(width=16, depth=1, random_state=0)
    for start in range(0, 120 * 40, 40):
        rows = np.arange(start, start + 40) % 120
        model.partial_fit(X[rows], y[rows])
    assert model.score(X, y) > 0.85 if Estimator is ScratchMLPClassifier else model.score(X, y) > 0.5


def test_classes_of_the_first_call():
    model = ScratchMLPClassifier(**STEADY).partial_fit(X[:10], np.repeat(["a", "b"], 5), classes=["c", "b", "a"])
    assert_array_equal(model.classes_, ["a", "b", "c"])
    assert model.predict_proba(X).shape == (120, 3)
    model.partial_fit(X[:10], np.repeat(["b", "c"], 5))
    model.partial_fit(X[:1], ["c"])
    with pytest.raises(ValueError, match=r"y must hold no other classes than \['a', 'b', 'c'\], but it holds 'd'"):
        model.partial_fit(X[:2], ["a", "d"])


def test_a_first_call_with_one_class():
    model = ScratchMLPClassifier(**STEADY).partial_fit(X[:5], np.zeros(5, int), classes=[0, 1])
    assert_array_equal(model.classes_, [0, 1])
    with pytest.raises(ValueError, match="y must hold two classes or more"):
        ScratchMLPClassifier().partial_fit(X[:5], np.zeros(5, int))
    with pytest.raises(ValueError, match="y must hold no other classes than"):
        ScratchMLPClassifier().partial_fit(X[:5], np.full(5, 7), classes=[0, 1])


def test_all_classes_may_be_in_the_first_y():
    """As scikit-learn's own partial_fit asks for `classes`; here they are needed only if y lacks some."""
    model = ScratchMLPClassifier(**STEADY).partial_fit(X, y)
    assert_array_equal(scores(model, X), scores(ScratchMLPClassifier(**STEADY).partial_fit(X, y, classes=[1, 0]), X))


def test_partial_fit_of_labels():
    Y = (X[:, :3] > 0).astype(int)
    model = ScratchMLPClassifier(width=16, depth=1, random_state=0)
    for _ in range(60):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert model.predict(X).shape == Y.shape and model.score(X, Y) > 0.7
    with pytest.raises(ValueError, match="y must be multilabel, as it was at first"):
        model.partial_fit(X, Y[:, :2])
    with pytest.raises(ValueError, match="classes must be the column numbers 0 to 2 when y is multilabel"):
        ScratchMLPClassifier().partial_fit(X, Y, classes=[1, 2, 3])


@each_estimator
def test_what_the_first_call_learned_stays(Estimator):
    """Centre, scale and categories come from its rows: later rows are read as it would have read them."""
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(e=pd.Categorical(np.resize([*"xyz"], 120)))
    model = Estimator(**STEADY).partial_fit(frame[:60], y[:60])
    encoded = encode(model, frame).copy()
    later = frame[60:].assign(a=1000 * frame["a"], e=pd.Categorical(np.full(120, "new"))[60:])
    model.partial_fit(later, y[60:])
    assert_array_equal(encode(model, frame), encoded)


@each_estimator
@pytest.mark.parametrize("n, dtype", [(31, np.float64), (300, np.float32)])
def test_the_precision_of_the_first_call_stays(Estimator, n, dtype):
    rows, z = np.resize(X, (1000, 4)), np.resize(y, 1000)
    model = Estimator(**STEADY).partial_fit(rows[:n], z[:n])
    for m in (10, 500, 1000):
        model.partial_fit(rows[:m], z[:m])
        assert model.coefs_[0].dtype == dtype
    assert scores(model, X).dtype == np.float64


def test_the_range_of_y_grows():
    model = ScratchMLPRegressor(**STEADY).partial_fit(X, y).partial_fit(X, 100.0 * y)
    for _ in range(300):
        model.partial_fit(X, 100.0 * y)
    assert model.predict(X).max() > 10


@quiet
@each_estimator
def test_partial_fit_after_fit(Estimator):
    """It goes on from the parameters of the fit."""
    model = Estimator(**STEADY, max_iter=10).fit(X, y)
    before, curve = [W.copy() for W in model.coefs_], list(model.loss_curve_)
    model.set_params(learning_rate_init=1e-7).partial_fit(X, y)
    for W, old in zip(model.coefs_, before, strict=True):
        assert_allclose(W, old, atol=1e-5)
    assert model.loss_curve_[:-1] == curve and model.n_iter_ == 11


@quiet
@each_estimator
def test_fit_after_partial_fit_begins_anew(Estimator):
    model = Estimator(**STEADY, max_iter=10).partial_fit(X[:50], 1 - y[:50]).fit(X, y)
    assert_array_equal(scores(model, X), scores(Estimator(**STEADY, max_iter=10).fit(X, y), X))
    assert model.n_iter_ == len(model.loss_curve_) == 10


@quiet
@each_estimator
def test_a_fit_counts_its_own_rows(Estimator):
    """L-BFGS counts none, whatever came before."""
    model = Estimator(**STEADY, max_iter=2).partial_fit(X, y).set_params(solver="lbfgs").fit(X, y)
    assert model.t_ == Estimator(**STEADY, max_iter=2, solver="lbfgs").fit(X, y).t_ == 0


@each_estimator
def test_lbfgs_has_no_partial_fit(Estimator):
    assert not hasattr(Estimator(solver="lbfgs"), "partial_fit")
    assert hasattr(Estimator(solver="sgd"), "partial_fit")
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'"):
        Estimator(solver="lbfgs").partial_fit(X, y)


@each_estimator
def test_bad_input_to_a_later_call(Estimator):
    model = Estimator(**STEADY).partial_fit(X, y)
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 4 features"):
        model.partial_fit(X[:, :3], y)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        model.set_params(alpha=-1).partial_fit(X, y)


@each_estimator
def test_bad_input_to_a_first_call_leaves_no_half_fitted_model(Estimator):
    model = Estimator(**STEADY)
    with pytest.raises(ValueError, match="y must"):
        model.partial_fit(X, np.full(120, np.nan))
    assert_array_equal(scores(model.partial_fit(X, y), X), scores(clone(model).partial_fit(X, y), X))


@each_estimator
def test_a_pickle_goes_on(Estimator):
    model = Estimator(**STEADY, batch_size=50)
    model.partial_fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(scores(model.partial_fit(X, y), X), scores(again.partial_fit(X, y), X))
