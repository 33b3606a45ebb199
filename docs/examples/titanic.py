"""
The Titanic: a table without preparation
========================================

From a DataFrame with missing values to a model with a searched width and depth: who survived the Titanic?

The network takes the original frame. A grid search chooses its width and depth, and the best model predicts for six
passengers. :doc:`/auto_examples/compare` compares the network with other methods. The script takes half a minute::

    python docs/examples/titanic.py [--out FOLDER]
"""

# %%
# The table
# ---------
# The table has numbers, categories and missing values.

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skscratch import ScratchMLPClassifier
from skscratch.datasets import load_titanic
from skscratch.displays import GridDisplay, LossCurveDisplay

parser = argparse.ArgumentParser(description="Who survived the Titanic? Search and draw networks.")
parser.add_argument("--out", type=Path, default=Path("titanic-figures"), help="folder for the two figures")
out = parser.parse_args().out
out.mkdir(parents=True, exist_ok=True)

X, y = load_titanic(return_X_y=True)
missing = ", ".join(f"{count} of {name}" for name, count in X.isna().sum().items() if count)
print(f"{len(X)} passengers, {y.sum()} survived; {X.shape[1]} columns; missing values: {missing}\n")


# %%
# A search over width and depth
# -----------------------------
# The metric is the log loss. A fold has about 260 rows, and the accuracy on so few rows is not precise enough to
# distinguish two widths. The scorer counts the fits, since ``GridSearchCV`` itself prints nothing until the end.

GRID = {"width": [32, 64, 128], "depth": [1, 2, 3]}
SEARCH_FOLDS = 5


def show_progress(text, done, total, every=1):
    """Print a line. On a terminal it overwrites the previous one; otherwise only every few steps print a new line."""
    if sys.stdout.isatty():
        print(f"\r{text:76}", end="\n" if done == total else "", flush=True)
    elif done % every == 0:
        print(text, flush=True)


class CountingScorer:
    """Scorer that prints how many fits of a search are done: GridSearchCV calls it once after every fit."""

    def __init__(self, scoring, total):
        self.scorer, self.total, self.done = get_scorer(scoring), total, 0

    def __call__(self, estimator, X, y):
        self.done += 1
        text = f"Grid search: fit {self.done} of {self.total}, width {estimator.width}, depth {estimator.depth}"
        show_progress(text, self.done, self.total, every=SEARCH_FOLDS)
        return self.scorer(estimator, X, y)


def search_width_and_depth(X, y):
    """Search the grid of width and depth for the smallest log loss."""
    scorer = CountingScorer("neg_log_loss", total=len(GRID["width"]) * len(GRID["depth"]) * SEARCH_FOLDS)
    folds = StratifiedKFold(SEARCH_FOLDS, shuffle=True, random_state=0)
    model = ScratchMLPClassifier(random_state=0)
    return GridSearchCV(model, GRID, scoring=scorer, cv=folds, error_score="raise").fit(X, y)


print()
search = search_width_and_depth(X, y)
best, results = search.best_params_, pd.DataFrame(search.cv_results_)
print(f"Best: width {best['width']}, depth {best['depth']}, log loss {-search.best_score_:.3f}")


# %%
# Does the shape of the network matter here? The folds are a sample, so the mean score of a candidate has a standard
# error. By the one-standard-error rule [#]_, the smallest network whose score is within one standard error of the best
# score is as good a choice.
#
# .. [#] Hastie, T., Tibshirani, R. and Friedman, J. (2009). The Elements of Statistical Learning. Section 7.10.1.


def print_equivalent_candidates(results):
    """Print how many candidates have a score within one standard error of the best score."""
    best = results.loc[results["mean_test_score"].idxmax()]
    error = best["std_test_score"] / np.sqrt(SEARCH_FOLDS - 1)
    near = (results["mean_test_score"] >= best["mean_test_score"] - error).sum()
    print(f"Within one standard error ({error:.3f}) of the best: {near} of {len(results)} candidates\n")


print_equivalent_candidates(results)


# %%
# The results of the search
# -------------------------
# The plot shows the mean score over the folds (the negative log loss, so the largest is the best) and the time of a
# fit. The best candidate has a frame.


def save(figure, name):
    """Save a figure in the folder and print its path."""
    figure.savefig(out / f"{name}.png", dpi=150)
    print(f"Saved {out / name}.png")


save(GridDisplay.from_estimator(search, score_name="negative log loss").figure_, "grid")


# %%
# How the best network was trained
# --------------------------------
# The model is an ensemble. The lines are means over its members, and the bands show the range from the smallest to the
# largest value. Each member keeps the parameters of its best epoch.

save(LossCurveDisplay.from_estimator(search.best_estimator_).figure_, "loss")


# %%
# Six passengers
# --------------
# The age of the last passenger is a missing value. The model takes it without preparation.

PASSENGERS = {
    "a woman of 29, first class": (1, "female", 29, 0, 0, 80, "S"),
    "a boy of 4, second class": (2, "male", 4, 0, 1, 20, "S"),
    "a woman of 29, third class": (3, "female", 29, 0, 0, 8, "S"),
    "a man of 29, first class": (1, "male", 29, 0, 0, 50, "S"),
    "a man of 29, third class": (3, "male", 29, 0, 0, 8, "S"),
    "a man, third class, age unknown": (3, "male", np.nan, 0, 0, 8, "S"),
}
COLUMNS = ["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked"]


def print_chances(model, X):
    """Print the probability of survival of each passenger, with a bar."""
    passengers = pd.DataFrame(list(PASSENGERS.values()), columns=COLUMNS)[X.columns].astype(X.dtypes)
    print("\nProbability of survival, predicted by the best model of the search\n")
    for name, p in zip(PASSENGERS, model.predict_proba(passengers)[:, 1], strict=True):
        print(f"{name:>31} {p:5.0%} {'#' * round(40 * p)}")


print_chances(search.best_estimator_, X)
