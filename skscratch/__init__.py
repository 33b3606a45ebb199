"""A neural network for tables, from scratch in NumPy, as scikit-learn estimators."""

from skscratch._version import __version__ as __version__
