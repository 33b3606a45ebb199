"""Docstrings are plain text, read in the source: on the site, too, ``|u|`` is an absolute value and ``*`` a product."""

import re

LITERAL = re.compile(r"(``.+?``|`[^`]+`_?)")


def escape(line):
    """The line with ``*``, ``|`` and a final ``_`` of words escaped outside backquotes."""
    parts = LITERAL.split(line)
    parts[::2] = [re.sub(r"([*|]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def process(app, what, name, obj, options, lines):
    """Escape the lines of a docstring that are not examples."""
    lines[:] = [line if ">>>" in line else escape(line) for line in lines]


def setup(app):
    """Before numpydoc (500) arranges the sections."""
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True}
