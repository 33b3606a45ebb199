"""The passengers of the Titanic: a small table with numbers, categories and missing values."""

from __future__ import annotations

import csv
from importlib import resources

import numpy as np
from sklearn.utils import Bunch

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
    folder = resources.files("skscratch.datasets")
    names, table = _read(folder / "titanic.csv")
    frame = _as_frame(names, table) if as_frame else None
    data = table[:, :-1] if frame is None else frame[names[:-1]]
    target = table[:, -1].astype(int) if frame is None else frame["survived"]
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=names[:-1],
        target_names=np.array(["died", "survived"]),
        DESCR=(folder / "titanic.rst").read_text(encoding="utf-8"),
        filename=str(folder / "titanic.csv"),
    )


def _read(path) -> tuple[list[str], np.ndarray]:
    """Read the column names and the values as floats (n, 8): categories by position, missing values as NaN."""
    names, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    return names, np.array([[_number(name, text) for name, text in zip(names, row, strict=True)] for row in rows])


def _number(name: str, text: str) -> float:
    """Convert a cell of the file to a float."""
    if not text:
        return np.nan
    return float(CATEGORIES[name].index(text) if name in CATEGORIES else text)


def _as_frame(names: list[str], table: np.ndarray):
    """Convert the table (n, 8) to a DataFrame with integer, float and category columns."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "load_titanic(as_frame=True) needs pandas, which is not installed; "
            'install it with `pip install "skscratch[examples]"` or pass as_frame=False.'
        ) from error
    frame = pd.DataFrame(table, columns=names).astype(dict.fromkeys(INTEGERS, "int64"))
    for name, values in CATEGORIES.items():
        codes = frame[name].fillna(-1).astype("int64")  # pandas reads the code -1 as missing
        frame[name] = pd.Categorical.from_codes(codes, values)
    return frame
