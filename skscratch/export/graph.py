"""The graph of a model: from named inputs to named outputs, as a list of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skscratch.estimators.base import BaseScratchMLP
from skscratch.export import outputs
from skscratch.export.columns import encode
from skscratch.export.layers import raw_scores
from skscratch.export.tensor import InputSpec, Node, Tensor, cast, new_input


@dataclass(frozen=True, eq=False)
class Graph:
    """A computation from inputs to outputs.

    Parameters
    ----------
    inputs : tuple of InputSpec
        In the order of the columns of X.
    outputs : mapping of str to Tensor
        The results by name.
    shapes : mapping of str to tuple
        The shape of each output, with None for the number of rows.
    """

    inputs: tuple[InputSpec, ...]
    outputs: Mapping[str, Tensor]
    shapes: Mapping[str, tuple[int | None, ...]]

    @cached_property
    def ends(self) -> dict[str, Node]:
        """The node of each output."""
        return {name: tensor.node for name, tensor in self.outputs.items() if tensor.node is not None}

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes that an output needs, each after its own inputs."""
        return ordered(self.ends.values())

    @cached_property
    def names(self) -> dict[Node, str]:
        """A name for each node: that of an input or output, or the part of the model and the operator."""
        names = {node: name for name, node in self.ends.items()}
        taken = [*self.outputs, *(spec.name for spec in self.inputs)]
        if "" in taken or len(set(taken)) < len(taken):
            raise ValueError(
                f"The columns of X must have names that differ from each other and from {list(self.outputs)}, and are "
                f"not empty, to be exported, got {[spec.name for spec in self.inputs]}; rename them and fit again."
            )
        counts: dict[str, int] = {}
        for node in self.nodes:
            stem = f"{node.part}/{node.op}"
            counts[stem] = counts.get(stem, 0) + 1
            names.setdefault(node, node.value.name if node.op == "Input" else f"{stem}_{counts[stem]}")
        return names


def model_graph(estimator: Any, specs: Sequence[InputSpec]) -> Graph:
    """Make the graph of a fitted estimator with these inputs.

    The outputs are named as by skl2onnx: label (n,) and probabilities (n, n_classes) of a classifier, variable (n, o)
    of a regressor. Numbers are float64, or float32 if all numeric inputs are and it can hold the targets.
    """
    model = estimator._fitted_model()
    inputs = [new_input(spec.name, spec.dtype, spec.width) for spec in specs]
    x = encode(model, inputs).in_part("columns")
    mean = outputs.mean_prediction(model.loss, raw_scores(model.network, model.parameters, x)).in_part("mean")
    numeric = {spec.dtype for spec in specs if spec.dtype != object}
    dtype, target = np.dtype(np.float32 if numeric == {np.dtype(np.float32)} else np.float64), model.target
    if not is_classifier(estimator):
        dtype = np.result_type(dtype, outputs.smallest_type(target))
        y = cast(outputs.numbers(target, mean), dtype).in_part("variable")
        return Graph(tuple(specs), {"variable": y}, {"variable": (None, model.network.n_outputs)})
    p = cast(outputs.probabilities(target, mean), dtype).in_part("probabilities")
    label = outputs.labels(target, mean).in_part("label")
    shape = (None, len(target.classes_))
    shapes = {"label": shape if target.kind == "multilabel" else (None,), "probabilities": shape}
    return Graph(tuple(specs), {"label": label, "probabilities": p}, shapes)


def check_estimator(model: Any) -> None:
    """Raise a TypeError unless the model is one of our estimators."""
    if not isinstance(model, BaseScratchMLP):
        raise TypeError(
            f"model must be a fitted ScratchMLPClassifier or ScratchMLPRegressor, got {type(model).__name__}; convert "
            "a Pipeline by skl2onnx.to_onnx, after skscratch.onnx.register()."
        )


def ordered(ends: Iterable[Node]) -> list[Node]:
    """Return these nodes and all before them, each after its inputs."""
    done: dict[Node, None] = {}
    ahead = list(ends)[::-1]
    while ahead:
        node = ahead[-1]
        waiting = [each for each in node.inputs if each not in done]
        if waiting:
            ahead += waiting[::-1]
        else:
            done[ahead.pop()] = None
    return list(done)
