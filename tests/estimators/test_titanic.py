"""The Titanic table as a raw frame: better than guessing, no worse than logistic regression."""

import numpy as np
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skscratch import ScratchMLPClassifier
from skscratch.datasets import load_titanic

SCORING = ["accuracy", "neg_log_loss", "roc_auc"]


def logistic_regression():
    """Make logistic regression with the usual preprocessing."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (categories, make_column_selector(dtype_exclude="number")),
        ),
        LogisticRegression(),
    )


def cross_validated(model):
    X, y = load_titanic(return_X_y=True)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    results = cross_validate(model, X, y, cv=folds, scoring=SCORING, error_score="raise")
    return {name: results[f"test_{name}"].mean() for name in SCORING}


@pytest.fixture(scope="module")
def ours():
    return cross_validated(ScratchMLPClassifier(random_state=0))


def test_better_than_guessing(ours):
    guess = cross_validated(DummyClassifier(strategy="prior"))
    assert ours["accuracy"] > guess["accuracy"] + 0.15
    assert ours["neg_log_loss"] > guess["neg_log_loss"] + 0.18
    assert ours["roc_auc"] > guess["roc_auc"] + 0.33


def test_no_worse_than_logistic_regression(ours):
    linear = cross_validated(logistic_regression())
    assert ours["accuracy"] > linear["accuracy"] - 0.01
    assert ours["neg_log_loss"] > linear["neg_log_loss"] - 0.01
    assert ours["roc_auc"] > linear["roc_auc"] - 0.005


def test_probabilities_of_single_passengers():
    """Women of the first class survived, most men of the third did not; missing values are possible too."""
    X, y = load_titanic(return_X_y=True)
    model = ScratchMLPClassifier(random_state=0).fit(X, y)
    lady, gentleman = (
        X.iloc[[0]].assign(pclass=c, sex=s, age=30.0, sibsp=0, parch=0, fare=f, embarked=e)
        for c, s, f, e in ((1, "female", 80.0, "C"), (3, "male", 8.0, "S"))
    )
    assert model.predict_proba(lady)[0, 1] > 0.85 and model.predict_proba(gentleman)[0, 1] < 0.3
    unknown = X.iloc[[0]].assign(age=np.nan, fare=np.nan, sex=None, embarked="Belfast")
    assert 0.05 < model.predict_proba(unknown)[0, 1] < 0.95
