"""The command that draws the pictures of the page of displays finds the code and the pictures of the page."""

import re
import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "draw_displays.py"


def test_a_picture_is_drawn_by_the_code_before_it():
    text = "```python\n>>> a = 1\n>>> if a:\n...     b = 2\n1\n```\n\n![A plot](../images/a.png)\n\n```\n>>> c\n```\n"
    assert list(runpy.run_path(str(SCRIPT))["parts"](text)) == [
        ("a = 1\n", None),
        ("if a:\n    b = 2\n", None),
        (None, "a.png"),
    ]


def test_all_pictures_of_the_page_are_drawn():
    names = runpy.run_path(str(SCRIPT))
    text = names["PAGE"].read_text(encoding="utf-8")
    drawn = [picture for _, picture in names["parts"](text) if picture]
    assert drawn == re.findall(r"images/(\w+\.png)", text) and {"importances.png", "intervals.png"} <= {*drawn}
