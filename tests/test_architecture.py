"""The conventions that a reader relies on: what may import what, and how long a file or a function may grow."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = """
registry exceptions
core.tape core.parameters core.initializers core.layers core.activations core.embeddings
core.inverse_links core.losses core.schedules core.transformations core.optimizers
core.network core.batches core.streams core.objective core.groups core.stopping core.history core.divergence
core.training core.lbfgs core.gradcheck
tabular.cells tabular.chunks tabular.frames tabular.sources tabular.columns tabular.scaling tabular.column_facts
tabular.report tabular.encoding
tabular.target_reading tabular.target_facts tabular.targets tabular.weights tabular.summary
estimators.constraints estimators.builders estimators.hyperparameters
estimators.table_training estimators.table estimators.docstrings estimators.arguments
estimators.progress estimators.threads estimators.model estimators.state estimators.reading
estimators.explanations estimators.monotonic
estimators.building estimators.parts estimators.streaming
estimators.attributes estimators.validation estimators.splitting estimators.out_of_fold estimators.conformal
estimators.ensemble_gain
estimators.results
persistence.files persistence.archive persistence.records persistence.generators persistence.values
persistence.estimators persistence.checkpoints
estimators.pickles estimators.callbacks estimators.time_limit estimators.fitting estimators.base
estimators.classifier estimators.regressor saving
export.tensor export.quantile export.columns export.layers export.outputs export.graph export.predictor export.numpy
""".split()  # a module imports only what is printed before it
EDGES = """
datasets.csv_file datasets.concrete datasets.titanic datasets.make_titanic
compat.parameters compat.losses compat.builders compat.progress compat.base compat.estimators
onnx.model onnx.pipelines
dask.dealing dask.rounds dask.trainer dask.cluster dask.executor dask.collections dask.partitions
dask.prediction dask.scoring dask.options dask.documentation dask.fitting dask.estimators
displays.drawing displays.loss_curve displays.grid displays.function displays.gradient_flow displays.network
displays.importances displays.intervals
callbacks
""".split()  # import anything above, and are imported by nobody but their own package further on
PACKAGES = {"core", "tabular", "estimators", "persistence", "export", "datasets", "compat", "displays", "onnx", "dask"}
EXEMPT = {"", "_version", "__main__", *PACKAGES}  # __init__, the version, and the checks of `python -m skscratch`
LIBRARIES = {
    "registry": set(),
    "exceptions": set(),
    "core": {"numpy", "scipy"},
    "tabular": {"numpy", "scipy", "sklearn"},
    "persistence": {"numpy", "scipy", "sklearn"},
    "estimators": {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl"},
    "dask": {"numpy", "sklearn", "dask", "distributed"},
}
OPTIONAL = {"tabular.sources": {"pyarrow"}}  # imported inside functions


def name_of(path):
    """skscratch/core/losses.py -> core.losses, skscratch/core/__init__.py -> core."""
    return ".".join(path.relative_to(ROOT / "skscratch").with_suffix("").parts).removesuffix("__init__").rstrip(".")


PATHS = sorted((ROOT / "skscratch").rglob("*.py"))
TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in PATHS}
each_module = pytest.mark.parametrize("module", sorted(TREES))


def imports(module, nodes=None):
    """Every dotted name that the module imports; ``from a import b`` counts as a.b."""
    package = ["skscratch", *module.split(".")]
    if ROOT / "skscratch" / module.replace(".", "/") / "__init__.py" not in PATHS:
        package.pop()
    for node in ast.walk(TREES[module]) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) + 1 - node.level] if node.level else []
            yield from (".".join([*stem, *filter(None, [node.module]), alias.name]) for alias in node.names)


def modules_in(dotted):
    """The modules of ours that importing this name runs: itself, or for a package all it holds."""
    name = dotted.removeprefix("skscratch").lstrip(".")
    while name and name not in {*TREES, *ORDER, *EDGES}:
        name = name.rpartition(".")[0]
    return [name] if name not in EXEMPT else [m for m in TREES if m.startswith(name) and m not in EXEMPT]


@each_module
def test_every_module_has_its_place(module):
    assert module in {*ORDER, *EDGES, *EXEMPT}, f"{module} is not in ORDER; put it where a reader meets it"


@pytest.mark.parametrize("module", [m for m in [*ORDER, *EDGES] if m in TREES])
def test_imports_point_upwards(module):
    above = set(ORDER[: ORDER.index(module)] if module in ORDER else ORDER)
    if module in EDGES:
        package = module.partition(".")[0]
        above |= {edge for edge in EDGES[: EDGES.index(module)] if edge.partition(".")[0] == package}
    needed = {m for name in imports(module) if name.startswith("skscratch") for m in modules_in(name)}
    assert needed <= above, f"{module} imports {sorted(needed - above)}, which come after it"


@pytest.mark.parametrize("module", [m for m in TREES if m.startswith("tabular")])
def test_tables_do_not_see_the_network(module):
    assert not [name for name in imports(module) if name.startswith("skscratch.core")]


@each_module
def test_only_the_libraries_of_its_floor(module):
    """No scikit-learn in core, no pandas anywhere; an edge may import an optional library inside a function."""
    floor = module.partition(".")[0]
    nodes = None if floor in LIBRARIES and module not in OPTIONAL else TREES[module].body
    roots = {name.partition(".")[0] for name in imports(module, nodes)} - sys.stdlib_module_names
    assert roots <= {"skscratch", *LIBRARIES.get(floor, LIBRARIES["estimators"])}
    if module in OPTIONAL:
        everywhere = {name.partition(".")[0] for name in imports(module)} - sys.stdlib_module_names
        assert everywhere <= roots | OPTIONAL[module]


@each_module
def test_only_public_scikit_learn(module):
    names = [name for name in imports(module) if name.startswith("sklearn")]
    assert not [name for name in names if any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@each_module
def test_functions_are_short(module):
    """At most 40 lines of body, the docstring not counted."""
    for function in ast.walk(TREES[module]):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            body = function.body[1:] if ast.get_docstring(function) is not None else function.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{module}.{function.name} has {length} lines"
