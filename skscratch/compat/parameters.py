"""The parameters: what each may be, and the text that documents them, for both estimators."""

from __future__ import annotations

from collections.abc import Mapping

from skscratch.estimators.constraints import BOOL, CONSTRAINTS, POSITIVE, SHARE, Choice

PARAMETERS: Mapping[str, tuple] = {
    **CONSTRAINTS,
    "loss": (Choice(("squared_error", "poisson")),),
    "hidden_layer_sizes": CONSTRAINTS["hidden_layer_sizes"][1:],  # not None
    "activation": (Choice(("identity", "logistic", "tanh", "relu")),),
    "solver": (Choice(("lbfgs", "sgd", "adam")),),
    "learning_rate": (Choice(("constant", "invscaling", "adaptive")),),
    "learning_rate_init": (POSITIVE,),
    "early_stopping": (BOOL,),
    "validation_fraction": (SHARE,),
}

HEAD = """scikit-learn's `{name}`, computed by the layers, losses and optimizers of this package.

    Parameters, results and attributes are those of `sklearn.neural_network.{name}` 1.9, number by number; the guide
    lists where it departs on purpose.

    Parameters
    ----------
"""
REGRESSION_LOSS = """    loss : {"squared_error", "poisson"}, default="squared_error"
        Half the squared error, or half the Poisson deviance of the mean exp(z), for y >= 0.

"""
REST = """    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer.

    activation : {"identity", "logistic", "tanh", "relu"}, default="relu"
        Activation function of all hidden layers.

    solver : {"lbfgs", "sgd", "adam"}, default="adam"
        Optimizer. "lbfgs" takes all rows at once.

    alpha : float, default=0.0001
        Strength of the L2 penalty on weights, alpha |W|^2 / (2 S), S the rows of a batch or their weight.

    batch_size : int or "auto", default="auto"
        Rows in a batch of "sgd" and "adam"; "auto" is min(200, n_samples).

    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        Course of the rate of "sgd": as it is; divided by (rows seen + 1) ** power_t after each epoch; or divided by 5
        whenever the fit has stalled, until it is 1e-6.

    learning_rate_init : float, default=0.001
        Rate at the start, of "sgd" and "adam".

    power_t : float, default=0.5
        Exponent of "invscaling".

    max_iter : int, default=200
        Most epochs, or iterations of "lbfgs".

    shuffle : bool, default=True
        Whether rows are shuffled in each epoch.

    random_state : int, RandomState instance or None, default=None
        Determines the initial parameters, the rows held out and the order of rows, drawn in this order.

    tol : float, default=1e-4
        An epoch that is not better by `tol` counts as one without improvement; "lbfgs" has converged when no entry of
        the gradient is larger.

    verbose : bool or int, default=False
        Whether to print the loss of each epoch.

    warm_start : bool, default=False
        Whether `fit` goes on from the parameters of the last fit, with a new optimizer.

    momentum : float, default=0.9
        Momentum of "sgd".

    nesterovs_momentum : bool, default=True
        Whether "sgd" uses Nesterov's form of it.

    early_stopping : bool, default=False
        Whether rows are held out, their score decides when to stop, and the best epoch is kept; not with "lbfgs".

    validation_fraction : float, default=0.1
        Share of the rows that is held out.

    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay of the first and second moment of "adam".

    epsilon : float, default=1e-8
        Added to the root of the second moment.

    n_iter_no_change : int or inf, default=10
        How many epochs without improvement are borne.

    max_fun : int, default=15000
        Most evaluations of the loss by "lbfgs".

    Attributes
    ----------
"""
CLASSES = """    classes_ : ndarray of shape (n_classes,)
        The class labels.

"""
ATTRIBUTES = """    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.

    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer.

    loss_ : float
        The last training loss.

    loss_curve_ : list of float
        Training loss of each epoch; like the next three not with "lbfgs".

    best_loss_ : float or None
        The smallest of them; None with early stopping.

    validation_scores_ : list of float or None
        Accuracy or R2 on the rows held out after each epoch; None without early stopping.

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
        What turns raw scores into predictions: "logistic", "softmax", "identity" or "exp".

    See Also
    --------
    skscratch.Scratch{name} : The same idea without the need to repeat another's numbers.

"""
CLASSIFIER = HEAD.format(name="MLPClassifier") + REST + CLASSES + ATTRIBUTES.format(name="MLPClassifier")
REGRESSOR = HEAD.format(name="MLPRegressor") + REGRESSION_LOSS + REST + ATTRIBUTES.format(name="MLPRegressor")
