"""A look inside a fitted network."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from skscratch.core.layers import Activate
from skscratch.core.network import Network
from skscratch.core.parameters import Parameters


class HiddenActivations:
    """What hidden layers hand on, for an estimator with a network, its parameters and `_encode`."""

    _network: Network
    _parameters: Parameters
    _encode: Any

    def hidden_activations(self, X: Any, layer: int = -1) -> np.ndarray:
        """Activations of a hidden layer, for instance as features for another model.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows with the columns of fit.

        layer : int, default=-1
            Which hidden layer, from 0; negative numbers count from the last.

        Returns
        -------
        a : ndarray of shape (n_estimators, n_samples, units)
            For each network what the layer's activation function returned, in the precision of training.

        Raises
        ------
        ValueError
            If there is no such hidden layer.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skscratch import ScratchMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = ScratchMLPClassifier([16, 8], n_estimators=4, max_iter=4, random_state=0).fit(X, y)
        >>> model.hidden_activations(X).shape
        (4, 150, 8)
        >>> model.hidden_activations(X, layer=0).shape
        (4, 150, 16)
        """
        table = self._encode(X)
        ends = [i for i, part in enumerate(self._network.layers, 1) if isinstance(part, Activate)]
        if not (isinstance(layer, Integral) and -len(ends) <= layer < len(ends)):
            raise ValueError(
                f"layer must be the number of one of the {len(ends)} hidden layers, from 0, or negative from the last, "
                f"got {layer!r}; hidden_layer_sizes, or width and depth, say which there are."
            )
        return self._network.activations(self._parameters, table.x, ends[layer])
