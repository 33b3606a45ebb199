"""How much better the mean of all members is than the mean of few of them, which needs no targets.

A row is predicted out of fold by few members, usually by one, and so with a lower score than by all members. Let f_S be
the prediction of a set S of members, and f that of all of them. If f is the mean of y given x, then over new rows

    mean of (y - f_S)^2 = mean of (y - f)^2 + mean of (f_S - f)^2.

The last term is the gain, a mean over the sets too. If S is a single member, this is the ambiguity decomposition, and
the equation holds for the mean over members for any y. For classes, f are probabilities p, and the gain of accuracy is
the mean of the probability p that the class of p is right, minus the mean of the probability p that the class of p_S is
right. The rows are training rows, which most members know: their predictions differ nearly as much as for new rows.

References
----------
Krogh and Vedelsby, "Neural network ensembles, cross validation, and active learning", NIPS 1994.
"""

from __future__ import annotations

import numpy as np

from skscratch.core.tape import Array
from skscratch.estimators.model import Model
from skscratch.estimators.reading import Sample
from skscratch.estimators.state import generator
from skscratch.tabular.targets import ClassTarget

MAX_ROWS = 1024  # a forward pass of so many rows takes less time than an epoch of a fit that has more


def ensemble_gain(model: Model, shares: Array, sample: Sample, seed: int) -> Array:
    """Estimate the gain of all members over sets of them.

    Parameters
    ----------
    model : Model
        Has k members.
    shares : ndarray of shape (g, k)
        Weights that make a mean over each of g sets.
    sample : Sample
        Rows of training.
    seed : int
        Draws rows if there are many.

    Returns
    -------
    ndarray of shape (o,) or (1,)
        Gain of the mean squared error of each output, in the encoding of the target, or of the accuracy of classes; 0
        if predictions are not finite.
    """
    n, kind = len(sample.raw), model.target.kind if isinstance(model.target, ClassTarget) else "numbers"
    rows = np.sort(generator(seed, "gain").choice(n, MAX_ROWS, replace=False)) if n > MAX_ROWS else slice(None)

    def of_rows(z: Array) -> Array:
        p = model.loss.predict(z)
        sets, mean = np.tensordot(shares, p, 1), p.mean(axis=0)
        if kind == "numbers":
            differences: Array = np.square(sets - mean).mean(axis=0)
            return differences
        return chance_of_right(mean, mean, kind) - chance_of_right(sets, mean, kind).mean(axis=0)

    with np.errstate(over="ignore", invalid="ignore"):
        gain = model.from_raw_scores(of_rows, model.encode(sample.raw.take(rows))).mean(axis=0)
    return np.where(np.isfinite(gain), gain, 0.0)


def chance_of_right(chosen: Array, p: Array, kind: str) -> Array:
    """Compute the probability (..., n, 1), by p (n, o), of the classes or labels that `chosen` (..., n, o) predicts.

    >>> chance_of_right(np.array([[0.1, 0.9]]), np.array([[0.6, 0.4]]), "multiclass")
    array([[0.4]])
    >>> chance_of_right(np.array([[0.1, 0.9]]), np.array([[0.6, 0.4]]), "multilabel").round(2)
    array([[0.16]])
    """
    if kind == "multiclass":
        best = chosen.argmax(axis=-1)[..., None]
        return np.take_along_axis(np.broadcast_to(p, chosen.shape), best, axis=-1)
    return np.where(chosen > 0.5, p, 1 - p).prod(axis=-1, keepdims=True)
