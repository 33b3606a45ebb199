"""The concrete data against known facts and their own description."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skscratch.datasets import load_concrete


def test_known_facts():
    """Rows, mixtures, mean and standard deviation of the strength as in Yeh's table."""
    X, y = load_concrete(return_X_y=True)
    assert X.shape == (1030, 8) and y.name == "strength" and not X.isna().any().any()
    assert (y.min(), y.max(), round(y.mean(), 2), round(y.std(), 2)) == (2.33, 82.6, 35.82, 16.71)
    assert X.groupby(list(X.columns[:7])).ngroups == 427
    assert sorted(X["age"].unique()) == [1, 3, 7, 14, 28, 56, 90, 91, 100, 120, 180, 270, 360, 365]


def test_ingredients_sum_to_the_density_of_concrete():
    """A cubic metre of concrete has a mass between 2,200 and 2,600 kilograms."""
    mass = load_concrete().data.iloc[:, :7].sum(axis=1)
    assert 2_190 < mass.min() and mass.max() < 2_600


def test_array_contains_the_frame():
    frame, bunch = load_concrete().frame, load_concrete(as_frame=False)
    assert bunch.frame is None and bunch.data.dtype == bunch.target.dtype == np.float64
    assert_array_equal(np.column_stack([bunch.data, bunch.target]), frame)


@pytest.mark.parametrize("name", load_concrete(as_frame=False).feature_names + ["strength"])
def test_description_agrees_with_the_table(name):
    """The summary statistics in the description are those of the data."""
    bunch = load_concrete()
    column = bunch.frame[name]
    stated = next(line for line in bunch.DESCR.splitlines() if line.startswith(name + ":")).split()[1:]
    assert stated == [f"{v:.2f}" for v in (column.min(), column.max(), column.mean(), column.std())]
