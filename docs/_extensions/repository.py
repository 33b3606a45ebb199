"""Convert the links and lists of pages, which are written for the repository, so that they also work on the site.

- The lists of links on a page with the name ``index`` become its table of contents.
- A link to the file of a module becomes a link to its source code. A link to ``file.py#Name`` becomes one to the page
  of this name.
- A link to an example becomes a link to its page in the gallery, and a link to the changelog one to its page.
- Other files can be downloaded.
"""

import re
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx import addnodes

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
LINK = re.compile(r"\]\((?P<path>[^)\s:#]+)(?:#(?P<name>[\w.-]+))?\)")
ENTRY = re.compile(r"^- \[[^]]+\]\((?P<path>[^)]+)\)", flags=re.MULTILINE)
ELSEWHERE = {"CHANGELOG.md": "/changelog.md", "docs/examples": "/auto_examples/index.rst"}


def in_repository(docname, path):
    """Return the path of a link's target, relative to the root of the repository, as text."""
    full = ((DOCS / docname).parent / path).resolve()
    return full.relative_to(ROOT).as_posix() if full.is_relative_to(ROOT) else path


def module_of(path):
    """Return the module of a file of the package (skscratch.datasets for its ``__init__.py``), None for other files."""
    if not (path.startswith("skscratch/") and path.endswith(".py")):
        return None
    return ".".join(PurePosixPath(path).with_suffix("").parts).removesuffix(".__init__")


def on_site(docname, path, name):
    """Return the target of a link on the site, in MyST's syntax."""
    target = in_repository(docname, path)
    if target in ELSEWHERE:
        return ELSEWHERE[target]
    if target.startswith("docs/examples/"):
        return f"/auto_examples/{PurePosixPath(target).stem}.rst"
    if name and (module := module_of(target)):
        return f"{module}.{name}"
    if not target.startswith("docs/"):
        return f"path:{path}"
    return f"{path}#{name}" if name else path


def table_of_contents(text):
    """Yield a hidden toctree for each section of an index: its entries are the links at the beginning of list items."""
    for section in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        title = re.match(r"## (.*)", section)
        options = [":hidden:", *([f":caption: {title[1]}"] if title else [])]
        pages = [entry["path"].rpartition(".")[0] for entry in ENTRY.finditer(section)]
        if pages:
            yield "\n".join(["", "```{toctree}", *options, "", *pages, "```", ""])


def read(app, docname, source):
    """Rewrite the Markdown of a page before it is parsed."""
    if not app.env.doc2path(docname).suffix == ".md":
        return
    text = LINK.sub(lambda link: f"]({on_site(docname, link['path'], link['name'])})", source[0])
    if docname.rpartition("/")[2] == "index":
        text += "".join(table_of_contents(text))
    source[0] = text


def list_files(app, document):
    """Replace links to the files of documented modules by links to their source code; other files can be downloaded."""
    modules = app.env.get_domain("py").modules
    for node in list(document.findall(addnodes.download_reference)):
        module = module_of(in_repository(app.env.docname, node["reftarget"]))
        if module in modules:
            page = app.builder.get_relative_uri(app.env.docname, f"_modules/{module.replace('.', '/')}")
            node.replace_self(nodes.reference("", "", *node.children, refuri=page, internal=True))


def setup(app):
    """Connect the functions; links must be replaced before Sphinx collects files for download (priority 500)."""
    app.connect("source-read", read)
    app.connect("doctree-read", list_files, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
