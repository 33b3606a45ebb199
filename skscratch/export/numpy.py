"""Write a model for use with NumPy alone."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from skscratch.export import predictor
from skscratch.export.columns import input_specs
from skscratch.export.graph import Graph, check_estimator, model_graph
from skscratch.export.tensor import InputSpec


def to_numpy(model: Any, path: str | os.PathLike[str], X: Any = None) -> None:
    """Write a Python module that predicts with NumPy alone, and the model in an npz file beside it.

    The module is the same for all models, about 150 lines. Its function ``load`` reads the npz file and returns
    an object with ``predict`` and ``predict_proba``. Nothing in the files is executed but the module itself.

    Parameters
    ----------
    model : ScratchMLPClassifier or ScratchMLPRegressor
        A fitted estimator.
    path : str or path-like
        Where to write the module; the npz file has the same name with another suffix.
    X : {array-like, dataframe}, default=None
        Rows like those that will be predicted; only the types of the columns are read. By default numbers are float64.

    Raises
    ------
    TypeError
        If `model` is another object.
    ValueError
        If `path` does not end with ".py", or a part of the model cannot be exported.

    See Also
    --------
    skscratch.onnx.to_onnx : The same in the format ONNX, for other languages.
    skscratch.save : A file for this package, which can do everything.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_iris
    >>> from skscratch import ScratchMLPClassifier
    >>> from skscratch.export import to_numpy
    >>> model = ScratchMLPClassifier(max_iter=4, random_state=0).fit(*load_iris(return_X_y=True))
    >>> with TemporaryDirectory() as folder:
    ...     to_numpy(model, f"{folder}/predict.py")
    ...     sorted(os.listdir(folder))
    ['predict.npz', 'predict.py']
    """
    check_estimator(model)
    path = Path(path)
    if path.suffix != ".py":
        raise ValueError(f"path must end with '.py', the suffix of a module, got {str(path)!r}.")
    graph = model_graph(model, input_specs(model, X))
    if unknown := {node.op for node in graph.nodes} - {*predictor.OPERATORS, "Input", "Constant"}:
        raise ValueError(
            f"The model must consist of operators of skscratch.export.predictor, but it has {sorted(unknown)}; write "
            "their rules with other NumPy functions."
        )
    _replace(path.with_suffix(".npz"), _npz(graph, named=hasattr(model, "feature_names_in_")))
    _replace(path, Path(predictor.__file__).read_bytes())


def _npz(graph: Graph, *, named: bool) -> bytes:
    """Return the content of the npz file: the nodes as JSON, and each constant under the number of its node."""
    numbers = {node: i for i, node in enumerate(graph.nodes)}
    tree = {
        "named": named,
        "columns": [spec.name for spec in graph.inputs],  # in the order of X; an input that is not used is no node
        "inputs": [
            [node.value.name, _type_to_read(node.value).str, node.value.width, i]
            for node, i in numbers.items()
            if node.op == "Input"
        ],
        "nodes": [[node.op, [numbers[each] for each in node.inputs], dict(node.attributes)] for node in graph.nodes],
        "outputs": {name: numbers[node] for name, node in graph.ends.items()},
    }
    arrays: dict[str, Any] = {str(i): _plain(node.value) for node, i in numbers.items() if node.op == "Constant"}
    file = io.BytesIO()
    np.savez(file, graph=np.array(json.dumps(tree, default=lambda dtype: dtype.str)), **arrays)
    return file.getvalue()


def _type_to_read(spec: InputSpec) -> np.dtype:
    """Return the type in which an input is read: any number as a float, which can be NaN."""
    return spec.dtype if spec.dtype in (np.float32, np.dtype(object)) else np.dtype(np.float64)


def _plain(value: np.ndarray) -> np.ndarray:
    """Return objects, which are strings here, as an array of strings."""
    return value.astype(str) if value.dtype == object else value


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
