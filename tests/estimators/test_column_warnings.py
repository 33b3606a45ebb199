"""What the estimators say about the columns of X: warnings of fit and predict, `columns_`, and its HTML."""

import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers import ESTIMATORS, scores
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import clone, config_context

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.exceptions import ColumnWarning

pl = pytest.importorskip("polars")

SMALL = dict(width=4, depth=1, n_estimators=2, max_iter=2, random_state=0)
N = 300
numbers = np.random.default_rng(0).normal(size=N)
y = (numbers > 0).astype(int)


def frame(**columns):
    return pd.DataFrame({"age": numbers, **columns})


def warnings_of(f):
    """Call a function and return the texts of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        f()
    assert {warning.category for warning in caught} <= {ColumnWarning}
    return [str(warning.message) for warning in caught]


DECIMALS = [Decimal(f"{value:.6f}") for value in numbers]
MIXED = [value if i % 2 else Fraction(value) for i, value in enumerate(DECIMALS)]
FRAMES = {
    "decimals": pd.DataFrame({"x": DECIMALS}, dtype=object),
    "mixed": pd.DataFrame({"x": MIXED}, dtype=object),
    "NumPy scalars": pd.DataFrame({"x": [np.float64(f"{value}") for value in DECIMALS]}, dtype=object),
    "polars": pl.DataFrame({"x": DECIMALS}),
    "pyarrow": pa.table({"x": pa.array(DECIMALS)}),
    "pandas Arrow": pd.DataFrame({"x": pd.Series(DECIMALS, dtype=pd.ArrowDtype(pa.decimal128(10, 6)))}),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_objects_that_are_numbers_are_numbers(kind):
    model = ScratchMLPRegressor(**SMALL).fit(FRAMES[kind], numbers)
    floats = pd.DataFrame({"x": [float(value) for value in DECIMALS]})
    expected = ScratchMLPRegressor(**SMALL).fit(floats, numbers).predict(floats)
    assert_allclose(model.predict(FRAMES[kind]), expected, rtol=1e-12)
    assert [report.kind for report in model.columns_] == ["number"]


def test_missing_numbers_among_objects(Estimator):
    cells = pd.Series(DECIMALS, dtype=object)
    cells[:60] = [None, pd.NA, float("nan")] * 20
    floats = pd.DataFrame({"x": [np.nan if i < 60 else float(value) for i, value in enumerate(DECIMALS)]})
    model = Estimator(**SMALL).fit(pd.DataFrame({"x": cells}), y)
    assert_array_equal(scores(model, pd.DataFrame({"x": cells})), scores(Estimator(**SMALL).fit(floats, y), floats))
    assert model.columns_[0].missing == 0.2


def test_polars_integers_of_128_bits(Estimator):
    X = pl.DataFrame({"x": pl.Series(np.arange(N), dtype=pl.Int128)})
    assert Estimator(**SMALL).fit(X, y).columns_[0].kind == "number"


def test_numbers_at_fit_stay_numbers(Estimator):
    model = Estimator(**SMALL).fit(FRAMES["decimals"], y)
    with pytest.raises(ValueError, match="Column 'x' of X must be numeric, but it is not .*'high'"):
        model.predict(pd.DataFrame({"x": ["high"]}))


LOSSES = {
    "one value only": np.repeat("a", N),
    "all values differ": np.array([f"i{i}" for i in range(N)]),
    "100 of 150 values kept": np.resize([f"i{i}" for i in range(150)], N),
    "2 of 202 values kept": np.array([f"i{i}" if i < 200 else f"j{i % 2}" for i in range(N)]),
    "constant": np.ones(N),
    "all values are missing": np.full(N, np.nan),
}


@pytest.mark.parametrize("problem", LOSSES)
def test_fit_warns_once_of_each_column_that_is_lost(Estimator, problem):
    X = frame(lost=LOSSES[problem])
    (text,) = warnings_of(lambda: Estimator(**SMALL).fit(X, y))
    assert f"'lost' ({problem})" in text and "'age'" not in text
    assert text.count(". ") == 0 and text.endswith(".")


def test_the_warning_points_at_the_call_of_fit(Estimator):
    with pytest.warns(ColumnWarning) as caught:
        Estimator(**SMALL).fit(frame(lost="a"), y)
    assert [warning.filename for warning in caught] == [__file__]


def test_it_can_be_silenced(Estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ColumnWarning)
        Estimator(**SMALL).fit(frame(lost="a"), y)


@pytest.mark.filterwarnings("error")
def test_what_is_usual_gives_no_warning(Estimator):
    rare = [f"i{i}" if i < 100 else "often" for i in range(N)]
    X = frame(sex=np.resize(["f", "m"], N), rare=rare, marked=np.where(numbers > 1, np.nan, 1.0))
    Estimator(**SMALL).fit(X, y)
    Estimator(**SMALL).fit(np.c_[numbers, np.ones(N)], y)  # an image has constant pixels


def test_max_categories_and_min_frequency(Estimator):
    X = frame(city=[f"c{i // 2 % 120}" if i < 240 else f"d{i % 30}" for i in range(N)])
    with pytest.warns(ColumnWarning, match="100 of 150 values kept"):
        default = Estimator(**SMALL).fit(X, y)
    everything = Estimator(**SMALL, max_categories=None, min_frequency=1).fit(X, y)
    assert [model.columns_[1].inputs for model in (default, everything)] == [100, 150]
    with pytest.warns(ColumnWarning, match="max_categories and min_frequency"):
        few = Estimator(**SMALL, max_categories=7).fit(X, y)
    assert few.columns_[1].inputs == 7 and few.coefs_[0].shape[1] == few.columns_[1].inputs + 4
    with pytest.raises(ValueError, match="max_categories' parameter .* must be an int in the range"):
        Estimator(max_categories=0).fit(X, y)
    with pytest.raises(ValueError, match="min_frequency must stay"):
        everything.set_params(warm_start=True, min_frequency=2).fit(X, y)


def coded(values):
    return pd.DataFrame({"age": numbers[: len(values)], "code": values})


def test_predict_warns_of_columns_without_known_values(Estimator):
    codes = np.resize([1, 2, 3, 4], N)
    model = Estimator(**SMALL, categorical_features=["code"]).fit(coded(codes), y)
    predictions = scores(model, coded(codes))  # warnings are errors
    (text,) = warnings_of(lambda: scores(model, coded([str(code) for code in codes])))
    assert text.startswith("No value of X is known from training in 'code'")
    assert len(warnings_of(lambda: scores(model, coded(["1"])))) == 1  # another kind of value, in a single row
    assert len(warnings_of(lambda: scores(model, coded([9] * 10)))) == 1
    assert len(warnings_of(lambda: model.hidden_activations(coded(["1"])))) == 1
    for usual in ([9] * 9, [9] * 10 + [1], [None] * 20, [1.0], ["1"] * 20 + [2]):
        assert np.isfinite(scores(model, coded(pd.Series(usual, dtype=object)))).all()
    assert_array_equal(scores(model, coded(codes)), predictions)


def test_predict_does_not_warn_of_what_fit_has_warned_of(Estimator):
    X = frame(lost=LOSSES["all values differ"])
    with pytest.warns(ColumnWarning, match="'lost'"):
        model = Estimator(**SMALL).fit(X, y)
    assert len(scores(model, X)) == N


def test_columns_belong_to_the_fitted_estimator(Estimator):
    model = Estimator(**SMALL)
    assert not hasattr(model, "columns_")
    model.fit(frame(port=np.resize(["a", "b", "c"], N)), y)
    assert [(report.name, report.inputs) for report in model.columns_] == [("age", 1), ("port", 3)]
    assert not hasattr(clone(model), "columns_")
    model.fit(np.c_[numbers, y], y)
    assert [report.name for report in model.columns_] == ["x0", "x1"]


def test_columns_are_part_of_the_html(Estimator):
    model = Estimator(**SMALL)
    assert "columns_</summary>" not in model._repr_html_()
    model.fit(frame(port=np.resize(["a", "b", "c"], N)), y)
    table = model.columns_._repr_html_()
    assert table in model._repr_html_() and table in model._repr_mimebundle_()["text/html"]
    with config_context(display="text"):
        assert set(model._repr_mimebundle_()) == {"text/plain"} and not hasattr(model, "_repr_html_")


def test_a_model_of_an_older_version_can_be_shown(Estimator):
    """Its encoder knows no facts of columns."""
    model = Estimator(**SMALL).fit(frame(port=np.resize(["a", "b", "c"], N)), y)
    expected = scores(model, frame(port="a"))
    for name in ("facts_", "numeric_names_", "category_names_"):
        delattr(model._model.encoder, name)
    assert not hasattr(model, "columns_") and "columns_</summary>" not in model._repr_html_()
    assert_array_equal(scores(model, frame(port="a")), expected)


class WithParameter(ScratchMLPClassifier):
    """A subclass with a parameter of its own and some of those of its base class."""

    def __init__(self, threshold=0.5, width=8, max_iter=2, random_state=None, warm_start=False):
        super().__init__(width=width, max_iter=max_iter, random_state=random_state, warm_start=warm_start)
        self.threshold = threshold


def test_a_subclass_may_have_a_parameter_of_its_own():
    model = WithParameter(threshold=0.7, random_state=0, warm_start=True).fit(frame(), y)
    assert model.fit(frame(), y).predict_proba(frame()).shape == (N, 2)
    assert clone(model).get_params()["threshold"] == 0.7 and "threshold" in repr(model)
    assert "threshold" in model._repr_html_()
    expected = ScratchMLPClassifier(width=8, max_iter=2, random_state=0).fit(frame(), y)
    again = WithParameter(random_state=0).fit(frame(), y)
    assert_array_equal(again.predict_proba(frame()), expected.predict_proba(frame()))


def test_both_estimators_have_the_options():
    for Estimator in ESTIMATORS:
        assert Estimator().get_params()["max_categories"] == 100 and Estimator().get_params()["min_frequency"] == 2


@pytest.mark.parametrize("read", [csr_array, lambda X: X])
def test_a_single_first_row_where_it_is_sufficient(Estimator, read):
    """Sparse numbers keep their zero, and numbers that are not scaled are taken as they are."""
    X, y = np.arange(20.0).reshape(10, 2), np.resize([0, 1], 10)
    classes = {"classes": [0, 1]} if Estimator is ScratchMLPClassifier else {}
    options = SMALL if read is csr_array else SMALL | {"scaling": None, "numeric_embedding": None}
    model = Estimator(**options).partial_fit(read(X[:1]), y[:1], **classes).partial_fit(read(X), y)
    assert len(np.unique(scores(model, read(X)), axis=0)) == 10


@pytest.mark.parametrize("read", [pd.DataFrame, np.asarray])
def test_a_single_first_row(Estimator, read):
    """All its columns are constant, and later calls keep what the first one learned of them."""
    X, y = np.arange(20.0).reshape(10, 2), np.resize([0, 1], 10)
    classes = {"classes": [0, 1]} if Estimator is ScratchMLPClassifier else {}
    with pytest.warns(ColumnWarning, match="X has a single row") as caught:
        model = Estimator(**SMALL).partial_fit(read(X[:1]), y[:1], **classes)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert len(np.unique(scores(model.partial_fit(read(X), y), read(X)).round(6), axis=0)) == 1
