"""Tensors of a graph in place of arrays: a NumPy function of tensors adds a node, by the rule of the function.

So code that computes with arrays makes a graph: activations, scalers and inverse links are exported by a call of the
same functions that fit and predict call, and a class of a user needs no code for the export. Each function has a rule
in `RULES`. A class has one where its code does more than call such functions; the rule is used in its place.

>>> import numpy as np
>>> from skscratch.core import Tanh, run
>>> z = new_input("z", np.float32, width=2)
>>> _ = Tanh().forward(run, z)
>>> z.node.op, z.node.inputs[0].op
('Tanh', 'Input')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike
from scipy.special import expit, ndtr

# NumPy function, or class of a layer, scaler or inverse link -> function that adds its nodes
RULES: dict[Any, Callable[..., Any]] = {}

SAME_TYPE = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.power: "Pow",
    np.matmul: "MatMul",
    np.maximum: "Max",
    np.minimum: "Min",
    np.negative: "Neg",
    np.abs: "Abs",
    np.sign: "Sign",
    np.sqrt: "Sqrt",
    np.exp: "Exp",
    np.log: "Log",
    np.tanh: "Tanh",
    np.sin: "Sin",
    expit: "Sigmoid",
}
COMPARISONS = {
    np.equal: "Equal",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.less: "Less",
    np.less_equal: "LessOrEqual",
}


@dataclass(eq=False)
class Node:
    """A step of a computation: an operator of ONNX on the results of other nodes, an input, or a constant.

    Parameters
    ----------
    op : str
        Name of the operator, "Input" or "Constant".
    inputs : tuple of Node
        Its arguments.
    attributes : mapping of str to object
        Its settings; types are NumPy's.
    value : object
        The array of a constant, the `InputSpec` of an input.
    part : str
        The part of the model that it belongs to.
    """

    op: str
    inputs: tuple[Node, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    part: str = ""


@dataclass(frozen=True)
class InputSpec:
    """One input of a graph.

    Parameters
    ----------
    name : str
        Its name, that of the column in a frame.
    dtype : dtype
        float32, float64, int64 or bool; object for strings.
    width : int
        How many columns it has.
    """

    name: str
    dtype: np.dtype
    width: int


class Tensor(NDArrayOperatorsMixin):
    """What a node computes; an output argument of a NumPy function is set to another node.

    Parameters
    ----------
    node : Node or None
        None as long as it has no value.
    dtype : dtype
        The type of its numbers; object for strings.
    """

    def __init__(self, node: Node | None, dtype: DTypeLike):
        self.node, self.dtype = node, np.dtype(dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """No length is known: an array of this shape is broadcast to that of any other."""
        return ()

    def astype(self, dtype: DTypeLike) -> Tensor:
        """Convert the numbers to another type."""
        return cast(self, np.dtype(dtype))

    def set(self, other: Tensor) -> Tensor:
        """Take the value of another tensor, in the type of this one."""
        self.node = cast(other, self.dtype).node
        return self

    def in_part(self, part: str) -> Tensor:
        """Say of all nodes before it that belong to no part yet to which they belong."""
        ahead = [self.node]
        while ahead:
            node = ahead.pop()
            if node is not None and not node.part:
                node.part = part
                ahead += node.inputs
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        (out,) = kwargs.pop("out", (None,))
        if method != "__call__" or kwargs:
            raise no_rule(f"{ufunc.__name__}.{method} with {sorted(kwargs)}")
        return _set(out, rule_of(ufunc)(*inputs))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        options = dict(options)
        return _set(options.pop("out", None), rule_of(function)(*args, **options))

    def __getitem__(self, key: Any) -> Any:
        raise no_rule("a part of an array")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise no_rule("to set a part of an array")

    def __bool__(self) -> bool:
        raise no_rule("a condition on an array")

    def __iter__(self) -> Any:
        raise no_rule("a loop over an array")


def rule(*what: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the rule by which NumPy functions or classes are exported; for use as a decorator.

    Parameters
    ----------
    *what : function or class
        NumPy functions: the rule gets their arguments. Or classes, and not those that derive from them. The rule of a
        layer gets the layer, its parameters and x (n, d) or (k, n, d); that of a scaler the scaler, x (n, m) without
        missing values and the statistics; that of an inverse link the link and z (k, n, o). It returns a tensor.
    """

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update(dict.fromkeys(what, function))
        return function

    return add


def rule_of(function: Any) -> Callable[..., Any]:
    """Return the rule of a NumPy function."""
    if function not in RULES:
        raise no_rule(f"numpy.{function.__name__}")
    return RULES[function]


def no_rule(what: str) -> ValueError:
    """Make the error for what cannot become a node."""
    return ValueError(f"there is none for {what}")


