"""The content of a file: an estimator with its hyperparameters and, if it is fitted, its model and training state."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from typing import Any

from skscratch.estimators.attributes import COLUMNS, fitted_attributes
from skscratch.persistence.archive import FileError, damaged, foreign, read_archive, write_archive
from skscratch.persistence.records import NotKnownError
from skscratch.persistence.values import Writer, decode
from skscratch.tabular.cells import brief
from skscratch.tabular.encoding import TableEncoder


def content_of(estimator: Any) -> dict[str, Any]:
    """Return what a file stores of an estimator; callbacks and metadata requests are not among it."""
    content = {
        "estimator": type(estimator).__name__,
        "hyperparameters": estimator.get_params(deep=False),
        "columns": {name: vars(estimator)[name] for name in COLUMNS if name in vars(estimator)},
        "model": estimator._model,
        "state": estimator._state,
        "out_of_fold": estimator._out_of_fold,
        "importances": estimator._importances,
        "fit": None,
    }
    return content if estimator._model is None else {**content, "t_": estimator.t_}


def make_estimator(cls: type, content: Mapping[str, Any]) -> Any:
    """Make the estimator again that a file contains."""
    if unknown := set(content["hyperparameters"]) - set(signature(cls).parameters):
        raise NotKnownError(f"it has the hyperparameters {sorted(unknown)}, which this version does not know")
    estimator = cls(**content["hyperparameters"])
    vars(estimator).update(content["columns"])
    if content["model"] is not None:
        results = {
            "left_out": content.get("out_of_fold"),
            "importances": content.get("importances"),
        }
        attributes = fitted_attributes(estimator, content["model"], content["state"], keep=True, **results)
        vars(estimator).update(attributes, t_=content["t_"])
    return estimator


def write_content(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write a file, as a whole or not at all."""
    check_hyperparameters(content["estimator"], content["hyperparameters"])
    if content["model"] is not None:
        check_categories(content["model"].encoder)
    writer = Writer()
    tree = {name: writer.encode(part, name) for name, part in content.items()}
    write_archive(path, tree, writer.arrays)


def read_content(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a file.

    Raises
    ------
    FileError
        If it is damaged, or is no file of `write_content`.
    """
    tree, arrays = read_archive(path)
    with errors_in_content(path):
        content = {name: decode(part, arrays) for name, part in tree.items()}
    if not isinstance(content.get("estimator"), str):
        raise foreign(path)
    return content


@contextmanager
def errors_in_content(path: str | os.PathLike[str]) -> Iterator[None]:
    """Make one error of all those that the content of a file causes: what was not written here can be wrong anyhow."""
    try:
        yield
    except NotKnownError as error:
        raise FileError(f"{os.fspath(path)!r} must be a file for this version of skscratch, but {error}.") from error
    except Exception as error:
        raise damaged(path, f"its content causes {error!r}") from error


def check_hyperparameters(name: str, hyperparameters: Mapping[str, Any]) -> None:
    """Raise a TypeError that names the first hyperparameter of an estimator that a file cannot store."""
    for parameter, value in hyperparameters.items():
        try:
            Writer().encode(value, "it")
        except TypeError as error:
            raise TypeError(
                f"The {parameter!r} parameter of {name} must be a value that a file can store, got {value!r}: a file "
                "stores names, numbers, and objects of skscratch or of classes that are registered with a name, but no "
                "functions; pickle the estimator instead, or register a class."
            ) from error


def check_categories(encoder: TableEncoder) -> None:
    """Raise a TypeError that names the first column with a category that a file cannot store."""
    for name, category in zip(encoder.category_names_, encoder.categories_, strict=True):
        for value in category.values:
            try:
                Writer().encode(value)
            except TypeError as error:
                raise TypeError(
                    f"The categories of {name!r} must be values that a file can store, such as strings or numbers, but "
                    f"it has {brief(value)} of type {type(value).__qualname__}: convert the column before fit, for "
                    f"instance by X[{name!r}].astype(str)."
                ) from error
