"""The files for contributors parse, agree with the package and with each other, and link to existing files."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import skscratch

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
YAML = [
    ROOT / "CITATION.cff",
    ROOT / ".pre-commit-config.yaml",
    ROOT / "conda" / "meta.yaml",
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")),
]
PAGES = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")]
OLDEST_PYTHON = PROJECT["requires-python"].removeprefix(">=")


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def parsed(path):
    return yaml.safe_load(text_of(path))


def lower_bounds():
    """The lower bounds of all packages that the tests import or run, by name."""
    requirements = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    bounds = dict(requirement.partition(";")[0].split(">=") for requirement in requirements)
    return {name.split("[")[0]: bound for name, bound in bounds.items() if name not in ("ruff", "mypy")}


def constraints():
    """The versions of .ci/oldest.txt by name, without those of packages that pyproject.toml does not name."""
    versions = dict(re.findall(r"^([\w-]+)==([\d.]+)\.\*$", text_of(".ci/oldest.txt"), flags=re.MULTILINE))
    return {name: version for name, version in versions.items() if name != "pyparsing"}


def jobs():
    """The pairs of a Python version and "oldest" or "newest" in the matrix of the workflow."""
    matrix = parsed(".github/workflows/tests.yml")["jobs"]["tests"]["strategy"]["matrix"]["include"]
    return [(job["python"], job["dependencies"]) for job in matrix]


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_files_parse(path):
    assert isinstance(parsed(path), dict)


def test_citation_agrees_with_the_package():
    citation = parsed("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == skscratch.__version__
    assert citation["license"] == PROJECT["license"]


def test_authors_are_the_copyright_holder():
    (holder,) = re.findall(r"^Copyright \(c\) \d+, (.*)$", text_of("LICENSE"), flags=re.MULTILINE)
    assert parsed("CITATION.cff")["authors"] == PROJECT["authors"] == [{"name": holder}]


def test_every_paper_of_the_citation_is_cited_in_the_code():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "skscratch").rglob("*.py"))
    papers = re.findall(r"arxiv\.org/abs/([\d.]+)", text_of("CITATION.cff"))
    assert papers and [paper for paper in papers if paper not in code] == []


def test_constraints_are_the_lower_bounds():
    bounds, versions = lower_bounds(), constraints()
    assert versions.keys() == bounds.keys()
    assert {
        name: version
        for name, version in versions.items()
        if version.removesuffix(".0") != bounds[name].removesuffix(".0")
    } == {}


def test_workflow_tests_oldest_and_newest_dependencies():
    """The oldest dependencies on the oldest Python, the newest ones on all of the classifiers and on the newest."""
    assert jobs() == [(OLDEST_PYTHON, "oldest"), *((f"3.{minor}", "newest") for minor in minors()), ("3.x", "newest")]
    *_, command = parsed(".github/workflows/tests.yml")["jobs"]["tests"]["steps"]
    assert command == {"run": ".ci/run ${{ matrix.dependencies }}"}


def test_a_release_is_built_by_the_command_and_published_without_a_password():
    release = parsed(".github/workflows/release.yml")["jobs"]
    assert {"run": ".ci/build"} in release["build"]["steps"] and release["publish"]["needs"] == "build"
    assert release["publish"]["permissions"] == {"id-token": "write"}
    assert "password" not in text_of(".github/workflows/release.yml")


def test_the_script_tests_the_oldest_python():
    script = text_of(".ci/run")
    assert f"command -v python{OLDEST_PYTHON} " in script and "--constraint .ci/oldest.txt" in script


def minors():
    """The minor versions of Python in the classifiers."""
    prefix = "Programming Language :: Python :: 3."
    return [int(name.removeprefix(prefix)) for name in PROJECT["classifiers"] if name.startswith(prefix)]


def test_classifiers_begin_with_the_oldest_python():
    assert f"3.{minors()[0]}" == OLDEST_PYTHON
    assert minors() == list(range(minors()[0], minors()[-1] + 1))


def test_the_package_requires_numpy_scipy_and_scikit_learn_only():
    assert [requirement.partition(">=")[0] for requirement in PROJECT["dependencies"]] == [
        "numpy",
        "scipy",
        "scikit-learn",
    ]


def test_conda_package_agrees_with_the_package():
    meta = parsed("conda/meta.yaml")
    assert meta["package"] == {"name": PROJECT["name"], "version": skscratch.__version__}
    host, run = ([line.replace(" ", "") for line in meta["requirements"][part]] for part in ("host", "run"))
    assert run == [f"python>={OLDEST_PYTHON}", *PROJECT["dependencies"]]
    assert host == [f"python>={OLDEST_PYTHON}", "pip", *PYPROJECT["build-system"]["requires"]]
    assert meta["about"]["summary"] == PROJECT["description"] and meta["about"]["license"] == PROJECT["license"]


def test_development_status_agrees_with_the_version():
    """Alpha before 1.0: public names may change without a warning, as docs/stability.md says."""
    (status,) = [name for name in PROJECT["classifiers"] if name.startswith("Development Status")]
    assert status.endswith("Alpha") == skscratch.__version__.startswith("0.")


def test_types_are_part_of_the_distribution():
    """The wheel has all files of the package, which .ci/build checks."""
    assert (ROOT / "skscratch" / "py.typed").exists() and "targets" not in PYPROJECT["tool"]["hatch"].get("build", {})


def test_type_checker_checks_the_whole_package():
    mypy = PYPROJECT["tool"]["mypy"]
    assert mypy["packages"] == ["skscratch"] and "exclude" not in mypy
    (override,) = mypy["overrides"]
    strict = {module.removesuffix(".*") for module in override["module"]}
    assert strict == {"skscratch.core", "skscratch.tabular", "skscratch.registry"}
    assert all(value is True for flag, value in override.items() if flag != "module")


def test_pull_request_template_has_the_checklist():
    checklist = re.compile(r"^- \[ \] .*$", flags=re.MULTILINE)
    expected = checklist.findall(text_of("docs/contributing.md"))
    assert expected and checklist.findall(text_of(".github/pull_request_template.md")) == expected


def test_pre_commit_runs_the_linter_of_the_environment():
    (repository,) = parsed(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == ["ruff check", "ruff format --check"]
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings(path):
    """Every relative link names a file, and a heading of the file if the link has a fragment."""
    for target, fragment in re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", path.read_text(encoding="utf-8")):
        file = path.parent / target
        assert file.exists()
        if fragment:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert fragment in {heading.lower().replace(" ", "-") for heading in headings}
