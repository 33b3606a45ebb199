"""Threads and processes: 32 threads predict what one does, parallel fits equal single ones, and nothing is global."""

import copy
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pandas as pd
import pytest
from helpers import ESTIMATORS, SMALL, scores, two_classes
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_info, threadpool_limits

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core import Loss, SquaredError

X, y = two_classes(150)
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)


def at_once(function, items):
    """Call a function in as many threads as items, which begin together and alternate every few microseconds."""
    barrier, interval = Barrier(len(items)), sys.getswitchinterval()

    def call(item):
        barrier.wait()
        return function(item)

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(len(items)) as pool:
            return list(pool.map(call, items))
    finally:
        sys.setswitchinterval(interval)


@each_estimator
def test_predictions_in_32_threads(Estimator):
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(port=pd.Categorical(np.resize(["C", "Q", "S"], len(X))))
    model = Estimator(**SMALL).fit(frame, y)
    parts = [frame.iloc[i : i + 70].reset_index(drop=True) for i in range(32)]
    expected = [scores(model, part) for part in parts]
    for _ in range(3):
        fresh = pickle.loads(pickle.dumps(model))  # it has computed nothing yet that is kept for the next call
        for predicted, alone in zip(at_once(lambda part, of=fresh: scores(of, part), parts), expected, strict=True):
            assert_array_equal(predicted, alone)


@pytest.mark.parametrize("options", [{}, {"dropout": 0.2}, {"width": 64, "max_iter": 2}])
def test_fits_in_threads(options):
    """Of both estimators and different seeds, with large products too, for which the number of BLAS threads changes."""
    models = [E(**SMALL | {"random_state": seed} | options) for seed in range(4) for E in ESTIMATORS]
    expected = [scores(copy.deepcopy(model).fit(X, y), X) for model in models]
    with threadpool_limits(2, user_api="blas"):
        before = threadpool_info()
        together = at_once(lambda model: scores(model.fit(X, y), X), models)
        assert threadpool_info() == before
    for fitted, alone in zip(together, expected, strict=True):
        assert_array_equal(fitted, alone)


def fit_and_predict(model):
    """Refit a copy, and predict by the model that came with it."""
    return scores(model, X), scores(copy.deepcopy(model).fit(X, y), X)


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()])
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_processes_after_a_fit(method):
    """A fit with worker threads has ended before the fork: none of its locks is held."""
    models = [E(**SMALL | {"n_estimators": 3, "width": 64}).fit(X, y) for E in ESTIMATORS]
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        for model, results in zip(models, pool.map(fit_and_predict, models), strict=True):
            for result in results:
                assert_array_equal(result, scores(model, X))


# No global state.


def global_state():
    """Collect what a library could change for the whole process."""
    return {
        "random": random.getstate(),
        "np.random": [str(part) for part in np.random.get_state()],  # noqa: NPY002
        "np.errstate": np.geterr(),
        "np.printoptions": np.get_printoptions(),
        "warnings": list(warnings.filters),
        "environment": dict(os.environ),
        "BLAS threads": [(library["filepath"], library["num_threads"]) for library in threadpool_info()],
        "folder": os.getcwd(),
        "registered": list(Loss.names()),
        "recursion": sys.getrecursionlimit(),
    }


class FailingError(SquaredError):
    """A loss that cannot be computed."""

    def gradient(self, z, y, out):
        raise ZeroDivisionError("raised by the test")


class InterruptingError(SquaredError):
    """A loss during which Ctrl-C is pressed."""

    def gradient(self, z, y, out):
        raise KeyboardInterrupt


LARGE = dict(SMALL, width=64, batch_size=150)


def fails(error, loss, **options):
    with pytest.raises(error):
        ScratchMLPRegressor(loss, **LARGE | options).fit(X, y)


ACTIONS = {
    "fit": lambda: ScratchMLPClassifier(**LARGE, dropout=0.1).fit(X, y).predict(X),
    "lbfgs": lambda: ScratchMLPRegressor(**LARGE | {"solver": "lbfgs", "tol": 1.0}).fit(X, y).predict(X),
    "partial_fit": lambda: ScratchMLPRegressor(**LARGE).partial_fit(X, y).predict(X),
    "an error": lambda: fails(ZeroDivisionError, FailingError()),
    "an error of lbfgs": lambda: fails(ZeroDivisionError, FailingError(), solver="lbfgs"),
    "an interruption": lambda: fails(KeyboardInterrupt, InterruptingError()),
    "a refused fit": lambda: fails(ValueError, "poisson", quantile=0.5),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.filterwarnings("ignore:The fit was interrupted")
def test_nothing_global_changes(action):
    with threadpool_limits(2, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = global_state()
        ACTIONS[action]()
        assert global_state() == before


GLOBALS = """
import sys, types
import numpy as np
import skscratch
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

def module_globals():
    modules = [m for name, m in sorted(sys.modules.items()) if name.split(".")[0] == "skscratch"]
    return {(m.__name__, name): repr(value) for m in modules for name, value in vars(m).items()
            if isinstance(value, (int, float, str, tuple, list, dict, set, frozenset, np.ndarray)) and name[:2] != "__"}

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
fit = lambda: [E(width=4, max_iter=1, n_estimators=2, random_state=0).fit(X, (X[:, 0] > 0) + 0).predict(X)
               for E in (ScratchMLPClassifier, ScratchMLPRegressor)]
fit()  # imports what is imported inside functions
before = module_globals()
fit()
after = module_globals()
assert before == after and len(before) > 50, [name for name in after if after[name] != before.get(name)]
"""


def test_no_global_variable_of_a_module_changes():
    """In a new process, where other tests have registered nothing."""
    subprocess.run(
        [sys.executable, "-c", GLOBALS], check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
