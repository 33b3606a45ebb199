"""
The Titanic: a table without preparation
========================================

From a DataFrame with missing values to a model with a searched width and depth: who survived the Titanic?

The network takes the original frame. It is compared with three classifiers of scikit-learn on repeated folds, and a
paired test says which differences are significant. Then a grid search chooses the width and the depth of the network,
and the best model predicts for six passengers. The script takes about a minute on two cores::

    python docs/examples/titanic.py [--out FOLDER]
"""

# %%
# The table
# ---------
# The table has numbers, categories and missing values.

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold, StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skscratch import ScratchMLPClassifier
from skscratch.datasets import load_titanic
from skscratch.displays import GridDisplay, LossCurveDisplay

parser = argparse.ArgumentParser(description="Who survived the Titanic? Compare, search and draw networks.")
parser.add_argument("--out", type=Path, default=Path("titanic-figures"), help="folder for the two figures")
out = parser.parse_args().out
out.mkdir(parents=True, exist_ok=True)

X, y = load_titanic(return_X_y=True)
missing = ", ".join(f"{count} of {name}" for name, count in X.isna().sum().items() if count)
print(f"{len(X)} passengers, {y.sum()} survived; {X.shape[1]} columns; missing values: {missing}\n")


# %%
# Four classifiers
# ----------------
# All have their default parameters. ``ScratchMLPClassifier`` and ``HistGradientBoostingClassifier`` take the frame; the
# other two need a pipeline.


