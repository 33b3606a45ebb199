"""Every public name of the modules is exported by the package."""

import dataclasses
import importlib
import inspect
import pkgutil

from skscratch import tabular


def defined_names():
    """Names of the public classes and functions that the modules of the package define."""
    for info in pkgutil.iter_modules(tabular.__path__, "skscratch.tabular."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == info.name:
                yield name


def test_all_public_names_are_exported():
    assert set(tabular.__all__) == {name for name in defined_names() if not name.startswith("_")}
    assert tabular.__all__ == sorted(set(tabular.__all__))
    assert all(hasattr(tabular, name) for name in tabular.__all__)


def test_dataclasses_are_frozen():
    classes = [getattr(tabular, name) for name in tabular.__all__ if dataclasses.is_dataclass(getattr(tabular, name))]
    assert len(classes) > 5 and all(found.__dataclass_params__.frozen for found in classes)
