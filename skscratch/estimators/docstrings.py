"""The docstrings of the public classes and methods; the `Parameters` section of a class is made from its table."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from textwrap import fill
from typing import Any, TypeVar

from skscratch.estimators.hyperparameters import Hyperparameters, must_stay

Class = TypeVar("Class", bound=type)


def document(template: str, table: Hyperparameters) -> Callable[[Class], Class]:
    """Make a class decorator that sets the docstring.

    Parameters
    ----------
    template : str
        The docstring, with "{parameters}" in place of the entries of its `Parameters` section.
    table : mapping of str to Hyperparameter
        A row for each argument of the constructor.
    """

    def decorate(cls: Class) -> Class:
        cls.__doc__ = template.replace("{parameters}", _entries(cls, table))
        return cls

    return decorate


def default_text(value: Any) -> str:
    """Write a default value as in a program, strings in double quotes."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _entries(cls: type, table: Hyperparameters) -> str:
    """Write the entries of the `Parameters` section, in the order of the signature."""
    names = " and ".join(", ".join(f"`{name}`" for name in must_stay(table)).rsplit(", ", 1))
    entries = []
    for name, argument in inspect.signature(cls).parameters.items():
        row, indent = table[name], 8 * " "
        text = fill(row.describe(names), 116, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
        entries.append(f"    {name} : {row.type_text}, default={default_text(argument.default)}\n{text}\n")
    return "\n".join(entries)


_HEAD = """Neural-network {task} for tables, written in NumPy.

    X needs no preparation: a pandas, polars or pyarrow frame with numbers, categories and missing values, an array, a
    sparse matrix, or files with more rows than memory. Several networks, the members of an ensemble, are trained side
    by side; predictions are averaged.

    Parameters
    ----------
{{parameters}}
    Attributes
    ----------
"""

_CLASSES = """    classes_ : ndarray of shape (n_classes,)
        The class labels; the numbers of the columns for a multilabel target.

"""

_OUT_OF_FOLD = """    {prediction}
        {text} of the rows of X as it was passed to `fit`: each by the mean of the members
        that left the row out of their training, by default a single member, in the epoch that was best for the other
        members. NaN where no member left the row out. None without validation rows of X, and after `partial_fit`.

    oof_score_ : float or None
        {score} of these predictions, without weights, plus an estimate of how much better all members
        are than those that left a row out, from the predictions of members on training rows. If X_val was passed, the
        score of all members on it.

"""

_CLASS_PROBABILITIES = _OUT_OF_FOLD.format(
    prediction="oof_decision_function_ : None or ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)",
    text="Probabilities",
    score="Accuracy",
)
_NUMBERS = _OUT_OF_FOLD.format(
    prediction="oof_prediction_ : None or ndarray of shape (n_samples,) or (n_samples, n_outputs)",
    text="Predictions",
    score="R2 (None of one row)",
)

_ATTRIBUTES = """    feature_importances_ : ndarray of shape (n_features_in_,)
        Importance of each column of X; the sum is 1. The mean square of its share in the difference of the predictions
        of two training rows, by derivatives along the line between them (integrated gradients), for 64 to 256 pairs of
        rows. Not available after `partial_fit`.

    coefs_ : list of ndarray of shape (n_estimators, fan_in, fan_out)
        Effective weights of each dense layer: the raw outputs are its inputs times these weights, plus biases.

    intercepts_ : list of ndarray of shape (n_estimators, fan_out)
        Biases of each dense layer.

    loss_curve_ : list of float
        Mean training loss of each epoch, over all members and weighted by row. A warm start and `partial_fit` extend
        this and all other curves.

    validation_loss_curve_ : list of float or None
        Mean validation loss of each epoch; NaN for epochs without validation rows, None if no epoch had any.

    loss_curves_, validation_loss_curves_ : ndarray of shape (n_epochs, n_estimators)
        The same losses for each member; `validation_loss_curves_` is None if `validation_loss_curve_` is.

    validation_scores_ : list of float or None
        Mean over members of the score that chose the best epoch; larger is better.

    best_validation_score_ : float or None
        The largest of `validation_scores_`.

    loss_, best_loss_ : float
        The last and the smallest training loss.

    best_iter_ : ndarray of shape (n_estimators,)
        For each member the epoch of the last `fit`, from 1, whose parameters were kept.

    n_iter_ : int
        Epochs run by the last `fit`, or by all calls of `partial_fit`.

    t_ : int
        Number of rows seen in training, over all epochs.

    n_features_in_ : int
        Columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X has names.

    columns_ : ColumnTable
        A table of what was made of each column of X: kind, share of missing values, values kept and dropped, number
        of inputs, and why; see `skscratch.tabular.report.ColumnReport`.

    n_layers_, n_outputs_ : int
        Layers, input and output included; outputs of the network.

    out_activation_ : str
        Function that turns raw scores into predictions: "logistic", "softmax", "identity" or "exp".

    See Also
    --------
    {other} : {other_task}.
    skscratch.save : Write a fitted estimator to a file.
    skscratch.callbacks.Checkpoint : Continue a fit that was killed.
    skscratch.dask.Dask{name} : The same on the workers of a Dask cluster.
    skscratch.displays.LossCurveDisplay : Draw the losses of a fit.
    sklearn.neural_network.{sklearn} : The neural network of scikit-learn.

    References
    ----------
    Holzmueller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted trees on
    tabular data", NeurIPS 2024, arXiv:2407.04491.

    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980.

"""

_CLASSIFIER_EXAMPLE = """    Examples
    --------
    >>> from skscratch import ScratchMLPClassifier
    >>> from skscratch.datasets import load_titanic
    >>> X, y = load_titanic(return_X_y=True)
    >>> model = ScratchMLPClassifier(random_state=0).fit(X[:1000], y[:1000])
    >>> model.predict_proba(X[1000:]).shape
    (309, 2)
    """

_REGRESSOR_EXAMPLE = """    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skscratch import ScratchMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ScratchMLPRegressor(random_state=0).fit(X[:400], y[:400])
    >>> model.score(X[400:], y[400:]) > 0.5
    True
    """


CLASSIFIER = (
    _HEAD.format(task="classifier")
    + _CLASSES
    + _CLASS_PROBABILITIES
    + _ATTRIBUTES.format(
        name="ScratchMLPClassifier",
        other="ScratchMLPRegressor",
        other_task="The estimator for numbers",
        sklearn="MLPClassifier",
    )
    + _CLASSIFIER_EXAMPLE
)
REGRESSOR = (
    _HEAD.format(task="regressor")
    + _NUMBERS
    + _ATTRIBUTES.format(
        name="ScratchMLPRegressor",
        other="ScratchMLPClassifier",
        other_task="The estimator for classes",
        sklearn="MLPRegressor",
    )
    + _REGRESSOR_EXAMPLE
)

_X_Y = """
        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Training rows. Numbers and categories may be missing (NaN, for categories also None). In sparse X a
            missing number counts as 0, with a warning. A source is the path of a Parquet file or folder, a pyarrow
            Dataset, a polars LazyFrame, or frames in a list or another iterable, or returned by a function; it is read
            in parts, several times, and need not fit into memory.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), or str
            Targets; for a classifier classes, or an indicator matrix of labels. For a frame or a source it can be the
            name of a column of X, or a list of names.

        sample_weight : array-like of shape (n_samples,) or str, default=None
            Weights of rows; a row of weight 2 counts as two rows, a row of weight 0 as none. Only their ratios matter,
            and less than 2.2e-16 of the largest is 0. For a frame or a source it can be the name of a column of X.

"""
_RETURNS = """        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter, X, y or a weight is not valid; the message names what is expected.
"""

FIT = (
    """Train the members.
"""
    + _X_Y
    + """        X_val, y_val : array-like, default=None
            Validation rows, by which the best epoch is chosen, instead of rows of X.

        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        resume_from : str or path-like, default=None
            File of a `skscratch.callbacks.Checkpoint`: its fit continues after its last epoch, to the same results as
            without the interruption. X, y, weights and validation rows must be the same, and all parameters but
            `max_time`, `verbose`, `warm_start` and `random_state`, which is not read. With "lbfgs" members that are
            trained are kept, and the next one starts again.

        **unknown : object
            There are no other arguments; an error says which one was meant.

"""
    + _RETURNS
    + """
        Warns
        -----
        ColumnWarning
            If nothing is learned from a column, or many of its values are ignored; see `columns_`.
        ConvergenceWarning
            If a fit with a "constant", "invscaling" or "adaptive" learning rate reached `max_iter`.
        RuntimeWarning
            If a member diverged (its last finite parameters are kept), or on Ctrl-C: the best parameters so far are
            kept. Before the end of the first epoch the estimator stays unchanged, as after any error.
        """
)
_CLASSES_ARGUMENT = """        classes : array-like, default=None
            All classes of all calls; read in the first call, and only needed if its y does not have all of them.

"""
_PARTIAL = """Train for one epoch on some rows, at a constant learning rate.

        The first call learns columns, categories, scales, classes and precision; later calls keep them. The parameters
        that must stay are listed at `warm_start`. Weights, also those of classes, compare the rows of one call.
"""
_STATISTICS = """Learn columns, categories, scales and targets, and draw initial parameters, without training.

        Calls of `partial_fit` afterwards use these statistics, and not those of their first rows; a `fit` with
        ``warm_start=True`` does so, too. `n_iter_` is 0. A prediction before any training is that of the initial
        parameters: with the default `init` the mean of y, or the same probability for every class.
"""
FIT_STATISTICS_CLASSIFIER = _STATISTICS + _X_Y + _CLASSES_ARGUMENT + _RETURNS + "        "
FIT_STATISTICS_REGRESSOR = _STATISTICS + _X_Y + _RETURNS + "        "
PARTIAL_FIT_CLASSIFIER = _PARTIAL + _X_Y + _CLASSES_ARGUMENT + _RETURNS + "        "
PARTIAL_FIT_REGRESSOR = _PARTIAL + _X_Y + _RETURNS + "        "
