"""Collections of every kind as parts, y and weights aligned with X, and what is refused."""

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from skscratch.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor
from skscratch.dask.cluster import default_cluster
from skscratch.dask.collections import parts_of

OPTIONS = dict(width=4, depth=1, n_estimators=1, max_iter=2, n_tasks=2, random_state=0)


def values(client, *collections):
    """X, y and weights of each part."""
    parts = parts_of(default_cluster(10.0), *collections)
    return dask.compute(*[tuple(given) for given in parts.given], scheduler="synchronous")


def unknown(array):
    """The same array with unknown chunk sizes."""
    return array[array[:, 0] < np.inf] if array.ndim == 2 else array[array < np.inf]


def arrays():
    x = np.arange(20.0).reshape(10, 2)
    return x, x[:, 0] / 2


KINDS = ["known", "unknown y", "unknown X", "both unknown", "frame X", "series y", "both frames"]


@pytest.mark.parametrize("X_chunks", [(4, 6), (10,), (3, 0, 7)])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_unequal_chunks_are_aligned(client, kind, X_chunks):
    x, y = arrays()
    X, Y = da.from_array(x, chunks=(X_chunks, (1, 1))), da.from_array(y, chunks=((2, 5, 1, 2),))
    if kind in ("unknown X", "both unknown"):
        X = unknown(X)
    if kind in ("unknown y", "both unknown"):
        Y = unknown(Y)
    if kind in ("frame X", "both frames"):
        X = dd.from_pandas(pd.DataFrame(x), npartitions=3)
    if kind in ("series y", "both frames"):
        Y = dd.from_pandas(pd.Series(y), npartitions=4)
    parts = values(client, X, Y, da.from_array(y, chunks=1))
    np.testing.assert_array_equal(np.concatenate([np.asarray(part[0]) for part in parts]), x)
    for part_x, part_y, part_w in parts:
        np.testing.assert_array_equal(np.asarray(part_x)[:, 0] / 2, np.asarray(part_y))
        np.testing.assert_array_equal(part_y, part_w)


def test_partitions_that_correspond_are_not_read(client):
    def fails(block):
        raise AssertionError("read")

    arrays = da.ones((8, 2), chunks=4), da.ones(8, chunks=4)
    X, Y = (a.map_blocks(fails, dtype=float, meta=np.zeros((0,) * a.ndim)) for a in arrays)
    assert len(parts_of(default_cluster(10.0), X, Y).given) == 2


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (np.ones((9, 2)), da.ones(9), TypeError, "X must be a Dask DataFrame or Array, got ndarray"),
        (da.ones((9, 2)), np.ones(9), TypeError, "y must be a Dask DataFrame, Series or Array, got ndarray"),
        (da.ones((9, 2)), None, TypeError, "y must be a Dask DataFrame, Series or Array, got NoneType"),
        (da.ones(9), da.ones(9), ValueError, "X must have two dimensions"),
        (da.ones((9, 2)), da.ones(8), ValueError, "must have the same number of rows, got 9 and 8"),
        (da.ones((9, 2), chunks=3), da.ones(8, chunks=3), ValueError, "must have the same number of rows, got 9 and 8"),
    ],
)
def test_what_is_refused(client, X, y, error, message):
    with pytest.raises(error, match=message):
        DaskScratchMLPRegressor(**OPTIONS).fit(X, y)


def test_partitions_of_unequal_unknown_lengths_are_refused_when_they_are_read(client):
    X = dd.from_map(lambda n: pd.DataFrame({"a": np.arange(float(n))}), [5, 6], meta=pd.DataFrame({"a": [0.0]}))
    y = dd.from_map(lambda n: pd.Series(np.arange(float(n))), [5, 7], meta=pd.Series([0.0]))
    with pytest.raises(ValueError, match=r"same rows in each partition, got \{'X': 6, 'y': 7\}.*\(in partition 1\)"):
        DaskScratchMLPRegressor(**OPTIONS).fit(X, y)


def frames(*parts, meta):
    """A collection of frames that are made when they are computed."""
    return dd.from_map(lambda i: parts[i], range(len(parts)), meta=meta, enforce_metadata=False)


