"""Small products get one thread, large ones all threads of the process; afterwards the limit is as before."""

import multiprocessing
import os

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skscratch import ScratchMLPRegressor
from skscratch.core.activations import Relu
from skscratch.core.layers import Dense
from skscratch.core.network import Network
from skscratch.core.training import Trainer
from skscratch.estimators.threads import _one_blas_thread, threads_for


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.mark.parametrize(
    ("width", "n", "single"),
    [(64, 256, True), (64, 1, False), (256, 256, False), (128, 100, True), (128, 200, False)],
)
def test_threads_follow_the_largest_product(width, n, single):
    network = Network((Dense(width), Relu(), Dense(width), Relu(), Dense(1)), n_inputs=5)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with threads_for(network, n):
            assert blas_threads() == ({1} if single else before)
        assert blas_threads() == before


@pytest.mark.parametrize(
    ("width", "k", "allowed", "shared"),
    [(64, 8, 2, 2), (64, 8, 1, 1), (64, 2, 4, 2), (4, 8, 2, 1), (256, 2, 4, 1), (256, 4, 4, 4)],
)
def test_members_share_the_threads_of_the_process(width, k, allowed, shared):
    """Each has one where products are small, or where there are as many members as threads."""
    network = Network((Dense(width), Relu(), Dense(width), Relu(), Dense(1)), n_inputs=5)
    with threadpool_limits(allowed, user_api="blas"):
        if max(blas_threads()) < allowed:
            pytest.skip(f"the BLAS library has fewer than {allowed} threads")
        with threads_for(network, 256, k) as yielded:
            assert yielded == shared
            assert blas_threads() == ({1} if shared > 1 else {allowed})


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
def test_estimators_limit_threads(method, rng, monkeypatch):
    """Observed inside the forward pass of a network with small products."""
    X, y = rng.normal(size=(250, 30)), rng.normal(size=250)
    model = ScratchMLPRegressor(width=64, depth=2, n_estimators=2, max_iter=1, random_state=0).fit(X, y)
    seen, record = set(), Network.record

    def spy(network, do, *arguments):
        do(lambda: seen.update(blas_threads()))
        return record(network, do, *arguments)

    monkeypatch.setattr(Network, "record", spy)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        getattr(model, method)(*((X,) if method == "predict" else (X, y)))
        assert blas_threads() == before
    assert seen == {1}


def test_fits_train_in_several_threads(rng, monkeypatch):
    X, y = rng.normal(size=(600, 3)), rng.normal(size=600)
    seen, run = [], Trainer.run

    def spy(trainer, *arguments, **options):
        seen.append(trainer.threads)
        return run(trainer, *arguments, **options)

    monkeypatch.setattr(Trainer, "run", spy)
    with threadpool_limits(2, user_api="blas"):
        if max(blas_threads()) < 2:
            pytest.skip("the BLAS library has a single thread")
        model = ScratchMLPRegressor(width=64, n_estimators=3, max_iter=1, random_state=0).fit(X, y)
        model.partial_fit(X, y)
    assert seen == [2, 2]


def test_contexts_that_overlap_restore_the_limit():
    """The first of two fits in threads ends before the second: the limit of one thread stayed for good."""
    network = Network((Dense(64), Relu(), Dense(1)), n_inputs=64)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        first, second = threads_for(network, 256), threads_for(network, 256)
        first.__enter__(), second.__enter__()
        assert blas_threads() == {1}
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_process_that_is_forked_during_a_fit_of_another_thread():
    """Its limits do not wait for the thread, which it does not have."""
    context = multiprocessing.get_context("fork")
    network, connection = Network((Dense(64), Relu(), Dense(1)), n_inputs=64), context.Pipe()

    def child():
        with threads_for(network, 256):
            connection[1].send(_one_blas_thread.users)

    with threads_for(network, 256), _one_blas_thread.lock:
        process = context.Process(target=child, daemon=True)
        process.start()
    try:
        assert connection[0].poll(60) and connection[0].recv() == 1
    finally:
        process.kill()
        process.join()
