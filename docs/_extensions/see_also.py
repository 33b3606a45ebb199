"""Add "See Also" to the page of each class of a kind, such as a loss: the abstract class, and the other classes."""

import inspect


def subclasses(cls):
    """Yield all classes that are derived from a class."""
    for derived in cls.__subclasses__():
        yield derived
        yield from subclasses(derived)


def kind(cls):
    """Return the names of the abstract class of the same module that a class is or inherits from, and of all others."""
    ancestors = [base for base in inspect.getmro(cls) if base.__module__ == cls.__module__ and inspect.isabstract(base)]
    if not ancestors:
        return []
    classes = [ancestors[-1], *subclasses(ancestors[-1])]
    return [c.__name__ for c in classes if c is not cls and c.__module__ == cls.__module__ and c.__name__[0] != "_"]


def process(app, what, name, obj, options, lines):
    """Append the section to the docstring of a class that has none."""
    if what == "class" and "See Also" not in lines and (names := kind(obj)):
        lines += ["", "See Also", "--------", ", ".join(names), ""]


def setup(app):
    """Connect the function; it must run before numpydoc (priority 500) processes the sections."""
    app.connect("autodoc-process-docstring", process, priority=450)
    return {"parallel_read_safe": True}
