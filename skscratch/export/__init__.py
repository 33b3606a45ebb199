"""Fitted models as graphs of simple operators, for use without this package.

`to_numpy` writes a Python module that needs NumPy only; `skscratch.onnx` writes the same graph in the format ONNX.
"""

from skscratch.export.numpy import to_numpy as to_numpy
from skscratch.export.tensor import Tensor as Tensor
from skscratch.export.tensor import apply as apply
from skscratch.export.tensor import rule as rule
