"""The classes of this package that a file may contain: their names, their fields, and how objects are made again.

No constructor is called when a file is read: the fields of an object are set to what the file says, and those that the
file does not know, because an older version wrote it, to their defaults.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from skscratch.core import embeddings, initializers, layers, losses, parameters, schedules
from skscratch.core.activations import Activation
from skscratch.core.history import History, RunState
from skscratch.core.lbfgs import LbfgsState
from skscratch.core.network import Network
from skscratch.core.optimizers import Optimizer, OptimizerState
from skscratch.core.stopping import Best, Patience
from skscratch.estimators.model import Model
from skscratch.estimators.state import Curves, TrainingState
from skscratch.registry import Registered
from skscratch.tabular import scaling
from skscratch.tabular.encoding import Category, TableEncoder
from skscratch.tabular.targets import ClassTarget, RegressionTarget

# A class keeps its name in files when it moves to another module; a renamed class keeps its old name here.
CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        Model, Curves, TrainingState, RunState, LbfgsState, History, Best, Patience,
        TableEncoder, Category, scaling.FittedScaler, scaling.Unscaled, ClassTarget, RegressionTarget,
        Network, layers.Dense, layers.Dropout, losses.BinaryLogLoss, losses.MulticlassLogLoss,
        initializers.Normal, initializers.Uniform, initializers.VarianceScaling,
        parameters.Parameters, parameters.ParameterSpec, parameters.Affine, parameters.FactorsAffine,
        embeddings.Linear, embeddings.Waves, OptimizerState, schedules.ScheduleState, schedules.FunctionOfProgress,
    )
}  # fmt: skip
FAMILIES: dict[str, type[Registered]] = {
    family.__name__: family
    for family in (
        Activation, embeddings.NumericEmbedding, initializers.Initializer, losses.Loss, Optimizer, scaling.Scaler,
        schedules.Schedule,
    )
}  # fmt: skip
# The fields of classes that are no dataclasses and no named tuples; an encoder of dense X and one of sparse X differ.
FIELDS: dict[type, tuple[str, ...]] = {
    parameters.Parameters: ("values", "specs"),
    TableEncoder: (
        "scaling", "sparse_", "scaler_", "scale_", "flagged_", "categories_", "feature_names_out_",
    ),
}  # fmt: skip


class NotKnownError(Exception):
    """A file contains what this version does not know; the message completes a sentence."""


def name_of(record: Any) -> dict[str, str] | None:
    """Return how a file names the class of an object, None if it must not contain it.

    >>> from skscratch.core import Dense, HuberLoss
    >>> name_of(HuberLoss()), name_of(Dense(1)), name_of(print)
    ({'family': 'Loss', 'name': 'huber'}, {'type': 'Dense'}, None)
    """
    cls = type(record)
    for family in FAMILIES.values():
        for name in family.names() if isinstance(record, family) else ():
            named = family._classes[name]
            if (named.__module__, named.__qualname__) == (cls.__module__, cls.__qualname__):
                return {"family": family.__name__, "name": name}
    return {"type": cls.__name__} if CLASSES.get(cls.__name__) is cls else None


def class_of(names: Mapping[str, Any]) -> type:
    """Return the class that a file names.

    Raises
    ------
    NotKnownError
        If there is none.
    """
    if "type" in names:
        if names["type"] not in CLASSES:
            raise NotKnownError(f"its content has the type {names['type']!r}, which this version does not know")
        return CLASSES[names["type"]]
    family = FAMILIES.get(names["family"])
    if family is None or names["name"] not in family.names():
        raise NotKnownError(
            f"its content needs the class of the family {names['family']} that is registered as {names['name']!r}: "
            "import the module that defines it first"
        )
    return family._classes[names["name"]]


def fields_of(record: Any) -> dict[str, Any]:
    """Return the fields of an object by name."""
    return {name: getattr(record, name) for name in _names(type(record)) if hasattr(record, name)}


def make(cls: type, values: Mapping[str, Any]) -> Any:
    """Make an object from its fields."""
    if unknown := set(values) - set(_names(cls)):
        raise NotKnownError(f"{cls.__name__} has no fields {sorted(unknown)}")
    if issubclass(cls, tuple):
        return cls(**values)
    record: Any = object.__new__(cls)
    for name, value in {**_defaults(cls), **values}.items():
        object.__setattr__(record, name, value)
    return record


def _names(cls: type) -> tuple[str, ...]:
    if cls in FIELDS:
        return FIELDS[cls]
    return tuple(getattr(cls, "_fields", ())) or tuple(field.name for field in dataclasses.fields(cls))


def _defaults(cls: Any) -> dict[str, Any]:
    """Return the defaults of the fields that have one."""
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    made = {field.name: field.default_factory() for field in fields if field.default_factory is not dataclasses.MISSING}
    return made | {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
