"""X that is no table, but a row as a dict or a series, or an array of one dimension: a sentence with a hint."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skscratch import ScratchMLPClassifier

pl = pytest.importorskip("polars")

SMALL = dict(width=4, depth=1, n_estimators=2, max_iter=2, random_state=0)
NUMBERS = np.random.default_rng(0).normal(size=(60, 2))
FRAME = pd.DataFrame(NUMBERS, columns=["age", "fare"]).assign(sex=np.resize(["male", "female"], 60))
y = (NUMBERS[:, 0] > 0).astype(int)
ROW = FRAME.iloc[0]
SERIES = "of type Series: pass pandas.DataFrame([X]) for one row, or X.to_frame() for one column."
NO_TABLES = {
    "dict": (
        ROW.to_dict(),
        "of type dict: pass pandas.DataFrame([X]) for one row, or pandas.DataFrame(X) for columns.",
    ),
    "list": ([ROW.to_dict()] * 2, "a list of dicts: pass pandas.DataFrame(X)."),
    "tuple": ((ROW.to_dict(),), "a tuple of dicts: pass pandas.DataFrame(X)."),
    "pandas": (ROW, SERIES),
    "polars": (pl.Series([1.0, 2.0]), SERIES),
}
pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # of names of columns


@pytest.mark.parametrize("kind", NO_TABLES)
@pytest.mark.parametrize("columns", [["age", "fare", "sex"], ["age", "fare"]], ids=["categories", "numbers"])
def test_rows_without_a_table(Estimator, columns, kind):
    X, text = NO_TABLES[kind]
    model = Estimator(**SMALL).fit(FRAME[columns], y)
    message = re.escape(f"X must be a table of rows and columns, but it is {text}")
    for call in (lambda: model.predict(X), lambda: model.score(X, [0]), lambda: Estimator().fit(X, [0])):
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()


def test_the_frames_that_are_named_instead():
    model = ScratchMLPClassifier(**SMALL).fit(FRAME, y)
    for rows in ([ROW], [ROW.to_dict()]):
        assert_array_equal(model.predict_proba(pd.DataFrame(rows)), model.predict_proba(FRAME[:1]))


@pytest.mark.parametrize("X", [[1.0] * 3, np.ones(3)], ids=["list", "array"])
def test_one_dimension_after_a_fit_with_categories(Estimator, X):
    with pytest.raises(ValueError, match="Reshape your data"):
        Estimator(**SMALL).fit(FRAME, y).predict(X)
