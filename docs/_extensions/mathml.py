"""Formulas as MathML, which browsers draw by themselves: no script and no font to load."""

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

logger = logging.getLogger(__name__)


def visit(writer, node):
    """Write a formula, inline or displayed; one that cannot be translated is a warning with its place."""
    displayed = isinstance(node, nodes.math_block)
    try:
        formula = tex2mathml(node.astext(), as_block=displayed)
    except MathError as error:
        logger.warning("%s In the formula %s", error, node.astext(), location=node)
    else:
        writer.body.append(f'<div class="formula">{formula}</div>' if displayed else formula)
    raise nodes.SkipNode


def setup(app):
    """Make "mathml" a value of Sphinx's `html_math_renderer`."""
    app.add_html_math_renderer("mathml", inline_renderers=(visit, None), block_renderers=(visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
