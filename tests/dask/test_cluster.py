"""Waiting for results: short looks at the cluster, large results, and exceptions of tasks."""

from time import sleep

import numpy as np
import pytest

import skscratch.dask.cluster as module
from skscratch.dask.cluster import FAN_IN, default_cluster


def slow(n):
    sleep(0.05)
    return np.full(n, 1.0)


def raise_timeout():
    raise TimeoutError("of the task")


def test_a_result_that_comes_after_many_looks(client, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)
    cluster = default_cluster(60.0)
    for n in (10, 10**6):  # the larger one takes longer than a look to arrive
        assert cluster.result(cluster.submit(slow, n)).sum() == n


def test_an_exception_of_a_task_is_raised(client, monkeypatch):
    monkeypatch.setattr(module, "RETRIES", 0)
    cluster = default_cluster(60.0)
    with pytest.raises(TimeoutError, match="of the task"):
        cluster.result(cluster.submit(raise_timeout))


def test_merge_is_a_tree_in_order(client):
    cluster = default_cluster(60.0)
    n = FAN_IN * FAN_IN + 3
    letters = cluster.map(str, [f"{i}," for i in range(n)])
    assert cluster.merge("".join, letters) == "".join(f"{i}," for i in range(n))
