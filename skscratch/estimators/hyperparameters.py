"""The parameters that both estimators share, stored as they come: fit checks them."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator


class Hyperparameters(BaseEstimator):
    """Handed on by the explicit signatures of the two estimators, which hold the defaults."""

    def __init__(
        self,
        *,
        hidden_layer_sizes: Any,
        activation: Any,
        width: Any,
        depth: Any,
        n_estimators: Any,
        solver: Any,
        alpha: Any,
        dropout: Any,
        clip_norm: Any,
        learning_rate: Any,
        learning_rate_init: Any,
        power_t: Any,
        batch_size: Any,
        max_iter: Any,
        shuffle: Any,
        tol: Any,
        n_iter_no_change: Any,
        max_fun: Any,
        early_stopping: Any,
        validation_fraction: Any,
        scoring: Any,
        init: Any,
        scaling: Any,
        categorical_features: Any,
        numeric_embedding: Any,
        beta_1: Any,
        beta_2: Any,
        epsilon: Any,
        momentum: Any,
        nesterovs_momentum: Any,
        warm_start: Any,
        random_state: Any,
        verbose: Any,
        dtype: Any,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.width = width
        self.depth = depth
        self.n_estimators = n_estimators
        self.solver = solver
        self.alpha = alpha
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.init = init
        self.scaling = scaling
        self.categorical_features = categorical_features
        self.numeric_embedding = numeric_embedding
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.dtype = dtype
