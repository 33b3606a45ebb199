"""Ctrl-C at random moments: ``INTERRUPTIONS=100 pytest -n 0 -s tests/reliability/test_interruptions.py``.

A timer of the operating system interrupts each fit, so it may be in NumPy, in SciPy, or between two statements. That
an error at any call changes nothing is tested in tests/estimators/test_failed_fits.py.
"""

import copy
import os
import signal
import sys
import time
import warnings
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest
from helpers import ESTIMATORS, scores, two_classes
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_info, threadpool_limits

from skscratch.estimators import fitting

MOMENTS = int(os.environ.get("INTERRUPTIONS", "20"))
X, y = two_classes(200)
OTHER = -3 * X[:150], y[:150]
BASE = dict(width=16, n_estimators=3, max_iter=12, random_state=0)
FITS = {
    "default": (dict(BASE), lambda model: model.fit(*OTHER)),
    "threads": (dict(BASE, dropout=0.1), lambda model: model.fit(*OTHER)),
    "lbfgs": (dict(BASE, solver="lbfgs", max_iter=6, tol=1e-9), lambda model: model.fit(*OTHER)),
    "warm start": (dict(BASE, warm_start=True), lambda model: model.fit(*OTHER)),
    "partial_fit": (dict(BASE), lambda model: model.partial_fit(*OTHER)),
}


def interrupt(*_):
    raise KeyboardInterrupt


@contextmanager
def interruption_after(seconds):
    """Raise KeyboardInterrupt in this thread after so many seconds, unless the body has ended before."""
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def three_threads(*arguments):
    """Take the place of `threads_for`, so that every member has a thread."""
    yield 3


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def outcome(model, fit, seconds):
    """Interrupt a fit; return what became of it, after checks that fit to it."""
    before, expected, limits = dict(vars(model)), scores(model, X), blas_threads()
    returned = None
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        try:
            with interruption_after(seconds):
                returned = fit(model)
        except KeyboardInterrupt:
            pass
    assert blas_threads() == limits
    changed = {name for name, value in vars(model).items() if before.get(name) is not value}
    if not changed:
        assert returned is None and vars(model).keys() == before.keys()
        assert_array_equal(scores(model, X), expected)
        return "as before"
    assert {"_model", "_state", "loss_curve_", "best_iter_"} <= changed
    assert np.isfinite(model._model.parameters.values).all() and np.isfinite(scores(model, X)).all()
    assert 0 < model.n_iter_ <= len(model.loss_curve_)
    assert fit(copy.deepcopy(model)).n_iter_ > 0
    interrupted = [str(warning.message) for warning in record if "was interrupted" in str(warning.message)]
    return "trained in part" if interrupted else "trained"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such timer")
@pytest.mark.parametrize("Estimator", ESTIMATORS)
@pytest.mark.parametrize("case", FITS)
@pytest.mark.filterwarnings("ignore:.*reached max_iter")
def test_a_usable_model_or_the_one_before(Estimator, case, monkeypatch):
    options, fit = FITS[case]
    if case == "threads":
        monkeypatch.setattr(fitting, "threads_for", three_threads)
    model, rng, counts = Estimator(**options).fit(X, y), np.random.default_rng(0), Counter()
    start = time.perf_counter()
    fit(copy.deepcopy(model))
    duration = time.perf_counter() - start
    for _ in range(max(MOMENTS // len(FITS) // len(ESTIMATORS), 2)):
        with threadpool_limits(2, user_api="blas"):
            counts[outcome(copy.deepcopy(model), fit, max(rng.uniform(0, duration), 1e-6))] += 1
    print(f"{Estimator.__name__}, {case}: {dict(counts)}")
    assert counts
