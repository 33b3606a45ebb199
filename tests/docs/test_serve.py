"""The example of a web service: requests, errors, concurrent clients, and a model that is replaced."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import numpy as np
import pytest

import skscratch
from benchmarks.serving import ENGINES, Client, call_by_clients, passengers, service
from skscratch.datasets import load_titanic

for library in ("fastapi", "uvicorn"):
    pytest.importorskip(library)

SMALL = {"width": 8, "depth": 1, "n_estimators": 2, "max_iter": 4}
X, y = load_titanic(return_X_y=True)
ROWS = passengers()


def fit(seed):
    return skscratch.ScratchMLPClassifier(**SMALL, random_state=seed).fit(X, y)


@pytest.fixture(scope="module")
def model():
    return fit(0)


@pytest.fixture(scope="module")
def port(model, tmp_path_factory):
    """A service with the estimator."""
    path = tmp_path_factory.mktemp("models") / "titanic.skscratch"
    skscratch.save(model, path)
    with service(path) as port:
        yield port


@pytest.fixture
def client(port):
    with Client(port) as client:
        yield client


@pytest.mark.parametrize("engine", ENGINES)
def test_sixteen_clients_get_the_predictions_of_the_estimator(model, engine, tmp_path):
    if engine == "onnx":
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnx")
    skscratch.save(model, tmp_path / "model")
    with service(tmp_path / "model", engine) as port:
        answers = call_by_clients(port, ROWS[:192], clients=16)
    assert {answer.status for answer in answers} == {200}
    np.testing.assert_allclose(
        [answer.content["probabilities"] for answer in answers], model.predict_proba(X[:192]), atol=1e-6
    )
    assert [answer.content["prediction"] for answer in answers] == model.predict(X[:192]).tolist()


def test_a_batch_has_the_answers_of_its_rows(client, model):
    answers = client.call("/predict/batch", {"rows": ROWS}).content["answers"]
    np.testing.assert_allclose([answer["probabilities"] for answer in answers], model.predict_proba(X), rtol=1e-6)


def test_health_and_version(client):
    assert client.call("/health").content == {"status": "ok", "problem": None}
    content = client.call("/version").content
    assert content.pop("model")
    assert content == {"skscratch": skscratch.__version__, "engine": "estimator", "classes": np.unique(y).tolist()}


def test_the_schema_has_the_columns_of_the_model(client):
    schema = client.call("/openapi.json").content["components"]["schemas"]["Row"]
    assert schema["required"] == list(schema["properties"]) == list(X)
    number, category = ({kind["type"] for kind in schema["properties"][name]["anyOf"]} for name in ("age", "sex"))
    assert number == {"number", "null"} and category == {"string", "boolean", "integer", "number", "null"}


ROW = ROWS[0]
WRONG = [
    (ROW | {"age": "old"}, "The column 'age' must be a number, or null where it is missing, but 'old' was given."),
    (
        ROW | {"sex": [1]},
        "The column 'sex' must be a text, a number or a truth value, or null .* but \\[1\\] was given.",
    ),
    (ROW | {"agee": 1}, "The column 'agee' must be one of \\['pclass', .*\\], but is not; leave it out."),
    ({k: v for k, v in ROW.items() if k != "age"}, "The column 'age' must be there, but is missing; give null if"),
    ([ROW], "The request must have the form that /docs shows, but: "),
    ('{"age": 1', "The request must be JSON, but it is not: "),
    ('{"age": NaN}', "The column 'age' must be a number, or null|The request must be JSON"),
]


@pytest.mark.parametrize(("body", "sentence"), WRONG)
def test_a_wrong_row_gets_a_sentence(client, body, sentence):
    answer = client.call("/predict", body)
    assert answer.status == 422
    assert any(re.match(sentence, error) for error in answer.content["errors"]), answer.content
    assert len(answer.content["errors"]) == len(set(answer.content["errors"]))


def test_a_wrong_batch_names_its_rows(client):
    answer = client.call("/predict/batch", {"rows": [ROW, ROW | {"age": "old"}, ROW | {"sex": {}}]})
    assert answer.status == 422
    first, second = answer.content["errors"]
    assert first.startswith("Row 1: the column 'age' must be a number") and second.startswith("Row 2: the column 'sex'")
    assert client.call("/predict/batch", {"rows": []}).status == 422


def until(condition):
    """Wait until a condition holds, ten seconds at most."""
    for _ in range(200):
        if condition():
            return
        sleep(0.05)
    raise AssertionError("it must hold, but does not after ten seconds")


def test_a_model_is_replaced_without_a_lost_request(model, tmp_path):
    """Clients call all the time; every answer is that of the old or of the new model."""
    path, other = tmp_path / "model", fit(1)
    skscratch.save(model, path)
    with service(path) as port, Client(port) as client, ThreadPoolExecutor(1) as pool:
        version = client.call("/version").content["model"]
        running = pool.submit(call_by_clients, port, [ROW] * 320, 8)
        skscratch.save(other, path)
        until(lambda: client.call("/version").content["model"] != version)
        answers = running.result()
        with Client(port) as another:  # an idle connection is closed after some seconds
            after = another.call("/predict", ROW).content["probabilities"]
    assert {answer.status for answer in answers} == {200}
    old, new = model.predict_proba(X[:1])[0], other.predict_proba(X[:1])[0]
    given = np.array([answer.content["probabilities"] for answer in answers])
    assert (np.isclose(given, old).all(axis=1) | np.isclose(given, new).all(axis=1)).all()
    np.testing.assert_allclose(after, new)
    assert not np.allclose(old, new)


def test_a_wrong_file_is_not_used(model, tmp_path):
    path, beside = tmp_path / "model", tmp_path / "new"
    skscratch.save(model, path)
    with service(path) as port, Client(port) as client:
        beside.write_bytes(b"no model")
        os.replace(beside, path)
        until(lambda: client.call("/health").content["problem"])
        skscratch.save(skscratch.ScratchMLPClassifier(**SMALL, random_state=0).fit(X[["age", "sex"]], y), path)
        until(lambda: "must have the columns" in (client.call("/health").content["problem"] or ""))
        np.testing.assert_allclose(
            client.call("/predict", ROW).content["probabilities"], model.predict_proba(X[:1])[0], rtol=1e-6
        )
        skscratch.save(model, path)
        until(lambda: client.call("/health").content["problem"] is None)


def test_a_regressor_and_names_of_any_text(tmp_path):
    frame = X[["age", "sex"]].set_axis(["model config", "_é 1"], axis=1)
    regressor = skscratch.ScratchMLPRegressor(**SMALL, random_state=0).fit(frame, X.pclass.astype(float))
    skscratch.save(regressor, tmp_path / "model")
    with service(tmp_path / "model", "numpy") as port, Client(port) as client:
        answer = client.call("/predict", {"model config": 30, "_é 1": "male"})
    expected = regressor.predict(frame[:1].assign(**{"model config": 30.0, "_é 1": "male"}))
    assert answer.content == {"prediction": pytest.approx(expected[0], rel=1e-5)}
