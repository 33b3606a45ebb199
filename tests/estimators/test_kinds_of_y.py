"""Kinds of y: labels of every type, several columns, and what no classifier or regressor can use."""

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn.exceptions import DataConversionWarning

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.exceptions import ColumnWarning

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")

SMALL = dict(width=8, depth=1, n_estimators=2, max_iter=30, random_state=0)
draw = np.random.default_rng(0)
X = draw.normal(size=(60, 3))
codes = np.digitize(X[:, 0], [-0.4, 0.4])
binary = (X[:, 0] > 0).astype(int)
DAY = np.datetime64("2020-01-01")
LABELS = {
    "strings": np.array(["b", "a", "c"])[codes],
    "objects": np.array(["b", "a", "c"], object)[codes],
    "list": np.array(["b", "a", "c"])[codes].tolist(),
    "ints": np.array([7, -3, 10**12])[codes],
    "bools": binary == 1,
    "signs": 2 * binary - 1,
    "floats": binary.astype(float),
    "uint8": codes.astype(np.uint8),
    "pandas": pd.Series(["b", "a", "c"]).take(codes).reset_index(drop=True),
    "pandas category": pd.Series(pd.Categorical(np.array(["b", "a", "c"])[codes])),
    "pandas nullable": pd.Series(codes, dtype="Int64"),
    "polars": pl.Series(np.array(["b", "a", "c"])[codes]),
    "pyarrow": pa.array(np.array(["b", "a", "c"])[codes]),
    "pyarrow chunks": pa.chunked_array([np.array(["b", "a", "c"])[codes]]),
    "dates": DAY + codes,
}


@pytest.mark.parametrize("kind", LABELS)
def test_predictions_have_the_values_and_the_type_of_y(kind):
    y = LABELS[kind]
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    plain = np.asarray(y).tolist()
    assert model.classes_.tolist() == sorted(set(plain))
    predicted = model.predict(X)
    assert predicted.dtype == model.classes_.dtype
    assert set(predicted.tolist()) <= set(plain)
    assert model.score(X, y) > 0.9
    p = ScratchMLPClassifier(**SMALL).fit(X, np.unique(plain, return_inverse=True)[1]).predict_proba(X)
    assert_array_equal(model.predict_proba(X), p)


@pytest.mark.parametrize("labels", [1, 3])
def test_multilabel_dense_and_sparse(labels):
    Y = (X[:, :labels] + [[0.1]] > 0).astype(int)
    if labels == 1:
        Y = np.hstack([Y, Y])
    dense = ScratchMLPClassifier(**SMALL).fit(X, Y)
    assert dense.predict(X).shape == dense.predict_proba(X).shape == Y.shape
    assert_array_equal(dense.classes_, np.arange(Y.shape[1]))
    assert dense.score(X, Y) > 0.7
    for given in (csr_matrix(Y), csr_array(Y), Y.tolist(), pd.DataFrame(Y), Y.astype(bool), Y.astype(float)):
        assert_array_equal(ScratchMLPClassifier(**SMALL).fit(X, given).predict_proba(X), dense.predict_proba(X))


def test_a_label_of_no_row_and_one_of_all_rows():
    Y = np.column_stack([binary, np.zeros(60, int), np.ones(60, int)])
    predicted = ScratchMLPClassifier(**SMALL).fit(X, Y).predict(X)
    assert_array_equal(predicted[:, 1:], Y[:, 1:])


@pytest.mark.parametrize("given", [lambda Y: Y, lambda Y: Y.tolist(), pd.DataFrame, pl.DataFrame, np.float32])
def test_several_outputs(given):
    Y = np.column_stack([X[:, 0], 100 + X[:, 1] ** 2])
    model = ScratchMLPRegressor(**SMALL).fit(X, given(Y))
    assert model.predict(X).shape == (60, 2) and model.n_outputs_ == 2
    assert model.score(X, Y) > 0.7


def test_outputs_that_are_copies_get_nearly_the_same_predictions():
    y = X[:, 0] + X[:, 1]
    Y = ScratchMLPRegressor(**SMALL).fit(X, np.column_stack([y, 10 * y + 5])).predict(X)
    assert np.corrcoef(Y.T)[0, 1] > 0.98


