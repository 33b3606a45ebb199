"""The pages list what there is: every name exists, and no class of the core and no parameter is left out."""

import importlib
import inspect
import re
from ast import literal_eval
from operator import attrgetter
from pathlib import Path

import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators import recipes

ROOT = Path(__file__).parents[1]
SECTION = re.compile(r"^## \[\w+\]\((?P<link>[^)]+)\)\n(?P<body>.*?)(?=^## |\Z)", flags=re.DOTALL | re.MULTILINE)
PAGES = ["estimators", "core", "tabular", "datasets", "compat", "displays"]


def listed(page):
    """(module, name) of every row of a page's sections; a section is headed by a link to its file."""
    path = ROOT / "docs" / "api" / f"{page}.md"
    for section in SECTION.finditer(path.read_text(encoding="utf-8")):
        file = (path.parent / section["link"]).resolve().relative_to(ROOT)
        module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        yield from ((module, name) for name in re.findall(r"^\| `([\w.]+)` \|", section["body"], flags=re.MULTILINE))


def public(module):
    """Names of the classes and functions that the module defines for others."""
    members = vars(importlib.import_module(module)).items()
    return {
        name
        for name, value in members
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module
        and not name.startswith("_")
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_listed_name_exists(page):
    rows = list(listed(page))
    assert rows and len(rows) == len(set(rows))
    for module, name in rows:
        attrgetter(name)(importlib.import_module(module))  # AttributeError where there is none


@pytest.mark.parametrize("package", ["core", "tabular"])
def test_every_public_class_and_function_is_listed(package):
    modules = [f"skscratch.{package}.{path.stem}" for path in (ROOT / "skscratch" / package).glob("[!_]*.py")]
    assert {(module, name) for module in modules for name in public(module)} <= set(listed(package))


@pytest.mark.parametrize("estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
def test_every_method_of_an_estimator_is_listed(estimator):
    own = {name for name, value in vars(estimator).items() if inspect.isfunction(value) and not name.startswith("_")}
    names = {name for _, name in listed("estimators")}
    assert {
        f"{estimator.__name__}.{name}" for name in own | {"fit", "partial_fit", "score", "hidden_activations"}
    } <= names


def parameter_defaults():
    """name -> defaults, for every parameter in the first column of the guide's tables."""
    text = (ROOT / "docs" / "guide" / "parameters.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|[^|]*\|[^|]*\|$", text, flags=re.MULTILINE)
    return {name: [literal_eval(value) for value in re.findall("`([^`]+)`", cell)] for name, cell in rows}


@pytest.mark.parametrize("estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
def test_every_parameter_is_explained_with_its_default(estimator):
    explained = parameter_defaults()
    for name, default in estimator().get_params().items():
        assert default in explained.get(name, []), f"{name} should be explained, with its default {default!r}"


def test_no_parameter_is_explained_that_does_not_exist():
    assert set(parameter_defaults()) == {*ScratchMLPClassifier().get_params(), *ScratchMLPRegressor().get_params()}


def migrated():
    """name -> (scikit-learn's default, ours), for every row of the migration table."""
    text = (ROOT / "docs" / "guide" / "migration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| `([^`]+)` \| [^|]+ \|$", text, flags=re.MULTILINE)
    return {name: (literal_eval(theirs), literal_eval(ours)) for name, theirs, ours in rows}


@pytest.mark.parametrize(
    ("theirs", "ours"), [(MLPClassifier, ScratchMLPClassifier), (MLPRegressor, ScratchMLPRegressor)]
)
def test_every_parameter_of_scikit_learn_has_a_way_over(theirs, ours):
    rows, defaults = migrated(), ours().get_params()
    for name, default in theirs().get_params().items():
        assert rows.get(name) == (default, defaults[name]), f"{name}: {default!r} became {defaults[name]!r}"


def test_every_other_parameter_is_named_as_new():
    text = (ROOT / "docs" / "guide" / "migration.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"no counterpart in scikit-learn: (.*?)\. ", text, flags=re.DOTALL)
    ours = {*ScratchMLPClassifier().get_params(), *ScratchMLPRegressor().get_params()}
    assert set(re.findall(r"`(\w+)`", listed)) == ours - set(migrated())
    n_estimators = ScratchMLPClassifier().n_estimators
    assert f"{recipes.DEPTH} layers of {recipes.WIDTH}, in each of {n_estimators} networks" in text


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("theirs", [MLPClassifier, MLPRegressor])
def test_every_fitted_attribute_of_scikit_learn_has_a_way_over(theirs):
    text = (ROOT / "docs" / "guide" / "migration.md").read_text(encoding="utf-8")
    fitted = theirs(max_iter=1).fit([[0.0], [1.0]], [0, 1])
    for name in [name for name in vars(fitted) if name.endswith("_") and not name.startswith("_")]:
        assert f"`{name}`" in text.partition("## Fitted attributes")[2], name
