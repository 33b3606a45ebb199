"""Compare the files in which a fitted model can be kept: sizes, and times to write and to read them.

    python -m benchmarks.files [--repeats 30] [--max-iter 16] [--only titanic] [--data FOLDER] [--csv files.csv]

The tables are those of `benchmarks.tables`. Reading ends with the prediction of one row, since some readers prepare
their model only then. The functions that are timed alternate in one process; the times are medians of CPU times. The
last two columns say whether reading a file runs code that is in it, and which versions read it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, NamedTuple

import joblib
import numpy as np
import skops.io
from threadpoolctl import threadpool_limits

import skscratch
from benchmarks import each_table
from benchmarks.export import columns_of, damaged
from benchmarks.tables import Table, split
from benchmarks.timing import alternate
from skscratch.export import predictor, to_numpy
from skscratch.onnx import to_onnx


class Format(NamedTuple):
    """How a model is written to a path, how it is read and predicts one row, and what is promised."""

    write: Callable[[Any, Path], object]
    read: Callable[[Path, Any], object]
    runs_code: str
    read_by: str


class Measurement(NamedTuple):
    """A model of a table in a format: kilobytes, and milliseconds to write it, and to read it and predict a row."""

    table: str
    format: str
    size_kb: float
    write_ms: float
    read_ms: float
    runs_code: str
    read_by: str


def write_pickle(model: Any, path: Path) -> None:
    """Write a pickle."""
    path.write_bytes(pickle.dumps(model))


def read_onnx(path: Path, row: Any) -> object:
    """Read a model with onnxruntime, with one thread, and predict a row."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path.read_bytes(), options).run(None, columns_of(row))


FORMATS = {
    "skscratch.save": Format(
        lambda model, path: skscratch.save(model, path),
        lambda path, row: skscratch.load(path).predict(row),
        "no", "later skscratch",
    ),
    "skops": Format(
        lambda model, path: skops.io.dump(model, path),
        lambda path, row: skops.io.load(path, trusted=skscratch.skops_types()).predict(row),
        "of trusted types", "same versions",
    ),
    "joblib": Format(
        lambda model, path: joblib.dump(model, path),
        lambda path, row: joblib.load(path).predict(row),
        "yes", "same versions",
    ),
    "pickle": Format(
        write_pickle,
        lambda path, row: pickle.loads(path.read_bytes()).predict(row),
        "yes", "same versions",
    ),
    "ONNX": Format(
        lambda model, path: path.write_bytes(to_onnx(model).SerializeToString()),
        read_onnx,
        "no", "any ONNX runtime",
    ),
    "NumPy only": Format(
        lambda model, path: to_numpy(model, path.with_suffix(".py")),
        lambda path, row: predictor.load(path).predict(columns_of(row)),
        "no", "any NumPy",
    ),
}  # fmt: skip


def measure(table: Table, max_iter: int, repeats: int) -> list[Measurement]:
    """Fit the defaults on a table, and write and read the model in each format."""
    fitted = split(table, seed=0)
    row = damaged(fitted.X_test.iloc[:1], np.random.default_rng(0))
    X, row = (fitted.X, row) if table.categorical else (fitted.X.to_numpy(float), row.to_numpy())
    estimator = skscratch.ScratchMLPClassifier if table.classes else skscratch.ScratchMLPRegressor
    model = estimator(max_iter=max_iter, random_state=0).fit(X, fitted.y)
    with TemporaryDirectory() as folder, threadpool_limits(1):
        paths = {name: Path(folder) / f"{i}.npz" for i, name in enumerate(FORMATS)}
        writing = {name: partial(FORMATS[name].write, model, path) for name, path in paths.items()}
        reading = {name: partial(FORMATS[name].read, path, row) for name, path in paths.items()}
        write, read = (alternate(runs, repeats, timer=process_time) for runs in (writing, reading))
        sizes = {name: path.stat().st_size / 1e3 for name, path in paths.items()}
    return [
        Measurement(table.name, name, sizes[name], 1e3 * write[name], 1e3 * read[name], kind.runs_code, kind.read_by)
        for name, kind in FORMATS.items()
    ]


def line(measurement: Measurement) -> str:
    """Write a line of the printed table."""
    table, name, size, write, read, runs_code, read_by = measurement
    return f"{table:20} {name:15} {size:9,.0f} {write:9.1f} {read:9.1f}  {runs_code:16}  {read_by}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each table and print a line for each format."""
    heading = f"{'table':20} {'format':15} {'size (kB)':>9} {'write, ms':>9} {'read, ms':>9}  {'runs code':16}  read by"
    each_table.main(__doc__, arguments, heading, measure, line)


if __name__ == "__main__":
    main()
