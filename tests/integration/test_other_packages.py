"""The examples of the guide with other packages run where these are installed, and print what the page says.

Warnings of these packages are ignored; those of numerical errors and about columns of X are not.
"""

import doctest
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "other_packages.md"
SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
EXAMPLES = {text.partition("\n")[0]: text for text in SECTIONS if "```pycon" in text}


def code(text, language):
    """The examples in the ```language blocks of a text."""
    return "".join(re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE))


def run(source, names, title):
    """Run examples with these names, to which they add; return what differs from the page."""
    test, report = doctest.DocTestParser().get_doctest(source, names, title, str(PAGE), 0), []
    doctest.DocTestRunner().run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    return "".join(report)


@pytest.mark.filterwarnings("ignore", "error::RuntimeWarning", "error:.*columns of X", "error:X does not have valid")
@pytest.mark.parametrize("title", EXAMPLES)
def test_example(title):
    source, names = code(EXAMPLES[title], "pycon"), {}
    for package in set(re.findall(r"^>>> (?:import|from) (\w+)", source, flags=re.MULTILINE)):
        pytest.importorskip(package)
    for part in (code(SECTIONS[0], "python"), source):
        difference = run(part, names, title)
        assert not difference, difference


def test_every_package_has_an_example():
    assert len(EXAMPLES) == 6
