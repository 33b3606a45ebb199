"""Data sets that come with the package."""

from skscratch.datasets.concrete import load_concrete
from skscratch.datasets.titanic import load_titanic

__all__ = ["load_concrete", "load_titanic"]
