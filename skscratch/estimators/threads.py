"""Number of threads for the members, and for the matrix products of each.

There are as many threads as the BLAS library of the process may use. Each of several members is trained by one thread,
which never waits for another. With a single member, its matrix products use the threads if they are large: to split a
product of less than about two million multiplications saves no time, and on a busy machine the wait for the second
thread can make a fit ten times slower.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

from skscratch.core.layers import Dense
from skscratch.core.network import Network

# Multiplications in a product: at most FEW need no second thread; from MANY on, a second one saves time in the product.
FEW, MANY = 2**16, 2**21


@contextmanager
def threads_for(network: Network, n: int, k: int = 1) -> Iterator[int]:
    """Make a context for products of n rows; it yields the number of threads that k members share."""
    inputs = zip(network.layers, network.widths, strict=False)
    largest = max(n * d * layer.units for layer, d in inputs if isinstance(layer, Dense))
    if largest <= FEW:  # without a question to the libraries, which would take 5 us
        yield 1
        return
    allowed = max((library.num_threads for library in _blas().lib_controllers), default=1)
    if largest >= MANY and k < allowed:
        yield 1
        return
    with _one_blas_thread:
        yield min(k, allowed)


class OneBlasThread:
    """A context with one BLAS thread for the process, which fits and predictions in several threads share.

    The first to enter limits the number, and the last to leave restores what it was: if each restored what it found,
    the limit of one would outlast them.

    Examples
    --------
    >>> one_blas_thread = OneBlasThread()
    >>> with one_blas_thread, one_blas_thread:
    ...     one_blas_thread.users
    2
    """

    def __init__(self) -> None:
        self.lock, self.users = Lock(), 0
        self.limiter: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if self.users == 0:
                self.limiter = _blas().limit(limits=1)
            self.users += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.limiter.restore_original_limits()


@cache
def _blas() -> ThreadpoolController:
    """Find the BLAS libraries of this process, once."""
    return ThreadpoolController().select(user_api="blas")


_one_blas_thread = OneBlasThread()
if hasattr(os, "register_at_fork"):  # a child has none of the threads that were inside
    os.register_at_fork(after_in_child=_one_blas_thread.__init__)  # type: ignore[misc]
