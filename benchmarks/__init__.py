"""Measurements that anyone can rerun: ``python -m benchmarks.accuracy`` from the root of the repository.

BLAS, OpenMP and PyTorch read how many threads they may use once, when they are first imported. Python imports this file
before any module of the package, so it is said here: one, or what ``--threads N`` on the command line says.
"""

import argparse
import os

_parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
_parser.add_argument("--threads", type=int, default=1)
THREADS: int = _parser.parse_known_args()[0].threads
VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]
os.environ.update(dict.fromkeys(VARIABLES, str(THREADS)))
