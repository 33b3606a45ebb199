"""How many threads the matrix products may use: one, where a second has nothing to do but wait.

BLAS libraries split even small products among threads. Splitting one of less than about two million multiplications
saves no time, and when other processes keep the machine busy, waiting for the second thread costs ten times the fit.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

from skscratch.core.layers import Dense
from skscratch.core.network import Network

# Multiplications in a product: with fewer no library starts a thread, with more a second one pays.
FEW, MANY = 2**16, 2**21


def threads_for(network: Network, n: int) -> AbstractContextManager:
    """A context for products of n rows: with a single thread where the largest product is small."""
    inputs = zip(network.layers, network.widths, strict=False)
    largest = max(n * d * layer.units for layer, d in inputs if isinstance(layer, Dense))
    return _controller().limit(limits=1, user_api="blas") if FEW < largest < MANY else nullcontext()


@cache
def _controller() -> ThreadpoolController:
    """The libraries of this process, looked for once."""
    return ThreadpoolController()
