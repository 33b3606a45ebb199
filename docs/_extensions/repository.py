"""Pages are written to be read in the repository; this makes their links and lists work on the site as well.

- The lists of links of a page named ``index`` are its table of contents.
- A link to a module's file leads to its listing; one to ``file.py#Name`` to the page of that name.
- A link to an example leads to it in the gallery, one to the changelog to its page; other files can be downloaded.
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
    """The path from the root of the repository of what a page links to, as text."""
    full = ((DOCS / docname).parent / path).resolve()
    return full.relative_to(ROOT).as_posix() if full.is_relative_to(ROOT) else path


def module_of(path):
    """The module that a file of the package is (skscratch.datasets for its ``__init__.py``), None for other files."""
    if not (path.startswith("skscratch/") and path.endswith(".py")):
        return None
    return ".".join(PurePosixPath(path).with_suffix("").parts).removesuffix(".__init__")


def on_site(docname, path, name):
    """Where a link leads on the site, in MyST's terms."""
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
    """A hidden toctree for each section of an index: its entries are the links at the beginning of list items."""
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
    """Lead links to the files of documented modules to their listings; other files can be downloaded."""
    modules = app.env.get_domain("py").modules
    for node in list(document.findall(addnodes.download_reference)):
        module = module_of(in_repository(app.env.docname, node["reftarget"]))
        if module in modules:
            page = app.builder.get_relative_uri(app.env.docname, f"_modules/{module.replace('.', '/')}")
            node.replace_self(nodes.reference("", "", *node.children, refuri=page, internal=True))


def setup(app):
    """Links are rewritten before files are collected for download (500)."""
    app.connect("source-read", read)
    app.connect("doctree-read", list_files, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
