"""The hyperparameters of the estimators: the table of this package, with some rows changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skscratch.estimators import table
from skscratch.estimators.constraints import BOOL, POSITIVE, POSITIVE_INT, SHARE, Choice
from skscratch.estimators.hyperparameters import Hyperparameter, constraints


def _row(name: str, **changes: Any) -> Hyperparameter:
    """Copy a row of the table with changes."""
    return replace(table.REGRESSOR[name], **changes)


_ROWS = (
    _row(
        "loss",
        constraints=(Choice("squared_error", "poisson"),),
        text="Half the squared error, or half the Poisson deviance of the mean exp(z), for y >= 0.",
    ),
    _row(
        "hidden_layer_sizes",
        constraints=table.REGRESSOR["hidden_layer_sizes"].constraints[:-1],  # not None
        text="Units of each hidden layer.",
    ),
    _row(
        "activation",
        constraints=(Choice("identity", "logistic", "tanh", "relu"),),
        text="Activation function of all hidden layers.",
    ),
    _row("solver", constraints=(Choice("lbfgs", "sgd", "adam"),), text='Optimizer. "lbfgs" uses all rows at once.'),
    _row("batch_size", text='Rows in a batch of "sgd" and "adam"; "auto" is min(200, n_samples).'),
    _row(
        "learning_rate",
        constraints=(Choice("constant", "invscaling", "adaptive"),),
        text='Learning-rate schedule of "sgd": constant; divided by (rows seen + 1) ** power_t after each epoch; or '
        "divided by 5 after each `n_iter_no_change` epochs without improvement, until it is 1e-6.",
    ),
    _row("learning_rate_init", constraints=(POSITIVE,), text='Initial learning rate of "sgd" and "adam".'),
    _row("max_iter", constraints=(POSITIVE_INT,), text='Maximum number of epochs, or of iterations of "lbfgs".'),
    _row(
        "random_state",
        text="Determines the initial parameters, the validation rows and the order of rows, drawn in this order.",
    ),
    _row("warm_start", text="Whether `fit` continues from the parameters of the last fit, with a new optimizer."),
    _row(
        "early_stopping",
        constraints=(BOOL,),
        text="Whether validation rows are left out, whose score decides when to stop and which epoch is kept; not with "
        '"lbfgs".',
    ),
    _row("validation_fraction", constraints=(SHARE,), text="Share of the rows that are left out for validation."),
    _row("beta_2", text="Decay of Adam's second moment."),
    _row(
        "n_iter_no_change",
        constraints=table.REGRESSOR["n_iter_no_change"].constraints[1:],  # not "auto"
        text="Patience: maximum number of epochs without improvement.",
    ),
)
TABLE = {**table.REGRESSOR, **{row.name: row for row in _ROWS}}
PARAMETERS = constraints(TABLE)

_HEAD = """scikit-learn's `{name}`, computed by the layers, losses and optimizers of this package.

    Parameters, results and attributes are those of `sklearn.neural_network.{name}` 1.9, number by number; the
    guide lists the intended differences.

    Parameters
    ----------
{{parameters}}
    Attributes
    ----------
"""
_CLASSES = """    classes_ : ndarray of shape (n_classes,)
        The class labels.

"""
_ATTRIBUTES = """    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.

    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer.

    loss_ : float
        The last training loss.

    loss_curve_ : list of float
        Training loss of each epoch; like the next three attributes not with "lbfgs".

    best_loss_ : float or None
        The smallest of them; None with early stopping.

    validation_scores_ : list of float or None
        Accuracy or R2 on the validation rows after each epoch; None without early stopping.

    best_validation_score_ : float or None
        The largest of them.

    n_iter_ : int
        Epochs or iterations of the last call.

    t_ : int
        Rows seen in training.

    n_features_in_ : int
        Columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if all were strings.

    n_layers_, n_outputs_ : int
        Layers, input and output included; outputs of the network.

    out_activation_ : str
        Function that turns raw scores into predictions: "logistic", "softmax", "identity" or "exp".

    See Also
    --------
    skscratch.Scratch{name} : The estimator of this package, with other defaults and more options.

"""
CLASSIFIER = _HEAD.format(name="MLPClassifier") + _CLASSES + _ATTRIBUTES.format(name="MLPClassifier")
REGRESSOR = _HEAD.format(name="MLPRegressor") + _ATTRIBUTES.format(name="MLPRegressor")
