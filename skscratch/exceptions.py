"""Warnings of this package, as classes, so that each kind can be silenced by itself.

>>> import warnings
>>> from skscratch.exceptions import ColumnWarning
>>> with warnings.catch_warnings():
...     warnings.simplefilter("ignore", ColumnWarning)
"""


class ColumnWarning(UserWarning):
    """A column of X carries nothing, loses most of its values, or has no value that is known.

    `fit` warns of columns from which the network learns nothing or of which it ignores values, and `predict` of
    categorical columns in which no value is known. `model.columns_` says what was done with each column.
    """


class VersionWarning(UserWarning):
    """A pickled estimator is read by another version of skscratch than the one that wrote it."""
