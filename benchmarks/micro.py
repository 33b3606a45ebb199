"""The single operations that the core chose between: what it does beside the other way to the same numbers.

    python -m benchmarks.micro [--repeats 9] [--only relu] [--csv micro.csv]

The sizes are those of a training step. A ratio below one says that the other way would have been faster here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.special import expit
from skscratch.core.transforms import ScaleByAdam, Step

from benchmarks.machine import machine
from benchmarks.records import print_facts, write_csv
from benchmarks.timing import alternate
from skscratch.core.activations import logistic
from skscratch.core.parameters import blocks

N, H, D, K = 128, 64, 50, 8  # samples, units, inputs, members
TURN = 2e-3  # seconds: a turn calls as often as this takes


class Choice(NamedTuple):
    """Two ways to the same numbers: the core's and another."""

    chosen: str
    other: str
    run_chosen: Callable[[], np.ndarray]
    run_other: Callable[[], np.ndarray]


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
        "by matmul",
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


def gather() -> Choice:
    x, rows = array(100_000, 20), np.random.default_rng(0).permutation(100_000)
    return Choice(
        "take(mode='clip') of shuffled rows",
        "by an index",
        lambda: np.take(x, rows, axis=0, mode="clip"),
        lambda: x[rows],
    )


def gather_into() -> Choice:
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

    other = "as a row of W, where x has a column of ones"
    return Choice("bias added to the product", other, added, lambda: np.matmul(x1, Wb, out=z))


def members() -> Choice:
    x, W, z = array(K, N, H), array(K, H, H), np.empty((K, N, H), np.float32)

    def loop() -> np.ndarray:
        for i in range(K):
            np.matmul(x[i], W[i], out=z[i])
        return z

    return Choice(f"one product of {K} stacked members", f"{K} products", lambda: np.matmul(x, W, out=z), loop)


def adam() -> Choice:
    p = 1_000_000
    q, g, u, link, step = array(1, p), array(1, p), np.empty((1, p), np.float32), ScaleByAdam(), Step(1, 1e-3)

    def in_parts(parts: Sequence) -> Callable[[], np.ndarray]:
        states = [(part, link.init(q[part], part[1])) for part in parts]

        def run() -> np.ndarray:
            np.copyto(u, g)
            for part, s in states:
                link.update(u[part], q[part], s, step)
            return u.copy()

        return run

    whole = [(slice(0, 1), slice(0, p))]
    return Choice(f"Adam on {p:,} numbers block by block", "at once", in_parts(blocks(1, p)), in_parts(whole))


def sigmoid() -> Choice:
    z, out = array(K, N, H), np.empty((K, N, H), np.float32)

    def by_tanh() -> np.ndarray:
        logistic(z, out=out)
        return out

    return Choice("logistic function by tanh", "scipy.special.expit", by_tanh, lambda: expit(z, out=out))


def phases() -> Choice:
    w, b, x = array(K, 20, 16, 1), array(K, 20, 16, 1), array(1, 20, 1, N)
    wb, x1 = np.concatenate([w, b], axis=-1), np.concatenate([x, np.ones_like(x)], axis=2)
    u = np.empty((K, 20, 16, N), np.float32)

    def broadcast() -> np.ndarray:
        np.multiply(w, x, out=u)
        return np.add(u, b, out=u)

    return Choice("u = [w, b] [x; 1] as a product", "w x + b", lambda: np.matmul(wb, x1, out=u), broadcast)


def subnormal() -> Choice:
    zeros, small, out = (np.full(65536, value, np.float32) for value in (0, 1e-40, 0))
    return Choice(
        "arithmetic with zeros",
        "with subnormal numbers",
        lambda: np.multiply(zeros, 0.5, out=out),
        lambda: np.multiply(small, 0.5, out=out),
    )


CHOICES = [relu, rank_one, sum_of_rows, gather, gather_into, bias, members, adam, sigmoid, phases, subnormal]


def measure(choice: Choice, repeats: int) -> tuple[float, float]:
    """Median microseconds of a call of both."""
    start = perf_counter()
    choice.run_chosen()
    choice.run_other()
    calls = max(int(TURN / (perf_counter() - start)), 1)
    seconds = alternate({"chosen": choice.run_chosen, "other": choice.run_other}, repeats, calls)
    return 1e6 * seconds["chosen"], 1e6 * seconds["other"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a line for each choice, and write them where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9, help="turns, of which the median is taken (%(default)s)")
    parser.add_argument("--only", default="", help="choices whose name contains this")
    parser.add_argument("--csv", type=Path, help="file to write the table to")
    options = parser.parse_args(arguments)
    facts, rows = machine(), []
    print_facts(facts)
    print(f"{'us a call':14}{'':46}{'ours':>8}{'other':>10}{'ratio':>8}")
    for make in CHOICES:
        if options.only in make.__name__:
            choice = make()
            ours, other = measure(choice, options.repeats)
            cells = f"{ours:8.1f}{other:10.1f}{other / ours:8.2f}"
            print(f"{make.__name__:14}{choice.chosen:46}{cells}  {choice.other}", flush=True)
            times = {"chosen (us)": round(ours, 2), "other (us)": round(other, 2), "ratio": round(other / ours, 2)}
            rows.append({"operation": make.__name__, "chosen": choice.chosen, "other": choice.other, **times})
    if options.csv and rows:
        write_csv(options.csv, rows, facts)


if __name__ == "__main__":
    main()
