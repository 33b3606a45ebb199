"""Docstrings agree with signatures: names, order, defaults and options."""

import inspect
import re

import numpy as np
import pytest

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.compat import MLPClassifier, MLPRegressor
from skscratch.estimators import builders

each_estimator = pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])


def section(doc, title):
    """The dedented text below an underlined title, up to the next one."""
    doc = inspect.cleandoc(doc)
    return re.search(rf"^{title}\n-+\n(.*?)(?=\n\S[^\n]*\n-+\n|\Z)", doc, re.S | re.M)[1]


def entries(doc, title):
    """(names, type, text) of each entry of a numpydoc section."""
    for match in re.finditer(r"^(\S[^\n]*?) : ([^\n]*)\n((?:    [^\n]*\n?|\n)*)", section(doc, title) + "\n", re.M):
        yield match[1].split(", "), match[2], match[3]


def documented_defaults(doc):
    """name -> default as written, in the order of the text."""
    defaults = {}
    for names, kind, _ in entries(doc, "Parameters"):
        (name,) = names
        defaults[name] = kind.partition("default=")[2]
    return defaults


@each_estimator
def test_order_and_defaults(Estimator):
    signature = inspect.signature(Estimator).parameters
    written = documented_defaults(Estimator.__doc__)
    assert list(written) == list(signature)
    for name, parameter in signature.items():
        default = parameter.default
        shown = f'"{default}"' if isinstance(default, str) else written[name]
        assert shown == written[name] and (isinstance(default, str) or eval(written[name]) == default), name


@each_estimator
def test_every_entry_says_something(Estimator):
    for title in ("Parameters", "Attributes"):
        for names, _, text in entries(Estimator.__doc__, title):
            assert text.strip().endswith((".", '".')), names
            assert "{" not in text, f"{names}: a placeholder was not filled"


@each_estimator
def test_attributes_exist_after_fit(Estimator, rng):
    X, y = rng.normal(size=(20, 2)), np.arange(20) % 2
    model = Estimator(max_iter=1, width=2).fit(X, y)
    documented = {name for names, *_ in entries(Estimator.__doc__, "Attributes") for name in names}
    missing = {name for name in documented if not hasattr(model, name)}
    assert missing == {"feature_names_in_"}  # X had none
    public = {name for name in vars(model) if name.endswith("_") and not name.startswith("_")}
    assert public <= documented


@each_estimator
def test_all_options_are_documented(Estimator):
    documented = {names[0]: " ".join((kind, text)) for names, kind, text in entries(Estimator.__doc__, "Parameters")}
    for name, row in Estimator._hyperparameters.items():
        for constraint in (
            row.constraints if name != "scoring" else row.constraints[:1]
        ):  # the others are scikit-learn's
            for option in getattr(constraint, "options", ()):
                assert f'"{option}"' in documented[name], f"{name}={option!r}"


@pytest.mark.parametrize(
    "name, entry",
    [
        ("width", "int in [1, 1000000] or None, default=None"),
        ("dtype", '{"auto", "float32", "float64"}, default="auto"'),
        ("learning_rate", 'str, Schedule or callable, default="flat_cosine"'),
        ("n_iter_no_change", '"auto", int in [1, inf) or inf, default="auto"'),
        ("verbose", "bool or int in [0, inf), default=False"),
    ],
)
@each_estimator
def test_types(Estimator, name, entry):
    assert {names[0]: kind for names, kind, _ in entries(Estimator.__doc__, "Parameters")}[name] == entry


@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor])
def test_order_and_defaults_of_the_compatible_estimators(Estimator):
    test_order_and_defaults(Estimator)


@each_estimator
def test_lines_are_short(Estimator):
    assert max(map(len, Estimator.__doc__.splitlines())) <= 120


@each_estimator
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "predict_members", "hidden_activations", "score"])
def test_methods_document_their_arguments(Estimator, method):
    function = getattr(Estimator(), method)
    documented = [name.lstrip("*") for names, *_ in entries(function.__doc__, "Parameters") for name in names]
    assert documented == list(inspect.signature(function).parameters)


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
def test_methods_of_the_classifier_document_what_they_return(method):
    doc = getattr(ScratchMLPClassifier, method).__doc__
    assert len(list(entries(doc, "Parameters"))) == len(list(entries(doc, "Returns"))) == 1


@each_estimator
def test_the_meaning_of_none(Estimator):
    written = {names[0]: text for names, _, text in entries(Estimator.__doc__, "Parameters")}
    assert f"None means {builders.WIDTH}." in written["width"] and f"None means {builders.DEPTH}." in written["depth"]
    assert f"at most {builders.BATCH_SIZE} rows" in written["batch_size"]
