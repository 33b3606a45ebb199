"""Builder functions: from the values of hyperparameters to the objects of the core.

What a default of None or "auto" means is decided here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, isqrt, sqrt
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skscratch.core.activations import Activation
from skscratch.core.embeddings import NumericEmbedding
from skscratch.core.initializers import Initializer, Normal, Zeros
from skscratch.core.inverse_links import ClassInverseLink
from skscratch.core.layers import Dense, Dropout
from skscratch.core.losses import BinaryLogLoss, Loss, MulticlassLogLoss
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Chain, Optimizer
from skscratch.core.schedules import FunctionOfProgress, Schedule
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
# With fewer rows there are no validation rows, and training is in float64.
FEW_ROWS = 2 * SMALL_BATCH


def hidden_sizes(estimator: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer, from `hidden_layer_sizes`, or from `width` and `depth`."""
    sizes, width, depth = estimator.hidden_layer_sizes, estimator.width, estimator.depth
    if sizes is None:
        return (WIDTH if width is None else int(width),) * (DEPTH if depth is None else int(depth))
    if width is not None or depth is not None:
        raise ValueError(
            f"hidden_layer_sizes must be None where width or depth is given, got hidden_layer_sizes={sizes!r}, "
            f"width={width!r}, depth={depth!r}; set one or the other."
        )
    return tuple(int(size) for size in (sizes if np.ndim(sizes) else [sizes]))


def classification_loss(estimator: Any, kind: str) -> Loss:
    """Build the loss for a target of this kind: "binary", "multiclass" or "multilabel"."""
    expected = MulticlassLogLoss if kind == "multiclass" else BinaryLogLoss
    if isinstance(estimator.loss, str):
        return {"log_loss": expected}[estimator.loss]()
    link = type(expected.inverse_link)
    if not isinstance(estimator.loss.inverse_link, link):
        raise ValueError(
            f"loss must be 'log_loss' or have the inverse link {link.__name__} for a {kind} target, got "
            f"{estimator.loss!r}; 'log_loss' chooses the right one by itself."
        )
    return estimator.loss


def regression_loss(estimator: Any) -> Loss:
    """Build the loss, with its quantile where it has one."""
    if (estimator.loss == "quantile") == (estimator.quantile is None):
        raise ValueError(
            "quantile must be a float between 0 and 1, or several, where loss='quantile' and None elsewhere, got "
            f"loss={estimator.loss!r} and quantile={estimator.quantile!r}; for the median write loss='quantile', "
            "quantile=0.5."
        )
    quantile = estimator.quantile
    loss = Loss.make(estimator.loss, quantile=tuple(map(float, quantile)) if np.ndim(quantile) else quantile)
    if isinstance(loss.inverse_link, ClassInverseLink):
        raise ValueError(f"loss must be a regression loss, got {loss!r}; for classes use ScratchMLPClassifier.")
    return loss


def objective(estimator: Any, network: Network, loss: Loss, mean_weight: float = 1.0) -> Objective:
    """Build the objective function; an optimizer that decays weights by itself takes the place of the penalty.

    The penalty is divided by the weight of a batch. It is multiplied by the mean weight of a row, so that it does not
    depend on the scale of the weights.
    """
    decays_weights = estimator.solver != "lbfgs" and _optimizer(estimator).decays_weights
    alpha = 0.0 if decays_weights else float(estimator.alpha) * mean_weight
    smoothing = estimator.label_smoothing if is_classifier(estimator) else 0.0
    return Objective(network, loss, alpha, float(smoothing))


def check_options(estimator: Any) -> None:
    """Raise a ValueError where options exclude each other, which can be found before any data is read."""
    _activations(estimator, len(hidden_sizes(estimator)))
    if estimator.solver == "lbfgs" and estimator.dropout:
        raise ValueError(
            f"dropout must be 0 where solver='lbfgs', which needs the same loss twice, got {estimator.dropout!r}; "
            "choose another solver."
        )
    if not is_classifier(estimator):
        regression_loss(estimator)


