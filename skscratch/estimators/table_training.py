"""The rows of the table of hyperparameters that say how parameters are trained."""

from __future__ import annotations

from numbers import Real

from skscratch.core.optimizers import Optimizer
from skscratch.core.schedules import Schedule
from skscratch.estimators.constraints import (
    AUTO,
    BOOL,
    CALLABLE,
    INF,
    NONE,
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_INT,
    SHARE,
    Named,
    Number,
    Satisfying,
)
from skscratch.estimators.hyperparameters import Hyperparameter

TRAINING = (
    Hyperparameter(
        "solver",
        (Named(Optimizer, "lbfgs"),),
        'Optimizer: {names}; or an object of `skscratch.core`. "sgd" uses `momentum` and '
        '`nesterovs_momentum`, "rmsprop" uses `beta_2`, "adamw" uses `alpha` as weight decay; "lbfgs" uses all rows at '
        "once, trains one member after the other, and has converged when no entry of the gradient is larger "
        "than `tol`.",
        '"lbfgs" for small tables and linear models',
        may_change=True,
    ),
    Hyperparameter(
        "max_iter",
        (AUTO, POSITIVE_INT),
        'Maximum number of epochs, or of iterations of "lbfgs". "auto" is 64; epochs are at least as many as 300 steps '
        "take, and beyond 8,192 rows 64 sqrt(8192 / n), so that the number of planned steps stays constant. "
        '"flat_cosine" ends earlier if the validation rows show no improvement.',
        'an int for a fixed number of epochs; more with "lbfgs" if it has not converged',
        may_change=True,
    ),
    Hyperparameter(
        "max_time",
        (POSITIVE, NONE),
        "Maximum time of `fit` in seconds: training ends after the epoch in which it has passed, and the best epoch is "
        'kept. With "lbfgs" each member has an equal share of it. None is no limit.',
        "if a fit must end by a certain time; choose `max_iter` so that the fit usually ends earlier, since the "
        "learning rate does not decay before this limit",
        may_change=True,
    ),
    Hyperparameter(
        "batch_size",
        (AUTO, POSITIVE_INT),
        'Rows in a batch. "auto" makes equal batches: of at most 128 rows, or sqrt(2 n) if that is more; in small '
        "tables eight batches, or as many as have 16 rows each. With a number, the last batch may be smaller.",
        "larger for large networks",
        may_change=True,
    ),
    Hyperparameter(
        "shuffle", (BOOL,), "Whether rows are shuffled in each epoch.", "False to keep the order", may_change=True
    ),
    Hyperparameter(
        "learning_rate_init",
        (POSITIVE, NONE),
        'Initial learning rate. None is, with ``init="ntk"``, 0.04 for classes and 0.07 for regression (0.1 with '
        '``solver="sgd"``), and 0.001 otherwise.',
        "by factors of two or three; smaller if a fit diverges",
        may_change=True,
    ),
    Hyperparameter(
        "learning_rate",
        (Named(Schedule), CALLABLE),
        "Learning-rate schedule: {names}; an object of `skscratch.core`; or a function from the progress of "
        "the fit, between 0 and 1, to a factor. "
        '"constant", "invscaling" and "adaptive" stop the fit when the loss has not improved for `n_iter_no_change` '
        'epochs ("adaptive" first divides the rate by 5, down to 1e-6). "flat_cosine" is constant for half of the fit '
        "and then decays to 0 along half a cosine; it starts to decay earlier, after e epochs, if neither score nor "
        "loss on validation rows, as means over members, have improved for `n_iter_no_change` epochs, and the fit then "
        "has 2 e epochs. The others run to `max_iter`. `partial_fit` keeps the rate constant.",
        '"constant" or "adaptive" with a large `max_iter` for a fit that ends by itself',
        may_change=True,
    ),
    Hyperparameter(
        "power_t",
        (NOT_NEGATIVE,),
        'Exponent of "invscaling": the rate is divided by (rows seen + 1) ** power_t.',
        "with that schedule",
        may_change=True,
    ),
    Hyperparameter(
        "tol",
        (NOT_NEGATIVE,),
        "An epoch whose validation score or training loss is not better by `tol` counts as one without improvement; "
        '"lbfgs" has converged when no entry of the gradient is larger, or when an iteration lowers the loss by less '
        "than 2e-5 `tol` of it, but at most 2e-9.",
        'with "constant", "invscaling", "adaptive" and "lbfgs"',
        may_change=True,
    ),
    Hyperparameter(
        "n_iter_no_change",
        (AUTO, POSITIVE_INT, Satisfying(lambda value: value == INF, "inf", ("inf",))),
        'Patience: maximum number of epochs without improvement before "flat_cosine" starts to decay or another '
        'schedule ends. "auto" is 10, for "flat_cosine" 4 and at least 24 steps.',
        "2 for a fit in 0.6 of the time, slightly less accurate; inf for all epochs of `max_iter`",
        may_change=True,
    ),
    Hyperparameter(
        "max_fun", (POSITIVE_INT,), 'Maximum number of evaluations of the loss by "lbfgs".', "seldom", may_change=True
    ),
    Hyperparameter(
        "clip_norm",
        (POSITIVE, NONE),
        "Maximum Euclidean norm of the gradient of a member.",
        "to 1.0 if a fit diverges",
        may_change=True,
    ),
    Hyperparameter("momentum", (Number(Real, 0, 1),), 'Momentum of "sgd".', "with that solver", may_change=True),
    Hyperparameter(
        "nesterovs_momentum",
        (BOOL,),
        'Whether "sgd" uses Nesterov\'s form of momentum.',
        "with that solver",
        may_change=True,
    ),
    Hyperparameter("beta_1", (SHARE,), "Decay of Adam's first moment.", "seldom", may_change=True),
    Hyperparameter(
        "beta_2",
        (SHARE,),
        'Decay of the second moment of Adam and "rmsprop".',
        "0.999 is scikit-learn's",
        may_change=True,
    ),
    Hyperparameter("epsilon", (POSITIVE,), "Added to the root of the second moment.", "seldom", may_change=True),
)
