"""What is wrong with a source is one sentence, and the estimator stays as it was."""

import numpy as np
import pandas as pd
import pytest

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

# the column "nothing" is constant, and "weight" where it is no weight
pytestmark = pytest.mark.filterwarnings("ignore::skscratch.exceptions.ColumnWarning")
SMALL = dict(width=4, depth=1, n_estimators=1, max_iter=2, random_state=0)
rng = np.random.default_rng(0)
DATA = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "target"]).assign(weight=1.0, nothing=0.0)
PARTS = [DATA[:100], DATA[100:]]


def fit(X=PARTS, y="target", sample_weight=None, validation=None, **options):
    model = ScratchMLPRegressor(**{**SMALL, **options})
    before = dict(vars(model))
    try:
        return model.fit(X, y, sample_weight, **(validation or {}))
    except Exception:
        assert vars(model) == before
        raise


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (DATA["target"], "y must be the name of a column of X where X is read in parts, but a Series was given"),
        (None, "y must be the name of a column of X .* but a NoneType was given"),
        ("targt", "y is 'targt', which must be, but is not, a column of X; did you mean 'target'?"),
        (["target", "q"], "y is 'q', which must be, but is not, a column of X; its columns are"),
    ],
)
def test_y(y, message):
    with pytest.raises(ValueError, match=message):
        fit(y=y)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(200), "sample_weight must be the name of a column of X where X is read in parts, but a ndarray"),
        ("wight", "sample_weight is 'wight', which must be, .* did you mean 'weight'?"),
        ("nothing", "X must have at least one row with a weight above zero, but it has none"),
        ("a", "sample_weight must be finite and not negative"),
    ],
)
def test_sample_weight(weight, message):
    with pytest.raises(ValueError, match=message):
        fit(sample_weight=weight)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (DATA, "targt", r"^y is 'targt', .* did you mean 'target'\?$"),
        (DATA, "Target", r"^y is 'Target', .* did you mean 'target'\?$"),
        (DATA.rename(columns={"target": "age"}), "target", r"^y is 'target', .* its columns are \['a', 'b', 'age', "),
        (DATA, ["target", "q"], r"^y is 'q', which must be, but is not, a column of X; its columns are \['a', "),
        (DATA, ["p", "q"], "could not convert string to float: 'p'"),
        (DATA.to_numpy(), "target", "y and sample_weight must be arrays where X is no frame, but 'target' was given"),
        (DATA.to_numpy().tolist(), "target", "with a list: names are those of columns of X"),
    ],
)
def test_names_of_columns_in_memory(X, y, message):
    with pytest.raises(ValueError, match=message):
        fit(X, y)


def test_names_of_weights_and_of_validation_rows_in_memory():
    with pytest.raises(ValueError, match=r"^sample_weight is 'wight', .* did you mean 'weight'\?$"):
        fit(DATA, sample_weight="wight")
    with pytest.raises(ValueError, match=r"^y_val is 'targt', .* did you mean 'target'\?$"):
        fit(DATA, validation={"X_val": DATA, "y_val": "targt"})


def test_lbfgs():
    with pytest.raises(ValueError, match="solver must be a stochastic one .* got 'lbfgs', which needs all rows"):
        fit(solver="lbfgs")


def test_a_callable_as_scoring():
    with pytest.raises(ValueError, match="scoring must be None, 'loss' or the name of a scorer where X is read"):
        fit(scoring=lambda model, X, y: 0.0)


def test_a_source_of_validation_rows():
    with pytest.raises(ValueError, match="X_val must be in memory, but a list was given, which is read in parts"):
        fit(validation={"X_val": PARTS, "y_val": "target"})


def test_a_function_that_returns_the_same_iterator():
    frames = iter([DATA[:0], *PARTS])
    with pytest.raises(ValueError, match="X must give the same rows in every pass, but it had . parts and has 0 now"):
        fit(lambda: frames)


def test_parts_that_change():
    lengths = iter([100, 100, 90])
    with pytest.raises(ValueError, match="but part 0 had 100 rows and has 90 now: do not change the files"):
        fit(lambda: iter([DATA[: next(lengths)]]))


def test_parts_that_are_added():
    passes = iter([PARTS[:1], PARTS[:1], PARTS])
    with pytest.raises(ValueError, match="but part 1 had 0 rows and has 100 now"):
        fit(lambda: iter(next(passes)))


def test_no_rows():
    with pytest.raises(ValueError, match="X must have at least one row with a weight above zero, but it has none"):
        fit([DATA[:0], DATA[:0]])
    with pytest.raises(ValueError, match="X must have at least one row, but it has none"):
        fit().predict([DATA[:0]])


def test_a_class_in_a_later_pass_and_one_class():
    data = DATA.assign(target="a")
    with pytest.raises(ValueError, match="two classes or more"):
        ScratchMLPClassifier(**SMALL).fit([data, data], "target")


def test_classes_of_two_kinds():
    with pytest.raises(ValueError, match="y must be of one kind in all parts"):
        ScratchMLPClassifier(**SMALL).fit([DATA.assign(target="a"), DATA.assign(target=1)], "target")


def test_values_that_cannot_be_read():
    with pytest.raises(ValueError, match="column 'a' contains infinity"):
        fit([DATA, DATA.assign(a=np.inf)])
    with pytest.raises(ValueError, match="y must be finite, but contains NaN"):
        fit([DATA, DATA.assign(target=np.nan)])


def test_prediction_without_a_column():
    with pytest.raises(ValueError, match="A column of fit is 'b', which must be, but is not, a column of X"):
        fit().predict([DATA[["a"]]])


def test_warm_start_without_a_column():
    model = fit(warm_start=True)
    with pytest.raises(ValueError, match="A column of the first fit is 'b', which must be"):
        model.fit([DATA[["a", "target"]]], "target")


def test_a_missing_file():
    with pytest.raises(FileNotFoundError, match="there is no file 'nowhere.parquet'"):
        fit("nowhere.parquet")


def test_an_iterator():
    with pytest.raises(TypeError, match="a list_iterator can be read only once"):
        fit(iter(PARTS))


def test_dates_among_several_targets_in_memory():
    """NumPy cannot stack numbers and dates."""
    frame = pd.DataFrame(
        {"a": [1.0, 2.0, 3.0], "price": [3.0, 2.0, 1.0], "sold": pd.date_range("2024-01-01", periods=3)}
    )
    with pytest.raises(ValueError, match="y must be numeric, but it holds dates"):
        ScratchMLPRegressor().fit(frame, y=["price", "sold"])
