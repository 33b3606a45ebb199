"""Save fitted estimators in a file that executes nothing when it is read, and load them."""

from __future__ import annotations

import os
from typing import Any

from skscratch.estimators.classifier import ScratchMLPClassifier
from skscratch.estimators.regressor import ScratchMLPRegressor

ESTIMATORS = {cls.__name__: cls for cls in (ScratchMLPClassifier, ScratchMLPRegressor)}


def save(model: ScratchMLPClassifier | ScratchMLPRegressor, path: str | os.PathLike[str]) -> None:
    """Save an estimator: hyperparameters, learned parameters, columns, learning curves and what a warm start needs.

    Callbacks, metadata requests and attributes that you have set yourself are not saved.

    Parameters
    ----------
    model : ScratchMLPClassifier or ScratchMLPRegressor
        The estimator, fitted or not.
    path : str or path-like
        The file. An existing file is replaced when the new one is complete; after an error it is as it was before.

    Raises
    ------
    TypeError
        If `model` is something else, or has a hyperparameter or a category of a type that a file cannot store, such as
        a function.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Load the estimator again.

    Examples
    --------
    >>> import tempfile
    >>> import skscratch
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = skscratch.ScratchMLPClassifier(max_iter=2, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     skscratch.save(model, f"{folder}/iris.skscratch")
    ...     again = skscratch.load(f"{folder}/iris.skscratch")
    >>> bool((again.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    # Imported here, since most programs that import the package write no files.
    from skscratch.persistence.estimators import content_of, write_content

    if type(model) not in ESTIMATORS.values():
        raise TypeError(
            f"model must be a {' or a '.join(ESTIMATORS)}, got {type(model).__name__}; save other estimators with "
            "joblib.dump."
        )
    write_content(path, content_of(model))


def load(path: str | os.PathLike[str]) -> Any:
    """Load an estimator that `save` or a `Checkpoint` wrote; nothing in the file is executed.

    Parameters
    ----------
    path : str or path-like
        The file. Of a checkpoint you get the estimator with the best epochs up to then.

    Returns
    -------
    ScratchMLPClassifier or ScratchMLPRegressor
        It predicts the same, bit for bit on the same machine.

    Raises
    ------
    ValueError
        If the file is damaged, of another kind or of a newer format, or needs a class that is not registered.
    OSError
        If it cannot be read.

    See Also
    --------
    save : Save an estimator.

    Examples
    --------
    >>> import tempfile
    >>> from skscratch import ScratchMLPRegressor, load, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(ScratchMLPRegressor(width=32), f"{folder}/not_fitted.skscratch")
    ...     load(f"{folder}/not_fitted.skscratch")
    ScratchMLPRegressor(width=32)
    """
    from skscratch.persistence.archive import foreign
    from skscratch.persistence.estimators import errors_in_content, make_estimator, read_content

    content = read_content(path)
    if content["estimator"] not in ESTIMATORS:
        raise foreign(path)
    with errors_in_content(path):
        return make_estimator(ESTIMATORS[content["estimator"]], content)


def skops_types() -> list[str]:
    """Return the names of all types of this package that an estimator can contain, for skops to trust.

    skops loads a file only if all its types are trusted: those of NumPy and scikit-learn, which it knows, and those
    in this list. Classes that you have registered yourself are not in it: add their names.

    Returns
    -------
    list of str
        In alphabetical order. Trust them by ``skops.io.load(file, trusted=skops_types())``.

    See Also
    --------
    save : Save an estimator without skops.

    Examples
    --------
    >>> from skscratch import skops_types
    >>> skops_types()[0]
    'skscratch.core.activations.Elu'
    """
    from skscratch.persistence.records import CLASSES, FAMILIES

    registered = [cls for family in FAMILIES.values() for cls in family._classes.values()]
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in [*CLASSES.values(), *registered, *ESTIMATORS.values()]}
    return sorted(name for name in names if name.startswith("skscratch."))
