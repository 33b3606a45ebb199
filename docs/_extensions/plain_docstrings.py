"""Escape special characters in docstrings, so that ``|u|`` is an absolute value and ``*`` a product on the site too."""

import re

LITERAL = re.compile(r"(``.+?``|`[^`]+`_?)")


def escape(line):
    """Escape ``*``, ``|`` and a ``_`` at the end of a word in the parts of the line that are not in backquotes."""
    parts = LITERAL.split(line)
    parts[::2] = [re.sub(r"([*|]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def process(app, what, name, obj, options, lines):
    """Escape the lines of a docstring that are not examples."""
    lines[:] = [line if ">>>" in line else escape(line) for line in lines]


def setup(app):
    """Connect the function; it must run before numpydoc (priority 500) processes the sections."""
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True}
