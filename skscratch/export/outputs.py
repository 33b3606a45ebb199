"""From raw scores to predictions: the inverse link, the mean of the members, and labels or numbers."""

from __future__ import annotations

import numpy as np

from skscratch.core.inverse_links import InverseMultinomialLogit
from skscratch.core.losses import Loss
from skscratch.export.tensor import Tensor, apply, by_rule, cast, clip, concatenate, constant, rule
from skscratch.tabular.targets import ClassTarget, RegressionTarget


def mean_prediction(loss: Loss, z: Tensor) -> Tensor:
    """Export the mean (n, o) over members of what the loss predicts from z (k, n, o), in float64 as `predict`."""
    z = cast(z, np.float64)
    plain = type(loss).predict is Loss.predict
    members = by_rule(loss.inverse_link if plain else loss, loss.predict, z)
    return apply("ReduceMean", members, np.array([0]), keepdims=0)


@rule(InverseMultinomialLogit)
def softmax(link: InverseMultinomialLogit, z: Tensor) -> Tensor:
    """p_j = exp(z_j) / sum_i exp(z_i)."""
    return apply("Softmax", z, axis=-1)


def probabilities(target: ClassTarget, p: Tensor) -> Tensor:
    """Export the probabilities with a column for each class or label, as `predict_proba`."""
    return concatenate([1 - p, p], axis=1) if target.kind == "binary" else p


def labels(target: ClassTarget, p: Tensor) -> Tensor:
    """Export `ClassTarget.decode`: labels (n,), or 0 and 1 (n, n_labels), of probabilities p (n, o)."""
    if target.kind == "multilabel":
        return cast(p > 0.5, np.int64)
    if target.kind == "binary":
        codes = apply("Squeeze", cast(p > 0.5, np.int64), np.array([1]))
    else:
        codes = apply("ArgMax", p, dtype=np.int64, axis=1, keepdims=0)
    return apply("Gather", constant(plain_classes(target)), codes, axis=0)


def plain_classes(target: ClassTarget) -> np.ndarray:
    """Return the classes as strings (of type object), bools, int64 or float64.

    Raises
    ------
    ValueError
        If they are of another type.
    """
    kinds = {"b": bool, "i": np.int64, "u": np.int64, "f": np.float64}
    classes: np.ndarray = target.classes_.astype(kinds.get(target.classes_.dtype.kind, object))
    if classes.dtype.kind == "O" and not all(isinstance(label, str) for label in classes):
        raise ValueError(
            f"The labels must be strings, truth values or numbers to be exported, got {classes[:3].tolist()}; convert "
            "them and fit again."
        )
    return classes


def numbers(target: RegressionTarget, z: Tensor) -> Tensor:
    """Export `RegressionTarget.decode`: y = shift + scale z (n, o), clipped to [low, high]."""
    y = z * target.scale + target.shift
    return clip(y, target.low, target.high) if np.isfinite(target.low).all() else y


def smallest_type(target: RegressionTarget) -> np.dtype:
    """Return float32, or float64 for targets that are too large or too small for it.

    >>> smallest_type(RegressionTarget.fit(np.array([0.0, 1e300])))
    dtype('float64')
    """
    limits, sizes = np.finfo(np.float32), np.abs([target.shift, target.scale, target.low, target.high])
    fit = (sizes == 0) | (limits.tiny <= sizes) & (sizes <= limits.max) | np.isinf(sizes)
    return np.dtype(np.float32 if fit.all() else np.float64)
