"""The examples of the guide with other packages run where these are installed, and print what the page says.

Warnings of these packages are ignored; those of numerical errors and about columns of X are not.
"""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "other_packages.md"
SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
EXAMPLES = {text.partition("\n")[0]: text for text in SECTIONS if "```pycon" in text}
warnings_of_ours = pytest.mark.filterwarnings(
    "ignore", "error::RuntimeWarning", "error:.*columns of X", "error:X does not have valid"
)


def code(text, language):
    """The examples in the ```language blocks of a text."""
    return "".join(re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE))


def run(title):
    """Run the example of a section after that of the table; return what differs from the page, and the names."""
    source, names, report = code(EXAMPLES[title], "pycon"), {}, []
    for package in set(re.findall(r"^>>> (?:import|from) (\w+)", source, flags=re.MULTILINE)):
        pytest.importorskip(package)
    test = doctest.DocTestParser().get_doctest(code(SECTIONS[0], "python") + source, names, title, str(PAGE), 0)
    doctest.DocTestRunner().run(test, out=report.append, clear_globs=False)
    return "".join(report), test.globs


@warnings_of_ours
@pytest.mark.parametrize("title", EXAMPLES)
def test_example(title):
    difference, _ = run(title)
    assert not difference, difference


def test_every_package_has_an_example():
    assert len(EXAMPLES) == 6


@warnings_of_ours
def test_conformalized_quantiles_by_their_formula():
    """Both bounds move by the same distance, a quantile of how far targets are outside."""
    _, names = run("MAPIE: conformalized quantiles")
    model, A, fare = (names[name] for name in ("quantiles", "A", "fare"))
    low, _, high = model.predict(A.iloc[names["conformalize"]]).T
    outside = np.sort(np.maximum(low - fare[names["conformalize"]], fare[names["conformalize"]] - high))
    distance = outside[int(np.ceil(0.9 * (len(outside) + 1))) - 1]
    expected = model.predict(A.iloc[names["new"]])[:, [0, 2]] + [-distance, distance]
    np.testing.assert_allclose(names["bounds"][:, :, 0], expected)