@pytest.mark.parametrize("Estimator, y", [(ScratchMLPClassifier, binary), (ScratchMLPRegressor, X[:, 0])])
def test_a_column_is_a_vector_with_a_warning(Estimator, y):
    with pytest.warns(DataConversionWarning):
        model = Estimator(**SMALL).fit(X, y[:, None])
    assert_array_equal(model.predict(X), Estimator(**SMALL).fit(X, y).predict(X))
    assert model.predict(X).shape == (60,)


@pytest.mark.parametrize("y", [np.zeros(60), np.full(60, "only")])
def test_a_single_class(y):
    with pytest.raises(ValueError, match=r"y must hold two classes or more .* it has 1 class\(es\)"):
        ScratchMLPClassifier().fit(X, y)


@pytest.mark.parametrize("early_stopping", ["auto", False, True])
def test_very_few_rows(early_stopping):
    """Two rows of two classes, three of three: there are no validation rows, but a fit is possible."""
    for k in (2, 3, 5):
        model = ScratchMLPClassifier(**SMALL, early_stopping=early_stopping)
        if early_stopping is True:
            with pytest.raises(ValueError, match="early_stopping must be False where every class has a single row"):
                model.fit(X[:k], np.arange(k))
            continue
        assert_array_equal(model.fit(X[:k], np.arange(k)).predict(X[:k]), np.arange(k))


def test_a_regressor_of_one_and_of_two_rows():
    with pytest.warns(ColumnWarning, match="X has a single row"):
        one = ScratchMLPRegressor(**SMALL).fit(X[:1], [3.0])
    assert_allclose(one.predict(X), 3)
    assert ScratchMLPRegressor(**SMALL).fit(X[:2], [3.0, 4.0]).predict(X).shape == (60,)


def test_many_classes():
    y = np.arange(60) % 30
    model = ScratchMLPClassifier(**SMALL).fit(X, y)
    assert model.predict_proba(X).shape == (60, 30)


@pytest.mark.parametrize(
    "y, message",
    [
        (X[:, 0], "Unknown label type: continuous"),
        (np.column_stack([codes, codes]), "y must be one column of classes or an indicator matrix"),
        (None, "requires y to be passed, but the target y is None"),
        (np.where(binary, 1.0, np.nan), "y must hold a label in every row, but contains NaN or infinity"),
        (np.where(binary, 1.0, np.inf), "y must hold a label in every row, but contains NaN or infinity"),
        (np.where(binary, "a", None), "y must hold labels of one kind"),
        ([*"ab" * 29, 1, 2], "y must hold labels of one kind"),
        (np.where(binary, DAY, np.datetime64("NaT")), "y must hold a label in every row, but contains NaT"),
        (pd.Series(np.where(binary, DAY - DAY, np.timedelta64("NaT"))), "but contains NaT: drop such rows"),
        (binary[:10], "inconsistent numbers of samples"),
        (np.zeros((60, 2, 2)), "Unknown label type: unknown"),
    ],
)
def test_what_a_classifier_cannot_use(y, message):
    with pytest.raises(ValueError, match=message):
        ScratchMLPClassifier().fit(X, y)


@pytest.mark.parametrize(
    "y, message",
    [
        (None, "requires y to be passed, but the target y is None"),
        (np.where(binary, 1.0, np.nan), "y must be finite, but contains NaN"),
        (np.where(binary, 1.0, np.inf), "y must be finite, but contains infinity"),
        (np.array(["a", "b"])[binary], "could not convert string to float"),
        (X[:10, 0], "inconsistent numbers of samples"),
        (X[:, 0] + 1j, "Complex data not supported"),
        (np.zeros((60, 2, 2)), "dim 3"),
        (pd.Series(X[:, 0], dtype=object).where(X[:, 0] > 0, pd.NA), "^y must be finite, but contains a missing value"),
        ([pd.NaT, *X[1:, 0]], "^y must be finite, but contains a missing value"),
        ([datetime.date(2020, 1, 1), *X[1:, 0]], "^y must hold numbers .* not 'datetime.date'"),
        (pd.interval_range(0, 60), "^y must hold numbers for a regressor, but it does not"),
        (dict(enumerate(X[:, 0])), "^y must hold numbers .* not 'dict'"),
        ([{"y": number} for number in X[:, 0]], "^y must hold numbers .* not 'dict'"),
        (np.zeros(60, [("a", float), ("b", float)]), "^y must hold numbers .*Cannot cast"),
        ([[1, 2]] * 59 + [[1]], "^y must hold numbers .*its rows do not hold equally many values"),
    ],
)
def test_what_a_regressor_cannot_use(y, message):
    with pytest.raises(ValueError, match=message):
        ScratchMLPRegressor().fit(X, y)


@pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
def test_no_warning_on_standard_targets(Estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = Estimator(**SMALL).fit(X, binary)
        two = Estimator(**SMALL).fit(X, np.column_stack([binary, 1 - binary]))
    assert (one.n_outputs_, two.n_outputs_) == (1, 2)


def test_regression_targets_of_any_number_type():
    y = np.round(10 * X[:, 0])
    expected = ScratchMLPRegressor(**SMALL).fit(X, y).predict(X)
    for given in (y.astype(int), y.astype(np.float32), y.tolist(), pd.Series(y), pl.Series(y), y.astype(object)):
        assert_array_equal(ScratchMLPRegressor(**SMALL).fit(X, given).predict(X), expected)


DAYS = pd.Series(pd.date_range("2020-01-01", periods=60))
HOURS = pd.Series(pd.to_timedelta(np.arange(60), unit="h"))
DATES = {
    "dates": DAYS,
    "durations": HOURS,
    "a missing duration": HOURS.where(HOURS.index != 5),
    "in a zone": DAYS.dt.tz_localize("Europe/Berlin"),
    "index": pd.DatetimeIndex(DAYS),
    "periods": DAYS.dt.to_period("D"),
    "array": HOURS.to_numpy(),
    "column": DAYS.to_numpy()[:, None],
    "objects of NumPy": np.array([None, *HOURS.to_numpy()[1:]], object),
    "objects of pandas": HOURS.astype(object),
    "list of dates": [day.date() for day in DAYS],
    "list of durations": [hour.to_pytimedelta() for hour in HOURS],
    "list of NumPy": [*DAYS.to_numpy()],
    "categories": DAYS.astype("category"),
    "frame": pd.DataFrame({"number": X[:, 0], "day": DAYS}),
    "Arrow in pandas": DAYS.astype("timestamp[ns][pyarrow]"),
    "polars": pl.Series([hour.to_pytimedelta() for hour in HOURS]),
    "polars date": pl.Series([day.date() for day in DAYS]),
    "polars time": pl.Series([datetime.time(k % 24) for k in range(60)]),
    "polars frame": pl.DataFrame({"number": X[:, 0], "day": [day.date() for day in DAYS]}),
    "pyarrow": pa.array([day.date() for day in DAYS]),
    "pyarrow chunks": pa.chunked_array([pa.array(HOURS.to_numpy())]),
    "pyarrow table": pa.table({"number": X[:, 0], "day": DAYS.to_numpy()}),
}
NO_DATES = "^y must be numeric, but it holds dates, times or durations: convert it to numbers"


@pytest.mark.parametrize("kind", DATES)
def test_dates_and_durations_are_no_numbers(kind):
    with pytest.raises(ValueError, match=NO_DATES):
        ScratchMLPRegressor().fit(X, DATES[kind])


def test_dates_and_durations_in_every_call_with_y():
    numbers = ScratchMLPRegressor(**SMALL).fit(X, X[:, 0])
    frame = pd.DataFrame(X, columns=[*"abc"]).assign(day=DAYS, number=X[:, 0])
    for call in (
        lambda: ScratchMLPRegressor().fit(X, X[:, 0], X_val=X, y_val=HOURS),
        lambda: ScratchMLPRegressor().partial_fit(X, HOURS),
        lambda: numbers.partial_fit(X, HOURS),
        lambda: ScratchMLPRegressor().fit_statistics(X, HOURS),
        lambda: ScratchMLPRegressor().fit(frame, "day"),
        lambda: ScratchMLPRegressor().fit([frame, frame], "day"),
        lambda: ScratchMLPRegressor().fit([frame, frame], ["day", "number"]),
        lambda: numbers.score(X, HOURS),
    ):
        with pytest.raises(ValueError, match=NO_DATES):
            call()
    with pytest.raises(ValueError, match="^sample_weight must hold real numbers, but it does not"):
        numbers.score(X, X[:, 0], sample_weight=HOURS)
