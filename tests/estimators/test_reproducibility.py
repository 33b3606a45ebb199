"""Random numbers come from random_state and from nowhere else."""

import numpy as np
from helpers import SMALL, scores, two_classes
from numpy.testing import assert_array_equal

X, y = two_classes(90)


def test_random_state(Estimator):
    options = {**SMALL, "early_stopping": True}
    expected = scores(Estimator(**options).fit(X, y), X)
    assert_array_equal(expected, scores(Estimator(**options).fit(X, y), X))
    assert np.abs(expected - scores(Estimator(**{**options, "random_state": 1}).fit(X, y), X)).max() > 1e-3
    assert_array_equal(
        expected, scores(Estimator(**{**options, "random_state": np.random.RandomState(0)}).fit(X, y), X)
    )
    model = Estimator(**{**options, "random_state": np.random.RandomState(0)})
    first, second = scores(model.fit(X, y), X), scores(model.fit(X, y), X)  # each fit draws from the generator
    assert_array_equal(first, expected)
    assert np.abs(first - second).max() > 1e-3


def test_the_global_generator_is_neither_used_nor_changed(Estimator):
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    expected = scores(Estimator(**SMALL).fit(X, y), X)
    assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert_array_equal(expected, scores(Estimator(**SMALL).fit(X, y), X))
