"""
The Titanic: a table as it comes
================================

From a DataFrame with holes to a searched, scored model: who survived the Titanic?

The network takes the raw frame. It is cross-validated beside scikit-learn's own network, in the pipeline that one
needs, and beside gradient-boosted trees; then a grid search chooses its width and depth, and at the end it is asked
about one passenger. Takes a minute or two::

    python docs/examples/titanic.py [--out FOLDER]
"""

# %%
# The table
# ---------
# Numbers, categories and missing values.

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skscratch import ScratchMLPClassifier
from skscratch.datasets import load_titanic
from skscratch.displays import GridDisplay, LossCurveDisplay

parser = argparse.ArgumentParser(description="Who survived the Titanic? A network cross-validated, searched and drawn.")
parser.add_argument("--out", type=Path, default=Path("titanic-figures"), help="folder for the two figures")
out = parser.parse_args().out
out.mkdir(parents=True, exist_ok=True)

X, y = load_titanic(return_X_y=True)
holes = ", ".join(f"{count} of {name}" for name, count in X.isna().sum().items() if count)
print(f"{len(X)} passengers, {y.sum()} survived; {X.shape[1]} columns; missing: {holes}\n")


# %%
# Three classifiers on the same ten folds
# ---------------------------------------
# The pipeline is what scikit-learn's network needs; the other two take the frame.


def prepared_mlp():
    """scikit-learn's network behind what it needs: holes filled, categories one-hot, numbers standardised."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_include="category")),
    )
    return make_pipeline(columns, MLPClassifier(random_state=0))


def compare(X, y):
    """Cross-validate three classifiers on the same ten folds and print a row for each."""
    models = {
        "ScratchMLPClassifier": ScratchMLPClassifier(random_state=0),
        "MLPClassifier in a pipeline": prepared_mlp(),
        "HistGradientBoostingClassifier": HistGradientBoostingClassifier(random_state=0),
    }
    scoring = {"accuracy": "accuracy", "log loss": "neg_log_loss", "ROC AUC": "roc_auc"}
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    print("Ten-fold cross-validation, mean ± standard deviation over the folds\n")
    print(f"{'':32}{'accuracy':>15}{'log loss':>17}{'ROC AUC':>17}{'fit time':>11}")
    warnings.simplefilter("ignore", ConvergenceWarning)  # MLPClassifier stops at 200 epochs; here more make it worse
    for name, model in models.items():
        scores = cross_validate(model, X, y, cv=folds, scoring=scoring, error_score="raise")
        cells = [f"{abs(s.mean()):.3f} ± {s.std():.3f}" for s in (scores[f"test_{metric}"] for metric in scoring)]
        print(f"{name:32}{cells[0]:>15}{cells[1]:>17}{cells[2]:>17}{scores['fit_time'].mean():>9.2f} s", flush=True)


compare(X, y)


# %%
# A search over width and depth
# -----------------------------
# The scorer counts the fits; `GridSearchCV` itself would say nothing until the end.

WIDTHS, DEPTHS, FOLDS = [32, 64, 128], [1, 2, 3], 5


class CountingScorer:
    """A scorer that says how far the search has come: GridSearchCV calls it once after every fit."""

    def __init__(self, metric, total):
        self.scorer, self.total, self.done = get_scorer(metric), total, 0

    def __call__(self, estimator, X, y):
        self.done += 1
        line = f"Grid search: fit {self.done} of {self.total}, width {estimator.width}, depth {estimator.depth} "
        if sys.stdout.isatty():  # one line that overwrites itself
            print(f"\r{line:60}", end="\n" if self.done == self.total else "", flush=True)
        elif self.done % FOLDS == 0:  # a line for each candidate
            print(line, flush=True)
        return self.scorer(estimator, X, y)


def search_width_and_depth(X, y):
    """The grid search over width and depth, scored by accuracy."""
    grid = {"width": WIDTHS, "depth": DEPTHS}
    scorer = CountingScorer("accuracy", total=len(WIDTHS) * len(DEPTHS) * FOLDS)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    model = ScratchMLPClassifier(random_state=0)
    return GridSearchCV(model, grid, scoring=scorer, cv=folds, error_score="raise").fit(X, y)


print()
search = search_width_and_depth(X, y)
best = search.best_params_
print(f"Best: width {best['width']}, depth {best['depth']}, accuracy {search.best_score_:.3f}\n")


# %%
# What the search found
# ---------------------
# The mean accuracy over the folds, and the time of a fit; the best has a frame.


def save(figure, name):
    """Save a figure in the folder and say so."""
    figure.savefig(out / f"{name}.png", dpi=150)
    print(f"Saved {out / name}.png")


save(GridDisplay.from_estimator(search, score_name="accuracy").figure_, "grid")


# %%
# How the best network was trained
# --------------------------------
# Each of the networks side by side is somewhere in the band, and keeps the epoch that was best on its held-out rows.

save(LossCurveDisplay.from_estimator(search.best_estimator_).figure_, "loss")


# %%
# One passenger
# -------------


def describe_one_passenger(network, X):
    """The chances of a woman of 29 in first class whose fare nobody wrote down."""
    passenger = X.iloc[[0]].assign(pclass=1, sex="female", age=29, sibsp=0, parch=0, fare=np.nan, embarked="S")
    survival = network.predict_proba(passenger.astype(X.dtypes))[0, 1]
    print(
        "A woman of 29, alone in first class from Southampton, fare unknown: "
        f"she survives with a probability of {survival:.0%}."
    )


print()
describe_one_passenger(search.best_estimator_, X)
