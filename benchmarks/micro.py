"""Time single operations of the core next to an alternative that gives the same numbers.

    python -m benchmarks.micro [--repeats 9] [--only relu] [--csv micro.csv]

The sizes are those of a training step. A ratio below one means that the alternative is faster on this machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.timing import alternate
from skscratch.core.activations import logistic
from skscratch.core.parameters import blocks
from skscratch.core.tape import Tape, run
from skscratch.core.transformations import ScaleByAdam, Step

N, H, D, K = 128, 64, 50, 8  # samples, units, inputs, members
SECONDS = 2e-3  # approximate time of the calls in one repetition


class Choice(NamedTuple):
    """Two functions that compute the same numbers: that of the core and an alternative."""

    core: str
    alternative: str
    run_core: Callable[[], np.ndarray]
    run_alternative: Callable[[], np.ndarray]


def array(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def relu() -> Choice:
    z, zeros, out = array(1, N, H), np.zeros((1, N, H), np.float32), np.empty((1, N, H), np.float32)
    return Choice(
        "maximum with an array of zeros",
        "maximum with the number 0",
        lambda: np.maximum(z, zeros, out=out),
        lambda: np.maximum(z, 0, out=out),
    )


def rank_one() -> Choice:
    g, W, out = array(1, N, 1), array(1, 1, H), np.empty((1, N, H), np.float32)
    return Choice(
        "product of rank one by broadcasting",
        "product of rank one by matmul",
        lambda: np.multiply(g, W, out=out),
        lambda: np.matmul(g, W, out=out),
    )


def sum_of_rows() -> Choice:
    g, ones, out = array(K, N, H), np.ones((1, 1, N), np.float32), np.empty((K, 1, H), np.float32)
    return Choice(
        "sum over rows as a product with ones",
        "sum(axis=1)",
        lambda: np.matmul(ones, g, out=out),
        lambda: np.sum(g, axis=1, keepdims=True, out=out),
    )


def sum_in_rows() -> Choice:
    g, ones, out = array(K, 3 * 20, N), np.ones((1, N, 1), np.float32), np.empty((K, 3 * 20, 1), np.float32)
    return Choice(
        "sum along rows in memory as a product with ones",
        "sum(axis=2)",
        lambda: np.matmul(g, ones, out=out),
        lambda: np.sum(g, axis=2, keepdims=True, out=out),
    )


def transposed() -> Choice:
    g, W, W_T, out = array(K, N, H), array(K, H, H), np.empty((K, H, H), np.float32), np.empty((K, N, H), np.float32)

    def copied() -> np.ndarray:
        np.copyto(W_T, W.mT)
        return np.matmul(g, W_T, out=out)

    alternative = "product with the transposed view of W"
    return Choice("product with a transposed copy of W", alternative, copied, lambda: np.matmul(g, W.mT, out=out))


def gather() -> Choice:
    x, rows = array(100_000, 20), np.random.default_rng(0).permutation(100_000)
    return Choice(
        "take(mode='clip') of shuffled rows",
        "indexing with an array of rows",
        lambda: np.take(x, rows, axis=0, mode="clip"),
        lambda: x[rows],
    )


def gather_out() -> Choice:
    x, rows = array(100_000, 20), np.random.default_rng(0).permutation(100_000)
    out = np.empty_like(x)
    return Choice(
        "take(mode='clip', out=...) of shuffled rows",
        "take(mode='raise', out=...)",
        lambda: np.take(x, rows, axis=0, mode="clip", out=out),
        lambda: np.take(x, rows, axis=0, mode="raise", out=out),
    )


def bias() -> Choice:
    x, W, b, z = array(N, D), array(D, H), array(1, H), np.empty((N, H), np.float32)
    x1, Wb = np.hstack([x, np.ones((N, 1), np.float32)]), np.vstack([W, b])

    def added() -> np.ndarray:
        np.matmul(x, W, out=z)
        return np.add(z, b, out=z)

    alternative = "bias as a row of W and a column of ones in x"
    return Choice("bias added to the product", alternative, added, lambda: np.matmul(x1, Wb, out=z))


def members() -> Choice:
    x, W, z = array(K, N, H), array(K, H, H), np.empty((K, N, H), np.float32)

    def loop() -> np.ndarray:
        for i in range(K):
            np.matmul(x[i], W[i], out=z[i])
        return z

    return Choice(
        f"one product of {K} stacked members",
        f"{K} products, one for each member",
        lambda: np.matmul(x, W, out=z),
        loop,
    )


def adam() -> Choice:
    p = 1_000_000
    q, g, u, transformation = array(1, p), array(1, p), np.empty((1, p), np.float32), ScaleByAdam()

    def in_chunks(chunks: Sequence) -> Callable[[], np.ndarray]:
        kept, tape, step = transformation.init(q), Tape(np.float32), Step(1, np.float32)
        for chunk in chunks:
            views = {name: a[chunk] for name, a in kept.items()}
            transformation.record(tape, u[chunk], q[chunk], views, step, lambda numbers, default: u[0])

        def update() -> np.ndarray:
            np.copyto(u, g)
            tape.replay()
            return u.copy()

        return update

    whole = [(slice(0, 1), slice(0, p))]
    return Choice(f"Adam on {p:,} numbers in chunks", "Adam in one call", in_chunks(blocks(1, p)), in_chunks(whole))


def sigmoid() -> Choice:
    z, out = array(K, N, H), np.empty((K, N, H), np.float32)

    def by_tanh() -> np.ndarray:
        logistic(run, z, out)
        return out

    return Choice("logistic function by tanh", "scipy.special.expit", by_tanh, lambda: expit(z, out=out))


def phases() -> Choice:
    w, b, x = array(K, 20, 16, 1), array(K, 20, 16, 1), array(1, 20, 1, N)
    wb, x1 = np.concatenate([w, b], axis=-1), np.concatenate([x, np.ones_like(x)], axis=2)
    u = np.empty((K, 20, 16, N), np.float32)

    def broadcast() -> np.ndarray:
        np.multiply(w, x, out=u)
        return np.add(u, b, out=u)

    return Choice(
        "u = [w, b] [x; 1] as a product", "u = w x + b by broadcasting", lambda: np.matmul(wb, x1, out=u), broadcast
    )


def subnormal() -> Choice:
    zeros, small, out = (np.full(65536, value, np.float32) for value in (0, 1e-40, 0))
    return Choice(
        "arithmetic with zeros",
        "arithmetic with subnormal numbers",
        lambda: np.multiply(zeros, 0.5, out=out),
        lambda: np.multiply(small, 0.5, out=out),
    )


CHOICES = [
    relu,
    rank_one,
    sum_of_rows,
    sum_in_rows,
    transposed,
    gather,
    gather_out,
    bias,
    members,
    adam,
    sigmoid,
    phases,
    subnormal,
]


def measure(choice: Choice, repeats: int) -> tuple[float, float]:
    """Return the median microseconds of a call of both functions."""
    start = perf_counter()
    choice.run_core()
    choice.run_alternative()
    calls = max(int(SECONDS / (perf_counter() - start)), 1)
    seconds = alternate({"core": choice.run_core, "alternative": choice.run_alternative}, repeats, calls)
    return 1e6 * seconds["core"], 1e6 * seconds["alternative"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a line for each choice, and write the table if --csv is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9, help="repetitions; the median is reported (%(default)s)")
    parser.add_argument("--only", default="", help="choices whose name contains this")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    options = parser.parse_args(arguments)
    facts, rows = machine(), []
    print_facts(facts)
    print(f"{'us per call':14}{'':46}{'core':>8}{'alternative':>14}{'ratio':>8}")
    for make in CHOICES:
        if options.only in make.__name__:
            choice = make()
            core, other = measure(choice, options.repeats)
            cells = f"{core:8.1f}{other:14.1f}{other / core:8.2f}"
            print(f"{make.__name__:14}{choice.core:46}{cells}  {choice.alternative}", flush=True)
            times = {"core (us)": round(core, 2), "alternative (us)": round(other, 2), "ratio": round(other / core, 2)}
            rows.append({"operation": make.__name__, "core": choice.core, "alternative": choice.alternative, **times})
    if options.csv and rows:
        write_csv(options.csv, rows, facts)


if __name__ == "__main__":
    main()
