"""What a fitted model says about the columns of X: derivatives of predictions, and the importance of each column.

The importance of column j is the mean over pairs of training rows x and x' of

    the sum over outputs of phi_j^2,   phi_j = sum over inputs c of j of (x_c - x'_c) mean of dp/dx_c from x' to x,

divided by the sum over all columns. phi_j is the share of column j in the difference of the predictions p of the two
rows, as integrated gradients divide it: the sum over all columns is p(x) - p(x').

References
----------
Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017, arXiv:1703.01365.

Erion, Janizek, Sturmfels, Lundberg and Lee, "Improving performance of deep learning models with axiomatic attribution
priors and expected gradients", Nature Machine Intelligence 3, 2021, arXiv:1906.10670.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from skscratch.core.inverse_links import InverseLink
from skscratch.core.network import PREDICT_BLOCK
from skscratch.core.tape import Array
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Sample
from skscratch.estimators.state import generator
from skscratch.estimators.threads import threads_for
from skscratch.tabular.columns import RawTable

# A quarter as many pairs as rows, within bounds: half of the rows of a small table are in one, in a hundredth or two of
# the time of a fit; fewer of very wide rows. Points on the line between the two rows of a pair.
MIN_PAIRS, MAX_PAIRS, MAX_NUMBERS, POINTS = 64, 256, 2**23, 3


class ExplanationSupport:
    """Methods and attributes that explain predictions by columns of X."""

    _importances: np.ndarray | None
    _fitted_model: Callable[[], Model]
    _tables: Callable[[Any, Model], Iterable[Any]]
    _from_raw_scores: Callable[..., np.ndarray]

    @abstractmethod
    def _prediction_gradients(self, gradients: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Turn gradients (n, n_features, o) of mean outputs (n, o) into those of predictions."""

    def input_gradients(self, X: Any) -> np.ndarray:
        """Compute the derivative of each prediction with respect to each number in X.

        It is exact: the chain rule through scaling, embedding, layers and the mean over members. If x_j changes by a
        small h, the prediction changes by h times the derivative. For a regressor the prediction is that of `predict`;
        where it is clipped to the range of y, the derivative is 0. For a classifier it is that of `predict_proba`.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features), or a source of rows
            Rows with the columns of fit; a source, as in `fit`, is read in parts.

        Returns
        -------
        gradients : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_outputs)
            In units of the prediction per unit of the column, as X and y were given; always dense. For a classifier
            n_outputs is the number of classes, in the order of `classes_`, or of labels. NaN for categorical columns,
            and where a number is missing. At a kink of a piecewise linear embedding, the mean of both sides.

        Raises
        ------
        TypeError
            If the inverse link of the loss, or the scaling, is a class of the user without a derivative.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_diabetes
        >>> from skscratch import ScratchMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = ScratchMLPRegressor(max_iter=8, dtype="float64", random_state=0).fit(X, y)
        >>> gradients = model.input_gradients(X)
        >>> gradients.shape
        (442, 10)
        >>> h = np.eye(10)[2] * 1e-7  # of the third column
        >>> difference = (model.predict(X + h) - model.predict(X - h)) / 2e-7
        >>> bool(np.median(np.abs(gradients[:, 2] - difference)) < 1e-4 * np.abs(difference).max())
        True
        """
        model = self._fitted_model()
        parts = []
        for rows in self._tables(X, model):
            outputs = model.from_raw_scores(lambda z: model.loss.predict(z).mean(axis=0), rows)
            chunks = [gradients_of_columns(model, chunk) for chunk in rows.chunks()]
            parts.append(self._prediction_gradients(np.concatenate(chunks), outputs))
        return np.concatenate(parts)

    @property
    def feature_importances_(self) -> np.ndarray:
        """Importance of each column of X, from derivatives between pairs of training rows; the sum is 1."""
        self._fitted_model()
        if self._importances is None:
            raise AttributeError(
                "feature_importances_ must be computed from the rows of a fit, but the last call was partial_fit or "
                "fit_statistics, the outputs or their derivatives are not finite, or a class of the user has no "
                "derivative; use sklearn.inspection.permutation_importance."
            )
        return self._importances


