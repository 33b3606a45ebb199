"""Mutants change one place each, and a sample has at most one for each place."""

import ast

import pytest

from benchmarks.mutants import annotations, sample, sites

pytest.importorskip("cosmic_ray", reason="it is installed only to make mutants")
CODE = '''"""Text + text."""
def f(x: int | None = None, *, y: float = 1e19) -> int | str:
    z: int | None = 2
    for i in range(3):
        if x is None and y > z:
            return -i
    return x + 4
'''


@pytest.fixture
def root(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "code.py").write_text(CODE)
    return tmp_path


def test_each_site_is_one_place(root):
    found = sites(root, "a/code.py")
    lines = [site[0].lines[0] for site in found]
    kinds = [{mutant.operator.split("_")[0].removeprefix("core/") for mutant in site} for site in found]
    assert all(len(kind) == 1 for kind in kinds) and min(lines) == 2
    counted = sorted((line, kind) for line, (kind,) in zip(lines, kinds, strict=True) if kind != "AddNot")
    assert counted == [
        (2, "NumberReplacer"),
        (2, "ReplaceBinaryOperator"),  # the "*"
        (3, "NumberReplacer"),
        (4, "NumberReplacer"),
        (4, "ZeroIterationForLoop"),
        (5, "ReplaceAndWithOr"),
        (5, "ReplaceComparisonOperator"),
        (5, "ReplaceComparisonOperator"),
        (6, "ReplaceUnaryOperator"),
        (7, "NumberReplacer"),
        (7, "ReplaceBinaryOperator"),
    ]


def test_annotations_are_not_changed(root):
    """The places are those of the syntax tree of Python."""
    found = [CODE.splitlines()[line - 1][start:end] for (line, start), (_, end) in annotations(CODE)]
    assert sorted(found) == ["float", "int | None", "int | None", "int | str"]
    for site in sites(root, "a/code.py"):
        for mutant in site:
            assert mutant.source(root).count("int | None") == 2


def test_every_mutant_is_another_program(root):
    """There is no mutant of 1e19, which is 1e19 + 1 in floating point, and of the "*" of keyword-only arguments."""
    mutants, n = sample(root, ["a"], 1000, seed=0)
    assert n == len(sites(root, "a/code.py")) and len(mutants) == n - 2
    original = ast.dump(ast.parse(CODE))
    dumps = {ast.dump(ast.parse(mutant.source(root))) for mutant in mutants}
    assert len(dumps) == len(mutants) and original not in dumps


def test_a_longer_sample_begins_with_a_shorter_one(root):
    (few, _), (many, _), (others, _) = (sample(root, ["a"], n, seed) for n, seed in [(3, 0), (8, 0), (8, 1)])
    assert many[:3] == few and others != many and len(many) == 8
