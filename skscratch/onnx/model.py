"""From a fitted estimator to a `ModelProto`. The package onnx is imported when it is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from skscratch._version import __version__
from skscratch.export.columns import input_specs
from skscratch.export.graph import Graph, check_estimator, model_graph
from skscratch.export.tensor import Node

OPSET, ML_OPSET = 18, 3
IR_VERSION = 8  # the first with opset 18, so that old runtimes read the file
ML_OPERATORS = ("LabelEncoder",)


def to_onnx(model: Any, X: Any = None) -> Any:
    """Convert a fitted estimator to ONNX (opset 18, ai.onnx.ml 3).

    A model that was fitted on a frame has one input of shape (n, 1) for each column, with its name: string, float,
    double, int64 or bool. Any other has one matrix X of shape (n, n_features). Missing numbers are NaN; missing strings
    are "nan", "None", "NaT" or "<NA>", as runtimes write NaN, None, NaT and pandas.NA. New categories are allowed.

    Outputs have the names that skl2onnx uses: ``label`` and ``probabilities`` of a classifier, ``variable`` of shape
    (n, n_outputs) of a regressor. Numbers are double, or float if all numeric inputs are float.

    Parameters
    ----------
    model : ScratchMLPClassifier or ScratchMLPRegressor
        A fitted estimator.
    X : {array-like, dataframe}, default=None
        Rows like those that will be predicted; only the types of the columns are read. By default numbers are double.

    Returns
    -------
    onnx.ModelProto
        Its method ``SerializeToString`` returns the bytes of a file.

    Raises
    ------
    ImportError
        If the package onnx is not installed.
    TypeError
        If `model` is another object.
    ValueError
        If a part of the model cannot be converted: a class of your own that has no rule, a category that is spelled
        like a missing value, categories of mixed types.

    See Also
    --------
    skscratch.onnx.register : Let skl2onnx convert a Pipeline that contains an estimator.
    skscratch.export.to_numpy : A module of Python that needs NumPy only.
    """
    check_estimator(model)
    return to_proto(model_graph(model, input_specs(model, X)))


def import_onnx() -> Any:
    """Import the package onnx, or say how to install it."""
    try:
        import onnx
    except ImportError as error:
        raise ImportError("onnx must be installed to convert a model: pip install 'skscratch[onnx]'.") from error
    return onnx


def to_proto(graph: Graph) -> Any:
    """Write a graph as a `ModelProto`."""
    onnx = import_onnx()
    helper, names = onnx.helper, graph.names
    constants = [tensor_proto(node.value, names[node]) for node in graph.nodes if node.op == "Constant"]
    nodes = [node_proto(node, names) for node in graph.nodes if node.op not in ("Constant", "Input")]
    inputs = [
        helper.make_tensor_value_info(spec.name, element_type(spec.dtype), [None, spec.width]) for spec in graph.inputs
    ]
    outputs = [
        helper.make_tensor_value_info(name, element_type(tensor.dtype), graph.shapes[name])
        for name, tensor in graph.outputs.items()
    ]
    return helper.make_model(
        helper.make_graph(nodes, "skscratch", inputs, outputs, constants),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
        ir_version=IR_VERSION,
        producer_name="skscratch",
        producer_version=__version__,
    )


def node_proto(node: Node, names: dict[Node, str]) -> Any:
    """Write a node; it has the same name as its output."""
    attributes = {
        key: element_type(value) if isinstance(value, np.dtype) else value for key, value in node.attributes.items()
    }
    return import_onnx().helper.make_node(
        node.op,
        [names[each] for each in node.inputs],
        [names[node]],
        name=names[node],
        domain="ai.onnx.ml" if node.op in ML_OPERATORS else None,
        **attributes,
    )


def tensor_proto(value: np.ndarray, name: str) -> Any:
    """Write a constant."""
    return import_onnx().numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)


def element_type(dtype: np.dtype) -> int:
    """Return the number that ONNX has for a type; objects are strings."""
    onnx = import_onnx()
    return onnx.TensorProto.STRING if dtype.kind == "O" else onnx.helper.np_dtype_to_tensor_dtype(dtype)
