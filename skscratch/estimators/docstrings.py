"""The text of the public docstrings: what both estimators share stands here once."""

from __future__ import annotations

_HEAD = """A neural network for tables, from scratch in NumPy: {task}.

    X comes as it is: numbers, categories and missing values of a pandas or polars frame, an array or a sparse
    matrix. Several networks are trained side by side and their predictions averaged.

    Parameters
    ----------
"""

_SIZES = """    hidden_layer_sizes : int, sequence of int or None, default=None
        Units of each hidden layer; ``()`` is a network without one: a linear or logistic model. None takes `width`
        and `depth`.

    activation : str or sequence of str, default="relu"
        Activation function of the hidden layers, or one for each: "identity", "logistic", "tanh", "relu",
        "leaky_relu", "elu", "selu", "gelu", "silu", "mish" or "softplus".

"""

_WIDTH = """    width : int or None, default=None
        Units of every hidden layer; None means 64. Not together with `hidden_layer_sizes`.

    depth : int or None, default=None
        Number of hidden layers; None means 3. Not together with `hidden_layer_sizes`.

"""

_CLASSIFIER_LOSS = """    loss : "log_loss" or Loss, default="log_loss"
        Logistic loss for two classes and for labels, cross-entropy for more classes; or a loss object of
        `skscratch.core.losses`.

"""

_REGRESSOR_LOSS = """    loss : str or Loss, default="squared_error"
        "squared_error", "absolute_error", "huber" (bends at one standard deviation of y), "quantile", "poisson"
        (y >= 0), "gamma" (y > 0), "cosine" (two or more outputs; only the direction of y counts); or a loss object
        of `skscratch.core.losses`, which carries other constants. All but the last three see y standardised.

"""

_QUANTILE = """    quantile : float or None, default=None
        Which quantile to predict, between 0 and 1, if and only if ``loss="quantile"``.

"""

_TRAINING = """    n_estimators : int, default=8
        Networks trained side by side; their predictions are averaged.

    solver : {"adam", "sgd", "rmsprop", "lbfgs"}, default="adam"
        Optimizer. "sgd" takes `momentum` and `nesterovs_momentum`, "rmsprop" decays by `beta_2`; "lbfgs" takes all
        rows at once and suits small tables.

    alpha : float, default=3e-3
        Strength of the L2 penalty on weights, alpha |W|^2 / (2 n), n the rows of a batch (or their weight).

    dropout : float, default=0.0
        Share of the hidden units that are dropped at random in each step.

    clip_norm : float or None, default=None
        Largest Euclidean norm of the gradient of one network.

"""

_SMOOTHING = """    label_smoothing : float, default=0.0
        Share of each label that is spread over all classes.

"""

