"""A neural network for tables, from scratch in NumPy, as scikit-learn estimators."""

from skscratch._version import __version__ as __version__
from skscratch.estimators.classifier import ScratchMLPClassifier as ScratchMLPClassifier
from skscratch.estimators.regressor import ScratchMLPRegressor as ScratchMLPRegressor
from skscratch.saving import load as load
from skscratch.saving import save as save
from skscratch.saving import skops_types as skops_types
