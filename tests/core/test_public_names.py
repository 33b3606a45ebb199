"""All public names of the core are importable at one level."""

import dataclasses
import importlib
import inspect
import pkgutil

import skscratch.core

# What training changes in place; all other dataclasses are specifications.
STATES = {
    "Best", "Epoch", "History", "LbfgsState", "MemberGroup", "OptimizerState", "Patience", "RunState", "ScheduleState",
    "Trainer",
}  # fmt: skip
FUNCTIONS = {"gradcheck", "lbfgs", "log_softmax", "run", "softmax"}


def public_classes():
    """The public classes that the modules of the core define, by name."""
    for found in pkgutil.iter_modules(skscratch.core.__path__):
        module = importlib.import_module(f"skscratch.core.{found.name}")
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                yield name, value


def test_all_is_every_public_class_and_a_few_functions():
    names = skscratch.core.__all__
    assert len(names) == len(set(names))
    assert set(names) == {name for name, _ in public_classes()} | FUNCTIONS


def test_a_name_stands_for_the_class_of_that_name():
    classes = list(public_classes())
    assert len(classes) > 50
    for name, value in classes:
        assert getattr(skscratch.core, name) is value


def test_functions_are_functions():
    """Two of them have the name of their module, which must not hide them."""
    for name in FUNCTIONS:
        assert inspect.isfunction(getattr(skscratch.core, name))


def test_specifications_are_frozen():
    changeable = {
        name
        for name, value in public_classes()
        if dataclasses.is_dataclass(value) and not value.__dataclass_params__.frozen
    }
    assert changeable == STATES
