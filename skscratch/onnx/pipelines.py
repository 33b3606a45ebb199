"""The converter for skl2onnx, which converts Pipelines and other estimators that contain ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skscratch.estimators.classifier import ScratchMLPClassifier
from skscratch.estimators.regressor import ScratchMLPRegressor
from skscratch.export.graph import model_graph
from skscratch.export.tensor import InputSpec, Tensor, cast
from skscratch.onnx.model import to_proto

# NumPy's name of a type -> name of the class that skl2onnx has for it
NAMES = {
    "float32": "FloatTensorType",
    "float64": "DoubleTensorType",
    "int64": "Int64TensorType",
    "bool": "BooleanTensorType",
    "object": "StringTensorType",
}


def register() -> None:
    """Register both estimators with skl2onnx, so that Pipelines that contain them can be converted.

    Raises
    ------
    ImportError
        If the package skl2onnx is not installed.
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError("skl2onnx must be installed to convert a Pipeline: pip install 'skscratch[onnx]'.") from error
    options = {"zipmap": [True, False, "columns"], "nocl": [True, False], "output_class_labels": [False, True]}
    for estimator, choices in ((ScratchMLPClassifier, options), (ScratchMLPRegressor, None)):
        update_registered_converter(
            estimator, f"Skscratch{estimator.__name__}", set_output_types, add_nodes, options=choices
        )


def set_output_types(operator: Any) -> None:
    """Tell skl2onnx the type and shape of each output."""
    graph = _graph(operator)
    for variable, (name, tensor) in zip(operator.outputs, graph.outputs.items(), strict=False):
        variable.set_type(_tensor_type(tensor.dtype)(list(graph.shapes[name])))


def add_nodes(scope: Any, operator: Any, container: Any) -> None:
    """Add the graph of a model to that of a Pipeline."""
    from skl2onnx.helpers.integration import add_onnx_graph

    add_onnx_graph(scope, operator, container, to_proto(_graph(operator)))


def _graph(operator: Any) -> Any:
    """Make the graph for the inputs that precede the model; labels are strings or int64, as skl2onnx expects."""
    estimator = operator.raw_operator
    graph = model_graph(estimator, _input_specs(operator.inputs, estimator.n_features_in_))
    if graph.outputs.get("label", Tensor(None, object)).dtype == object:
        return graph
    return replace(graph, outputs={**graph.outputs, "label": cast(graph.outputs["label"], np.int64)})


def _input_specs(variables: Any, d: int) -> list[InputSpec]:
    """Read the inputs of the model: a matrix, or several columns."""
    specs = []
    for number, variable in enumerate(variables):
        width = variable.type.shape[1] if len(variable.type.shape) == 2 else None
        default = d if len(variables) == 1 else 1
        specs.append(InputSpec(f"input_{number}_{variable.raw_name}", _type_of(variable), width or default))
    if (found := sum(spec.width for spec in specs)) != d:
        raise ValueError(f"The inputs of the model must have {d} columns, as at fit, got {found}; pass those of fit.")
    return specs


def _type_of(variable: Any) -> np.dtype:
    """Return the type of an input."""
    dtypes = {_tensor_type(np.dtype(dtype)): np.dtype(dtype) for dtype in NAMES}
    if type(variable.type) not in dtypes:
        raise ValueError(
            f"Input {variable.raw_name!r} of the model must be of one of the types {[*NAMES.values()]}, got "
            f"{type(variable.type).__name__}; convert it."
        )
    return dtypes[type(variable.type)]


def _tensor_type(dtype: np.dtype) -> Any:
    """Return the class that skl2onnx has for a type."""
    from skl2onnx.common import data_types

    return getattr(data_types, NAMES[dtype.name])
