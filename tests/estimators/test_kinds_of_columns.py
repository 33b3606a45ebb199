"""The same values in columns of every kind of pandas, polars and pyarrow give the same model, and the same errors."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers import SMALL, scores
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skscratch import load, save

pl = pytest.importorskip("polars")

N = 60
draw = np.random.default_rng(0)


def with_a_missing_value(values, i):
    """Return the list of values with None at i."""
    return [None if k == i else value for k, value in enumerate(values)]


VALUES = {
    "size": with_a_missing_value(draw.normal(size=N).tolist(), 3),
    "count": with_a_missing_value(draw.integers(0, 9, N).tolist(), 4),
    "new": with_a_missing_value((draw.random(N) < 0.5).tolist(), 5),
    "price": with_a_missing_value([Decimal(int(cents)) / 100 for cents in draw.integers(0, 5000, N)], 6),
    "kind": with_a_missing_value(np.array(["low", "middle", "high"])[draw.integers(0, 3, N)].tolist(), 7),
}
y = np.array([kind == "low" for kind in VALUES["kind"]], int)

ARROW = {
    "size": pa.float64(), "count": pa.int8(), "new": pa.bool_(), "price": pa.decimal128(12, 2), "kind": pa.string(),
}  # fmt: skip
POLARS = {"size": pl.Float64, "count": pl.Int8, "new": pl.Boolean, "price": pl.Decimal(12, 2), "kind": pl.String}
NULLABLE = {"size": "Float64", "count": "Int8", "new": "boolean", "price": object, "kind": "string"}


def pandas_frame(**types):
    return pd.DataFrame({name: pd.Series(v, dtype=types.get(name, NULLABLE[name])) for name, v in VALUES.items()})


def pandas_arrow_frame(**types):
    return pandas_frame(**{name: pd.ArrowDtype(kind) for name, kind in {**ARROW, **types}.items()})


def polars_frame(**types):
    return pl.DataFrame({name: pl.Series(v, dtype=types.get(name, POLARS[name])) for name, v in VALUES.items()})


def arrow_table(**types):
    return pa.table({name: pa.array(v, types.get(name, ARROW[name])) for name, v in VALUES.items()})


DICTIONARY = pa.dictionary(pa.int8(), pa.string())
FRAMES = {
    "pandas objects": pandas_frame(**dict.fromkeys(VALUES, object)),
    "pandas NumPy": pandas_frame(size=float, count=float),
    "pandas nullable": pandas_frame(),
    "pandas string of Arrow": pandas_frame(kind="string[pyarrow]"),
    "pandas str": pandas_frame(kind="str"),
    "pandas Arrow": pandas_arrow_frame(),
    "pandas Arrow, large strings": pandas_arrow_frame(kind=pa.large_string()),
    "pandas Arrow dictionary": pandas_arrow_frame(kind=DICTIONARY),
    "pandas category": pandas_frame(kind=pd.CategoricalDtype(["middle", "low", "high", "unused"])),
    "pandas ordered": pandas_frame(kind=pd.CategoricalDtype(["low", "middle", "high"], ordered=True)),
    "polars": polars_frame(),
    "polars Categorical": polars_frame(kind=pl.Categorical),
    "polars Enum": polars_frame(kind=pl.Enum(["high", "low", "middle", "unused"])),
    "polars wide integers": polars_frame(count=pl.Int128),
    "pyarrow": arrow_table(),
    "pyarrow batch": arrow_table().to_batches()[0],
    "pyarrow chunks": pa.concat_tables([arrow_table().slice(0, 20), arrow_table().slice(20)]),
    "pyarrow dictionary": arrow_table(kind=DICTIONARY),
    "pyarrow large strings": arrow_table(kind=pa.large_string()),
    "pyarrow views of strings": arrow_table(kind=pa.string_view()),
    "pyarrow large decimals": arrow_table(price=pa.decimal256(40, 2)),
}
# "new" holds objects here, which are categories in a frame; all other columns are what they are elsewhere.
OBJECTS = np.array([*VALUES.values()], dtype=object).T


def fit(Estimator, X, **options):
    return Estimator(**SMALL | {"max_iter": 3}, **options, early_stopping=False).fit(X, y)


@pytest.fixture(scope="module")
def of_array(Estimator):
    """A model of the same values as an array of objects, whose column of truth values is numeric."""
    numbers = OBJECTS.copy()
    numbers[:, 2] = [np.nan if value is None else float(value) for value in VALUES["new"]]
    model = fit(Estimator, numbers, categorical_features=[4])
    return model, scores(model, numbers)


@pytest.mark.parametrize("kind", [kind for kind in FRAMES if kind != "pandas objects"])
def test_every_kind_gives_the_same_model(Estimator, of_array, kind):
    X, (_, expected) = FRAMES[kind], of_array
    options = {"categorical_features": ["kind"]} if kind == "pandas NumPy" else {}
    assert_array_equal(scores(fit(Estimator, X, **options), X), expected)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_model_reads_every_kind(Estimator, of_array, kind, tmp_path):
    """A model of one library predicts rows of another, also after it was saved."""
    save(fit(Estimator, FRAMES["polars"]), tmp_path / "model")
    assert_array_equal(scores(load(tmp_path / "model"), FRAMES[kind]), of_array[1])


DAY = datetime.datetime(2026, 3, 1)
TIMES = {
    "dates": [DAY.date() + datetime.timedelta(k) for k in range(N)],
    "instants": [DAY + datetime.timedelta(hours=k) for k in range(N)],
    "instants in a zone": [(DAY + datetime.timedelta(k)).replace(tzinfo=datetime.UTC) for k in range(N)],
    "durations": [datetime.timedelta(k) for k in range(N)],
    "times": [datetime.time(k % 24) for k in range(N)],
}
LIBRARIES = {
    "pandas": lambda values: pd.DataFrame({"when": values}),
    "objects": lambda values: pd.DataFrame({"when": pd.Series(values, dtype=object)}),
    "pandas Arrow": lambda values: pd.DataFrame(
        {"when": pd.Series(values, dtype=pd.ArrowDtype(pa.array(values).type))}
    ),
    "polars": lambda values: pl.DataFrame({"when": values}),
    "pyarrow": lambda values: pa.table({"when": values}),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", TIMES)
def test_dates_are_refused_with_advice(Estimator, library, kind):
    with pytest.raises(ValueError, match=r"Column 'when' .* holds dates or times: .* the days since a date, the month"):
        fit(Estimator, LIBRARIES[library](TIMES[kind]))


REPEATED = {
    "pandas": lambda: pd.DataFrame(np.ones((N, 3)), columns=["a", "b", "a"]),
    "pyarrow": lambda: pa.table([np.ones(N)] * 3, names=["a", "b", "a"]),
    "parts": lambda: [pd.DataFrame(np.ones((N, 3)), columns=["a", "b", "a"])] * 2,
}


@pytest.mark.parametrize("target", ["b", "a"])
@pytest.mark.parametrize("library", REPEATED)
def test_repeated_names_are_refused(Estimator, library, target):
    with pytest.raises(ValueError, match="columns of X must have different names, but several have the name 'a'"):
        Estimator(**SMALL).fit(REPEATED[library](), target)


def test_repeated_names_are_refused_after_fit(Estimator):
    X = pd.DataFrame(draw.normal(size=(N, 3)), columns=["a", "b", "c"])
    with pytest.raises(ValueError, match="several have the name 'a', 'b': rename or drop some"):
        fit(Estimator, X).predict(pd.concat([X, X[["b", "a"]]], axis=1))


WIDE = pd.DataFrame(draw.normal(size=(N, 1000)), columns=[f"column {j}" for j in range(1000)])


@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_a_thousand_columns(Estimator, convert):
    """Numbers, and categories, the same as in an array."""
    expected = fit(Estimator, WIDE.to_numpy())
    assert_array_equal(scores(fit(Estimator, convert(WIDE)), convert(WIDE)), scores(expected, WIDE.to_numpy()))
    texts = (WIDE > 0).replace({True: "above", False: "below"})
    array = fit(Estimator, texts.to_numpy(object), categorical_features=[*range(1000)])
    assert_array_equal(scores(fit(Estimator, convert(texts)), convert(texts)), scores(array, texts.to_numpy(object)))


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("kind", ["pandas nullable", "pandas category", "polars", "polars Categorical"])
def test_output_of_transformers_as_frames(Estimator, kind, container):
    """`set_output` keeps the categories of a table behind a transformer of its numbers."""
    scale = make_column_transformer(
        (StandardScaler(), ["size", "count"]), remainder="passthrough", verbose_feature_names_out=False
    )
    X = FRAMES[kind][["size", "count", "kind"]]
    pipeline = (
        make_pipeline(scale, Estimator(**SMALL | {"max_iter": 40}, early_stopping=False))
        .set_output(transform=container)
        .fit(X, y)
    )
    assert pipeline[-1].feature_names_in_.tolist() == ["size", "count", "kind"]
    by_hand = pipeline[0].transform(X)
    assert_array_equal(scores(pipeline, X), scores(pipeline[-1], by_hand))
    assert pipeline.score(X, y) > 0.9
