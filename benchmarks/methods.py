"""The methods that are compared: functions from a table and a seed to an estimator that is fitted on the raw frame.

All methods use their defaults and nothing is tuned for a table. If a library cannot replace missing values, encode
categories or scale numbers itself, the usual transformers are placed before it in a pipeline.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from benchmarks import THREADS
from benchmarks.tables import Table
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, __version__

BASELINE, OURS = "sklearn_mlp", "skscratch"


class Method(NamedTuple):
    """The package that must be installed, and the function that makes the estimator."""

    package: str
    make: Callable[[Table, int], Any]

    @property
    def library(self) -> str:
        """Return name and version; raise PackageNotFoundError, an ImportError, if the package is not installed."""
        return f"{self.package} {__version__ if self.package == OURS else version(self.package)}"


class ByTask(NamedTuple):
    """A value for classification and another one for regression."""

    classification: Any
    regression: Any


def parse_settings(text: str) -> dict[str, Any]:
    """Parse hyperparameters that are written as in a call; quotes around a string are optional.

    >>> parse_settings("width=32, hidden_layer_sizes=(64, 64), activation=tanh")
    {'width': 32, 'hidden_layer_sizes': (64, 64), 'activation': 'tanh'}
    """
    call = ast.parse(f"_({text})", mode="eval").body
    return {k.arg: k.value.id if isinstance(k.value, ast.Name) else ast.literal_eval(k.value) for k in call.keywords}


def ours(table: Table, seed: int, settings: Mapping[str, Any]) -> Any:
    """Make our estimator with these settings; a setting that only the other estimator has is ignored."""
    estimator = ScratchMLPClassifier() if table.classes else ScratchMLPRegressor()
    chosen = {name: settings[name] for name in settings.keys() & estimator.get_params().keys()}
    return estimator.set_params(random_state=seed, **{k: _for_task(v, table) for k, v in chosen.items()})


def _for_task(value: Any, table: Table) -> Any:
    return value[0 if table.classes else 1] if isinstance(value, ByTask) else value


def _strings(X: pd.DataFrame) -> pd.DataFrame:
    return X.astype(object).where(X.notna(), "missing").astype(str)


def _encoded(table: Table, numbers: Any, categories: Any) -> Any:
    """Apply one transformer to the numeric columns and the other one to the categorical columns."""
    categorical = table.categorical
    return make_column_transformer((numbers, [c for c in table.X if c not in categorical]), (categories, categorical))


def arrays(table: Table) -> Any:
    """Encode to an array: numbers imputed by medians and standardised, categories one-hot, missing as a category."""
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=2, max_categories=100, sparse_output=False
    )
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return _encoded(table, numbers, make_pipeline(FunctionTransformer(_strings), encoder))


def _frames(table: Table, numbers: Any, categories: Any = "passthrough") -> Any:
    """Encode to a data frame with the same column names."""
    columns = _encoded(table, numbers, categories).set_params(verbose_feature_names_out=False)
    return columns.set_output(transform="pandas")


def _standardised(model: Any) -> Any:
    return TransformedTargetRegressor(model, transformer=StandardScaler())


def scikit_learn_mlp(table: Table, seed: int) -> Any:
    if table.classes:
        return make_pipeline(arrays(table), MLPClassifier(random_state=seed))
    return _standardised(make_pipeline(arrays(table), MLPRegressor(random_state=seed)))


def linear(table: Table, seed: int) -> Any:
    """Logistic regression with its default penalty, or ridge regression whose penalty is cross-validated."""
    if table.classes:
        return make_pipeline(arrays(table), LogisticRegression(max_iter=1000))
    return _standardised(make_pipeline(arrays(table), RidgeCV(np.logspace(-3, 3, 13))))


def random_forest(table: Table, seed: int) -> Any:
    forest = RandomForestClassifier if table.classes else RandomForestRegressor
    return make_pipeline(arrays(table), forest(random_state=seed, n_jobs=THREADS))


def hist_gradient_boosting(table: Table, seed: int) -> Any:
    boosting = HistGradientBoostingClassifier if table.classes else HistGradientBoostingRegressor
    return boosting(categorical_features="from_dtype", random_state=seed)


def skorch_mlp(table: Table, seed: int) -> Any:
    """Train the network of scikit-learn's MLP with the same procedure in PyTorch."""
    import torch
    from skorch import NeuralNetClassifier, NeuralNetRegressor
    from skorch.callbacks import EarlyStopping

    torch.manual_seed(seed)
    # Flatten to (n,), the shape of y, because (n, 1) - (n,) would be a matrix.
    head = [torch.nn.Linear(100, table.classes)] if table.classes else [torch.nn.Linear(100, 1), torch.nn.Flatten(0)]
    network = (NeuralNetClassifier if table.classes else NeuralNetRegressor)(
        torch.nn.Sequential(torch.nn.LazyLinear(100), torch.nn.ReLU(), *head),
        criterion=torch.nn.CrossEntropyLoss if table.classes else torch.nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        batch_size=200,
        iterator_train__shuffle=True,
        max_epochs=200,
        train_split=None,
        callbacks=[EarlyStopping("train_loss", patience=10, threshold=1e-4, threshold_mode="abs", sink=_silent)],
        verbose=0,
    )
    model = make_pipeline(arrays(table), FunctionTransformer(np.float32), network)
    return model if table.classes else _standardised(model)


