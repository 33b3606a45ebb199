"""
Two tables, four methods, and a test
====================================

Is the network better than what scikit-learn has? On one table there is hardly a difference, on the other one it is
better.

Four methods with their default parameters are scored on the same repeated folds of two tables, and a paired test says
which differences are significant. The script takes less than a minute on two cores::

    python docs/examples/compare.py
"""

# %%
# Four methods
# ------------
# ``ScratchMLPClassifier``, ``ScratchMLPRegressor`` and gradient boosting take a frame with categories and missing
# values; the others need a pipeline. ``MLPRegressor`` also needs a standardised target.

import sys
import warnings

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_concrete, load_titanic


def with_prepared_columns(model):
    """Put the usual steps before a model: impute missing values, encode categories as one-hot, standardise numbers."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_include="category")),
    )
    return make_pipeline(columns, model)


def with_standardised_target(model):
    """Fit a regressor to a target with mean 0 and standard deviation 1."""
    return TransformedTargetRegressor(model, transformer=StandardScaler())


CLASSIFIERS = {
    "ScratchMLPClassifier": ScratchMLPClassifier(random_state=0),
    "MLPClassifier": with_prepared_columns(MLPClassifier(random_state=0)),
    "HistGradientBoostingClassifier": HistGradientBoostingClassifier(random_state=0),
    "RandomForestClassifier": with_prepared_columns(RandomForestClassifier(random_state=0)),
}
REGRESSORS = {
    "ScratchMLPRegressor": ScratchMLPRegressor(random_state=0),
    "MLPRegressor": with_standardised_target(with_prepared_columns(MLPRegressor(random_state=0))),
    "HistGradientBoostingRegressor": HistGradientBoostingRegressor(random_state=0),
    "RandomForestRegressor": RandomForestRegressor(random_state=0),
}
ACCURACIES = {"accuracy": "accuracy", "log loss": "neg_log_loss", "ROC AUC": "roc_auc"}
ERRORS = {"RMSE": "neg_root_mean_squared_error", "mean absolute error": "neg_mean_absolute_error"}


# %%
# Repeated folds
# --------------
# The rows are divided into folds several times. The folds are the same for every method. There is one process for each
# core, and each fit uses one core, so the fit times are those of one core.

FOLDS, REPEATS = 10, 2


def show_progress(text, done, total, every=1):
    """Print a line. On a terminal it overwrites the previous one; otherwise only every few steps print a new line."""
    if sys.stdout.isatty():
        print(f"\r{text:76}", end="\n" if done == total else "", flush=True)
    elif done % every == 0:
        print(text, flush=True)


def score_on_folds(models, metrics, X, y, repeats):
    """Score each model on each split; return for each model a table with a row for each split."""
    tables = {name: [] for name in models}
    for i, splits in enumerate(repeats):
        for j, (name, model) in enumerate(models.items(), start=1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # scikit-learn's MLP stops after 200 epochs
                result = cross_validate(model, X, y, cv=splits, scoring=metrics, n_jobs=-1, error_score="raise")
            columns = {metric: np.abs(result[f"test_{metric}"]) for metric in metrics}  # scorers negate losses
            tables[name].append(pd.DataFrame(columns | {"fit time": result["fit_time"]}))
            text = f"Repeat {i + 1} of {len(repeats)}, {len(splits)} folds: {j} of {len(models)} methods scored"
            show_progress(text, i * len(models) + j, len(repeats) * len(models), every=len(models))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


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
    """Print a row for each model, with the mean and its corrected standard error for each column."""
    columns = list(next(iter(scores.values())))
    print(f"\n{'mean ± standard error':30}" + "".join(f"{column:>20}" for column in columns))
    for name, table in scores.items():
        cells = [corrected_t_test(table[column], test_to_train)[:2] for column in columns]
        print(f"{name:30}" + "".join(f"{f'{mean:.3f} ± {error:.3f}':>20}" for mean, error in cells))


def describe_difference(metric, mean, standard_error, p_value):
    """Describe the result of the test for the score of the first model minus that of another one."""
    p = "p < .001" if p_value < 0.001 else f"p = {p_value:.3f}".replace("= 0.", "= .")
    numbers = f"difference {mean:+.3f} ± {standard_error:.3f}, {p}"
    if p_value >= LEVEL:
        return f"{metric}: no significant difference ({numbers})"
    better = (mean < 0) == (metric not in ("accuracy", "ROC AUC"))
    return f"{metric}: {'better' if better else 'worse'} ({numbers})"


def print_differences(scores, test_to_train):
    """Print the differences between the first model and each of the others."""
    (first, ours), *others = scores.items()
    metrics = [column for column in ours if column != "fit time"]
    for name, theirs in others:
        print(f"\n{first} against {name}")
        for metric in metrics:
            print(f"  {describe_difference(metric, *corrected_t_test(ours[metric] - theirs[metric], test_to_train))}")


def compare(models, metrics, X, y, repeats):
    """Score the models on the splits, and print the scores and the differences."""
    test_to_train = np.mean([len(test) / len(train) for splits in repeats for train, test in splits])
    scores = score_on_folds(models, metrics, X, y, repeats)
    print_table(scores, test_to_train)
    print_differences(scores, test_to_train)


# %%
# Who survived the Titanic?
# -------------------------
# 1,309 rows with categories and missing values. Much of the outcome is chance, so the methods have nearly the same
# accuracy. Their probabilities differ more.

X, y = load_titanic(return_X_y=True)
print(f"The Titanic: {len(X)} passengers, {X.shape[1]} columns, {X.isna().sum().sum()} missing values\n")
stratified = [list(StratifiedKFold(FOLDS, shuffle=True, random_state=repeat).split(X, y)) for repeat in range(REPEATS)]
compare(CLASSIFIERS, ACCURACIES, X, y, stratified)


# %%
# How strong is concrete?
# -----------------------
# 1,030 measurements with little noise. All rows of a mixture are in the same fold, so each method predicts the strength
# of mixtures that it has not seen.

X, y = load_concrete(return_X_y=True)
mixtures = X.groupby(list(X.columns[:7])).ngroup()
print(
    f"\n\nConcrete: {len(X)} measurements of {mixtures.nunique()} mixtures, strength {y.mean():.0f} ± {y.std():.0f} MPa"
)
print("(both tables were used, with 19 others, to choose the default parameters of skscratch)\n")
new_mixtures = [
    list(GroupKFold(FOLDS, shuffle=True, random_state=repeat).split(X, y, mixtures)) for repeat in range(REPEATS)
]
compare(REGRESSORS, ERRORS, X, y, new_mixtures)
