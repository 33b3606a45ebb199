"""Eight small configurations, the fits of which are stored in this folder; `write.py` writes the files anew.

All tables are made by integer arithmetic, so that they are the same on every machine. Fits are short and, apart from
two, in double precision: differences between BLAS libraries then stay far below the tolerance.
"""

import json
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

FOLDER = Path(__file__).parent
DIGITS = 10
N = 60


class Rows(NamedTuple):
    """The rows of a configuration, and further arguments of `fit`."""

    X: Any
    y: Any
    fit_arguments: dict[str, Any] = {}


class Configuration(NamedTuple):
    """An estimator, the function that makes its rows, and the relative tolerance of what it computes."""

    estimator: Any
    rows: Callable[[], Rows]
    rtol: float = 1e-6


def numbers(n_columns: int, n_rows: int = N) -> np.ndarray:
    """Make columns of numbers in (-1, 1), equally spaced in another order in each column."""
    steps = np.array([7, 11, 17, 23, 29, 41, 47, 53])[:n_columns]
    return (np.arange(1, n_rows + 1)[:, None] * steps % 61 - 30) / 32


def levels(y: np.ndarray, names: list) -> np.ndarray:
    """Make classes of equal size from numbers, in the order of the numbers."""
    return np.array(names)[y.argsort(kind="stable").argsort(kind="stable") * len(names) // len(y)]


def surface(X: np.ndarray) -> np.ndarray:
    """Compute a smooth function of the first three columns."""
    return X[:, 0] * X[:, 1] + X[:, 2] ** 2 - 0.5 * X[:, 0]


def frame() -> pd.DataFrame:
    """Make a table of numbers and categories, both with missing values, and of truth values."""
    X = numbers(3)
    position = np.arange(N)
    X[position % 9 == 4, 0] = np.nan
    port = pd.Series(np.array(["Cherbourg", "Queenstown", "Southampton", None], object)[position % 4])
    return pd.DataFrame(
        {
            "age": X[:, 0],
            "fare": X[:, 1],
            "port": port.astype("category"),
            "class": np.array(["first", "second", "third"])[position % 3],
            "alone": position % 2 == 0,
            "size": X[:, 2].astype(np.float32),
        }
    )


def three_classes() -> Rows:
    X = numbers(4)
    return Rows(X, levels(surface(X), ["high", "low", "middle"]))


def two_classes() -> Rows:
    X = numbers(5)
    return Rows(X, levels(surface(X), [0, 1]), {"sample_weight": 0.5 + np.arange(N) % 4})


def three_labels() -> Rows:
    X = numbers(4)
    return Rows(X, (np.column_stack([surface(X), X[:, 3], X[:, 0] - X[:, 3]]) > 0).astype(int))


def frame_of_two_classes() -> Rows:
    X = frame()
    y = 0.6 * surface(numbers(3)) + (X["class"] == "first") - 0.5 * (X["port"] == "Cherbourg")
    return Rows(X, levels(y.to_numpy(), ["died", "survived"]))


def frame_of_numbers() -> Rows:
    X = frame()
    y = 50 + 10 * surface(numbers(3)) + 5 * (X["class"] == "first")
    return Rows(X, y, {"sample_weight": 1.0 + np.arange(N) % 3})


def sparse_counts() -> Rows:
    X = numbers(8)
    X[(np.arange(N)[:, None] + 3 * np.arange(8)) % 4 > 0] = 0
    return Rows(csr_array(X), np.floor(4 * (1 + X[:, 0] + X[:, 1] ** 2)))


def two_outputs() -> Rows:
    X = numbers(4)
    Y = np.column_stack([surface(X), 100 - 20 * X[:, 3] + 10 * X[:, 0] ** 2])
    return Rows(X[:45], Y[:45], {"X_val": X[45:], "y_val": Y[45:]})


def numbers_with_outliers() -> Rows:
    X = numbers(3)
    return Rows(X, surface(X) + 20 * (np.arange(N) % 20 == 7))


SMALL: dict[str, Any] = {"width": 6, "depth": 2, "n_estimators": 2, "max_iter": 6, "batch_size": 20, "random_state": 0}
DOUBLE = SMALL | {"dtype": "float64"}
CONFIGURATIONS = {
    "classifier_multiclass_adam": Configuration(
        ScratchMLPClassifier(**DOUBLE, early_stopping=True, validation_fraction=0.2), three_classes
    ),
    "classifier_binary_sgd": Configuration(
        ScratchMLPClassifier(
            **DOUBLE, solver="sgd", init="he_normal", numeric_embedding=None, scaling="standard", label_smoothing=0.1,
            class_weight={0: 2.0}, learning_rate="cosine", learning_rate_init=0.05, alpha=0.1, early_stopping=False,
        ),
        two_classes,
    ),
    "classifier_multilabel_rmsprop": Configuration(
        ScratchMLPClassifier(
            **DOUBLE, solver="rmsprop", numeric_embedding="periodic", dropout=0.2, activation="tanh",
            early_stopping=False,
        ),
        three_labels,
    ),
    "classifier_frame_float32": Configuration(
        ScratchMLPClassifier(**SMALL, dtype="float32", scoring="loss"), frame_of_two_classes, rtol=1e-3
    ),
    "regressor_frame_float32": Configuration(
        ScratchMLPRegressor(**SMALL, dtype="float32", scaling="quantile", loss="quantile", quantile=0.7,
                            early_stopping=False),
        frame_of_numbers,
        rtol=1e-3,
    ),
    "regressor_sparse_lbfgs": Configuration(
        ScratchMLPRegressor(**DOUBLE, solver="lbfgs", loss="poisson", activation="softplus", alpha=0.1, tol=1e-3),
        sparse_counts,
    ),
    "regressor_outputs_sgd": Configuration(
        ScratchMLPRegressor(
            **DOUBLE, solver="sgd", activation=["gelu", "relu"], learning_rate="one_cycle", clip_norm=1.0,
            nesterovs_momentum=False,
        ),
        two_outputs,
    ),
    "regressor_huber_adam": Configuration(
        ScratchMLPRegressor(
            **DOUBLE, loss="huber", init="glorot_uniform", numeric_embedding="piecewise", scaling=None, alpha=0.5,
            learning_rate="invscaling", learning_rate_init=0.02, early_stopping=False, n_iter_no_change=2, tol=10.0,
        ),
        numbers_with_outliers,
    ),
}  # fmt: skip


def fit(configuration: Configuration) -> Any:
    """Fit the estimator of a configuration on its rows; a few iterations of L-BFGS do not converge."""
    rows = configuration.rows()
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return sklearn.clone(configuration.estimator).fit(rows.X, rows.y, **rows.fit_arguments)


def predictions(model: Any, X: Any) -> dict[str, list]:
    """Compute all that a fitted estimator predicts for X."""
    methods = ["predict", "predict_proba"] if hasattr(model, "predict_proba") else ["predict"]
    return {method: rounded(getattr(model, method)(X)) for method in [*methods, "predict_members"]}


def training(model: Any) -> dict[str, list | None]:
    """Collect what a fit has learned, as norms of weights and biases, and its curves."""
    return {
        "coefs_norms": [rounded(np.linalg.norm(W, axis=(1, 2))) for W in model.coefs_],
        "intercepts_norms": [rounded(np.linalg.norm(b, axis=1)) for b in model.intercepts_],
        "best_iter": model.best_iter_.tolist(),
        "loss_curves": rounded(model.loss_curves_),
        "validation_loss_curves": rounded(model.validation_loss_curves_),
    }


def rounded(values: np.ndarray | None) -> list | None:
    """Round numbers to a fixed number of significant digits; labels stay as they are."""
    if values is None or not np.issubdtype(values.dtype, np.floating):
        return None if values is None else values.tolist()
    return np.array([float(f"{x:.{DIGITS}g}") for x in values.ravel()]).reshape(values.shape).tolist()


def compare(computed: dict[str, list | None], stored: dict[str, list | None], rtol: float) -> None:
    """Raise an AssertionError that names what differs by more than a relative tolerance."""
    assert computed.keys() == stored.keys()
    for name, expected in stored.items():
        found = computed[name]
        if expected is None or not np.issubdtype(np.array(expected).dtype, np.floating):
            assert_array_equal(found, expected, err_msg=name)
        else:
            assert_allclose(found, expected, rtol=rtol, atol=rtol * np.abs(expected).max(), err_msg=name)


def write(name: str, folder: Path = FOLDER) -> None:
    """Fit a configuration, and write its predictions and the fitted estimator."""
    configuration = CONFIGURATIONS[name]
    model = fit(configuration)
    content = {
        "scikit-learn": sklearn.__version__,
        "predictions": predictions(model, configuration.rows().X),
        "training": training(model),
    }
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(model, protocol=5))
