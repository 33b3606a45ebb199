"""Compare exported models with their estimator: predictions, sizes, and times of one row and of 1,000 rows.

    python -m benchmarks.export [--repeats 30] [--max-iter 16] [--data FOLDER] [--csv export.csv]

The tables are those of `benchmarks.tables`. Predictions are compared on all test rows, in which one cell of ten is
missing and one category of ten is new. The deviation is the largest difference of a probability, or of a number in
units of the standard deviation of y. The functions that are timed alternate in one process, with one thread each; the
times are CPU times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks import each_table
from benchmarks.tables import Table, split
from benchmarks.timing import alternate
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.export import predictor, to_numpy
from skscratch.onnx import to_onnx
from skscratch.tabular import take_rows

ROWS = 1000


class Measurement(NamedTuple):
    """What is measured on a table: deviations, kilobytes, and microseconds of one row and of 1,000 rows."""

    table: str
    onnx_deviation: float
    numpy_deviation: float
    parameters_kb: float
    onnx_kb: float
    numpy_kb: float
    estimator_1: float
    onnx_1: float
    numpy_1: float
    estimator_1000: float
    onnx_1000: float
    numpy_1000: float


def damaged(X: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return rows in which one cell of ten is missing, and one category of ten is new."""
    columns = {}
    for name, column in X.items():
        values = column.astype(float if column.dtype.kind in "fiub" else object)
        if values.dtype == object:
            values = values.mask(rng.random(len(X)) < 0.1, "new")
        columns[name] = values.mask(rng.random(len(X)) < 0.1)
    return pd.DataFrame(columns)


def columns_of(X: Any) -> dict[str, np.ndarray]:
    """Return rows as inputs of exported models."""
    if isinstance(X, np.ndarray):
        return {"X": X}
    return {name: X[[name]].to_numpy(float if X[name].dtype.kind == "f" else object) for name in X}


def measure(table: Table, max_iter: int, repeats: int) -> Measurement:
    """Fit the defaults on a table, export them, and compare."""
    fitted = split(table, seed=0)
    rows = damaged(fitted.X_test, np.random.default_rng(0))
    X, X_test = (fitted.X, rows) if table.categorical else (fitted.X.to_numpy(float), rows.to_numpy())
    estimator = ScratchMLPClassifier if table.classes else ScratchMLPRegressor
    model = estimator(max_iter=max_iter, random_state=0).fit(X, fitted.y)
    predict = model.predict_proba if table.classes else model.predict
    with TemporaryDirectory() as folder, threadpool_limits(1):
        numpy_predict, numpy_kb = export_numpy(model, Path(folder))
        onnx_predict, onnx_kb = export_onnx(model)
        expected, columns = predict(X_test), columns_of(X_test)
        unit = 1.0 if table.classes else float(np.std(fitted.y))
        predictions = [f(columns).reshape(expected.shape) for f in (onnx_predict, numpy_predict)]
        deviations = [float(np.abs(values - expected).max()) / unit for values in predictions]
        times = []
        for n in (1, ROWS):
            some = take_rows(X_test, np.resize(np.arange(len(X_test)), n))
            runs = {
                "estimator": partial(predict, some),
                "onnx": partial(onnx_predict, columns_of(some)),
                "numpy": partial(numpy_predict, columns_of(some)),
            }
            times += [1e6 * seconds for seconds in alternate(runs, repeats, 5 if n == 1 else 1, process_time).values()]
    return Measurement(table.name, *deviations, model._model.parameters.values.nbytes / 1e3, onnx_kb, numpy_kb, *times)


def export_numpy(model: Any, folder: Path) -> tuple[Callable[[Any], np.ndarray], float]:
    """Return the predict function of the exported model, and the size of its file in kilobytes."""
    to_numpy(model, folder / "predict.py")
    exported = predictor.load(folder / "predict.npz")
    predict = exported.predict if isinstance(model, ScratchMLPRegressor) else exported.predict_proba
    return predict, (folder / "predict.npz").stat().st_size / 1e3


def export_onnx(model: Any) -> tuple[Callable[[Any], np.ndarray], float]:
    """Return the predict function of onnxruntime, and the size of its file in kilobytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    content = to_onnx(model).SerializeToString()
    session = onnxruntime.InferenceSession(content, options)
    output = [session.get_outputs()[-1].name]
    return lambda columns: session.run(output, columns)[0], len(content) / 1e3


def write(measurement: Measurement) -> str:
    """Write a line of the printed table."""
    name, onnx, numpy, *others = measurement
    return " ".join([f"{name:20}", f"{onnx:9.1e}", f"{numpy:9.1e}", *(f"{value:9,.0f}" for value in others)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each table and print a line for it."""
    exports, three = ["onnx", "numpy"], ["estimator", "onnx", "numpy"]
    groups = f"{'':20} {'deviation':^19} {'size (kB)':^29} {'1 row (us)':^29} {'1,000 rows (us)':^29}"
    names = " ".join([f"{'table':20}", *(f"{name:>9}" for name in [*exports, "weights", *exports, *three, *three])])
    each_table.main(__doc__, arguments, f"{groups}\n{names}", lambda *given: [measure(*given)], write)


if __name__ == "__main__":
    main()
