"""A cluster of two processes for all tests of a test process, and rounds without a cluster."""

import pytest

pytest.importorskip("distributed")

import distributed  # noqa: E402


@pytest.fixture(scope="session")
def cluster():
    """Two worker processes, each with one thread."""
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=":0", memory_limit="1GiB") as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """The current client."""
    with distributed.Client(cluster) as client:
        yield client
