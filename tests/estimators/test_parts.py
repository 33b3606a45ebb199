"""What is learned from rows in parts, against the same from all rows at once."""

import numpy as np
import pandas as pd
import pytest

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.batches import Rows
from skscratch.estimators.building import build, encode_rows
from skscratch.estimators.parts import encode_part, learn, open_reader, read_part, summarise
from skscratch.estimators.reading import Given, read_data
from skscratch.estimators.state import TrainingState
from skscratch.exceptions import ColumnWarning
from skscratch.tabular.report import report_columns
from skscratch.tabular.summary import merge_summaries, row_keys


def table(n=600):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.standard_normal(n), "b": rng.choice(["u", "v", "w"], n)})
    X.loc[::7, "a"] = np.nan
    return X, rng.choice(["no", "yes", "maybe"], n, p=[0.6, 0.3, 0.1]), rng.random(n)


def fit_statistics(model, parts, seed=1, **given):
    """Learn from parts (X, y, w); return data, key, and the rows of all parts as core gets them."""
    reader, categorical = open_reader(model, parts[0][0][:0])
    read = [read_part(reader, categorical, Given(*part), seed, i) for i, part in enumerate(parts)]
    data = learn(reader, categorical, merge_summaries([summarise(reader, *part) for part in read]), **given)
    built, _ = build(model, data, TrainingState.start(0))
    rows = [encode_part(built, data, keys, sample) for keys, sample in read]
    return data, data.validation_key, built, rows


def parts_of(X, y, w, sizes=(200, 399, 1)):
    ends = np.cumsum(sizes)
    slices = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    return [(X[s], y[s], None if w is None else w[s]) for s in slices]


@pytest.mark.parametrize("weights", [False, True])
def test_model_and_rows_are_those_of_a_fit_in_memory(weights):
    X, y, w = table()
    w = w if weights else None
    model = ScratchMLPClassifier(class_weight="balanced", early_stopping=False, n_estimators=2)
    data, key, built, rows = fit_statistics(model, parts_of(X, y, w))
    expected_data = read_data(model, Given(X, y, w), None, None, None)
    expected, table_ = build(model, expected_data, TrainingState.start(0))
    all_rows = encode_rows(expected, expected_data.training, table_)
    assert key == 0
    assert data.validation is None
    np.testing.assert_array_equal(built.parameters.values, expected.parameters.values)
    for i in range(2):
        np.testing.assert_array_equal(np.concatenate([part[i] for part in rows]), all_rows[i])
    np.testing.assert_allclose(np.concatenate([part.w for part in rows]), all_rows.w, rtol=1e-6)


def test_validation_rows_are_left_out_of_the_parts():
    X, y, _ = table()
    numbers = np.arange(600.0)
    data, key, _, rows = fit_statistics(ScratchMLPRegressor(validation_fraction=0.2), parts_of(X, numbers, None))
    keys = np.concatenate([row_keys(1, i, size) for i, size in enumerate((200, 399, 1))])
    assert sorted(data.validation.y) == numbers[keys < key].tolist()
    assert len(data.validation.y) == 120
    trained = np.concatenate([data.target.decode(part.y) for part in rows])
    np.testing.assert_allclose(trained, numbers[keys >= key], atol=1e-3)


def test_rows_of_zero_weight_are_dropped():
    X, y, w = table()
    w[:250] = 0  # the first part has no other weights
    model = ScratchMLPClassifier(early_stopping=False)
    data, _, _, rows = fit_statistics(model, parts_of(X, y, w))
    assert data.n == 350
    assert [len(part.y) for part in rows] == [0, 349, 1]
    expected = build(model, read_data(model, Given(X, y, w), None, None, None), TrainingState.start(0))[0].encoder
    np.testing.assert_array_equal(data.summary.columns.low, np.nanmin(X["a"][250:]))
    assert expected.feature_names_out_.tolist() == ["a", "a is missing", "b=u", "b=v", "b=w"]


def test_rows_of_a_class_of_zero_weight_are_dropped():
    X, y, _ = table()
    model = ScratchMLPClassifier(class_weight={"maybe": 0})
    data, key, _, rows = fit_statistics(model, parts_of(X, y, None))
    assert sum(len(part.y) for part in rows) + len(data.validation.y) == (y != "maybe").sum()
    assert set(data.validation.y) == {"no", "yes"}
    assert 0 < key < 1


def test_validation_rows_that_the_user_passes():
    X, y, _ = table()
    data, key, _, rows = fit_statistics(ScratchMLPClassifier(), parts_of(X, y, None), validation=Given(X[:9], y[:9]))
    assert (key, len(data.validation.y), sum(len(part.y) for part in rows)) == (0, 9, 600)
    assert isinstance(rows[0], Rows)


@pytest.mark.parametrize("factor", [1e-300, 1e-46, 1e37, 1e280])
def test_only_ratios_of_weights_matter(factor):
    """Those of all parts: a part does not know the mean of the others."""
    X, y, w = table()
    w = np.where(np.arange(600) < 200, 3.0, 1.0)
    model = ScratchMLPClassifier(early_stopping=False, class_weight={"no": 2.0})
    (data, _, _, rows), (expected_data, _, _, expected) = (
        fit_statistics(model, parts_of(X, y, w * scale)) for scale in (factor, 1.0)
    )
    weights, expected_weights = (np.concatenate([part.w for part in parts]) for parts in (rows, expected))
    np.testing.assert_allclose(weights / data.mean_weight, expected_weights / expected_data.mean_weight, rtol=1e-6)
    assert 0.6 < weights.mean() < 1.6


def test_negligible_weights_are_dropped_from_parts():
    X, y, w = table()
    w = np.where(np.arange(600) < 250, 1e-300, 1.0)
    _, _, _, rows = fit_statistics(ScratchMLPClassifier(early_stopping=False), parts_of(X, y, w))
    assert [len(part.y) for part in rows] == [0, 349, 1]


def test_weights_whose_sum_would_overflow():
    X, y, _ = table()
    with pytest.raises(ValueError, match="sample_weight must be at most 1e\\+290 where X is read in parts"):
        fit_statistics(ScratchMLPClassifier(), parts_of(X, y, np.full(600, 1e300)))


def test_columns_of_parts_are_those_of_memory():
    X, y, _ = table()
    X["id"] = [f"i{i}" for i in range(600)]
    model = ScratchMLPClassifier(early_stopping=False)
    with pytest.warns(ColumnWarning, match="nothing is learned from 'id'"):
        data, _, built, _ = fit_statistics(model, parts_of(X, y, None))
    with pytest.warns(ColumnWarning, match="nothing is learned from 'id'"):
        expected = build(model, read_data(model, Given(X, y), None, None, None), TrainingState.start(0))[0]
    tables = [report_columns(model.encoder, model.categorical) for model in (built, expected)]
    assert tables[0] == tables[1] and len(tables[0]) == 3
