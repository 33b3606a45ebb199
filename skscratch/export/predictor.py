"""Predictions of an exported model of skscratch, by NumPy alone; the model is the npz file beside this one.

    from predict import load
    model = load()
    model.predict({"age": [22.0, None], "sex": ["male", "female"]})

X is an array (n, d), or has columns by name, as a dict or a DataFrame; a missing value is NaN or None.
"""

import json
import math
from functools import partial
from pathlib import Path

import numpy as np

ROWS = 256  # at once, so that arrays stay in the cache
MISSING = ("NoneType", "NAType", "NaTType")  # of Python and pandas, by name, since pandas is not imported


def load(path=None):
    """Read a model from its npz file, by default the one beside this file."""
    with np.load(Path(__file__).with_suffix(".npz") if path is None else path) as file:
        return Model(json.loads(str(file["graph"])), {int(name): file[name] for name in file.files if name != "graph"})


class Model:
    """An exported model."""

    def __init__(self, graph, constants):
        self.inputs = [(name, np.dtype(dtype), width, i) for name, dtype, width, i in graph["inputs"]]
        self.columns, self.named, self.outputs = graph["columns"], graph["named"], graph["outputs"]
        nodes = graph["nodes"]
        self.values = [constants.get(i) for i in range(len(nodes))]
        self.steps = {name: _steps(nodes, end) for name, end in self.outputs.items()}

    def predict(self, X):
        """Predict labels or numbers, as the estimator does."""
        if "label" in self.outputs:
            return self._run(X, "label")
        y = self._run(X, "variable")
        return y[:, 0] if y.shape[1] == 1 else y

    def predict_proba(self, X):
        """Predict probabilities of a classifier (n, n_classes) or (n, n_labels)."""
        if "probabilities" not in self.outputs:
            raise AttributeError("predict_proba needs a classifier, but the model is a regressor; use predict.")
        return self._run(X, "probabilities")

    def _run(self, X, output):
        """Compute an output, block by block."""
        columns = self._read(X)
        parts = [self._run_block(columns, slice(i, i + ROWS), output) for i in range(0, len(columns[0]), ROWS)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run_block(self, columns, rows, output):
        values = self.values.copy()
        for (*_, i), x in zip(self.inputs, columns, strict=True):
            values[i] = x[rows]
        get = values.__getitem__
        with np.errstate(all="ignore"):
            for i, function, inputs in self.steps[output]:
                values[i] = function(*map(get, inputs))
        return values[self.outputs[output]]

    def _read(self, X):
        """Read the inputs, (n, 1) of each column or (n, d) of all."""
        if not (self.named if hasattr(X, "columns") else hasattr(X, "keys")):
            X = _split(X, self.columns)
        names = [name for name, *_ in self.inputs]
        if missing := [name for name in names if name not in getattr(X, "column_names", X)]:
            raise ValueError(f"X must have the columns {names}, but {missing} are missing; pass all, or a matrix.")
        columns = []
        for name, dtype, width, _ in self.inputs:
            x = _cells(X[name], dtype, name)
            columns.append(x.reshape(-1, 1) if width == 1 and x.ndim < 2 else np.atleast_2d(x))
            if columns[-1].shape != (len(columns[0]), width) or len(columns[0]) == 0:
                raise ValueError(
                    f"{name!r} must have shape (n, {width}), n > 0 for all inputs, got {x.shape}; pass rows."
                )
        return columns


def _split(X, names):
    """Split a matrix (n, d) into columns by position; a single input is the matrix itself, or a column."""
    if len(names) == 1:
        return {names[0]: X}
    x = np.asarray(X, object if isinstance(X, (list, tuple)) else None)
    if x.ndim != 2 or x.shape[1] != len(names):
        raise ValueError(
            f"X must be a matrix with the columns {names} in this order, got shape {x.shape}; pass all or a dict."
        )
    return dict(zip(names, x.T, strict=True))


def _cells(x, dtype, name):
    """Read the cells of a column or a matrix; missing numbers become NaN."""
    x = np.asarray(x)
    if x.dtype.kind in "biuf" or dtype.kind == "O":
        return x.astype(dtype, copy=False)
    cells = [math.nan if type(cell).__name__ in MISSING else cell for cell in x.astype(object).flat]
    try:
        if any(isinstance(cell, (str, bytes, complex)) for cell in cells):
            raise TypeError("not strings or complex numbers")
        return np.array(cells, dtype).reshape(x.shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{name!r} must hold numbers, truth values and missing values ({error}); convert it."
        ) from error


def _steps(nodes, end):
    """Return number, function and inputs of the nodes that one of them needs, in order."""
    needed, steps = {end}, []
    for i in range(end, -1, -1):
        op, inputs, attributes = nodes[i]
        if i in needed and op not in ("Input", "Constant"):
            needed.update(inputs)
            steps.append((i, partial(OPERATORS[op], **attributes) if attributes else OPERATORS[op], inputs))
    return steps[::-1]


def _softmax(z, axis):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _encode_strings(x, keys_strings, values_int64s, default_int64):
    rows = dict(zip(keys_strings, values_int64s, strict=True))
    return np.array([rows.get(str(value), default_int64) for value in x.tolist()])


OPERATORS: dict = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power, "MatMul": np.matmul,
    "Max": np.maximum, "Min": np.minimum, "Neg": np.negative, "Abs": np.abs, "Sign": np.sign, "Sqrt": np.sqrt,
    "Exp": np.exp, "Log": np.log, "Tanh": np.tanh, "Sin": np.sin, "Cos": np.cos, "IsNaN": np.isnan, "Where": np.where,
    "Equal": np.equal, "Greater": np.greater, "GreaterOrEqual": np.greater_equal, "Less": np.less,
    "LessOrEqual": np.less_equal, "Softmax": _softmax, "LabelEncoder": _encode_strings,
    "Sigmoid": lambda z: (1 + np.tanh(z / 2)) / 2,
    "Erf": lambda z: np.array([math.erf(each) for each in z.flat], z.dtype).reshape(z.shape),
    "Cast": lambda x, to: x.astype(to), "Concat": lambda *x, axis: np.concatenate(x, axis),
    "Gather": lambda x, i, axis: x.take(i, axis), "Shape": lambda x: np.array(x.shape),
    "Squeeze": lambda x, axes: x.squeeze(tuple(axes)),
    "Unsqueeze": lambda x, axes: x[..., None],  # axes is [-1]
    "Reshape": lambda x, shape: x.reshape(shape), "Transpose": lambda x, perm: x.transpose(perm),
    "Expand": lambda x, shape: x + np.zeros(shape, x.dtype),
    "ReduceMean": lambda x, axes, keepdims: np.add.reduce(x, axes[0]) / x.shape[axes[0]],
    "ReduceSum": lambda x, axes, keepdims: np.add.reduce(x, axes[0]),
    "ArgMax": lambda x, axis, keepdims: x.argmax(axis),
}  # fmt: skip
