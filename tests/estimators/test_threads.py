"""Small products get one thread, large ones what the process has, and afterwards all is as it was."""

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skscratch.core.activations import Relu
from skscratch.core.layers import Activate, Dense
from skscratch.core.network import Network
from skscratch.estimators.threads import threads_for


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.mark.parametrize(
    ("width", "n", "single"),
    [(64, 256, True), (64, 1, False), (256, 256, False), (128, 100, True), (128, 200, False)],
)
def test_threads_follow_the_largest_product(width, n, single):
    network = Network((Dense(width), Activate(Relu()), Dense(width), Activate(Relu()), Dense(1)), n_inputs=5)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with threads_for(network, n):
            assert blas_threads() == ({1} if single else before)
        assert blas_threads() == before
