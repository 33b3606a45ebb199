"""How Sphinx builds the site: the Markdown pages of this folder, the examples, and a page for each public name."""

import os
import sys
from pathlib import Path

# One BLAS thread, as the examples say: read when NumPy is first imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

import skscratch  # noqa: E402

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
]
root_doc = "index"
default_role = "code"
exclude_patterns = ["_build", "examples"]
templates_path = ["_templates"]

# Markdown as GitHub reads it
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# A page for each public name
autosummary_filename_map = {  # else one page would overwrite the other where file names have no case
    "skscratch.core.activations.logistic": "skscratch.core.activations.logistic_function",
}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
numpydoc_show_class_members = False  # they are on the page of the class
numpydoc_validation_checks = {"GL08", "SS03", "PR01", "PR02", "PR03", "PR04", "PR07", "RT01", "RT03"}
numpydoc_validation_exclude = {r"skscratch\.(core|tabular)\."}  # one line with all shapes is their form

# The examples are run, each in a fresh interpreter's state, and shown with what they print and draw
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
}

# Nothing is read from elsewhere, when building or when reading
html_theme = "furo"
html_title = f"skscratch {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False


def skip_foreign(app, what, name, obj, skip, options):
    """Leave out the members that a class has from elsewhere, such as an estimator's `set_params`."""
    module = getattr(obj, "__module__", None) or "skscratch"
    return True if module.partition(".")[0] != "skscratch" else None


def setup(app):
    app.connect("autodoc-skip-member", skip_foreign)
