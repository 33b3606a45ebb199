"""From the values of hyperparameters to the objects of the core: the only place that switches on words.

What a default of None or "auto" stands for is decided here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isqrt, sqrt
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skscratch.core.activations import ACTIVATIONS
from skscratch.core.embeddings import NumericEmbedding, Periodic, PiecewiseLinear
from skscratch.core.initializers import INITIALIZERS, Normal, Zeros
from skscratch.core.layers import Activate, Dense, Dropout, Layer, Scale
from skscratch.core.losses import REGRESSION_LOSSES, BinaryLogLoss, Loss, MulticlassLogLoss, QuantileLoss
from skscratch.core.network import Network
from skscratch.core.optimizers import Optimizer, adam, momentum, rmsprop
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import SCHEDULES, FlatCosine, FunctionOfProgress, InverseScaling, Schedule
from skscratch.tabular.encoding import Table

WIDTH, DEPTH = 64, 2
# Rows in a batch: at most BATCH_SIZE, or sqrt(2 n) where that is more; fewer where an epoch would have under BATCHES
# batches, but at least SMALL_BATCH.
BATCH_SIZE, BATCHES, SMALL_BATCH = 128, 8, 16
# Epochs up to MANY_ROWS rows, where sqrt(2 n) is BATCH_SIZE; beyond, the number of steps stays what it is there.
EPOCHS, MANY_ROWS = 64, BATCH_SIZE**2 // 2
# Steps of the smallest tables: at least so many are planned, and so many without improvement before the rate decays.
MIN_STEPS, MIN_PATIENCE = 300, 24
# Epochs without improvement: before the rate of "flat_cosine" decays, and before other schedules end (scikit-learn's).
FLAT_PATIENCE, PATIENCE = 4, 10
# Factors on the learning rate that go with the NTK parametrization, by kind of parameter.
NTK_FACTORS = {"bias": 0.1, "scale": 6.0, "embedding": 0.1}
BINS = 16
FEW_ROWS = 2 * SMALL_BATCH


def hidden_sizes(estimator: Any) -> tuple[int, ...]:
    """The units of each hidden layer, from `hidden_layer_sizes`, or from `width` and `depth`."""
    sizes, width, depth = estimator.hidden_layer_sizes, estimator.width, estimator.depth
    if sizes is None:
        return (WIDTH if width is None else int(width),) * (DEPTH if depth is None else int(depth))
    if width is not None or depth is not None:
        raise ValueError(
            f"hidden_layer_sizes must be None where width or depth is given, got hidden_layer_sizes={sizes!r}, "
            f"width={width!r}, depth={depth!r}; set one or the other."
        )
    return tuple(int(size) for size in (sizes if np.ndim(sizes) else [sizes]))


def classification_loss(estimator: Any, kind: str) -> BinaryLogLoss | MulticlassLogLoss:
    """The loss for a target of this kind: "binary", "multiclass" or "multilabel"."""
    expected = MulticlassLogLoss if kind == "multiclass" else BinaryLogLoss
    if isinstance(estimator.loss, str):
        return {"log_loss": expected}[estimator.loss](float(estimator.label_smoothing))
    if not isinstance(estimator.loss, expected):
        raise ValueError(
            f"loss must be 'log_loss' or a {expected.__name__} for a {kind} target, got {estimator.loss!r}; "
            "'log_loss' chooses the right one by itself."
        )
    return estimator.loss


def regression_loss(estimator: Any) -> Loss:
    """The loss by name, with its quantile where it has one."""
    loss, quantile = estimator.loss, estimator.quantile
    if (loss == "quantile") == (quantile is None):
        raise ValueError(
            f"quantile must be a float between 0 and 1 where loss='quantile' and None elsewhere, got loss={loss!r} "
            f"and quantile={quantile!r}; for the median write loss='quantile', quantile=0.5."
        )
    if isinstance(loss, Loss):
        if loss.link not in ("identity", "exp"):
            raise ValueError(f"loss must be a regression loss, got {loss!r}; for classes use ScratchMLPClassifier.")
        return loss
    return QuantileLoss(float(quantile)) if loss == "quantile" else REGRESSION_LOSSES[loss]()


def check_options(estimator: Any) -> None:
    """Raise a ValueError where options exclude each other, which can be said before any data is read."""
    _activations(estimator, len(hidden_sizes(estimator)))
    if estimator.solver == "lbfgs" and estimator.dropout:
        raise ValueError(
            f"dropout must be 0 where solver='lbfgs', which needs the same loss twice, got {estimator.dropout!r}; "
            "choose another solver."
        )
    if not is_classifier(estimator):
        regression_loss(estimator)
    elif isinstance(estimator.loss, Loss) and estimator.label_smoothing:
        raise ValueError(
            f"label_smoothing must be 0 where loss is an object, got {estimator.label_smoothing!r}; give it to the "
            f"object, {type(estimator.loss).__name__}(label_smoothing={estimator.label_smoothing!r})."
        )


def batch_size(estimator: Any, n: int) -> int:
    """Rows in a batch: all of them for L-BFGS.

    "auto" makes as few batches alike as have at most max(128, sqrt(2 n)) rows, or eight, as long as they have 16 rows.
    """
    if estimator.solver == "lbfgs":
        return n
    if estimator.batch_size == "auto":
        batches = max(ceil(n / max(BATCH_SIZE, isqrt(2 * n))), min(BATCHES, n // SMALL_BATCH))
        return ceil(n / max(batches, 1))
    return min(int(estimator.batch_size), n)


def max_iter(estimator: Any, n: int) -> int:
    """The largest number of epochs on n rows, or of iterations of L-BFGS.

    "auto" is 64 epochs or 300 steps, whichever is more, and beyond 8,192 rows 64 sqrt(8192 / n) epochs.
    """
    if estimator.max_iter != "auto":
        return int(estimator.max_iter)
    if estimator.solver == "lbfgs":
        return EPOCHS
    return max(ceil(EPOCHS * min(1, sqrt(MANY_ROWS / n))), _epochs(estimator, n, MIN_STEPS))


def _epochs(estimator: Any, n: int, steps: int) -> int:
    """How many epochs so many steps take."""
    return ceil(steps / ceil(n / batch_size(estimator, n)))


def holds_out(estimator: Any, n: int) -> bool:
    """Whether there are validation rows to choose the best epoch: "auto" takes some if an epoch has several batches."""
    if estimator.early_stopping == "auto":
        return n > batch_size(estimator, n)
    return {True: True, False: False}[estimator.early_stopping]  # any other value is an error


def dtype(estimator: Any, n: int) -> np.dtype:
    """float64 for L-BFGS, and where rows are few: there it is free, and weights must equal repeated rows to 1e-7."""
    if estimator.dtype == "auto":
        return np.dtype(np.float64 if n < FEW_ROWS or estimator.solver == "lbfgs" else np.float32)
    return np.dtype(estimator.dtype)


def network(estimator: Any, table: Table, n_outputs: int, sample_weight: np.ndarray | None) -> Network:
    """[embedding, front scale,] (dense, activation [, dropout]) for each hidden layer, dense."""
    sizes = hidden_sizes(estimator)
    layers: list[Layer] = []
    if estimator.numeric_embedding is not None and (columns := _many_valued(table)):
        layers.append(_embedding(estimator.numeric_embedding, table, columns, sample_weight))
    if estimator.init == "ntk" and isinstance(table.x, np.ndarray):  # a sparse x has no room for factors of k members
        layers.append(Scale())
    for size, activation in zip(sizes, _activations(estimator, len(sizes)), strict=True):
        layers += [_dense(estimator.init, size), Activate(ACTIVATIONS[activation]())]
        if estimator.dropout:
            layers.append(Dropout(float(estimator.dropout)))
    layers.append(Dense(n_outputs, Zeros(), ntk=True) if estimator.init == "ntk" else _dense(estimator.init, n_outputs))
    return Network(tuple(layers), table.x.shape[1])


def optimizer(estimator: Any, P: Parameters, schedule: Schedule) -> Optimizer:
    """The chain for adam, sgd or rmsprop."""
    options: dict[str, Any] = {
        "rate": learning_rate(estimator),
        "schedule": schedule,
        "factors": P.by_kind(NTK_FACTORS) if estimator.init == "ntk" else None,
        "clip_norm": estimator.clip_norm,
    }
    if estimator.solver == "sgd":
        return momentum(mu=estimator.momentum, nesterov=estimator.nesterovs_momentum, **options)
    if estimator.solver == "rmsprop":
        return rmsprop(beta=estimator.beta_2, epsilon=estimator.epsilon, **options)
    if estimator.solver == "adam":
        return adam(beta_1=estimator.beta_1, beta_2=estimator.beta_2, epsilon=estimator.epsilon, **options)
    raise KeyError(f"solver={estimator.solver!r} is allowed, but nothing here builds it")


def learning_rate(estimator: Any) -> float:
    """The initial rate; None takes the one that goes with the initialization and the solver."""
    if estimator.learning_rate_init is not None:
        return float(estimator.learning_rate_init)
    if estimator.init != "ntk":
        return 1e-3
    if estimator.solver == "sgd":
        return 0.1
    return 0.04 if is_classifier(estimator) else 0.07


def schedule(estimator: Any, n: int) -> Schedule:
    """The learning-rate schedule for n rows."""
    if callable(estimator.learning_rate):
        return FunctionOfProgress(estimator.learning_rate)
    if estimator.learning_rate == "invscaling":
        return InverseScaling(estimator.power_t)
    if estimator.learning_rate == "flat_cosine":
        patience = max(FLAT_PATIENCE, _epochs(estimator, n, MIN_PATIENCE))
        return FlatCosine(patience=epochs_without_change(estimator, patience))
    return SCHEDULES[estimator.learning_rate]()


def epochs_without_change(estimator: Any, auto: int = PATIENCE) -> float:
    """Patience: the maximum number of epochs without improvement."""
    return auto if estimator.n_iter_no_change == "auto" else float(estimator.n_iter_no_change)


def _activations(estimator: Any, depth: int) -> Sequence[str]:
    if isinstance(estimator.activation, str):
        return [estimator.activation] * depth
    if len(estimator.activation) != depth:
        raise ValueError(
            f"activation must be one name or one for each of the {depth} hidden layers, got "
            f"{len(estimator.activation)} names; give one name for all of them."
        )
    return estimator.activation


def _dense(init: str, units: int) -> Dense:
    if init == "ntk":
        return Dense(units, Normal(), Normal(), ntk=True)
    return Dense(units, INITIALIZERS[init])


def _many_valued(table: Table) -> tuple[int, ...]:
    """Numeric columns of more than two values: any function of two values is a linear one, which a layer has anyway."""
    columns = ((j, table.x[:, j]) for j in range(table.n_numeric))
    return tuple(j for j, x in columns if ((x != x.min()) & (x != x.max())).any())


def _embedding(kind: str, table: Table, columns: tuple[int, ...], sample_weight: np.ndarray | None) -> NumericEmbedding:
    if kind == "periodic":
        return Periodic(columns)
    if kind != "piecewise":
        raise KeyError(f"numeric_embedding={kind!r} is allowed, but nothing here builds it")
    q = np.linspace(0, 1, BINS + 1)
    numbers = (table.x[:, j].astype(np.float64) for j in columns)
    edges = [np.quantile(x, q, weights=sample_weight, method="inverted_cdf") for x in numbers]
    return PiecewiseLinear(columns, edges=tuple(tuple(map(float, edge)) for edge in edges))