def by_rule(part: Any, function: Callable[..., Any], *args: Any) -> Tensor:
    """Export a layer, scaler or inverse link: by the rule of its class, else by a call of its own function.

    Raises
    ------
    ValueError
        If it has no rule and calls what has none.
    """
    if type(part) in RULES:
        return RULES[type(part)](part, *args)
    try:
        return function(*args)
    except Exception as error:  # code of users, on tensors instead of arrays, may raise any
        raise ValueError(
            f"{type(part).__name__} must have a rule to be exported, or call NumPy functions that have one, but "
            f"{error}; write one with skscratch.export.rule."
        ) from error


def apply(op: str, *inputs: Any, dtype: DTypeLike | None = None, **attributes: Any) -> Tensor:
    """Make the tensor that an operator of ONNX computes.

    Parameters
    ----------
    op : str
        Name of the operator.
    *inputs : Tensor or ndarray
        Its inputs; arrays become constants.
    dtype : dtype, default=None
        Type of the result; by default that of the first tensor.
    **attributes : object
        Settings of the operator.

    Returns
    -------
    Tensor
    """
    first = next(x.dtype for x in inputs if isinstance(x, Tensor))
    return Tensor(Node(op, tuple(map(_node, inputs)), attributes), first if dtype is None else dtype)


def new_input(name: str, dtype: DTypeLike, width: int) -> Tensor:
    """Make an input of a graph."""
    return Tensor(Node("Input", value=InputSpec(name, np.dtype(dtype), width)), dtype)


def constant(value: np.ndarray) -> Tensor:
    """Make a tensor of an array."""
    return Tensor(Node("Constant", value=value), value.dtype)


def cast(x: Tensor, dtype: DTypeLike) -> Tensor:
    """Convert x to another type, unless it has it."""
    return x if x.dtype == dtype else apply("Cast", x, dtype=dtype, to=np.dtype(dtype))


def concatenate(parts: Sequence[Tensor], axis: int) -> Tensor:
    """Join tensors of one type along an axis."""
    return parts[0] if len(parts) == 1 else apply("Concat", *parts, axis=axis)


def _node(x: Any) -> Node:
    if not isinstance(x, Tensor):
        return Node("Constant", value=np.asarray(x))
    if x.node is None:
        raise no_rule("a part of an array, or an array that was not set")
    return x.node


def _set(out: Any, result: Any) -> Any:
    if out is None:
        return result
    if not isinstance(out, Tensor):
        raise no_rule("an output array of another kind than the input")
    return out.set(result)


def _of_one_type(op: str, *x: Any, result: DTypeLike | None = None) -> Tensor:
    """Apply an operator to numbers, arrays and tensors, all in the common type of the tensors."""
    dtype = np.result_type(*(t.dtype for t in x if isinstance(t, Tensor)))
    return apply(op, *(cast(t, dtype) if isinstance(t, Tensor) else np.asarray(t, dtype) for t in x), dtype=result)


RULES.update({function: partial(_of_one_type, op) for function, op in SAME_TYPE.items()})
RULES.update({function: partial(_of_one_type, op, result=bool) for function, op in COMPARISONS.items()})
RULES.update(
    {
        np.isnan: partial(apply, "IsNaN", dtype=bool),
        np.square: lambda x: x * x,
        np.expm1: lambda x: np.exp(x) - 1,
        np.log1p: lambda x: np.log(1 + x),
        np.empty_like: lambda x: Tensor(None, x.dtype),
        np.zeros_like: lambda x: constant(np.zeros((), x.dtype)),
        np.copyto: Tensor.set,
    }
)


@rule(np.cos)
def _cosine(x: Tensor) -> Tensor:
    """cos x; in float64 sin(x + pi/2), since onnxruntime below 1.30 has no other."""
    return np.sin(x + pi / 2) if x.dtype == np.float64 else apply("Cos", x)


@rule(ndtr)
def _normal_distribution(z: Tensor) -> Tensor:
    """Phi = (1 + erf(z / sqrt(2))) / 2, with erf in float32: onnxruntime has no other."""
    return (1 + cast(apply("Erf", cast(z / sqrt(2), np.float32)), z.dtype)) / 2


@rule(np.clip)
def clip(x: Any, low: Any, high: Any) -> Tensor:
    """min(max(x, low), high)."""
    return np.minimum(np.maximum(x, low), high)


@rule(np.where)
def where(condition: Any, x: Any, y: Any) -> Tensor:
    """x where the condition is true, else y; in the common type of the tensors among them."""
    dtype = np.result_type(*(t.dtype for t in (x, y) if isinstance(t, Tensor)))
    values = (cast(t, dtype) if isinstance(t, Tensor) else np.asarray(t, dtype) for t in (x, y))
    return apply("Where", condition, *values, dtype=dtype)
