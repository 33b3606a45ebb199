"""The text of the public docstrings; what both estimators share is written once."""

from __future__ import annotations

_HEAD = """A neural network for tables, from scratch in NumPy: {task}.

    X needs no preparation: a pandas or polars frame with numbers, categories and missing values, an array, or a
    sparse matrix. Several networks, the members of an ensemble, are trained side by side; predictions are averaged.

    Parameters
    ----------
"""

_SIZES = """    hidden_layer_sizes : int, sequence of int or None, default=None
        Units of each hidden layer; ``()`` is a network without one: a linear or logistic model. None uses `width`
        and `depth`.

    activation : str or sequence of str, default="relu"
        Activation function of the hidden layers, or one for each: "identity", "logistic", "tanh", "relu",
        "leaky_relu", "elu", "selu", "gelu", "silu", "mish" or "softplus".

"""

_WIDTH = """    width : int or None, default=None
        Units of every hidden layer; None means 64. 128 is slower and more accurate. Not with `hidden_layer_sizes`.

    depth : int or None, default=None
        Number of hidden layers; None means 2. Not with `hidden_layer_sizes`.

"""

_CLASSIFIER_LOSS = """    loss : "log_loss" or Loss, default="log_loss"
        Logistic loss for two classes and for labels, cross-entropy for more classes; or a loss object of
        `skscratch.core.losses`.

"""

_REGRESSOR_LOSS = """    loss : str or Loss, default="squared_error"
        "squared_error", "absolute_error", "huber" (linear beyond one standard deviation of y), "quantile", "poisson"
        (y >= 0), "gamma" (y > 0), "cosine" (two or more outputs; only the direction of y counts); or a loss object
        of `skscratch.core.losses`, for other constants. All but the last three are fitted to a standardised y.

"""

_QUANTILE = """    quantile : float or None, default=None
        Which quantile to predict, between 0 and 1, if and only if ``loss="quantile"``.

"""

_TRAINING = """    n_estimators : int, default=8
        Number of members: networks that are trained side by side. 4 are faster, 16 are more accurate.

    solver : {"adam", "sgd", "rmsprop", "lbfgs"}, default="adam"
        Optimizer. "sgd" uses `momentum` and `nesterovs_momentum`, "rmsprop" uses `beta_2`; "lbfgs" uses all rows at
        once and suits small tables.

    alpha : float, default=0.0
        Strength of the L2 penalty on weights, alpha |W|^2 / (2 n), n the rows of a batch (or their weight). With
        "adam" the penalty shrinks every weight that has a weak gradient at nearly the full learning rate.

    dropout : float, default=0.0
        Share of the hidden units that are dropped at random in each step.

    clip_norm : float or None, default=None
        Maximum Euclidean norm of the gradient of a member.

"""

_SMOOTHING = """    label_smoothing : float, default=0.0
        Share of each label that is spread over all classes.

"""