def batch_size(estimator: Any, n: int) -> int:
    """Return the number of rows in a batch: all of them for L-BFGS.

    "auto" makes equal batches: the smallest number of them that keeps each at max(128, sqrt(2 n)) rows or fewer, but
    eight where they have 16 rows each.
    """
    if estimator.solver == "lbfgs":
        return n
    if estimator.batch_size == "auto":
        batches = max(ceil(n / max(BATCH_SIZE, isqrt(2 * n))), min(BATCHES, n // SMALL_BATCH))
        return ceil(n / max(batches, 1))
    return min(int(estimator.batch_size), n)


def max_iter(estimator: Any, n: int) -> int:
    """Return the maximum number of epochs on n rows, or of iterations of L-BFGS.

    "auto" is 64 epochs or 300 steps, whichever is more, and beyond 8,192 rows 64 sqrt(8192 / n) epochs.
    """
    if estimator.max_iter != "auto":
        return int(estimator.max_iter)
    if estimator.solver == "lbfgs":
        return EPOCHS
    return max(ceil(EPOCHS * min(1, sqrt(MANY_ROWS / n))), _epochs(estimator, n, MIN_STEPS))


def _epochs(estimator: Any, n: int, steps: int) -> int:
    """Return how many epochs this number of steps takes."""
    return ceil(steps / ceil(n / batch_size(estimator, n)))


def has_validation_rows(estimator: Any, n: int) -> bool:
    """Return whether members leave out validation rows: with "auto" if an epoch has several batches."""
    if estimator.early_stopping == "auto":
        return n > batch_size(estimator, n)
    return {True: True, False: False}[estimator.early_stopping]  # another value raises


def dtype(estimator: Any, n: int) -> np.dtype:
    """Return float64 for L-BFGS and for few rows, where it costs nothing and weights must equal repeated rows."""
    if estimator.dtype == "auto":
        return np.dtype(np.float64 if n < FEW_ROWS or estimator.solver == "lbfgs" else np.float32)
    return np.dtype(estimator.dtype)


def network(
    estimator: Any, table: Table, n_outputs: int, sample_weight: np.ndarray | None, signs: tuple[int, ...] = ()
) -> Network:
    """Build [embedding,] (dense, activation [, dropout]) for each hidden layer, dense; monotonic by signs of inputs."""
    sizes = hidden_sizes(estimator)
    layers: list[Any] = []
    if estimator.numeric_embedding is not None:
        embedding, columns = NumericEmbedding.make(estimator.numeric_embedding), _many_valued(table)
        if not embedding.increasing:
            columns = tuple(j for j in columns if not (signs and signs[j]))
        layers += [embedding.fit(table.x, columns, sample_weight)] if columns else []
    # The defaults were chosen without factors of sparse inputs.
    first, input_factors = len(layers), estimator.init == "ntk" and isinstance(table.x, np.ndarray)
    for size, activation in zip(sizes, _activations(estimator, len(sizes)), strict=True):
        layers += [_dense(estimator.init, size), activation]
        if estimator.dropout:
            layers.append(Dropout(float(estimator.dropout)))
    layers.append(Dense(n_outputs, Zeros(), ntk=True) if estimator.init == "ntk" else _dense(estimator.init, n_outputs))
    layers[first] = replace(layers[first], input_factors=input_factors)
    return Network(tuple(layers), table.x.shape[1], signs)


def chain(estimator: Any, schedule: Schedule) -> Chain:
    """Build the optimizer's gradient transformations, with clipping, learning rate and factors on it."""
    factors = NTK_FACTORS if estimator.init == "ntk" else None
    return _optimizer(estimator).chain(learning_rate(estimator), schedule, factors, estimator.clip_norm)


def _optimizer(estimator: Any) -> Optimizer:
    """Build the optimizer; its fields are the hyperparameters with the same names."""
    return Optimizer.make(estimator.solver, **vars(estimator))


def learning_rate(estimator: Any) -> float:
    """Return the initial learning rate; None means the one for this initialization and solver."""
    if estimator.learning_rate_init is not None:
        return float(estimator.learning_rate_init)
    if estimator.init != "ntk":
        return 1e-3
    if not _optimizer(estimator).normalizes_gradients:
        return 0.1
    return 0.04 if is_classifier(estimator) else 0.07


def schedule(estimator: Any, n: int) -> Schedule:
    """Build the learning-rate schedule for n rows."""
    given = estimator.learning_rate
    if isinstance(given, str):
        auto = max(FLAT_PATIENCE, _epochs(estimator, n, MIN_PATIENCE))
        return Schedule.make(given, power_t=estimator.power_t, patience=epochs_without_change(estimator, auto))
    return given if isinstance(given, Schedule) else FunctionOfProgress(given)


def epochs_without_change(estimator: Any, auto: int = PATIENCE) -> float:
    """Return the patience: the maximum number of epochs without improvement."""
    return auto if estimator.n_iter_no_change == "auto" else float(estimator.n_iter_no_change)


def _activations(estimator: Any, depth: int) -> list[Activation]:
    """Build the activation of each hidden layer."""
    given = estimator.activation
    if isinstance(given, (str, Activation)):
        return [Activation.make(given)] * depth
    if len(given) != depth:
        raise ValueError(
            f"activation must be one name or object, or one for each of the {depth} hidden layers, got {len(given)}; "
            "give one for all of them."
        )
    return [Activation.make(activation) for activation in given]


def _dense(init: Any, units: int) -> Dense:
    if init == "ntk":
        return Dense(units, Normal(), Normal(), ntk=True)
    return Dense(units, Initializer.make(init))


def _many_valued(table: Table) -> tuple[int, ...]:
    """Find numeric columns of more than two values: any function of two values is linear, and needs no embedding."""
    columns = ((j, table.x[:, j]) for j in range(table.n_numeric))
    return tuple(j for j, x in columns if ((x != x.min()) & (x != x.max())).any())
