"""Fitted models in the format ONNX: alone, or in a Pipeline that skl2onnx converts."""

from skscratch.onnx.model import to_onnx as to_onnx
from skscratch.onnx.pipelines import register as register
