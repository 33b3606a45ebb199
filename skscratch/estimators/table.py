"""The table of hyperparameters: one row for each, in groups by purpose.

Validation, both docstrings, the page of parameters and the rules of a warm start are made from it. A new hyperparameter
is a row here and an argument with its default in the signature of each estimator that has it.

>>> CLASSIFIER["dropout"].type_text, "class_weight" in REGRESSOR
('float in [0, 1)', False)
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np

from skscratch.core.activations import Activation
from skscratch.core.embeddings import NumericEmbedding
from skscratch.core.initializers import Initializer
from skscratch.core.losses import Loss
from skscratch.estimators.constraints import (
    AUTO,
    BOOL,
    CALLABLE,
    NONE,
    NOT_NEGATIVE,
    NOT_NEGATIVE_INT,
    POSITIVE_INT,
    RANDOM_STATE,
    SHARE,
    UNITS,
    Choice,
    Named,
    Number,
    Satisfying,
    ScorerName,
    is_sequence_of,
)
from skscratch.estimators.hyperparameters import Hyperparameter, Hyperparameters
from skscratch.estimators.table_training import TRAINING
from skscratch.tabular.scaling import Scaler

ACTIVATION = Named(Activation)
SEQUENCE_OF_ACTIVATION = Satisfying(
    is_sequence_of(ACTIVATION), "a sequence of them, one per hidden layer", ("sequence of them",)
)
SEQUENCE_OF_INT = Satisfying(
    is_sequence_of(UNITS), "a sequence of ints in the range [1, 1000000]", ("sequence of int in [1, 1000000]",)
)
SEQUENCE_OF_SHARES = Satisfying(
    is_sequence_of(Number(Real, 0, 1, "()")), "a sequence of them", ("sequence of float in (0, 1)",)
)
LOSS_OBJECT = Satisfying(
    lambda value: isinstance(value, Loss), f"an instance of {Loss.__module__}.{Loss.__name__}", ("Loss",)
)
ARRAY_LIKE = Satisfying(
    lambda value: isinstance(value, (list, tuple, np.ndarray)), "a mask, positions or names", ("array-like",)
)
DICT = Satisfying(lambda value: isinstance(value, dict), "a dict", ("dict",))
SIGN = Number(Integral, -1, 1)
SIGNS = Satisfying(is_sequence_of(SIGN), "a sequence of -1, 0 and 1, one for each column", ("array-like of int",))
SIGN_OF_NAME = Satisfying(
    lambda value: isinstance(value, dict) and all(sign in SIGN for sign in value.values()),
    "a dict of names of columns and -1, 0 or 1",
    ("dict of str to int",),
)

NETWORK = (
    Hyperparameter(
        "hidden_layer_sizes",
        (UNITS, SEQUENCE_OF_INT, NONE),
        "Units of each hidden layer; ``()`` is a network without hidden layers: a linear or logistic model. None uses "
        "`width` and `depth`, which can only be combined with None.",
        "for layers of different sizes, or for none",
    ),
    Hyperparameter(
        "width",
        (UNITS, NONE),
        "Units of every hidden layer; None means 64. Not with `hidden_layer_sizes`.",
        "128 for more accuracy, in about twice the time; in a search 32 to 512",
    ),
    Hyperparameter(
        "depth",
        (Number(Integral, 0, 1000), NONE),
        "Number of hidden layers; None means 2. Not with `hidden_layer_sizes`.",
        "with `width`: 1 to 4; 0 is a linear model of the inputs",
    ),
    Hyperparameter(
        "activation",
        (ACTIVATION, SEQUENCE_OF_ACTIVATION),
        "Activation function of the hidden layers, or a sequence with one for each: {names}; or an object of "
        "`skscratch.core`.",
        'for smooth functions ("silu", "gelu", "tanh")',
    ),
    Hyperparameter(
        "n_estimators",
        (POSITIVE_INT,),
        "Number of members: networks that are trained side by side, and whose predictions are averaged.",
        "4 for a shorter fit, 1 for the shortest; 16 for more accuracy",
    ),
    Hyperparameter(
        "init",
        (Named(Initializer, "ntk"),),
        "Initial parameters: {names}; or an object of `skscratch.core`. "
        '"ntk" is z = x W / sqrt(fan_in) + b with W and b from the standard normal distribution, an output layer that '
        "starts at zero, a learned factor for each input, and matching learning rates; the others have "
        "zero biases.",
        "to compare with other libraries; then set `learning_rate_init`, too",
    ),
    Hyperparameter(
        "numeric_embedding",
        (Named(NumericEmbedding), NONE),
        "Three learned functions of each numeric column, appended to it: {names}, or an object of "
        '`skscratch.core`. "piecewise" functions are linear between 16 quantiles, "periodic" ones are sums '
        "of cosines of learned frequencies. A column of two values has none: they would be linear.",
        '"periodic" for smooth periodic functions; None if there are many columns, or if they are features already, '
        "such as pixels: an epoch takes less time",
    ),
)

LOSS = (
    Hyperparameter(
        "loss",
        (
            Choice("log_loss"),
            LOSS_OBJECT,
        ),
        "Loss function: the logistic loss for two classes and for labels, the cross-entropy for more classes; or an "
        "object of `skscratch.core`.",
        "an object has other constants",
        "classifier",
    ),
    Hyperparameter(
        "loss",
        (Named(Loss),),
        "Loss function: {names}; or an object of `skscratch.core`, for other constants. "
        '"squared_error" predicts the mean, "absolute_error" the median; "huber" is linear beyond one standard '
        'deviation of y; "poisson" needs y >= 0, "gamma" y > 0, and "cosine" two or more outputs, of which only the '
        "direction counts. All but the last three are fitted to a standardised y.",
        "to what is predicted: counts, amounts, outliers, bounds; `HuberLoss(delta=2.0)` has another constant",
        "regressor",
    ),
    Hyperparameter(
        "quantile",
        (Number(Real, 0, 1, "()"), SEQUENCE_OF_SHARES, NONE),
        'The quantile to predict, if and only if ``loss="quantile"``. Several in ascending order are predicted by one '
        "network, for a y of one output: `predict` returns a column for each, and they never cross.",
        "with that loss; `[0.1, 0.5, 0.9]` predicts an interval whose width depends on the row",
        "regressor",
    ),
    Hyperparameter(
        "class_weight",
        (Choice("balanced"), DICT, NONE),
        'Weight of each class; "balanced" gives every class the same total weight.',
        "if rare classes matter more than they occur; probabilities are then those of the reweighted population",
        "classifier",
        may_change=True,
    ),
    Hyperparameter(
        "label_smoothing",
        (SHARE,),
        "Share of each label that is spread over all classes.",
        "to 0.05 or 0.1 if some labels are wrong",
        "classifier",
    ),
)

REGULARIZATION = (
    Hyperparameter(
        "alpha",
        (NOT_NEGATIVE,),
        "Strength of the L2 penalty: alpha / (2 n) times the sum of the squared weights, n the rows of a batch. If "
        "rows have weights, n is their total weight divided by the mean weight of all rows: only ratios matter. "
        'With "adam", which divides the gradient of each weight by its size, the penalty shrinks every weight with a '
        "weak gradient at nearly the full learning rate.",
        'with "sgd" and "lbfgs"; with "adam" it spoiled a fit on 100,000 rows',
        may_change=True,
    ),
    Hyperparameter(
        "dropout",
        (SHARE,),
        'Share of the hidden units that are dropped at random in each step; not with "lbfgs".',
        "to 0.1 or 0.3 if the network is large for the table",
    ),
    Hyperparameter(
        "early_stopping",
        (AUTO, BOOL),
        "Whether each member leaves out validation rows of its own, by which its best epoch is chosen; otherwise the "
        'training loss chooses it. "auto" does so if an epoch has more than one batch: with the default `batch_size` '
        'from 32 rows on, and not with "lbfgs".',
        'False to train every member on every row; True with "lbfgs"',
        may_change=True,
    ),
    Hyperparameter(
        "validation_fraction",
        (Number(Real, 0, 1, "()"),),
        "Share of the rows that a member leaves out; of each class the same share. Rows that are passed as `X_val` and "
        "`y_val` to `fit` are used instead.",
        "if the table is very large or small",
        may_change=True,
    ),
    Hyperparameter(
        "scoring",
        (Choice("loss"), ScorerName(), CALLABLE, NONE),
        "Metric that chooses the best epoch: None is accuracy (ties are broken by the loss) for classes and the loss "
        'for regression, "loss" is the loss, anything else a scorer of scikit-learn, or a callable like one: it is '
        "called with a fitted estimator, validation rows in the form in which they were passed (a frame stays a "
        "frame), y, and `sample_weight` if there are weights. Each member is evaluated by itself.",
        '"loss" for good probabilities; "roc_auc" and others if you report that metric (it takes time in each epoch)',
        may_change=True,
    ),
)

COLUMNS = (
    Hyperparameter(
        "categorical_features",
        (Choice("from_dtype"), ARRAY_LIKE, NONE),
        'Which columns are categories: those of a frame whose type is category, string or object ("from_dtype"), but '
        "not objects that are all numbers, such as Decimal, and those of an array of objects that are all strings; a "
        "mask, positions or names; none. Missing values and values not seen in training are allowed.",
        "if numbers are codes, such as a postcode or an id",
    ),
    Hyperparameter(
        "max_categories",
        (POSITIVE_INT, NONE),
        "Maximum number of inputs that a categorical column becomes: those of its most frequent values. All other "
        "values are 0 in every input, as values not seen in training are. None is no limit. A column of two values "
        "always becomes one input.",
        "more if rare values matter, such as in a column of cities; each takes time",
    ),
    Hyperparameter(
        "min_frequency",
        (POSITIVE_INT, Number(Real, 0, 1, "()"), NONE),
        "Categories in fewer rows are 0 in every input; a float is a share of the rows, None is 1. Rows are counted "
        "without weights.",
        "5 or 0.01 if there are many rare values",
    ),
    Hyperparameter(
        "scaling",
        (Named(Scaler), NONE),
        "Scaling of numeric columns: {names}, an object of `skscratch.tabular.scaling`, or None for no scaling. "
        '"robust" uses median and interquartile range (if it is 0, that of all other values) with a smooth clip, '
        '"standard" mean and standard deviation; "quantile" leads to a normal distribution. Sparse X is divided by the '
        "root-mean-square of its columns, unless None.",
        "None if the columns are scaled already",
    ),
    Hyperparameter(
        "monotonic_cst",
        (SIGNS, SIGN_OF_NAME, NONE),
        "Columns in which the prediction is monotonic: a sign for each column of X, or a dict of names and signs. With "
        "1 the prediction never decreases when the number increases, with -1 it never increases; 0 is no constraint. "
        "For two classes this holds for the probability of ``classes_[1]``. Not with more classes; the columns must be "
        "numeric, and the activations increasing.",
        "if you know that the relation is monotonic, or must be for those who use the prediction",
    ),
)

FIT = (
    Hyperparameter(
        "random_state",
        (RANDOM_STATE,),
        "Determines the initial parameters, the validation rows and the order of rows; a warm start does not read it.",
        "an int, for a fit that can be repeated",
        may_change=True,
    ),
    Hyperparameter(
        "warm_start",
        (BOOL,),
        "Whether `fit` continues the last fit, with its optimizer state and the same validation rows. {must_stay} must "
        "stay as they were; all others may change.",
        "to continue training",
        may_change=True,
    ),
    Hyperparameter(
        "dtype",
        (Choice("auto", "float32", "float64"),),
        'Precision of training; "auto" is float32, but float64 for "lbfgs" and below 32 rows, where a weight of 2 '
        "equals a repeated row exactly.",
        '"float64" for more digits, in about twice the time',
    ),
    Hyperparameter(
        "verbose",
        (BOOL, NOT_NEGATIVE_INT),
        "Whether to print a line for each epoch.",
        "to watch the loss",
        may_change=True,
    ),
)

GROUPS: Mapping[str, tuple[Hyperparameter, ...]] = {
    "The network": NETWORK,
    "The loss": LOSS,
    "Against overfitting": REGULARIZATION,
    "Training": TRAINING,
    "The table": COLUMNS,
    "The fit": FIT,
}


def _table(estimator: str) -> Hyperparameters:
    rows = [row for group in GROUPS.values() for row in group]
    return {row.name: row for row in rows if row.estimator in (estimator, None)}


CLASSIFIER, REGRESSOR = _table("classifier"), _table("regressor")
