"""Add each row of the page of parameters to the index, so that a search for a parameter shows its row first."""

from collections import defaultdict

from docutils import nodes
from sphinx import addnodes

PAGE = "guide/parameters"


def index(app, document):
    """Add a main entry to the index for each row whose first cell contains a name in the font of code."""
    if app.env.docname != PAGE:
        return
    rows_by_name = defaultdict(list)
    for row in document.findall(nodes.row):
        name = row[0].next_node(nodes.literal)
        if name is not None:
            rows_by_name[name.astext()].append(row)
    for name, rows in rows_by_name.items():
        for i, row in enumerate(rows):  # the loss of each estimator has a row
            row["ids"].append(nodes.make_id(f"parameter-{name}-{i + 1}" if i else f"parameter-{name}"))
            row[0].insert(0, addnodes.index(entries=[("single", name, row["ids"][-1], "main", None)]))


def setup(app):
    app.connect("doctree-read", index, priority=400)  # before the index is collected (500)
    return {"parallel_read_safe": True}