def _silent(_: str) -> None:
    pass


def realmlp_td(table: Table, seed: int) -> Any:
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    return _pytabkit(table, seed, RealMLP_TD_Classifier if table.classes else RealMLP_TD_Regressor)


def tabm_d(table: Table, seed: int) -> Any:
    from pytabkit import TabM_D_Classifier, TabM_D_Regressor

    return _pytabkit(table, seed, TabM_D_Classifier if table.classes else TabM_D_Regressor)


def _pytabkit(table: Table, seed: int, network: Any) -> Any:
    model = network(random_state=seed, device="cpu", n_threads=THREADS)
    return make_pipeline(_frames(table, SimpleImputer(strategy="median")), model)


def catboost(table: Table, seed: int) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    trees = (CatBoostClassifier if table.classes else CatBoostRegressor)(
        cat_features=table.categorical,
        random_seed=seed,
        thread_count=THREADS,
        verbose=False,
        allow_writing_files=False,
    )
    return make_pipeline(_frames(table, "passthrough", FunctionTransformer(_strings)), trees)


def lightgbm(table: Table, seed: int) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMClassifier if table.classes else LGBMRegressor)(random_state=seed, n_jobs=THREADS, verbose=-1)


def xgboost(table: Table, seed: int) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    trees = XGBClassifier if table.classes else XGBRegressor
    return trees(enable_categorical=True, random_state=seed, n_jobs=THREADS)


PEERS = {
    BASELINE: Method("scikit-learn", scikit_learn_mlp),
    "linear": Method("scikit-learn", linear),
    "random_forest": Method("scikit-learn", random_forest),
    "hist_gradient_boosting": Method("scikit-learn", hist_gradient_boosting),
    "skorch_mlp": Method("skorch", skorch_mlp),
    "realmlp_td": Method("pytabkit", realmlp_td),
    "tabm_d": Method("pytabkit", tabm_d),
    "catboost": Method("catboost", catboost),
    "lightgbm": Method("lightgbm", lightgbm),
    "xgboost": Method("xgboost", xgboost),
}


def variant(settings: Mapping[str, Any]) -> Method:
    """Make a method of our estimator with these settings; raise ValueError if a setting is not a parameter."""
    if unknown := settings.keys() - {*ScratchMLPClassifier().get_params(), *ScratchMLPRegressor().get_params()}:
        raise ValueError(
            f"settings must be parameters of the estimators, got {sorted(unknown)}; see docs/guide/parameters.md."
        )
    return Method(OURS, partial(ours, settings=settings))
