"""The Python in the README and in the guide runs, and prints what it says; links lead somewhere."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in path.parts]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *PAGES]
ONNX = ("onnx", "onnxruntime", "skl2onnx")
NEEDED = {"export.md": ONNX, "onnx.md": ONNX, "tabular.md": ("polars",)}
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def fenced(path, language):
    """The contents of the document's ```language blocks."""
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


@each_document
def test_python_blocks_run(path):
    """All ```python blocks of a document, one after the other in one session."""
    for library in NEEDED.get(path.name, ()):
        pytest.importorskip(library)
    blocks = fenced(path, "python")
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, path.name, str(path), 0)
    assert len(test.examples) >= len(blocks), "a python block has no >>> in it"
    report = []
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert results.failed == 0, "".join(report)


@each_document
def test_links_lead_somewhere(path):
    """Every relative link names a file or a folder."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


def test_readme_gives_exactly_two_commands():
    """One for the example, one for the tests, each complete on its line."""
    commands = fenced(ROOT / "README.md", "sh")
    assert [command.count("\n") for command in commands] == [1, 1]
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install ") for command in commands)
    assert "docs/examples/titanic.py" in commands[0] and "docs/examples/compare.py" in commands[0]
    assert "pytest" in commands[1]