def test_a_meta_that_lies(client):
    rng = np.random.default_rng(0)
    numbers = [pd.DataFrame({"a": rng.normal(size=40), "b": rng.normal(size=40)}) for _ in range(2)]
    y = frames(*[part["a"].rename("y") for part in numbers], meta=pd.Series([0.0], name="y"))
    fit = DaskScratchMLPRegressor(**OPTIONS).fit
    # int64 in place of float64 is the same number
    whole = frames(numbers[0], numbers[1].assign(b=np.arange(40)), meta=numbers[0][:0])
    assert fit(whole, y).n_features_in_ == 2
    text = frames(numbers[0], numbers[1].assign(b="x"), meta=numbers[0][:0])
    with pytest.raises(ValueError, match=r"Column 'b' of X must be numeric.*\(in partition 1\)"):
        fit(text, y)
    category = frames(*numbers, meta=numbers[0][:0].assign(b=pd.Categorical([])))
    with pytest.raises(ValueError, match=r"X must hold categories, as the meta.* float64.*\(in partition [01]\)"):
        fit(category, y)
    names = frames(numbers[0], numbers[1].rename(columns={"b": "c"}), meta=numbers[0][:0])
    with pytest.raises(ValueError, match=r"feature names should match.*[\s\S]*\(in partition 1\)"):
        fit(names, y)
    # a column without values may have any type
    missing = frames(numbers[0].assign(b="u"), numbers[1].assign(b=np.nan), meta=numbers[0][:0].assign(b="u"))
    assert fit(missing, y)._model.categorical == (1,)


def test_empty_partitions_partitions_of_one_class_and_unknown_categories(client):
    rng = np.random.default_rng(0)
    parts = [pd.DataFrame({"a": rng.normal(size=n), "c": rng.choice(["u", "v"], n)}) for n in (0, 60, 0, 40, 2)]
    labels = [pd.Series(np.full(len(part), i % 2, int)) for i, part in enumerate(parts)]
    X, y = frames(*parts, meta=parts[0]), frames(*labels, meta=labels[0])
    with pytest.warns(UserWarning, match="sorted"):
        model = DaskScratchMLPClassifier(**OPTIONS).fit(X, y)
    assert model.classes_.tolist() == [0, 1]
    new = frames(parts[1], parts[0], parts[3].assign(c="new"), meta=parts[0])
    p = model.predict_proba(new).compute()
    assert p.shape == (100, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    together = pd.concat([parts[1], parts[3].assign(c="new")])
    np.testing.assert_allclose(p, model.to_local().predict_proba(together), rtol=1e-5)


def test_no_rows_at_all(client):
    empty = pd.DataFrame({"a": np.zeros(0)})
    with pytest.raises(ValueError, match="all partitions are empty"):
        DaskScratchMLPRegressor(**OPTIONS).fit(frames(empty, meta=empty), frames(empty["a"], meta=empty["a"]))


def test_partitions_in_which_all_rows_are_validation_rows(client):
    """The targets of no rows were refused."""
    X = da.random.default_rng(0).normal(size=(40, 2), chunks=(1, 2))
    with pytest.warns(UserWarning, match="partitions of y should be alike"):  # they have a row each
        model = DaskScratchMLPRegressor(**OPTIONS, early_stopping=True).fit(X, X[:, 0])
    assert np.isfinite(model.loss_curve_).all() and len(model.validation_scores_) == 2


def test_labels_of_a_single_class(client):
    with pytest.raises(ValueError, match="y must hold two classes or more"):
        DaskScratchMLPClassifier(**OPTIONS).fit(da.ones((20, 2), chunks=10), da.ones(20, chunks=10, dtype=int))


def test_weights_must_be_valid(client):
    X, y = da.random.default_rng(0).normal(size=(40, 2), chunks=20), da.ones(40, chunks=20)
    with pytest.raises(ValueError, match=r"sample_weight must be finite and not negative.*\(in partition [01]\)"):
        DaskScratchMLPRegressor(**OPTIONS).fit(X, y, -y)
    with pytest.raises(ValueError, match="row with a weight above zero"):
        DaskScratchMLPRegressor(**OPTIONS).fit(X, y, 0 * y)
