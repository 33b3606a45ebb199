"""Builder functions: the network, the optimizer and its learning rate, weights of rows and their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils import check_array

from skscratch.core.activations import Activation
from skscratch.core.batches import Rows
from skscratch.core.history import Epoch
from skscratch.core.initializers import VarianceScaling
from skscratch.core.layers import Dense, Layer
from skscratch.core.network import Network
from skscratch.core.optimizers import Adam, Chain, OptimizerState, Sgd
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Adaptive, Constant, InverseScaling, Schedule, ScheduleState
from skscratch.core.training import SMALLEST_RATE


def build_network(widths: list[int], activation: str) -> Network:
    """Build dense layers from inputs to outputs, with Glorot's bound for weights and biases.

    The bound is sqrt(6 / (fan_in + fan_out)), and sqrt(2 / (fan_in + fan_out)) for logistic units.
    """
    glorot = VarianceScaling(1 / 3 if activation == "logistic" else 1.0, "fan_avg", "uniform")
    layers: list[Layer] = []
    for h in widths[1:]:
        layers += [Dense(h, glorot, glorot), Activation.make(activation)]
    return Network(tuple(layers[:-1]), n_inputs=widths[0])


@dataclass(frozen=True)
class RestartedInverseScaling(Schedule):
    """1 in the first epoch after `start` rows, then 1 / (rows + 1)**power: a warm start uses the initial rate first."""

    power: float
    start: int
    open_ended = True

    def factor(self, state):
        return 1.0 if state.rows == self.start else InverseScaling(self.power).factor(state)


@dataclass
class SolverState:
    """Optimizer, schedule state and optimizer state, which the next call of `partial_fit` uses again."""

    chain: Chain
    schedule_state: ScheduleState
    state: OptimizerState | None = field(default=None, repr=False)

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return self.chain.rate_at(self.schedule_state)

    def decay(self) -> bool:
        """Decrease an adaptive learning rate, and return whether it was not yet the smallest."""
        if not isinstance(self.chain.schedule, Adaptive) or self.learning_rate <= SMALLEST_RATE:
            return False
        self.schedule_state.plateaus += 1
        return True


def new_solver_state(estimator: Any) -> SolverState:
    """Build the optimizer of an estimator, at the start of training."""
    p = estimator
    if p.solver == "adam":
        chain = Adam(p.beta_1, p.beta_2, p.epsilon).chain(p.learning_rate_init)
    else:
        schedule = {
            "constant": Constant(),
            "invscaling": RestartedInverseScaling(p.power_t, p.t_),
            "adaptive": Adaptive(),
        }[p.learning_rate]
        chain = Sgd(p.momentum, p.nesterovs_momentum).chain(p.learning_rate_init, schedule)
    return SolverState(chain, ScheduleState(rows=p.t_))


def read_weights(sample_weight: Any, n: int) -> np.ndarray | None:
    """Read the weights of n rows; as in scikit-learn they may be negative."""
    if sample_weight is None:
        return None
    w = np.full(n, sample_weight, float) if isinstance(sample_weight, Number) else sample_weight
    w = check_array(w, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if w.shape != (n,):
        raise ValueError(f"sample_weight.shape must be {(n,)}, got {w.shape}: pass one weight per row of X.")
    if not w.any():
        raise ValueError("sample_weight must not be zero in all rows, but every weight is zero.")
    return w


def cast_rows(P: Parameters, rows: Rows) -> Rows:
    """Cast rows to the dtype of the parameters."""
    dtype = P.values.dtype
    w = rows.w if rows.w is None else rows.w.astype(dtype, copy=False)
    return Rows(rows.x.astype(dtype, copy=False), rows.y.astype(dtype, copy=False), w)


def row_orders(n: int, random_state: np.random.RandomState) -> Callable[[], np.ndarray]:
    """Return a function that gives the order of n rows for the next epoch: the order of the last one, shuffled."""
    rows = np.arange(n)

    def next_order() -> np.ndarray:
        nonlocal rows
        drawn = np.arange(n)  # the draws of sklearn.utils.shuffle, without its checks
        random_state.shuffle(drawn)
        rows = rows[drawn]
        return rows

    return next_order


def print_loss(epoch: Epoch) -> None:
    """Print an epoch, for `verbose`."""
    print(f"Iteration {epoch.number}, loss = {epoch.history.loss[-1][0]:.8f}")
