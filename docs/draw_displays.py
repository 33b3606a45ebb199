"""Draw the pictures of the page of displays, by the code on the page: ``python docs/draw_displays.py [FOLDER]``.

The code runs block by block. Where a picture follows a block, the figure that was drawn last is saved under its name.
"""

import doctest
import re
import sys
from pathlib import Path

import matplotlib

DOCS = Path(__file__).parent
PAGE = DOCS / "guide" / "displays.md"
PART = re.compile(r"^```python\n(?P<code>.*?)^```$|^!\[[^]]*\]\((?P<picture>[^)]+)\)$", flags=re.DOTALL | re.MULTILINE)


def parts(text):
    """Yield the statements of each block of Python, and the name of each picture, as (code, picture)."""
    for part in PART.finditer(text):
        if part["code"] is None:
            yield None, Path(part["picture"]).name
        for example in doctest.DocTestParser().get_examples(part["code"] or ""):
            yield example.source, None


def main(folder):
    """Run the page and save the pictures in the folder."""
    matplotlib.use("agg")
    from matplotlib import pyplot

    names = {}
    for code, picture in parts(PAGE.read_text(encoding="utf-8")):
        if picture:
            pyplot.gcf().savefig(folder / picture, dpi=100)
            print(folder / picture)
        elif "savefig" not in code:
            exec(code, names)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "images")
