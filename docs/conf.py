"""Configuration of Sphinx: the Markdown pages of this folder, the examples, and a page for each public name."""

import os
import re
import sys
from pathlib import Path

# The examples use one BLAS thread. NumPy reads these variables when it is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

from numpydoc.xref import DEFAULT_LINKS  # noqa: E402

import skscratch.core  # noqa: E402

project = "skscratch"
version = release = skscratch.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",
    "repository",
    "plain_docstrings",
    "searchable_parameters",
    "see_also",
]
root_doc = "index"
default_role = "code"
exclude_patterns = ["_build", "examples"]
templates_path = ["_templates"]

# Markdown in the same dialect as on GitHub
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# A page for each public name
autosummary_filename_map = {  # on file systems that ignore upper and lower case, two pages would have the same file
    "skscratch.core.activations.logistic": "skscratch.core.activations.logistic_function",
}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"Array": "ndarray", **{name: name for name in ("Backward", "Do", "FeaturesBackward", "Rngs")}}
DEFAULT_LINKS.clear()  # they lead to other sites
numpydoc_xref_param_type = True
numpydoc_xref_aliases = {name: f"{getattr(skscratch.core, name).__module__}.{name}" for name in skscratch.core.__all__}
numpydoc_xref_ignore = "all"
numpydoc_show_class_members = False  # the page of a class lists them
numpydoc_validation_checks = {"GL08", "SS03", "PR01", "PR02", "PR03", "PR04", "PR07", "RT01", "RT03"}
numpydoc_validation_exclude = {
    r"skscratch\.(core|tabular|export)\.",  # their docstrings have one line with all shapes
    r"skscratch\.callbacks\.Checkpoint\.",  # the protocol of scikit-learn says what the arguments are
}

# Each example is run in a new namespace and shown with its printed text and its plots
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/(?!serve)\w+\.py$",  # the service is shown, but not run: it would not end
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
}

# The site needs no network connection, neither to build it nor to read it
html_theme = "furo"
html_title = f"skscratch {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["tables.css", "figures.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("tables.js", "search.js")]


def skip_foreign(app, what, name, obj, skip, options):
    """Omit the members that a class inherits from other packages, such as `set_params` of an estimator."""
    module = getattr(obj, "__module__", None) or "skscratch"
    return True if module.partition(".")[0] != "skscratch" else None


def name_aliases(app, what, name, obj, options, signature, returns):
    """Write the name of an alias that is a part of another type, such as in `tuple[Array, Backward]`."""
    return tuple(text and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text) for text in (signature, returns))


def setup(app):
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("autodoc-process-signature", name_aliases)
