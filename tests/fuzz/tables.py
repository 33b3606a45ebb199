"""Tables of every kind: numbers of all magnitudes, categories, layouts of arrays, sparse formats and frames."""

import tempfile
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import strategies as st

pl = pytest.importorskip("polars")

LARGEST = np.finfo(np.float64).max
NUMBERS = {
    "normal": lambda n, rng: rng.normal(size=n),
    "integers": lambda n, rng: rng.integers(-3, 100, n).astype(float),
    "two values": lambda n, rng: rng.integers(0, 2, n).astype(float),
    "constant": lambda n, rng: np.full(n, 3.7),
    "zero": lambda n, rng: np.zeros(n),
    "missing": lambda n, rng: np.where(rng.random(n) < 0.5, np.nan, rng.normal(size=n)),
    "all missing": lambda n, rng: np.full(n, np.nan),
    "outlier": lambda n, rng: np.where(np.arange(n) == n // 2, 1e300, rng.normal(size=n)),
    "far from zero": lambda n, rng: 1e16 + rng.integers(0, 10, n),
    "small": lambda n, rng: rng.normal(size=n) * 1e-45,
    "large": lambda n, rng: rng.normal(size=n) * 1e39,
    "tiny": lambda n, rng: rng.normal(size=n) * 1e-300,
    "huge": lambda n, rng: rng.normal(size=n) * 1e300,
    "subnormal": lambda n, rng: rng.integers(-5, 6, n) * 5e-324,
    "largest": lambda n, rng: rng.choice([-LARGEST, LARGEST], n),
    "wide": lambda n, rng: rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-307, 307, n),
    "infinite": lambda n, rng: np.where(rng.random(n) < 0.5, np.inf, 0.0),
}
CELLS = {
    "strings": lambda n, rng: rng.choice(["a", "b", "c", ""], n).tolist(),
    "all different": lambda n, rng: [f"id {i}" for i in range(n)],
    "many": lambda n, rng: [f"value {i}" for i in rng.integers(0, 200, n)],
    "with missing": lambda n, rng: [None if i == 0 else f"v{i}" for i in rng.integers(0, 3, n)],
    "missing only": lambda n, rng: [None] * n,
    "mixed": lambda n, rng: [[1, "1", 2.5, None, True][i] for i in rng.integers(0, 5, n)],
    "tuples": lambda n, rng: [[(1, float("nan")), (1, "a"), None][i] for i in rng.integers(0, 3, n)],
    "bytes": lambda n, rng: [[b"a", b"b"][i] for i in rng.integers(0, 2, n)],
    "decimals": lambda n, rng: [Decimal(int(i)) / 7 for i in rng.integers(0, 50, n)],
    "huge integers": lambda n, rng: [10 ** int(i) for i in rng.integers(0, 400, n)],
    "booleans": lambda n, rng: [bool(i) for i in rng.integers(0, 2, n)],
    "dates": lambda n, rng: [date(2020, 1, 1 + int(i)) for i in rng.integers(0, 28, n)],
    "lists": lambda n, rng: [[int(i)] for i in rng.integers(0, 3, n)],
    "complex": lambda n, rng: [complex(i, 1) for i in rng.integers(0, 3, n)],
}
TYPES = ("f8", "f4", "f2", ">f8", "<f4", "g", "i1", "i8", "u1", "u8", "?", "O", "U", "c16", "M8[D]")
SPARSE = ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
NAMES = {
    "strings": lambda d: [f"c{j}" for j in range(d)],
    "duplicates": lambda d: ["c"] * d,
    "integers": lambda d: list(range(d)),
    "mixed": lambda d: [["a", 1, 2.5, ("t", 0), None][j % 5] for j in range(d)],
    "unusual": lambda d: [["", " ", "x\ny", "é", "x0"][j % 5] for j in range(d)],
}
LAYOUTS = ("C", "F", "strided", "reversed", "read-only", "memmap", "list", "masked", "offset")


