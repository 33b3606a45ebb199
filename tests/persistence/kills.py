"""Fits that are killed by SIGKILL at random moments, and resumed.

Each fit runs in a process of its own, which is killed after a random part of the time that the whole fit takes. Then
the checkpoint must be readable, if there is one, and the resumed fit must equal the uninterrupted one.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from helpers import two_classes
from interruption import assert_equal, fit

from skscratch import ScratchMLPClassifier, load
from skscratch.callbacks import Checkpoint

ROWS = (*two_classes(300), {})
SOLVERS = ("adam", "sgd", "lbfgs")


def estimator(solver, max_iter):
    """Make the estimator; most of the time of a fit goes into its checkpoints."""
    options = {"learning_rate": "cosine", "dropout": 0.0 if solver == "lbfgs" else 0.2, "early_stopping": True}
    return ScratchMLPClassifier(n_estimators=3, max_iter=max_iter, tol=1e-9, random_state=0, solver=solver, **options)


def run(solver, max_iter, path):
    """Fit with checkpoints; print a line when it begins. The process that is killed runs this."""
    print("begins", flush=True)
    fit(estimator(solver, int(max_iter)), ROWS, Checkpoint(path))


def kill_one(solver, max_iter, path, seconds):
    """Kill a fit after so many seconds; return the number of epochs in its checkpoint, 0 without one."""
    command = [sys.executable, __file__, solver, str(max_iter), str(path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begins\n"
        time.sleep(seconds)
        process.kill()
    return load(path).n_iter_ if path.exists() else 0


def kill(n, max_iter, seed):
    """Kill so many fits, and resume each; return how many epochs were in the checkpoint of each."""
    rng, epochs, expected, times = np.random.default_rng(seed), [], {}, {}
    for solver in SOLVERS[:n]:
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            expected[solver] = fit(estimator(solver, max_iter), ROWS, Checkpoint(f"{folder}/file"))
            times[solver] = time.monotonic() - start
    for i in range(n):
        solver = SOLVERS[i % len(SOLVERS)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            epochs.append(kill_one(solver, max_iter, path, seconds=rng.uniform(0, times[solver])))
            unfinished = set(Path(folder).iterdir()) - {path}
            for file in unfinished:
                os.utime(file, (0, 0))  # as if some time had passed, so that the next fit removes it
            resume = {"resume_from": path} if path.exists() else {}
            resumed = fit(estimator(solver, max_iter), ROWS, Checkpoint(path), **resume)
            assert_equal(resumed, expected[solver], ROWS[0])
            assert_equal(load(path), expected[solver], ROWS[0])
            assert list(Path(folder).iterdir()) == [path]
        print(f"{i + 1}: {solver}, {epochs[-1]} epochs in the checkpoint, {len(unfinished)} unfinished file(s)")
    return epochs


if __name__ == "__main__":
    run(*sys.argv[1:])
