"""skrub's preparation of tables in front of both estimators."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic

pl = pytest.importorskip("polars")

skrub = pytest.importorskip("skrub")

SMALL = {"width": 8, "depth": 1, "n_estimators": 2, "max_iter": 16, "random_state": 0}
each_estimator = pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
each_library = pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas])


def table():
    """Return the Titanic with a column of dates, one of texts with many values, and y."""
    X, y = load_titanic(return_X_y=True)
    days = pd.Timestamp("1911-06-01") + pd.to_timedelta(np.random.default_rng(0).integers(0, 400, len(X)), unit="D")
    texts = [f"cabin {i % 211} on deck {'ABCD'[i % 4]}" for i in range(len(X))]
    return X.assign(booked=days, place=texts), y


@each_library
@each_estimator
def test_tabular_pipeline(Estimator, convert):
    """All columns become numbers; the dates alone would be refused."""
    X, y = table()
    model = skrub.tabular_pipeline(Estimator(**SMALL)).fit(convert(X), y)
    assert model.score(convert(X), y) > (0.75 if Estimator is ScratchMLPClassifier else 0.2)
    assert model[-1].n_features_in_ > X.shape[1]
    with pytest.raises(ValueError, match="Column 'booked' .* holds dates or times"):
        Estimator(**SMALL).fit(convert(X), y)


@each_library
@each_estimator
@pytest.mark.parametrize("low_cardinality", ["passthrough", skrub.ToCategorical()], ids=str)
def test_table_vectorizer_that_leaves_categories(Estimator, convert, low_cardinality):
    """The estimator encodes the categories itself."""
    X, y = table()
    model = make_pipeline(skrub.TableVectorizer(low_cardinality=low_cardinality), Estimator(**SMALL)).fit(convert(X), y)
    assert {"sex", "embarked"} <= {column.name for column in model[-1].columns_ if column.kind == "category"}
    assert model.score(convert(X), y) > (0.75 if Estimator is ScratchMLPClassifier else 0.2)
