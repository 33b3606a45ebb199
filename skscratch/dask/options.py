"""The hyperparameters that the estimators for Dask have in addition, and a signature with both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from skscratch.estimators.constraints import AUTO, BOOL, POSITIVE, POSITIVE_INT
from skscratch.estimators.hyperparameters import Hyperparameter, Hyperparameters, store

Class = TypeVar("Class", bound=type)

OPTIONS: Hyperparameters = {
    row.name: row
    for row in (
        Hyperparameter(
            "sync_every",
            (AUTO, POSITIVE_INT),
            "Rows that each task trains on in a round; after a round the parameters of all tasks are averaged. "
            '"auto" is as many as take half a second, or nine times what a round waits, but at most an eighth of the '
            "rows of a task. With a number, and "
            "with a number for `n_tasks`, a fit can be repeated exactly.",
            "a number for repeatable fits; more rows if the network between the machines is slow",
            may_change=True,
        ),
        Hyperparameter(
            "n_tasks",
            (AUTO, POSITIVE_INT),
            'Tasks in a round, each of which uses one thread of a worker. "auto" is the number of threads that the '
            "workers have when an epoch begins. "
            "It is at most one for each 128 rows of a batch, so a table of less than 32,768 rows has one.",
            "a number for fits that do not depend on the cluster",
            may_change=True,
        ),
        Hyperparameter(
            "mix_partitions",
            (BOOL,),
            "Whether rows are divided anew at random among partitions, up to sixteen at a time, before training "
            "starts. It is necessary if partitions differ, as in a table that is sorted by time or by class.",
            "for tables in which the order of the rows has a meaning",
            may_change=True,
        ),
        Hyperparameter(
            "worker_timeout",
            (POSITIVE,),
            "Seconds for which the cluster may be without a worker during a fit; after that `fit` raises an error.",
            "longer if new workers take long to start",
            may_change=True,
        ),
    )
}
DEFAULTS: dict[str, Any] = {"sync_every": "auto", "n_tasks": "auto", "mix_partitions": False, "worker_timeout": 300.0}


def with_options(local: type) -> Callable[[Class], Class]:
    """Make a class decorator: the constructor has the hyperparameters of a local estimator, and those of `OPTIONS`.

    scikit-learn reads the names and defaults from the signature.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [inspect.Parameter(name, keyword, default=default) for name, default in DEFAULTS.items()]
    signature = inspect.signature(vars(local)["__init__"])
    signature = signature.replace(parameters=[*signature.parameters.values(), *own])

    def decorate(cls: Class) -> Class:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            arguments = signature.bind(self, *args, **kwargs)
            arguments.apply_defaults()
            store(self, arguments.arguments)

        __init__.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = __init__  # type: ignore[misc]
        return cls

    return decorate