_RATE = """    learning_rate : str or callable, default="flat_cosine"
        Learning-rate schedule. "constant", "invscaling" and "adaptive" stop the fit when the loss has not improved
        for `n_iter_no_change` epochs ("adaptive" first divides the rate by 5, down to 1e-6). "flat_cosine" is constant
        for half of the fit and then decays to 0 along half a cosine; it starts to decay earlier, after e epochs, if
        neither score nor loss on validation rows, as means over members, have improved for `n_iter_no_change`
        epochs, and the fit then has 2 e epochs. "cosine", "one_cycle", "coslog4", and functions from the progress of
        the fit, between 0 and 1, to a factor run to `max_iter`. `partial_fit` keeps the rate constant.

    learning_rate_init : float or None, default=None
        Initial learning rate. None is, with ``init="ntk"``, 0.04 for classes and 0.07 for regression (0.1 with
        ``solver="sgd"``), and 0.001 otherwise.

    power_t : float, default=0.5
        Exponent of "invscaling": the rate is divided by (rows seen + 1) ** power_t.

    batch_size : int or "auto", default="auto"
        Rows in a batch. "auto" makes equal batches: of at most 128 rows, or sqrt(2 n) where that is more; in small
        tables eight batches, or as many as have 16 rows each. With a number, the last batch may be smaller.

    max_iter : int or "auto", default="auto"
        Maximum number of epochs, or of iterations of "lbfgs". "auto" is 64; epochs are at least as many as 300 steps
        take, and beyond 8,192 rows 64 sqrt(8192 / n), so that the number of planned steps stays constant.
        "flat_cosine" ends earlier if the validation rows show no improvement.

    shuffle : bool, default=True
        Whether rows are shuffled in each epoch.

    tol : float, default=1e-4
        An epoch whose validation score or training loss is not better by `tol` counts as one without improvement;
        "lbfgs" has converged when no entry of the gradient is larger.

    n_iter_no_change : int, inf or "auto", default="auto"
        Maximum number of epochs without improvement before "flat_cosine" starts to decay or another schedule ends.
        "auto" is 10, for "flat_cosine" 4 and at least 24 steps; 2 is slightly less accurate, in 0.6 of the time.

    max_fun : int, default=15000
        Maximum number of evaluations of the loss by "lbfgs".

    early_stopping : bool or "auto", default="auto"
        Whether each member leaves out validation rows of its own, by which its best epoch is chosen; otherwise the
        training loss chooses it. "auto" does so where an epoch has more than one batch, by default from 32 rows on.

    validation_fraction : float, default=0.1
        Share of the rows that a member leaves out; of each class the same share.

    scoring : str, callable or None, default=None
        Metric that chooses the best epoch: None is accuracy (ties are broken by the loss) for classes and the loss
        for regression, "loss" is the loss, anything else a scorer of scikit-learn, or a callable like one: it is
        called with a fitted estimator, validation rows in the form in which they were passed (a frame stays a
        frame), y, and `sample_weight` if there are weights. Each member is evaluated by itself.

    init : str, default="ntk"
        "ntk": z = x W / sqrt(fan_in) + b with W and b from the standard normal distribution, an output layer that
        starts at zero, a learned factor for each input, and matching learning rates. Or "he_normal", "he_uniform",
        "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform" with zero biases, or "zeros".

    scaling : {"robust", "standard", "quantile", None}, default="robust"
        Scaling of numeric columns: by median and interquartile range (where it is 0, that of all other values) with
        a smooth clip, by mean and standard deviation, to a normal distribution, or none. Sparse X is divided by the
        root-mean-square of its columns.

    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which columns are categories: those of a frame whose type is category, string or object; a mask, positions
        or names; none. Missing values and values not seen in training are allowed.

    numeric_embedding : {"periodic", "piecewise", None}, default="piecewise"
        Three learned functions of each numeric column, appended to it: piecewise linear over 16 quantile bins, or
        sums of cosines of learned frequencies ("periodic"). A column of two values has none: they would be linear.

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
        Whether "sgd" uses Nesterov's form of momentum.

    warm_start : bool, default=False
        Whether `fit` continues the last fit, with its optimizer state and the same validation rows. Sizes of
        layers, `activation`, `n_estimators`, `loss`, `quantile`, `label_smoothing`, `dropout`, `init`, `scaling`,
        `categorical_features`, `numeric_embedding` and `dtype` must stay as they were; all others may change.

    random_state : int, RandomState instance or None, default=None
        Determines the initial parameters, the validation rows and the order of rows.

    verbose : bool, default=False
        Whether to print a line for each epoch.

    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of training; "auto" is float32, but float64 for "lbfgs" and below 32 rows.

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
        Mean training loss of each epoch, over all members and weighted by row. A warm start and `partial_fit` extend
        this and all other curves.

    validation_loss_curve_ : list of float or None
        Mean validation loss of each epoch; NaN for epochs without validation rows, None if there never were any.

    loss_curves_, validation_loss_curves_ : ndarray of shape (n_epochs, n_estimators)
        These losses for each member; the latter may be None, too.

    validation_scores_ : list of float or None
        Mean over members of the score that chose the best epoch; larger is better.

    best_validation_score_ : float or None
        The largest of them.

    loss_, best_loss_ : float
        The last and the smallest training loss.

    best_iter_ : ndarray of shape (n_estimators,)
        The epoch of the last `fit`, from 1, whose parameters each member kept.

    n_iter_ : int
        Epochs run by the last `fit`, or by all calls of `partial_fit`.

    t_ : int
        Number of rows seen in training, over all epochs.

    n_features_in_ : int
        Columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had any.

    n_layers_, n_outputs_ : int
        Layers, input and output included; outputs of the network.

    out_activation_ : str
        Function that turns raw scores into predictions: "logistic", "softmax", "identity" or "exp".

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
    + _ATTRIBUTES.format(other="ScratchMLPRegressor", other_task="The same for numbers", sklearn="MLPClassifier")
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
    + _ATTRIBUTES.format(other="ScratchMLPClassifier", other_task="The same for classes", sklearn="MLPRegressor")
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
            Weights of rows; a row of weight 2 counts as two rows, a row of weight 0 as none.

"""
_RETURNS = """        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter, X, y or a weight is not valid; the message says what is expected.
"""

FIT = (
    """Train the members.
"""
    + _X_Y
    + """        X_val, y_val : array-like, default=None
            Validation rows, by which the best epoch is chosen, instead of rows of X.

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
            If a member diverged (its last finite parameters are kept), or on Ctrl-C: the best parameters so far are
            kept. Before the end of the first epoch the estimator stays unchanged, as after any error.
        """
)
_CLASSES_ARGUMENT = """        classes : array-like, default=None
            All classes of all calls; read in the first call, and only needed if its y lacks some.

"""
_PARTIAL = """Train for one epoch on some rows, at a constant rate.

        What the first call learns (columns, categories, scales, classes, precision) does not change later, and the
        parameters that `warm_start` lists must not change.
"""
PARTIAL_FIT_CLASSIFIER = _PARTIAL + _X_Y + _CLASSES_ARGUMENT + _RETURNS + "        "
PARTIAL_FIT_REGRESSOR = _PARTIAL + _X_Y + _RETURNS + "        "
