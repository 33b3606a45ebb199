"""A neural network for tables, from scratch in NumPy, as scikit-learn estimators.

The public names are imported when they are first used, so that `skscratch.core` can be imported without scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skscratch._version import __version__ as __version__

if TYPE_CHECKING:
    from skscratch.estimators.classifier import ScratchMLPClassifier
    from skscratch.estimators.regressor import ScratchMLPRegressor
    from skscratch.saving import load, save, skops_types

NAMES = {
    "ScratchMLPClassifier": "skscratch.estimators.classifier",
    "ScratchMLPRegressor": "skscratch.estimators.regressor",
    "load": "skscratch.saving",
    "save": "skscratch.saving",
    "skops_types": "skscratch.saving",
}
MODULES = "callbacks", "compat", "core", "dask", "datasets", "displays", "exceptions", "export", "onnx", "tabular"
__all__ = ["ScratchMLPClassifier", "ScratchMLPRegressor", "load", "save", "skops_types"]


def __getattr__(name: str) -> Any:
    """Import a public name or module on its first use."""
    if name in MODULES:
        return import_module(f"skscratch.{name}")
    if name in NAMES:
        return getattr(import_module(NAMES[name]), name)
    raise AttributeError(f"module 'skscratch' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names and modules, imported or not."""
    return sorted({*globals(), *NAMES, *MODULES})
