"""
A web service for a saved model
===============================

Start it with ::

    python docs/examples/serve.py titanic.skscratch --port 8000

It needs ``pip install "skscratch[serve]"``, and for ``--engine onnx`` also ``skscratch[onnx]``. The model must have
been fitted on a DataFrame, and saved by `skscratch.save`. The page ``/docs`` of the service describes the requests,
with the columns of the model. Set ``OMP_NUM_THREADS=1``: for single rows more threads only take time.

To replace the model, save another one to the same path: the service finds the new file within a second. Requests that
have begun are answered by the old model. A file that cannot be read, or whose model has other columns, is not used;
``/health`` says why.
"""

import argparse
import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, create_model

import skscratch

MAX_ROWS = 10_000
SECONDS = 0.5  # between two looks at the file
# Returns predictions (n, ...), and probabilities (n, n_classes) or None, for columns (n,) by name
Engine = Callable[[dict[str, np.ndarray]], tuple[np.ndarray, np.ndarray | None]]


def with_estimator(model: Any) -> Engine:
    """Predict with the estimator itself."""

    def predict(columns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        X = pd.DataFrame(columns)
        return model.predict(X), model.predict_proba(X) if hasattr(model, "predict_proba") else None

    return predict


def with_onnx(model: Any) -> Engine:
    """Predict with onnxruntime."""
    import onnxruntime

    from skscratch.onnx import to_onnx

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString(), options)

    def predict(columns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        outputs = session.run(None, {name: values[:, None] for name, values in columns.items()})
        return outputs[0], outputs[1] if len(outputs) > 1 else None

    return predict


def with_numpy(model: Any) -> Engine:
    """Predict with the module that `skscratch.export.to_numpy` writes."""
    from skscratch.export import predictor, to_numpy

    with TemporaryDirectory() as folder:
        to_numpy(model, Path(folder) / "predict.py")
        exported = predictor.load(Path(folder) / "predict.npz")

    def predict(columns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        return exported.predict(columns), exported.predict_proba(columns) if hasattr(model, "classes_") else None

    return predict


ENGINES = {"estimator": with_estimator, "onnx": with_onnx, "numpy": with_numpy}


class Served(NamedTuple):
    """A model that answers requests; a request uses the same one from its beginning to its end."""

    columns: dict[str, str]  # "number" or "category" by name
    predict: Engine
    classes: Any
    file: tuple[int, int]  # its number and time: another file is another model

    def answers(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Predict rows; an answer has the prediction and, of a classifier, the probabilities."""
        types = {"number": float, "category": object}
        values = {name: np.array([row[name] for row in rows], types[kind]) for name, kind in self.columns.items()}
        predictions, probabilities = self.predict(values)
        if probabilities is None:
            return [{"prediction": y} for y in predictions.tolist()]
        pairs = zip(predictions.tolist(), probabilities.tolist(), strict=True)
        return [{"prediction": y, "probabilities": p} for y, p in pairs]


def read(path: Path, engine: str) -> Served:
    """Read a model from its file, and prepare it."""
    status = path.stat()
    model = skscratch.load(path)
    if not hasattr(model, "feature_names_in_"):
        raise ValueError(f"{path} must be a model that was fitted on a DataFrame, but its columns have no names.")
    classes = [np.asarray(each).tolist() for each in model.classes_] if hasattr(model, "classes_") else None
    columns = {column.name: column.kind for column in model.columns_}
    return Served(columns, ENGINES[engine](model), classes, (status.st_ino, status.st_mtime_ns))


class Service:
    """The model of a file, which is read again when the file is another one."""

    def __init__(self, path: Path, engine: str):
        self.path, self.engine = path, engine
        self.served = read(path, engine)
        self.problem: str | None = None
        self.seen = self.served.file

    def refresh(self) -> None:
        """Use the model of a new file; after an error, keep the present one."""
        try:
            status = self.path.stat()
            if self.seen == (seen := (status.st_ino, status.st_mtime_ns)):
                return
            self.seen, new = seen, read(self.path, self.engine)
            if new.columns != self.served.columns:
                raise ValueError(f"{self.path} must have the columns {self.served.columns}, but has {new.columns}.")
            self.served, self.problem = new, None
        except (OSError, ValueError) as error:
            self.problem = str(error)

    async def watch(self) -> None:
        """Look at the file again and again."""
        while True:
            await asyncio.sleep(SECONDS)
            await asyncio.to_thread(self.refresh)


NUMBER = Annotated[float | None, Field(description="a number, or null where it is missing")]
CATEGORY = Annotated[str | bool | int | float | None, Field(description="a category, or null where it is missing")]


def row_schema(columns: dict[str, str]) -> type[BaseModel]:
    """Make the type of a row from the columns of a model; names may be any texts, so they are aliases."""
    kinds = {"number": NUMBER, "category": CATEGORY}
    fields: dict[str, Any] = {
        f"column_{j}": (kinds[kind], Field(alias=name)) for j, (name, kind) in enumerate(columns.items())
    }
    return create_model("Row", __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False), **fields)


def sentences(errors: Sequence[Any], columns: dict[str, str]) -> list[str]:
    """Write a sentence for each error of a request, and only one for a cell."""
    return list(dict.fromkeys(sentence(error, columns) for error in errors))


def sentence(error: Any, columns: dict[str, str]) -> str:
    """Write what is wrong, what it must be, and what was given."""
    kind, place = error["type"], [part for part in error["loc"] if part not in ("body", "rows")]
    row = f"Row {place.pop(0)}: t" if place and isinstance(place[0], int) and kind != "json_invalid" else "T"
    if kind == "json_invalid":
        return f"The request must be JSON, but it is not: {error['ctx']['error']}."
    if not place:
        return f"{row}he request must have the form that /docs shows, but: {error['msg']}."
    if kind == "missing":
        return f"{row}he column {place[0]!r} must be there, but is missing; give null if its value is not known."
    if kind == "extra_forbidden":
        return f"{row}he column {place[0]!r} must be one of {[*columns]}, but is not; leave it out."
    what = "a number" if columns.get(place[0]) == "number" else "a text, a number or a truth value"
    return f"{row}he column {place[0]!r} must be {what}, or null where it is missing, but {error['input']!r} was given."


def create_app(path: str | os.PathLike[str], engine: str = "estimator") -> FastAPI:
    """Make the web application for the model in a file."""
    service = Service(Path(path), engine)
    columns = service.served.columns
    Row = row_schema(columns)  # noqa: N806

    class Batch(BaseModel):
        rows: Annotated[list[Row], Field(min_length=1, max_length=MAX_ROWS)]  # type: ignore[valid-type]

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        watching = asyncio.create_task(service.watch())
        yield
        watching.cancel()

    app = FastAPI(title="skscratch", version=skscratch.__version__, lifespan=lifespan)

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Any, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"errors": sentences(error.errors(), columns)}, status_code=422)

    @app.post("/predict")
    def predict(row: Row) -> dict[str, Any]:  # type: ignore[valid-type]
        """Predict one row."""
        return service.served.answers([row.model_dump(by_alias=True)])[0]

    @app.post("/predict/batch")
    def predict_batch(batch: Batch) -> dict[str, Any]:
        """Predict several rows."""
        return {"answers": service.served.answers([row.model_dump(by_alias=True) for row in batch.rows])}

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Say that the service answers, and why a new file is not used, if one is not."""
        return {"status": "ok", "problem": service.problem}

    @app.get("/version")
    async def version() -> dict[str, Any]:
        """Say which model answers, and by what."""
        served = service.served
        model = "-".join(map(str, served.file))
        return {"skscratch": skscratch.__version__, "engine": engine, "model": model, "classes": served.classes}

    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Start the service."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--engine", choices=ENGINES, default="estimator")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args(arguments)
    uvicorn.run(create_app(given.model, given.engine), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
