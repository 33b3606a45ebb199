"""The pages list what there is: every name exists, and no class of the core and no parameter is left out."""

import importlib
import inspect
import re
import runpy
from ast import literal_eval
from operator import attrgetter
from pathlib import Path

import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.estimators import builders

ROOT = Path(__file__).parents[1]
LISTING = re.compile(
    r"^\.\. currentmodule:: (?P<module>[\w.]+)\n\.\. autosummary::\n(?P<body>(?:   .*\n|\n)*)", re.MULTILINE
)
DOCUMENTS = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in path.parts]
PAGES = sorted(path.stem for path in (ROOT / "docs" / "api").glob("*.md"))


def listed(page):
    """(module, name) of everything in the autosummary tables of a page."""
    text = (ROOT / "docs" / "api" / f"{page}.md").read_text(encoding="utf-8")
    for table in LISTING.finditer(text):
        yield from ((table["module"], name) for name in re.findall(r"^   (\w+)$", table["body"], flags=re.MULTILINE))


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


def test_every_public_name_is_on_exactly_one_page():
    """What a package exports and, in core and tabular, which are read module by module, what a module defines."""
    everything = [row for page in PAGES for row in listed(page)]
    packages = [path.parent for path in (ROOT / "skscratch").glob("**/__init__.py")]
    expected = {("skscratch.callbacks", name) for name in public("skscratch.callbacks")}
    for package in packages:
        module = ".".join(package.relative_to(ROOT).parts)
        if package.name in ("core", "tabular"):
            modules = [f"{module}.{path.stem}" for path in package.glob("[!_]*.py")]
            expected |= {(module, name) for module in modules for name in public(module)}
        else:
            content = importlib.import_module(module)
            exported = {name: getattr(content, name) for name in getattr(content, "__all__", vars(content))}
            expected |= {
                (module, name)
                for name, value in exported.items()
                if inspect.isclass(value) or inspect.isfunction(value)
            }
    assert len(everything) == len(set(everything)) and set(everything) == expected


def docstrings(value):
    """Those of a function, or of a class and its methods."""
    members = vars(value).values() if inspect.isclass(value) else []
    return "\n".join(inspect.getdoc(each) or "" for each in [value, *filter(inspect.isfunction, members)])


@pytest.mark.parametrize("page", PAGES)
def test_every_public_name_has_an_example(page):
    """In its docstring, in that of its module, or on its page: examples of all three are run."""
    on_page = "\n".join(
        re.findall(r"^(?:>>>|\.\.\.) .*$", (ROOT / "docs" / "api" / f"{page}.md").read_text("utf-8"), re.M)
    )
    for module, name in listed(page):
        module = importlib.import_module(module)
        text = "\n".join(
            [on_page, *re.findall(r"(?:>>>|\.\.\.) .*", docstrings(getattr(module, name)) + (module.__doc__ or ""))]
        )
        assert re.search(rf"\b{name}\b", text), f"{module.__name__}.{name} is in no example"


def links(path):
    """(path, fragment) of the relative links of a page."""
    return re.findall(r"\]\(([^)#:\s]+)(?:#([^)\s]*))?\)", path.read_text(encoding="utf-8"))


