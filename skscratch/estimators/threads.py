"""How many threads there are for the networks, and for the matrix products in each.

As many as the process's BLAS library may use. Several networks are trained by a thread each, which never waits for
another. A single one leaves the threads to its products, if these are large: splitting one of less than about two
million multiplications saves no time, and when other processes keep the machine busy, waiting for the second thread
costs ten times the fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from skscratch.core.layers import Dense
from skscratch.core.network import Network

# Multiplications in a product: with fewer nobody starts a thread, with more a second one pays within the product.
FEW, MANY = 2**16, 2**21


@contextmanager
def threads_for(network: Network, n: int, k: int = 1) -> Iterator[int]:
    """A context for products of n rows, in which k networks have as many threads to share as it yields."""
    inputs = zip(network.layers, network.widths, strict=False)
    largest = max(n * d * layer.units for layer, d in inputs if isinstance(layer, Dense))
    allowed = max((library.num_threads for library in _blas().lib_controllers), default=1)
    if largest <= FEW or largest >= MANY and k < allowed:
        yield 1
        return
    with _blas().limit(limits=1):
        yield min(k, allowed)


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process, looked for once."""
    return ThreadpoolController().select(user_api="blas")
