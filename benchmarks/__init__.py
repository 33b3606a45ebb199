"""Benchmarks of accuracy, time and memory; run one with ``python -m benchmarks.NAME`` from the root of the repository.

This file sets the number of threads of BLAS, OpenMP and PyTorch: one, or the N of ``--threads N`` on the command line.
These libraries read the number once, when they are first imported, and Python imports this file before any other module
of the package.
"""

import argparse
import os

_parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
_parser.add_argument("--threads", type=int, default=1)
THREADS: int = _parser.parse_known_args()[0].threads
VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]
os.environ.update(dict.fromkeys(VARIABLES, str(THREADS)))
