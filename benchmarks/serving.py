"""Measure the latency of docs/examples/serve.py: estimator, ONNX and NumPy alone, called by concurrent clients.

    python -m benchmarks.serving [--calls 10000] [--clients 16] [--csv serving.csv]

The service runs in a process of its own on 127.0.0.1, with one BLAS thread. Each client is a thread with one
connection, and calls again when it has its answer. A call predicts one passenger of the Titanic with the defaults.
Clients and service share the processor, so the latencies are those of a machine with full load; the percentiles are in
milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any, NamedTuple

import numpy as np

import skscratch
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from skscratch.datasets import load_titanic

SCRIPT = Path(__file__).parents[1] / "docs" / "examples" / "serve.py"
ENGINES = ("estimator", "onnx", "numpy")
PERCENTILES = (50, 90, 99)


class Measurement(NamedTuple):
    """What is measured of a service: calls that failed, calls per second, and percentiles of the latency (ms)."""

    engine: str
    calls: int
    failed: int
    per_second: float
    p50: float
    p90: float
    p99: float
    longest: float


class Answer(NamedTuple):
    """The answer to a call: its status, its content, and the seconds that it took."""

    status: int
    content: Any
    seconds: float


class Client:
    """One connection to a service, which is closed at the end of a with statement."""

    def __init__(self, port: int):
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def call(self, path: str, body: Any = None) -> Answer:
        """Send a request, by POST if it has a body, and wait for the answer."""
        start = perf_counter()
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        self.connection.request("GET" if body is None else "POST", path, text, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        content = json.loads(response.read())
        return Answer(response.status, content, perf_counter() - start)


@contextmanager
def service(model: Path, engine: str = "estimator") -> Iterator[int]:
    """Start the service in a process of its own, wait until it answers, and give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(SCRIPT), str(model), "--engine", engine, "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    try:
        wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(process: subprocess.Popen, port: int) -> None:
    """Wait until a service answers, or raise an error if its process has ended."""
    while process.poll() is None:
        try:
            with Client(port) as client:
                client.call("/health")
            return
        except ConnectionError:
            sleep(0.05)
    raise RuntimeError(f"The service must start, but it ended with the code {process.returncode}: read its messages.")


def passengers() -> list[dict[str, Any]]:
    """Return the rows of the Titanic as requests, None where a value is missing."""
    X, _ = load_titanic(return_X_y=True)
    return X.astype(object).where(X.notna(), None).to_dict("records")


def call_by_clients(port: int, rows: Sequence[Any], clients: int) -> list[Answer]:
    """Predict rows one by one, shared by concurrent clients; return the answers in the order of the rows."""

    def predict(part: Sequence[Any]) -> list[Answer]:
        with Client(port) as client:
            return [client.call("/predict", row) for row in part]

    with ThreadPoolExecutor(clients) as pool:
        parts = list(pool.map(predict, [rows[i::clients] for i in range(clients)]))
    answers: list[Any] = [None] * len(rows)
    for i, part in enumerate(parts):
        answers[i::clients] = part
    return answers


def measure(model: Path, engine: str, calls: int, clients: int) -> Measurement:
    """Start a service and call it, after as many calls as there are clients that are not measured."""
    rows = passengers()
    with service(model, engine) as port:
        call_by_clients(port, rows[:clients], clients)
        start = perf_counter()
        answers = call_by_clients(port, [rows[i % len(rows)] for i in range(calls)], clients)
        seconds = perf_counter() - start
    latencies = 1e3 * np.array([answer.seconds for answer in answers])
    failed = sum(answer.status != 200 for answer in answers)
    percentiles = np.percentile(latencies, PERCENTILES).tolist()
    return Measurement(engine, calls, failed, calls / seconds, *percentiles, latencies.max())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each engine and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--max-iter", type=int, default=16)
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args(arguments)
    print_facts(facts := machine())
    print(f"{'engine':10} {'calls':>7} {'failed':>7} {'calls/s':>8} {'p50':>7} {'p90':>7} {'p99':>7} {'longest':>8}")
    measurements = []
    with TemporaryDirectory() as folder:
        model = Path(folder) / "titanic.skscratch"
        X, y = load_titanic(return_X_y=True)
        skscratch.save(skscratch.ScratchMLPClassifier(max_iter=given.max_iter, random_state=0).fit(X, y), model)
        for engine in ENGINES:
            measurements.append(measure(model, engine, given.calls, given.clients))
            name, calls, failed, rate, *latencies, longest = measurements[-1]
            shown = " ".join(f"{latency:7.1f}" for latency in latencies)
            print(f"{name:10} {calls:7,} {failed:7} {rate:8.0f} {shown} {longest:8.1f}", flush=True)
    if given.csv:
        write_csv(given.csv, [measurement._asdict() for measurement in measurements], facts)


if __name__ == "__main__":
    main()
