"""The passengers of the Titanic: a small table with numbers, categories and missing values."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from skscratch.datasets.csv_file import load

CATEGORIES = {"sex": ["female", "male"], "embarked": ["C", "Q", "S"]}
INTEGERS = ["pclass", "sibsp", "parch", "survived"]


def load_titanic(*, return_X_y: bool = False, as_frame: bool = True) -> Bunch | tuple:
    """Load the 1309 passengers of the Titanic, to classify who survived.

    The columns contain what was known when the ship left port: class, sex, age, relatives aboard, fare and port. Some
    ages, one fare and two ports are missing. The rows are sorted by class and name, as in the source: shuffle them
    before you split them.

    =================  ==============
    Classes                         2
    Samples per class        809, 500
    Samples total                1309
    Dimensionality                  7
    Features           mixed, missing
    =================  ==============

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Whether the data are a pandas DataFrame and the target a Series. In the frame `sex` and `embarked` are
        categories; `pclass` is an integer, because first, second and third class have an order. Otherwise the data
        are a float array in which a category is its position in alphabetical order (female 0, male 1; C 0, Q 1,
        S 2) and a missing value is NaN.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (1309, 7)
            The passengers.
        target : Series or ndarray of shape (1309,)
            1 for those who survived, 0 for those who died; the series is named "survived".
        frame : DataFrame of shape (1309, 8) or None
            Data and target together, with ``as_frame=True``.
        feature_names : list of str
            The names of the seven columns.
        target_names : ndarray of shape (2,)
            The meaning of 0 and 1.
        DESCR : str
            The description of the data set.
        filename : str
            Path of the csv file.

    (data, target) : tuple, if `return_X_y`
        The first two of these attributes.

    Raises
    ------
    ImportError
        If ``as_frame=True`` and pandas is not installed.

    References
    ----------
    OpenML data set 40945, https://www.openml.org/d/40945, version 1.

    Examples
    --------
    >>> from skscratch.datasets import load_titanic
    >>> X, y = load_titanic(return_X_y=True)
    >>> X.shape
    (1309, 7)
    >>> X.isna().sum()[["age", "fare", "embarked"]].to_dict()
    {'age': 263, 'fare': 1, 'embarked': 2}
    >>> y.value_counts().to_dict()
    {0: 809, 1: 500}
    """
    return load(
        "titanic",
        return_X_y,
        as_frame,
        integers=INTEGERS,
        categories=CATEGORIES,
        target_names=np.array(["died", "survived"]),
    )
