"""The summary of parts against the same facts of all rows at once."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skscratch.tabular import summary as module
from skscratch.tabular.columns import RawTable
from skscratch.tabular.encoding import TableEncoder
from skscratch.tabular.summary import Summary, merge_summaries, row_keys
from skscratch.tabular.target_facts import ClassMass, Moments

NAMES = ["a", "b"], ["c"]


def table(n, seed=0):
    """Numbers, of which some are missing, and a category."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    x[rng.random((n, 2)) < 0.1] = np.nan
    c = rng.choice(np.array(["u", "v", None], object), n)
    return RawTable(x, [c], *NAMES), rng.standard_normal(n)


def summarise(raw, y, sizes, w=None):
    """Summarise the rows in parts of these sizes."""
    parts, start = [], 0
    for i, size in enumerate(sizes):
        rows = slice(start, start := start + size)
        weights = None if w is None else w[rows]
        facts = Moments.of(y[rows], weights)
        parts.append(Summary.of(row_keys(7, i, size), raw.take(rows), y[rows], weights, facts))
    return parts


def rows_of(summary):
    """All rows of a sample, in sorted order."""
    raw = summary.sample.raw
    return sorted(zip(raw.numeric.tolist(), raw.categories[0], summary.sample.y.tolist(), strict=True), key=repr)


def test_the_sample_is_all_rows_if_they_are_few():
    raw, y = table(1000)
    summary = merge_summaries(summarise(raw, y, [300, 500, 200]))
    expected = sorted(zip(raw.numeric.tolist(), raw.categories[0], y.tolist(), strict=True), key=repr)
    assert summary.n == 1000
    assert repr(rows_of(summary)) == repr(expected)  # by text, since NaN differs from itself


def test_merging_in_any_order_gives_the_same(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE_ROWS", 100)
    monkeypatch.setattr(module, "FEWEST_ROWS", 100)
    raw, y = table(1000)
    a, b, c, d = summarise(raw, y, [300, 500, 150, 50])
    results = [
        merge_summaries([a, b, c, d]),
        merge_summaries([d, c, b, a]),
        merge_summaries([merge_summaries([a, c]), merge_summaries([b, d])]),
    ]
    for result in results:
        np.testing.assert_array_equal(result.sample.keys, results[0].sample.keys)
        np.testing.assert_array_equal(result.sample.raw.numeric, results[0].sample.raw.numeric)
        np.testing.assert_allclose(result.target.mean, y.mean())
        np.testing.assert_allclose(result.target.std, y.std())
    keys = np.concatenate([row_keys(7, i, size) for i, size in enumerate([300, 500, 150, 50])])
    np.testing.assert_array_equal(results[0].sample.keys, np.sort(keys)[:100])


def test_quantiles_of_a_sample_lie_within_the_stated_bound(monkeypatch):
    """With a probability of 1 - 1e-6 for each column; 50 columns of very different distributions."""
    monkeypatch.setattr(module, "SAMPLE_ROWS", 2000)
    monkeypatch.setattr(module, "FEWEST_ROWS", 2000)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20_000, 50)) ** np.arange(1, 51)
    facts = Moments.of(np.zeros(10_000))
    parts = [
        Summary.of(row_keys(0, i, 10_000), RawTable(half, [], [str(j) for j in range(50)], []), half[:, 0], None, facts)
        for i, half in enumerate([x[:10_000], x[10_000:]])
    ]
    sample = merge_summaries(parts).sample.raw.numeric
    bound = np.sqrt(np.log(2 / 1e-6) / (2 * 2000))
    for j in range(50):
        values = np.sort(sample[:, j])
        deviation = np.abs(np.searchsorted(np.sort(x[:, j]), values) / 20_000 - np.arange(2000) / 2000).max()
        assert deviation < bound


def test_encoder_of_a_sample_of_all_rows_is_that_of_the_rows():
    raw, y = table(1000)
    w = np.random.default_rng(1).integers(1, 4, 1000).astype(float)
    summary = merge_summaries(summarise(raw, y, [400, 600], w))
    encoder = TableEncoder().fit(summary.sample.raw, summary.sample.w, summary.columns)
    expected = TableEncoder().fit(raw, w)
    assert encoder.feature_names_out_.tolist() == expected.feature_names_out_.tolist()
    np.testing.assert_array_equal(encoder.transform(raw).x, expected.transform(raw).x)