def with_prepared_columns(model):
    """Put the usual steps before a model: impute missing values, encode categories as one-hot, standardise numbers."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_include="category")),
    )
    return make_pipeline(columns, model)


MODELS = {
    "ScratchMLPClassifier": ScratchMLPClassifier(random_state=0),
    "MLPClassifier": with_prepared_columns(MLPClassifier(random_state=0)),
    "HistGradientBoostingClassifier": HistGradientBoostingClassifier(random_state=0),
    "RandomForestClassifier": with_prepared_columns(RandomForestClassifier(random_state=0)),
}


# %%
# Repeated folds
# --------------
# Ten folds are repeated five times. The folds are the same for every classifier. There is one process for each core,
# and each fit uses one core, so the fit times are those of one core.

FOLDS, REPEATS = 10, 5
METRICS = {"accuracy": "accuracy", "log loss": "neg_log_loss", "ROC AUC": "roc_auc"}


def show_progress(text, done, total, every=1):
    """Print a line. On a terminal it overwrites the previous one; otherwise only every few steps print a new line."""
    if sys.stdout.isatty():
        print(f"\r{text:76}", end="\n" if done == total else "", flush=True)
    elif done % every == 0:
        print(text, flush=True)


def score_on_folds(models, X, y, splits):
    """Score each model on each split; return for each model a table with a row for each split."""
    tables = {name: [] for name in models}
    repeats = [splits[i : i + FOLDS] for i in range(0, len(splits), FOLDS)]
    for i, folds in enumerate(repeats):
        for j, (name, model) in enumerate(models.items(), start=1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # MLPClassifier stops after 200 epochs
                result = cross_validate(model, X, y, cv=folds, scoring=METRICS, n_jobs=-1, error_score="raise")
            columns = {metric: np.abs(result[f"test_{metric}"]) for metric in METRICS}  # scorers negate the log loss
            tables[name].append(pd.DataFrame(columns | {"fit time": result["fit_time"]}))
            text = f"Repeat {i + 1} of {len(repeats)}, {FOLDS} folds: {j} of {len(models)} classifiers scored"
            show_progress(text, i * len(models) + j, len(repeats) * len(models), every=len(models))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


splits = list(RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0).split(X, y))
scores = score_on_folds(MODELS, X, y, splits)


# %%
# Which differences are significant?
# ----------------------------------
# Two training sets of ten folds have most of their rows in common. So the scores of the folds are not independent, and
# the usual standard error is too small. The corrected standard error is larger. The number of tests is not corrected
# for: at the level of 5 %, about one test in twenty finds a difference that does not exist.

LEVEL = 0.05


def corrected_t_test(values, test_to_train):
    r"""Test whether the mean of values from overlapping training sets is zero, by the corrected resampled t-test.

    With the values :math:`d_1, \dots, d_J` of :math:`J` splits, their mean :math:`\bar d` and the rows
    :math:`n_\text{test}` and :math:`n_\text{train}` of a split,

    .. math::
       t = \frac{\bar d}{\sqrt{\left(\frac1J + \frac{n_\text{test}}{n_\text{train}}\right) s^2}}, \qquad
       s^2 = \frac{1}{J - 1} \sum_{j=1}^J (d_j - \bar d)^2,

    which is compared with Student's distribution of :math:`J - 1` degrees of freedom. The root is the standard error
    of the mean. The usual paired t-test has only :math:`1/J` instead of the sum in parentheses.

    Parameters
    ----------
    values : array-like of shape (J,)
        For a paired test, the differences between the scores of two models on the same splits.
    test_to_train : float
        n_test / n_train.

    Returns
    -------
    mean, standard_error, p_value : float

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52, 239-281.

    Bouckaert, R. R. and Frank, E. (2004). Evaluating the replicability of significance tests for comparing learning
    algorithms. PAKDD 2004, 3-12. (The same test on repeated folds.)
    """
    values = np.asarray(values, float)
    mean = values.mean()
    standard_error = np.sqrt((1 / len(values) + test_to_train) * values.var(ddof=1))
    if standard_error == 0:  # all values are equal
        return mean, 0.0, float(mean == 0)
    return mean, standard_error, 2 * stats.t.sf(abs(mean) / standard_error, df=len(values) - 1)


def print_table(scores, test_to_train):
    """Print a row for each model, with the mean and its standard error for each column."""
    print(f"\nMean ± corrected standard error over {FOLDS} folds, {REPEATS} times; fit time on one core, in seconds\n")
    print(f"{'':30}" + "".join(f"{column:>16}" for column in [*METRICS, "fit time"]))
    for name, table in scores.items():
        cells = [corrected_t_test(table[column], test_to_train)[:2] for column in table]
        print(f"{name:30}" + "".join(f"{f'{mean:.3f} ± {error:.3f}':>16}" for mean, error in cells))


def describe_difference(metric, mean, standard_error, p_value):
    """Describe the result of the test for the score of the first model minus that of another one."""
    p = "p < .001" if p_value < 0.001 else f"p = {p_value:.3f}".replace("= 0.", "= .")
    numbers = f"difference {mean:+.3f} ± {standard_error:.3f}, {p}"
    if p_value >= LEVEL:
        return f"{metric}: no difference can be told ({numbers})"
    better = (mean < 0) == (metric == "log loss")
    return f"{metric}: {'better' if better else 'worse'} ({numbers})"


def print_differences(scores, test_to_train):
    """Print the differences between the first model and each of the others."""
    (first, ours), *others = scores.items()
    for name, theirs in others:
        print(f"\n{first} against {name}")
        for metric in METRICS:
            print(f"  {describe_difference(metric, *corrected_t_test(ours[metric] - theirs[metric], test_to_train))}")


test_to_train = np.mean([len(test) / len(train) for train, test in splits])
print_table(scores, test_to_train)
print_differences(scores, test_to_train)


# %%
# A search over width and depth
# -----------------------------
# The metric is the log loss. A fold has about 260 rows, and the accuracy on so few rows is not precise enough to
# distinguish two widths. The scorer counts the fits, since ``GridSearchCV`` itself prints nothing until the end.

GRID = {"width": [32, 64, 128], "depth": [1, 2, 3]}
SEARCH_FOLDS = 5


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
# Is this difference significant? The best and the worst candidate were chosen by their scores, so this p-value is too
# small. If it is large nevertheless, the search has found no difference, and any of the nine candidates can be used.


def print_best_against_worst(results):
    """Print whether the difference between the best and the worst candidate of the search is significant."""
    folds = [f"split{i}_test_score" for i in range(SEARCH_FOLDS)]
    best, worst = results.loc[results["mean_test_score"].idxmax()], results.loc[results["mean_test_score"].idxmin()]
    test = corrected_t_test((worst[folds] - best[folds]).astype(float), 1 / (SEARCH_FOLDS - 1))
    print(f"Against width {worst['param_width']}, depth {worst['param_depth']}, the worst of the grid:")
    print(f"  {describe_difference('log loss', *test)}\n")


print_best_against_worst(results)


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