def test_every_page_is_reachable_from_the_index():
    """By the lists of links of index pages, of which the site's table of contents is made."""
    docs, found, ahead = ROOT / "docs", set(), [ROOT / "docs" / "index.md"]
    while ahead:
        page = ahead.pop()
        found.add(page)
        if page.name == "index.md":
            targets = re.findall(r"^- \[[^]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
            ahead += {(page.parent / target).resolve() for target in targets} - found
    assert set(DOCUMENTS) - {docs / "changelog.md"} <= found and {docs / "examples", ROOT / "CHANGELOG.md"} <= found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_to_names_and_headings(path):
    """``file.py#Name`` names what the file defines, ``page.md#heading`` a heading of the page."""
    for target, fragment in links(path):
        file = (path.parent / target).resolve()
        if fragment and file.suffix == ".py":
            module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
            attrgetter(fragment)(module)
        elif fragment:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert fragment in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_what_can_be_added_in_a_few_lines():
    """Each class that the guide adds has less than 20 lines, and a name if users choose it by name."""
    text = (ROOT / "docs" / "guide" / "extending.md").read_text(encoding="utf-8")
    statement = r"^(?:>>> @dataclass.*\n\.\.\. |>>> )class \w+\((\w+)(, name=\"\w+\")?\):\n((?:\.\.\..*\n)+)"
    classes = re.findall(statement, text, flags=re.MULTILINE)
    named = ["Loss", "Activation", "Schedule", "Optimizer", "Initializer", "Scaler", "NumericEmbedding"]
    assert [base for base, name, _ in classes if name] == named
    assert [base for base, name, _ in classes if not name] == ["Transformation", "Layer"]
    assert all(body.count("\n") + 2 < 20 for *_, body in classes)


def parameter_rows():
    """(name, default, values) of every row in the tables of the page of parameters."""
    text = (ROOT / "docs" / "guide" / "parameters.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|([^|]+)\|[^|]+\|[^|]+\|$", text, flags=re.MULTILINE)
    return [(name, literal_eval(default), values.strip()) for name, default, values in rows]


@pytest.mark.parametrize("estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
def test_every_parameter_is_explained_with_its_default_and_values(estimator):
    for name, default in estimator().get_params().items():
        assert (name, default, estimator._hyperparameters[name].type_text) in parameter_rows()


def test_no_parameter_is_explained_that_does_not_exist():
    names = [name for name, *_ in parameter_rows()]
    assert set(names) == {*ScratchMLPClassifier().get_params(), *ScratchMLPRegressor().get_params()}
    assert len(names) == len(set(names)) + 1  # the loss of each estimator


def test_the_page_of_parameters_is_written_from_their_table():
    script = runpy.run_path(str(ROOT / "docs" / "write_parameters.py"))
    page = script["PAGE"].read_text(encoding="utf-8")
    assert page == script["write"](page), "run: python docs/write_parameters.py"


def migrated():
    """name -> (scikit-learn's default, ours), for every row of the migration table."""
    text = (ROOT / "docs" / "guide" / "migration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| `([^`]+)` \| [^|]+ \|$", text, flags=re.MULTILINE)
    return {name: (literal_eval(theirs), literal_eval(ours)) for name, theirs, ours in rows}


@pytest.mark.parametrize(
    ("theirs", "ours"), [(MLPClassifier, ScratchMLPClassifier), (MLPRegressor, ScratchMLPRegressor)]
)
def test_every_parameter_of_scikit_learn_has_a_counterpart(theirs, ours):
    rows, defaults = migrated(), ours().get_params()
    for name, default in theirs().get_params().items():
        assert rows.get(name) == (default, defaults[name]), f"{name}: {default!r} became {defaults[name]!r}"


def test_every_other_parameter_is_named_as_new():
    text = (ROOT / "docs" / "guide" / "migration.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"no counterpart in scikit-learn: (.*?)\. ", text, flags=re.DOTALL)
    ours = {*ScratchMLPClassifier().get_params(), *ScratchMLPRegressor().get_params()}
    assert set(re.findall(r"`(\w+)`", listed)) == ours - set(migrated())
    n_estimators = ScratchMLPClassifier().n_estimators
    assert f"{builders.DEPTH} layers of {builders.WIDTH}, in each of {n_estimators} networks" in text


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("theirs", [MLPClassifier, MLPRegressor])
def test_every_fitted_attribute_of_scikit_learn_has_a_counterpart(theirs):
    text = (ROOT / "docs" / "guide" / "migration.md").read_text(encoding="utf-8")
    fitted = theirs(max_iter=1).fit([[0.0], [1.0]], [0, 1])
    for name in [name for name in vars(fitted) if name.endswith("_") and not name.startswith("_")]:
        assert f"`{name}`" in text.partition("## Fitted attributes")[2], name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_no_line_is_lost(path):
    """A line that begins with a percent sign is a comment on the site, and gone."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"^%", text, flags=re.MULTILINE)
