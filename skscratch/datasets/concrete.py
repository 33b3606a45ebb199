"""The strength of concrete: a small table of measurements."""

from __future__ import annotations

from sklearn.utils import Bunch

from skscratch.datasets.csv_file import load


def load_concrete(*, return_X_y: bool = False, as_frame: bool = True) -> Bunch | tuple:
    """Load 1030 measurements of the compressive strength of concrete, for regression.

    Seven columns are the ingredients in kilograms per cubic metre, the last one is the age in days. Many mixtures were
    tested at several ages. To find out how well a model predicts the strength of a new mixture, keep all rows of a
    mixture in one fold, as in the example.

    =================  ================
    Samples total                  1030
    Dimensionality                    8
    Features                    numeric
    Targets            real 2.33 - 82.6
    =================  ================

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Whether the data are a pandas DataFrame and the target a Series, or NumPy arrays.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame or ndarray of shape (1030, 8)
            Ingredients (kg/m³) and age (days).
        target : Series or ndarray of shape (1030,)
            Compressive strength in megapascals; the series is named "strength".
        frame : DataFrame of shape (1030, 9) or None
            Data and target together, with ``as_frame=True``.
        feature_names : list of str
            The names of the eight columns.
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
    Yeh, I.-C. (1998). Concrete Compressive Strength. UCI Machine Learning Repository.
    https://doi.org/10.24432/C5PK67

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold
    >>> from skscratch.datasets import load_concrete
    >>> X, y = load_concrete(return_X_y=True)
    >>> mixtures = X.groupby(list(X.columns[:7])).ngroup()
    >>> len(X), mixtures.nunique()
    (1030, 427)
    >>> len(list(GroupKFold(10).split(X, y, mixtures)))
    10
    """
    return load("concrete", return_X_y, as_frame)