_RATE = """    learning_rate : str or callable, default="flat_cosine"
        Course of the learning rate: "constant", "invscaling", "adaptive" (these three stop when the loss does not
        improve for `n_iter_no_change` epochs, or go on at a fifth of the rate), "flat_cosine" (constant for half of
        the fit, then half a cosine down to 0; it turns down as soon as neither score nor loss on held-out rows, as
        means of the networks, have improved for `n_iter_no_change` epochs, and the fit ends after as many epochs
        again), "cosine", "one_cycle", "coslog4", or a function from the progress of the fit, between 0 and 1, to a
        factor (these run to `max_iter`). `partial_fit` keeps the rate constant.

    learning_rate_init : float or None, default=None
        Learning rate at the start. None takes, with ``init="ntk"``, 0.04 for classes and 0.07 for regression (0.1
        with ``solver="sgd"``), and 0.001 otherwise.

    power_t : float, default=0.5
        Exponent of "invscaling": the rate is divided by (rows seen + 1) ** power_t.

    batch_size : int or "auto", default="auto"
        Rows in a batch, at most all; "auto" makes all batches alike, with at most 256 rows. With a number, a last
        short batch is used, too.

    max_iter : int, default=64
        Most epochs (iterations of "lbfgs"); "flat_cosine" takes fewer where held-out rows say so.

    shuffle : bool, default=True
        Whether rows are shuffled in each epoch.

    tol : float, default=1e-4
        An epoch whose held-out score or training loss is not better by `tol` counts as one without improvement;
        "lbfgs" has converged when no entry of the gradient is larger.

    n_iter_no_change : int, inf or "auto", default="auto"
        How many epochs without improvement are borne before a learning rate that stops does so, or "flat_cosine" turns
        down; "auto" is 4 for the latter and 10 for others.

    max_fun : int, default=15000
        Most evaluations of the loss by "lbfgs".

    early_stopping : bool or "auto", default="auto"
        Whether each network leaves rows of its own out of its training, by which its best epoch is chosen; otherwise
        the training loss chooses it. "auto" does so when the table is larger than one batch.

    validation_fraction : float, default=0.1
        Share of the rows that a network leaves out; of each class the same share.

    scoring : str, callable or None, default=None
        What the best epoch is chosen by: None is accuracy (ties are broken by the loss) for classes and the loss for
        regression, "loss" is the loss, anything else a scorer of scikit-learn, or a callable like one: it is called
        with a fitted estimator, validation rows such as they were passed (those of a frame are a frame), y, and
        `sample_weight` if there are weights. Each network is evaluated by itself.

    init : str, default="ntk"
        "ntk": z = x W / sqrt(fan_in) + b with W and b from the standard normal distribution, the output layer from
        zero, a learned factor for each input, and learning rates that suit them. Or "he_normal", "he_uniform",
        "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform" with zero biases, or "zeros".

    scaling : {"robust", "standard", "quantile", None}, default="robust"
        Scaling of numeric columns: by median and interquartile range with a smooth clip, by mean and standard
        deviation, to a normal distribution, or none. Sparse X is divided by the root-mean-square of its columns.

    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which columns are categories: those of a frame whose type is category, string or object; a mask, positions
        or names; none. Missing values and values not seen in training are values, not errors.

    numeric_embedding : {"periodic", "piecewise", None}, default="periodic"
        Learned functions of each numeric column that are appended to it: cosines of learned frequencies, or
        piecewise linear functions over quantile bins. A column of two values has none, since it needs none.

"""

_CLASS_WEIGHT = """    class_weight : dict, "balanced" or None, default=None
        Weight of each class; "balanced" gives every class the same total weight.

"""

_REST = """    beta_1, beta_2 : float, default=0.9 and 0.95
        Decay of Adam's first and second moment.

    epsilon : float, default=1e-6
        Added to the root of the second moment.

    momentum : float, default=0.9
        Momentum of "sgd".

    nesterovs_momentum : bool, default=True
        Whether "sgd" uses Nesterov's form of it.

    warm_start : bool, default=False
        Whether `fit` goes on from the last fit, with its optimizer state and the same validation rows. Sizes of
        layers, `activation`, `n_estimators`, `loss`, `quantile`, `label_smoothing`, `dropout`, `init`, `scaling`,
        `categorical_features`, `numeric_embedding` and `dtype` must stay as they were; all others may change.

    random_state : int, RandomState instance or None, default=None
        Determines the initial parameters, the held-out rows and the order of rows.

    verbose : bool, default=False
        Whether to print a line for each epoch.

    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of training; "auto" is float32, but float64 for L-BFGS and where there are at most 64 rows.

    Attributes
    ----------
"""

_CLASSES = """    classes_ : ndarray of shape (n_classes,)
        The class labels; the numbers of the columns for a multilabel target.

"""