def gradient_of_inputs(model: Model, x: Any, v: Array) -> Array:
    """Compute the derivative (n, d) of the sum of v p, with the mean outputs p (n, o) of the members, at inputs x."""
    link, dtype = model.loss.inverse_link, model.parameters.values.dtype
    v = (v / len(model.parameters.values)).astype(dtype)

    def score_gradient(z: Array, rows: slice) -> Array:
        return link.gradient(z, np.broadcast_to(v[rows], (*z.shape[:2], v.shape[1])))

    with threads_for(model.network, min(x.shape[0], PREDICT_BLOCK)):
        return model.network.input_gradient(model.parameters, x, score_gradient).astype(np.float64)


def gradients_of_columns(model: Model, raw: RawTable) -> Array:
    """Compute the derivatives (n, n_features, o) of mean outputs with respect to numbers in X; NaN for categories."""
    x, slopes = model.encode(raw).x, model.encoder.derivatives(raw, model.parameters.values.dtype)
    numeric, n_features, o = numeric_columns(model), model.encoder.n_columns, model.network.n_outputs
    gradients = np.full((len(raw), n_features, o), np.nan)
    for j, v in enumerate(np.eye(o)):
        by_input = gradient_of_inputs(model, x, np.tile(v, (len(raw), 1)))
        gradients[:, numeric, j] = by_input[:, : len(numeric)] * slopes
    return gradients


def numeric_columns(model: Model) -> Array:
    """Return the positions in X of the numeric columns, in order."""
    return np.setdiff1d(np.arange(model.encoder.n_columns), model.categorical)


def importances(model: Model, sample: Sample, seed: int) -> Array | None:
    """Compute the importance (n_features,) of each column of X, from pairs of training rows drawn by weight.

    None if numbers are not finite, or the inverse link is a class of the user without a derivative.
    """
    if type(model.loss.inverse_link).gradient is InverseLink.gradient:
        return None
    rng, n = generator(seed, "pairs"), len(sample.raw)
    pairs = int(np.clip(min(n // 4, MAX_NUMBERS // model.network.n_inputs), MIN_PAIRS, MAX_PAIRS))
    p = None if sample.w is None else sample.w / sample.w.sum()
    rows = rng.choice(n, 2 * pairs, p=p, replace=p is not None or 2 * pairs > n)
    x = model.encode(sample.raw.take(rows)).x
    x = x if isinstance(x, np.ndarray) else x.toarray()
    with np.errstate(over="ignore", invalid="ignore"):
        shares = shares_of_inputs(model, x[:pairs], x[pairs:], rng)
        by_column = np.zeros((pairs, model.encoder.n_columns))
        np.add.at(by_column.T, model.encoder.column_of_input, shares.T)
        values = np.empty(by_column.shape[1])
        values[[*numeric_columns(model), *model.categorical]] = np.square(by_column).mean(axis=0)
        return values / (values.sum() or 1) if np.isfinite(values).all() else None


def shares_of_inputs(model: Model, start: Array, end: Array, rng: np.random.Generator) -> Array:
    """Compute the share of each input (r, d) in the difference of the outputs of r pairs of rows (r, d).

    Of several outputs, each has a random sign s in each pair: the mean of (sum of s phi)^2 is the sum of phi^2.
    """
    difference, t = end - start, (np.arange(POINTS, dtype=start.dtype) + start.dtype.type(0.5)) / POINTS
    x = (start + t[:, None, None] * difference).reshape(-1, start.shape[1])
    signs = rng.choice([-1.0, 1.0], (len(start), model.network.n_outputs))
    gradients = gradient_of_inputs(model, x, np.tile(signs, (POINTS, 1)))
    return gradients.reshape(POINTS, *start.shape).mean(axis=0) * difference