def cast(x, kind):
    """Convert numbers to a type, whatever becomes of those that it cannot hold."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(x).astype(np.int64).astype(kind) if kind == "M8[D]" else x.astype(kind)


def laid_out(x, layout):
    """The same numbers in another layout."""
    if layout == "strided":
        return np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]
    if layout == "reversed":
        return x[::-1, ::-1].copy()[::-1, ::-1]
    if layout == "read-only":
        x = x.copy()
        x.flags.writeable = False
        return x
    if layout == "memmap" and x.dtype != object:
        with tempfile.TemporaryFile() as file:
            mapped = np.memmap(file, x.dtype, "w+", shape=x.shape)
        mapped[:] = x
        return mapped
    if layout == "offset" and x.dtype != object:
        shifted = np.frombuffer(b"." + x.tobytes(), x.dtype, offset=1)
        return shifted.reshape(x.shape)
    return {"F": np.asfortranarray, "list": np.ndarray.tolist, "masked": np.ma.asarray}.get(layout, np.array)(x)


@st.composite
def number_matrices(draw, n=None):
    """Numbers (n, d) in float64, with columns of several kinds."""
    n = draw(st.sampled_from((40, 1, 2, 3, 8, 31, 32, 33, 65))) if n is None else n
    kinds = draw(st.lists(st.sampled_from(list(NUMBERS)), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return np.column_stack([NUMBERS[kind](n, rng) for kind in kinds])


@st.composite
def arrays(draw, n=None):
    """Arrays of every type and layout."""
    x = cast(draw(number_matrices(n)), draw(st.sampled_from(TYPES)))
    return laid_out(x, draw(st.sampled_from(LAYOUTS)))


@st.composite
def sparse_tables(draw, n=None):
    """Sparse matrices and sparse arrays of every format."""
    x = draw(number_matrices(n))
    x = cast(
        np.where(np.arange(x.size).reshape(x.shape) % 3 == 0, 0, x), draw(st.sampled_from(("f8", "f4", "i8", "?")))
    )
    kind = draw(st.sampled_from(SPARSE))
    return getattr(sp, f"{kind}_{draw(st.sampled_from(('array', 'matrix')))}")(x)


@st.composite
def columns(draw, n):
    """A list of columns of numbers or cells."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    kinds = draw(st.lists(st.sampled_from([*CELLS, *NUMBERS]), min_size=1, max_size=4))
    return [CELLS[kind](n, rng) if kind in CELLS else NUMBERS[kind](n, rng) for kind in kinds]


def pandas_of(part):
    """A column of pandas, of objects where it cannot find a type (before pandas 3: integers beyond float64)."""
    try:
        return pd.Series(part)
    except OverflowError:
        return pd.Series(part, dtype=object)


def converted(series, kind):
    """A column of pandas as another type, or as it is where that is not possible."""
    try:
        with np.errstate(all="ignore"):
            return series.astype(kind)
    except (ValueError, TypeError, OverflowError, NotImplementedError, pa.ArrowException, np.exceptions.ComplexWarning):
        return series


PANDAS_TYPES = (
    "object", "category", "string", "Int64", "Float32", "Float64", "boolean", "float32", "int8", "Sparse[float64]",
    "double[pyarrow]", "string[pyarrow]", "int8[pyarrow]", "datetime64[ns]", "timedelta64[ns]",
)  # fmt: skip


@st.composite
def pandas_frames(draw, n=None):
    """Frames of pandas, with columns of every type and names of every kind."""
    n = draw(st.sampled_from((40, 1, 2, 8, 33))) if n is None else n
    parts = [pandas_of(column) for column in draw(columns(n))]
    parts = [converted(part, draw(st.sampled_from((part.dtype, *PANDAS_TYPES)))) for part in parts]
    frame = pd.concat(parts, axis=1)
    frame.columns = pd.Index(NAMES[draw(st.sampled_from(list(NAMES)))](len(parts)), dtype=object)
    return frame.set_index(frame.index[::-1]) if draw(st.booleans()) else frame


@st.composite
def arrow_frames(draw, n=None):
    """Frames of polars and of pyarrow."""
    n = draw(st.sampled_from((40, 1, 2, 8, 33))) if n is None else n
    parts = draw(columns(n))
    names = [f"c{j}" for j in range(len(parts))]
    library = draw(st.sampled_from(("polars", "pyarrow", "pyarrow dictionary")))
    if library == "polars":
        return pl.DataFrame([series_of(name, part) for name, part in zip(names, parts, strict=True)])
    converted = [arrow_of(part) for part in parts]
    if library == "pyarrow dictionary":
        converted = [part.dictionary_encode() if pa.types.is_string(part.type) else part for part in converted]
    return pa.table(dict(zip(names, converted, strict=True)))


def series_of(name, part):
    """A column of polars, of strings where it cannot hold the cells."""
    try:
        return pl.Series(name, part)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series(name, [repr(cell) for cell in part])


def arrow_of(part):
    """A column of pyarrow, of strings where it cannot hold the cells."""
    try:
        return pa.array(part)
    except (pa.ArrowException, TypeError, OverflowError):
        return pa.array([repr(cell) for cell in part])


def tables(n=None):
    """Tables of all kinds."""
    return st.one_of(arrays(n), sparse_tables(n), pandas_frames(n), arrow_frames(n))
