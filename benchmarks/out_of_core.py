"""Fit on a Parquet file that is larger than the memory of the process, and compare with the same rows in memory.

    python -m benchmarks.out_of_core --gigabytes 5 --csv memory.csv --plot memory.png
    python -m benchmarks.out_of_core --rows 2000000 --seeds 3
    python -m benchmarks.out_of_core --gigabytes 5 --folder /tmp --set "max_iter=1, n_estimators=4"

- `--gigabytes`: writes a file of that size part by part, fits in a process of its own, and draws the resident
  memory of that process over time; the command fails if its peak is above `--limit`.
- `--rows`: writes a file of so many rows for each seed, fits from the file and from the same rows in memory, and prints
  the losses on the same test rows: RMSE divided by the standard deviation of the target, or the share of wrong classes.

`benchmarks.generated` describes the tables. Their numbers are random in every digit, so they cannot be compressed. The
files are deleted at the end.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.csv_files import write_csv
from benchmarks.generated import GENERATED
from benchmarks.machine import machine, print_facts
from benchmarks.resident import estimator

ROW_GROUP, TEST_ROWS = 2**17, 20_000
GB = 1e9


def frames(name: str, n: int, seed: int) -> Iterator[pd.DataFrame]:
    """Yield n rows of a table, in frames that become row groups; y is the last column."""
    for i, start in enumerate(range(0, n, ROW_GROUP)):
        table = GENERATED[name](min(ROW_GROUP, n - start), 10_000 * (seed + 1) + i).table
        yield table.X.assign(y=table.y)


def write(path: Path, name: str, n: int, seed: int = 0, max_bytes: float = np.inf) -> int:
    """Write at most n rows to a Parquet file, until it has so many bytes; return the number of rows."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    rows, writer = 0, None
    for frame in frames(name, n, seed):
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or ParquetWriter(path, table.schema)
        writer.write_table(table)
        rows += len(frame)
        if path.stat().st_size >= max_bytes:
            break
    writer.close()
    return rows


def memory(path: Path, task: str, settings: str) -> list[dict[str, float]]:
    """Fit in a new process; return its resident memory over time."""
    command = [sys.executable, "-m", "benchmarks.resident", str(path), task, settings]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    cells = (line.split(",") for line in done.stdout.splitlines() if "," in line and line[0].isdigit())
    return [{"seconds": float(seconds), "resident MB": int(size) / 1e6} for seconds, size in cells]


def loss(model, X: pd.DataFrame, y: np.ndarray, task: str) -> float:
    """Return RMSE divided by the standard deviation of y, or the share of wrong classes."""
    rest = 1 - model.score(X, y)
    return float(np.sqrt(rest) if task == "regression" else rest)


def compare(path: Path, name: str, task: str, n: int, seed: int, settings: str) -> dict[str, object]:
    """Fit from a file and from the same rows in memory; return both losses and times."""
    write(path, name, n, seed)
    test = GENERATED[name](TEST_ROWS, 1).table
    frame = pd.read_parquet(path)
    result: dict[str, object] = {"table": name, "rows": n, "seed": seed}
    for kind, data in {"file": (str(path), "y"), "memory": (frame.drop(columns="y"), frame["y"])}.items():
        model = estimator(task, settings).set_params(random_state=seed)
        start = time.perf_counter()
        model.fit(*data)
        result[f"seconds, {kind}"] = round(time.perf_counter() - start, 1)
        result[f"loss, {kind}"] = round(loss(model, test.X, test.y, task), 5)
    return result


def plot(samples: Sequence[dict[str, float]], size: float, limit: float, path: Path) -> None:
    """Draw the resident memory over time, with the limit."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.4), dpi=150, layout="constrained")
    ax = figure.add_subplot()
    ax.plot([s["seconds"] for s in samples], [s["resident MB"] for s in samples], color="#0072B2", label="process")
    ax.axhline(1e3 * limit, color="#D55E00", ls="--", label=f"limit: {limit:g} GB")
    ax.set(xlabel="seconds", ylabel="resident memory (MB)", ylim=(0, 1.15e3 * limit))
    ax.set_title(f"Fit on a Parquet file of {size / GB:.1f} GB")
    ax.grid(color="0.92")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right")
    figure.savefig(path)


def run_memory(options: argparse.Namespace, path: Path, task: str) -> list[dict[str, float]]:
    """Write the large file, fit on it, print and draw."""
    start = time.perf_counter()
    rows, max_bytes = int(1e12), options.gigabytes * GB
    rows = write(path, options.table, rows, max_bytes=max_bytes)
    size = path.stat().st_size
    print(f"{rows:,} rows, {size / GB:.2f} GB, written in {time.perf_counter() - start:.0f} s", flush=True)
    samples = memory(path, task, options.set)
    peak = max(sample["resident MB"] for sample in samples)
    print(f"fit: {samples[-1]['seconds']:.0f} s, peak of the resident memory {peak:.0f} MB", flush=True)
    if options.plot:
        plot(samples, size, options.limit, options.plot)
    if options.csv:
        write_csv(options.csv, samples, machine())
    if peak > 1e3 * options.limit:
        sys.exit(f"The peak of the resident memory must be below {options.limit:g} GB, but was {peak:.0f} MB.")
    return samples


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=0, help="size of the file for the plot of memory")
    parser.add_argument("--rows", type=int, default=0, help="rows of the comparison with rows in memory")
    parser.add_argument("--seeds", type=int, default=3, help="fits of the comparison (%(default)s)")
    parser.add_argument("--table", choices=GENERATED, default="interactions_regression", help="(%(default)s)")
    parser.add_argument("--folder", type=Path, help="where the files are written (default: that of temporary files)")
    parser.add_argument("--limit", type=float, default=1.0, metavar="GB", help="of resident memory (%(default)s)")
    parser.add_argument("--set", default="", metavar="NAME=VALUE,...", help="hyperparameters")
    parser.add_argument("--csv", type=Path, help="file for the memory over time")
    parser.add_argument("--plot", type=Path, help="file for the plot")
    options = parser.parse_args(arguments)
    task = options.table.rpartition("_")[2]
    print_facts(machine())
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "rows.parquet"
        if options.gigabytes:
            run_memory(options, path, task)
        for seed in range(options.seeds if options.rows else 0):
            print(compare(path, options.table, task, options.rows, seed, options.set), flush=True)


if __name__ == "__main__":
    main()
