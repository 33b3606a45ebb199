"""The files for people who join: they parse, agree with the package and with each other, and link to what exists."""

import re
import tomllib
from pathlib import Path

import pytest

import skscratch

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
YAML = [
    ROOT / "CITATION.cff",
    ROOT / ".pre-commit-config.yaml",
    ROOT / ".github" / "workflows" / "tests.yml",
    *sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")),
]
PAGES = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")]


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def lower_bounds():
    """name -> version, of the dependencies and of pandas, which is optional."""
    optional = [entry for entry in PROJECT["optional-dependencies"]["test"] if entry.startswith("pandas")]
    return dict(entry.split(">=") for entry in [*PROJECT["dependencies"], *optional])


def steps(job):
    """The commands of a job of the workflow."""
    workflow = text_of(".github/workflows/tests.yml")
    (body,) = re.findall(rf"^  {job}:.*\n((?:    .*\n|\n)+)", workflow, flags=re.MULTILINE)
    return re.findall(r"^      - run: (.*)$", body, flags=re.MULTILINE)


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_files_parse(path):
    yaml = pytest.importorskip("yaml")
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_files_are_indented_by_pairs_of_spaces(path):
    """What can be checked where PyYAML is not installed."""
    for line in path.read_text(encoding="utf-8").splitlines():
        assert "\t" not in line and line == line.rstrip()
        assert (len(line) - len(line.lstrip(" "))) % 2 == 0
        assert re.match(r" *(#|- |[\w-]+:|$)", line), line


def test_citation_agrees_with_the_package():
    fields = dict(re.findall(r"^([\w-]+): \"?(.*?)\"?$", text_of("CITATION.cff"), flags=re.MULTILINE))
    assert fields["cff-version"] == "1.2.0"
    assert fields["version"] == skscratch.__version__
    assert fields["license"] == PROJECT["license"]


def test_authors_are_the_copyright_holder():
    (holder,) = re.findall(r"^Copyright \(c\) \d+, (.*)$", text_of("LICENSE"), flags=re.MULTILINE)
    (authors,) = re.findall(r"^authors:\n((?:  .*\n)+)", text_of("CITATION.cff"), flags=re.MULTILINE)
    assert re.findall(r'^  - name: "(.*)"$', authors, flags=re.MULTILINE) == [holder]
    assert PROJECT["authors"] == [{"name": holder}]


def test_every_paper_of_the_citation_is_cited_in_the_code():
    cited = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "skscratch").rglob("*.py"))
    papers = re.findall(r"arxiv\.org/abs/([\d.]+)", text_of("CITATION.cff"))
    assert papers and all(paper in cited for paper in papers)


def test_workflow_runs_what_a_newcomer_does():
    assert steps("newest") == [".ci/run"]
    assert (ROOT / ".ci" / "run").exists()


def test_workflow_tests_the_lower_bounds():
    """The oldest dependencies of the workflow are those of pyproject.toml, and so is the oldest Python."""
    install, test = steps("oldest")
    assert dict(re.findall(r'"([\w-]+)==([\d.]+)\.\*"', install)) == lower_bounds()
    assert test == "python -m pytest"
    oldest = PROJECT["requires-python"].removeprefix(">=")
    pythons = re.findall(r'"(3\.\w+)"', text_of(".github/workflows/tests.yml"))
    assert pythons == [oldest, "3.x", oldest]


def test_classifiers_begin_with_the_oldest_python():
    prefix = "Programming Language :: Python :: 3."
    minors = [int(name.removeprefix(prefix)) for name in PROJECT["classifiers"] if name.startswith(prefix)]
    assert f">=3.{minors[0]}" == PROJECT["requires-python"]
    assert minors == list(range(minors[0], minors[-1] + 1))


def test_development_status_agrees_with_the_version():
    """Alpha before 1.0: public names may change without a warning, as docs/stability.md says."""
    (status,) = [name for name in PROJECT["classifiers"] if name.startswith("Development Status")]
    assert status.endswith("Alpha") == skscratch.__version__.startswith("0.")


def test_pull_request_template_has_the_checklist():
    checklist = re.compile(r"^- \[ \] .*$", flags=re.MULTILINE)
    expected = checklist.findall(text_of("docs/contributing.md"))
    assert expected and checklist.findall(text_of(".github/pull_request_template.md")) == expected


def test_pre_commit_runs_the_linter_of_the_environment():
    text = text_of(".pre-commit-config.yaml")
    assert re.findall(r"entry: (.*)", text) == ["ruff check", "ruff format --check"]
    assert set(re.findall(r"language: (.*)", text)) == {"system"} and "rev:" not in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    """Every relative link names a file, and a heading of it if it has a fragment."""
    for target, fragment in re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", path.read_text(encoding="utf-8")):
        file = path.parent / target
        assert file.exists()
        if fragment:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert fragment in {heading.lower().replace(" ", "-") for heading in headings}