_ATTRIBUTES = """    coefs_ : list of ndarray of shape (n_estimators, fan_in, fan_out)
        Effective weights of each dense layer.

    intercepts_ : list of ndarray of shape (n_estimators, fan_out)
        Biases of each dense layer.

    loss_curve_ : list of float
        Mean training loss of each epoch, over all networks and weighted by row. This and all other curves grow when a
        warm start or `partial_fit` goes on.

    validation_loss_curve_ : list of float or None
        Mean held-out loss of each epoch; NaN for epochs without held-out rows, None if there never were any.

    loss_curves_, validation_loss_curves_ : ndarray of shape (n_epochs, n_estimators)
        These losses for each network; the latter may be None likewise.

    validation_scores_ : list of float or None
        Mean over networks of the score that chose the best epoch; larger is better.

    best_validation_score_ : float or None
        The largest of them.

    loss_, best_loss_ : float
        The last and the smallest training loss.

    best_iter_ : ndarray of shape (n_estimators,)
        The epoch of the last `fit`, from 1, whose parameters each network kept.

    n_iter_ : int
        Epochs run by the last `fit`, or by all calls of `partial_fit`.

    t_ : int
        Rows seen in training.

    n_features_in_ : int
        Columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had any.

    n_layers_, n_outputs_ : int
        Layers, input and output included; outputs of the network.

    out_activation_ : str
        What turns raw scores into predictions: "logistic", "softmax", "identity" or "exp".

    See Also
    --------
    {other} : {other_task}.
    sklearn.neural_network.{sklearn} : scikit-learn's own network.

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


def _attributes(other: str, other_task: str, sklearn: str) -> str:
    return _ATTRIBUTES.format(other=other, other_task=other_task, sklearn=sklearn)


CLASSIFIER = (
    _HEAD.format(task="classes or labels")
    + _SIZES
    + _WIDTH
    + _CLASSIFIER_LOSS
    + _TRAINING
    + _SMOOTHING
    + _RATE
    + _CLASS_WEIGHT
    + _REST
    + _CLASSES
    + _attributes("ScratchMLPRegressor", "The same for numbers", "MLPClassifier")
    + _CLASSIFIER_EXAMPLE
)
REGRESSOR = (
    _HEAD.format(task="numbers")
    + _REGRESSOR_LOSS
    + _SIZES
    + _QUANTILE
    + _WIDTH
    + _TRAINING
    + _RATE
    + _REST
    + _attributes("ScratchMLPClassifier", "The same for classes", "MLPRegressor")
    + _REGRESSOR_EXAMPLE
)

_X_Y = """
        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training rows. Numbers may be missing (NaN), categories too (None or NaN). In sparse X a missing number
            counts as 0, with a warning.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets; for a classifier classes, or an indicator matrix of labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows; a weight of 2 is a row that stands there twice, a weight of 0 one that does not.

"""
_RETURNS = """        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter, X, y or a weight is not what it must be; the message says what would be.
"""

FIT = (
    """Train the networks.
"""
    + _X_Y
    + """        X_val, y_val : array-like, default=None
            Rows that choose the best epoch, instead of rows held out from X.

        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

"""
    + _RETURNS
    + """
        Warns
        -----
        ConvergenceWarning
            If a fit at a constant, "invscaling" or "adaptive" rate reached `max_iter`.
        RuntimeWarning
            If a network diverged (its last finite parameters are kept), or on Ctrl-C: the best parameters so far are
            kept. Before the first epoch is over the estimator stays as it was, as it does after any error.
        """
)
_CLASSES_ARGUMENT = """        classes : array-like, default=None
            All classes there will ever be; read in the first call, and only needed if its y lacks some.

"""
_PARTIAL = """Train for one epoch on some rows, at a constant rate.

        What the first call learns (columns, categories, scales, classes, precision) stays as it is, and so must the
        parameters that `warm_start` lists.
"""
PARTIAL_FIT_CLASSIFIER = _PARTIAL + _X_Y + _CLASSES_ARGUMENT + _RETURNS + "        "
PARTIAL_FIT_REGRESSOR = _PARTIAL + _X_Y + _RETURNS + "        "
