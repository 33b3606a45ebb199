"""What must not be accepted in silence or end in an error of another library: a sentence says what is wrong."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

pl = pytest.importorskip("polars")

SMALL = dict(width=4, depth=1, n_estimators=2, max_iter=2, random_state=0)
n = 40
X = np.random.default_rng(0).normal(size=(n, 2))
y = np.resize([0, 1], n)
FRAME = pd.DataFrame(X, columns=["a", "b"])
HUGE = 10**400


def refused(Estimator, match, X=X, y=y, sample_weight=None, error=ValueError, **parameters):
    with pytest.raises(error, match=match) as caught:
        Estimator(**{**SMALL, **parameters}).fit(X, y, sample_weight)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("X", "y"), [(X[:0], y[:0]), ([[1], [2, 3]], [0, 1]), (X, np.ones((n, 1, 1)))])
def test_no_error_is_its_own_cause(X, y):
    """The chain of causes had no end, and a worker of Dask, which follows it, took all memory."""
    with pytest.raises(ValueError) as caught:
        ScratchMLPRegressor(**SMALL).fit(X, y)
    chain = [caught.value]
    while chain[-1].__cause__ is not None:
        assert chain[-1].__cause__ not in chain
        chain.append(chain[-1].__cause__)


@pytest.mark.parametrize(
    ("unknown", "hint"),
    [
        ("eval_set", "did you mean X_val and y_val?"),
        ("groups", "did you mean X_val and y_val, with all rows of some groups?"),
        ("validation_data", "did you mean X_val and y_val?"),
        ("sample_weights", "did you mean sample_weight?"),
        ("X_vall", "did you mean X_val?"),
        ("epochs", "did you mean max_iter of the constructor?"),
        ("verbose", "did you mean verbose of the constructor?"),
        ("batchsize", "did you mean batch_size of the constructor?"),
        ("zzz", "its arguments are X, y, sample_weight, X_val, y_val, sample_weight_val."),
    ],
)
def test_unknown_arguments_of_fit(Estimator, unknown, hint):
    with pytest.raises(TypeError, match="unexpected keyword") as caught:
        Estimator(**SMALL).fit(X, y, **{unknown: 1})
    assert str(caught.value).endswith(hint) and unknown in str(caught.value)


@pytest.mark.parametrize("loss, meant", [("mse", "squared_error"), ("mae", "absolute_error"), ("huberloss", "huber")])
def test_the_usual_names_of_losses(loss, meant):
    refused(ScratchMLPRegressor, rf"Got '{loss}' instead\. Did you mean '{meant}'\?$", loss=loss)


def test_a_number_as_schedule_of_the_learning_rate(Estimator):
    refused(Estimator, r"Got 0\.01 instead\. Did you mean learning_rate_init=0\.01\?$", learning_rate=0.01)
    refused(Estimator, r"Got -1 instead\.$", learning_rate=-1)


def test_strings_without_column_names(Estimator):
    cells = X.astype(object)
    cells[:, 1] = ["u", *[1] * (n - 1)]  # strings alone are categories
    for table in (cells, cells.tolist()):
        refused(Estimator, r"column 1 holds 'u' .*categorical_features=\[1\], or pass a DataFrame", table)
    refused(Estimator, r"column 0 holds 'u' .*categorical_features=\[0\]", cells[:, 1:].astype(str))


def test_dask_collections(Estimator):
    da, dd = pytest.importorskip("dask.array"), pytest.importorskip("dask.dataframe")
    frame = dd.from_pandas(FRAME, npartitions=2)
    array = da.from_array(X)
    for table in (frame, array):
        refused(Estimator, r"^X must be in memory, .* skscratch.dask, or pass X.compute\(\)", table, error=TypeError)
    refused(Estimator, r"^y must be in memory, .* y.compute\(\)", y=da.from_array(y), error=TypeError)
    refused(Estimator, "^sample_weight must be in", sample_weight=da.from_array(np.ones(n)), error=TypeError)
    with pytest.raises(TypeError, match="skscratch.dask"):
        Estimator(**SMALL).fit(FRAME, y).predict(frame)


def test_lazy_frames_without_the_name_of_y(Estimator):
    lazy = pl.LazyFrame(X, schema=["a", "b"])
    with pytest.raises((TypeError, ValueError), match=r"collect\(\)|pass its name"):
        Estimator(**SMALL).fit(lazy, y)
    refused(Estimator, r"^y must be in memory, .* pass y.collect\(\)", y=lazy, error=TypeError)


def test_masked_arrays(Estimator):
    masked = np.ma.array(X, mask=X > 1)
    refused(Estimator, r"^X must not be a masked array .*X.filled\(np.nan\)", masked)
    refused(Estimator, "^y must not be a masked array", y=np.ma.array(y, mask=X[:, 0] > 1))
    refused(Estimator, "^sample_weight must not be", sample_weight=np.ma.array(np.ones(n), mask=X[:, 0] > 1))
    Estimator(**SMALL).fit(np.ma.array(X), y)
    with pytest.raises(ValueError, match="^X must not be a masked"):
        Estimator(**SMALL).fit(X, y).predict(masked)


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (np.ones(n) + 1j, "must hold real numbers.*complex"),
        (["heavy"] * n, "must hold real numbers.*'heavy'"),
        ([HUGE] * n, "must hold real numbers.*beyond 1.8e308"),
        ([None] * n, "must be finite|must hold real numbers"),
        (csr_array(np.ones((n, 1))), r"must be .* is sparse: pass toarray\(\).ravel\(\)"),
    ],
    ids=["complex", "strings", "huge", "None", "sparse"],
)
def test_weights(Estimator, weights, match):
    refused(Estimator, f"^sample_weight {match}", sample_weight=weights)


@pytest.mark.parametrize("weight", ["a", None, [1, 2], HUGE, float("nan"), -1])
def test_class_weights(weight):
    refused(ScratchMLPClassifier, "^class_weight must be finite .* class 0 has", class_weight={0: weight})


def test_numbers_beyond_float64(Estimator):
    refused(Estimator, "^X must hold numbers below 1.8e308", [[HUGE], [1]] * 20)
    refused(
        Estimator,
        "Column 'a' of X must be numeric, .* beyond 1.8e308",
        pd.DataFrame({"a": [HUGE, 1] * 20}, dtype=object),
    )
    refused(ScratchMLPRegressor, "^y must hold numbers for a regressor, .*beyond 1.8e308", y=[HUGE] * n)
    refused(
        ScratchMLPClassifier,
        rf"^y must hold labels from -{2**63} to {2**64 - 1} .*convert the labels to strings",
        y=[HUGE, HUGE + 1] * 20,
    )
    refused(ScratchMLPClassifier, "^y must hold labels from .*" + "1" + "0" * 31, y=[10**30, 10**31] * 20)


@pytest.mark.parametrize("parameter", ["alpha", "width", "depth", "n_estimators", "tol", "dropout", "random_state"])
@pytest.mark.parametrize("value", [HUGE, -HUGE, 10**5000], ids=["large", "small", "very large"])
def test_parameters_beyond_float64(Estimator, parameter, value):
    refused(Estimator, f"'{parameter}' parameter .* Numbers must be below 1.8e308", **{parameter: value})


@pytest.mark.parametrize("parameters", [{"width": 2**31}, {"hidden_layer_sizes": 2**63, "width": None, "depth": None}])
def test_too_many_units(Estimator, parameters):
    refused(Estimator, r"must be an int in the range \[1, 1000000\]", **parameters)


def test_too_many_members(Estimator):
    of_two = Estimator(**SMALL).fit(X, y)._model.parameters.values.nbytes
    size = f"{of_two * 2**44 / 2**30:.3g}".replace("+", r"\+")
    refused(Estimator, f"must fit into memory, but their parameters take {size} GiB", n_estimators=2**45)


def test_signaling_nan(Estimator):
    snan = pd.DataFrame({"a": [Decimal("sNaN"), Decimal(1)] * 20})
    refused(Estimator, "Column 'a' of X must hold numbers .*signaling NaN", snan, error=TypeError)
    refused(ScratchMLPRegressor, "^y must hold numbers .*signaling NaN", y=[Decimal("sNaN")] * n)


def test_strings_as_numbers_of_a_regressor():
    refused(ScratchMLPRegressor, "^y must hold numbers for a regressor, .*'a'.* use a classifier", y=["a"] * n)


def test_scoring_that_does_not_suit():
    refused(ScratchMLPRegressor, "^scoring must be a metric for ScratchMLPRegressor .*'roc_auc'", scoring="roc_auc")
    refused(ScratchMLPClassifier, "^scoring must be a metric .*'roc_auc'", y=np.resize([0, 1, 2], n), scoring="roc_auc")


@pytest.mark.parametrize("score", [np.nan, np.inf, "high", None, [1, 2]], ids=str)
def test_scores_that_are_no_finite_numbers(Estimator, score):
    refused(Estimator, "^scoring must return a finite number, .* validation rows", scoring=lambda *_: score)


def test_errors_of_the_users_scorer_are_passed_on(Estimator):
    def scorer(estimator, X, y):
        raise ValueError("mine")

    refused(Estimator, "^mine$", scoring=scorer)


def test_early_stopping_with_a_single_row_of_each_class():
    refused(ScratchMLPClassifier, "^early_stopping must be False where every class has a single row", X[:4],
            [0, 1, 2, 3], early_stopping=True)  # fmt: skip


def test_other_classes_in_a_later_call():
    model = ScratchMLPClassifier(**SMALL).partial_fit(X, y, classes=[1, 0])
    for same in ([0, 1], np.array([1, 0]), None):
        model.partial_fit(X, y, classes=same)
    for other in ([0, 1, 2], ["0", "1"], [0]):
        with pytest.raises(ValueError, match=r"^classes must be the same in all calls of partial_fit, \[0, 1\], but"):
            model.partial_fit(X, y, classes=other)


def test_dates_and_infinity_get_advice(Estimator):
    dates = pd.date_range("2020", periods=n)
    for column in (dates, pd.Series(list(dates), dtype=object), pd.Series(dates.date, dtype=object)):
        refused(Estimator, "Column 'a' of X .* days since a date, the month and the day of the week, or drop it",
                pd.DataFrame({"a": column}))  # fmt: skip
    refused(Estimator, "'a' contains infinity: replace it, for instance by NaN", pd.DataFrame({"a": [np.inf] * n}))
