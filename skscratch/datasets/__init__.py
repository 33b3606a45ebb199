"""Data sets that come with the package."""

from skscratch.datasets.titanic import load_titanic

__all__ = ["load_titanic"]