def test_facts_hold_of_rows_that_are_not_in_the_sample(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE_ROWS", 10)
    monkeypatch.setattr(module, "FEWEST_ROWS", 10)
    keys = np.arange(1, 1001) / 1001  # the sample is the first ten rows
    x = np.zeros((1000, 2))
    x[500, 0], x[600, 1] = 7.0, np.nan
    c = np.array(["u"] * 500 + ["v"] * 300 + ["w"] * 200, object)
    summary = Summary.of(keys, RawTable(x, [c], *NAMES), np.zeros(1000), None, Moments.of(np.zeros(1000)))
    assert len(summary.sample.keys) == 10
    encoder = TableEncoder().fit(summary.sample.raw, None, summary.columns)
    assert encoder.feature_names_out_.tolist() == ["a", "b", "b is missing", "c=u", "c=v", "c=w"]
    encoded = encoder.transform(RawTable(np.array([[7.0, 0.0]]), [np.array(["w"], object)], *NAMES)).x[0]
    assert encoded[0] > 2.9  # far from the other values, and clipped


def test_counts_are_exact_until_there_are_too_many_values(monkeypatch):
    monkeypatch.setattr("skscratch.tabular.column_facts.MAX_COUNTS", 50)
    rng = np.random.default_rng(0)
    rare = rng.permutation(np.array([f"r{i}" for i in range(2000)], object))
    common = np.repeat(np.array([f"c{i}" for i in range(20)], object), 200)
    values = rng.permutation(np.concatenate([rare, common]))
    parts = summarise(RawTable(np.zeros((6000, 0)), [values], [], ["c"]), np.zeros(6000), [1000] * 6)
    counts = merge_summaries(parts).columns.counts[0]
    assert len(counts) <= 50
    for i in range(20):
        assert 200 - 6000 / 50 <= counts[f"c{i}"] <= 200


def test_the_next_count_is_subtracted_from_those_that_stay(monkeypatch):
    """As by Misra and Gries: 5, 3 and 2 rows where two values are counted."""
    monkeypatch.setattr("skscratch.tabular.column_facts.MAX_COUNTS", 2)
    values = np.array(["x"] * 5 + ["y"] * 3 + ["z"] * 2, object)
    parts = summarise(RawTable(np.zeros((10, 0)), [values], [], ["c"]), np.zeros(10), [8, 2])
    assert merge_summaries(parts).columns.counts[0] == {"x": 3, "y": 1}


def test_sparse_rows():
    rng = np.random.default_rng(0)
    x = csr_array(np.where(rng.random((100, 5)) < 0.2, rng.random((100, 5)), 0))
    names = [f"x{j}" for j in range(5)]
    facts = Moments.of(np.zeros(50))
    parts = [
        Summary.of(row_keys(0, i, 50), RawTable(half, [], names, []), np.zeros(50), None, facts)
        for i, half in enumerate([x[:50], x[50:]])
    ]
    summary = merge_summaries(parts)
    encoder = TableEncoder().fit(summary.sample.raw, None, summary.columns)
    np.testing.assert_allclose(encoder.scale_, TableEncoder().fit(RawTable(x, [], names, [])).scale_)


def test_weights_of_parts_without_weights_are_one():
    raw, y = table(20)
    first, second = summarise(raw, y, [10, 10])
    weighted = Summary.of(second.sample.keys, second.sample.raw, second.sample.y, np.full(10, 2.0), second.target)
    w = merge_summaries([first, weighted]).sample.w
    assert sorted(w) == [1.0] * 10 + [2.0] * 10


@pytest.mark.parametrize(("fraction", "expected"), [(0.1, 100), (0.25, 250)])
def test_validation_rows_are_the_fraction_of_few_rows(fraction, expected):
    summary = merge_summaries(summarise(*table(1000), [500, 500]))
    assert (summary.sample.keys < summary.validation_key(fraction)).sum() == expected


def test_validation_rows_are_at_most_half_the_sample(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE_ROWS", 60)
    monkeypatch.setattr(module, "FEWEST_ROWS", 60)
    summary = merge_summaries(summarise(*table(1000), [500, 500]))
    assert (summary.sample.keys < summary.validation_key(0.1)).sum() == 30


def test_a_fraction_that_leaves_no_rows():
    summary = merge_summaries(summarise(*table(3), [1, 2]))
    with pytest.raises(ValueError, match="validation_fraction must leave rows for training"):
        summary.validation_key(0.9)


def test_a_row_of_many_columns_takes_less_of_the_sample():
    raw = RawTable(np.zeros((5, 1000)), [], [f"x{j}" for j in range(1000)], [])
    summary = Summary.of(row_keys(0, 0, 5), raw, np.zeros(5), None, Moments.of(np.zeros(5)))
    assert summary.sample.most_rows == module.FEWEST_ROWS
    narrow = summary.sample._replace(raw=RawTable(np.zeros((5, 1)), [], ["x0"], []))
    assert narrow.most_rows == module.SAMPLE_ROWS


def test_classes_of_parts():
    y = np.array(["b", "a", "c", "a", "c", "c"])
    w = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    merged = ClassMass.of(y[:2], w[:2]).merge(ClassMass.of(y[2:], w[2:]))
    assert merged.classes.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(merged.mass, [6, 1, 14])
    np.testing.assert_allclose(merged.mass_of(np.array(["a", "b", "bb", "c"])), [6, 1, 0, 14])
