"""Mutants of Python files: each is a file with one small change, made by an operator of cosmic-ray.

A site is a place in a file at which an operator of one kind can change something: a number, a comparison, the condition
of an `if`. Most kinds can change a site in several ways. A sample has one mutant for each of its sites, so that a "+"
with ten replacements counts no more than a condition with one. Annotations are no sites: nothing reads them. An `is` in
place of `==` is left out: for text and numbers, which nearly all comparisons are about, the linter refuses it.
"""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

IDENTITY = ("Eq_Is", "Eq_IsNot")
Position = tuple[tuple[int, int], tuple[int, int]]


class Mutant(NamedTuple):
    """One change of a file.

    Attributes
    ----------
    file : str
        Path of the file.
    operator : str
        Name of the operator of cosmic-ray.
    occurrence : int
        Which of the changes that the operator can make in the file, counted from 0.
    lines : tuple of int
        First and last line that are changed, counted from 1.
    """

    file: str
    operator: str
    occurrence: int
    lines: tuple[int, int]

    def source(self, root: Path) -> str:
        """Return the changed text of the file."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        text = (root / self.file).read_text(encoding="utf-8")
        return mutate_code(text, get_operator(self.operator)(), self.occurrence)

    def differs(self, root: Path) -> bool:
        """Return whether the changed file is another program: 1e19 + 1 is 1e19, and f(-, x) is no Python."""
        try:
            trees = [ast.parse(text) for text in (self.source(root), (root / self.file).read_text(encoding="utf-8"))]
        except SyntaxError:
            return False
        return ast.dump(trees[0]) != ast.dump(trees[1])

    def __str__(self) -> str:
        return f"{self.file}:{self.lines[0]} {self.operator.removeprefix('core/')} {self.occurrence}"


def sites(root: Path, file: str) -> list[list[Mutant]]:
    """Return all sites of a file in order, each as the list of its mutants."""
    text = (root / file).read_text(encoding="utf-8")
    ignored, found = annotations(text), defaultdict(list)
    for kind, position, mutant in _mutants(file, text):
        if not any(start <= position[0] and position[1] <= end for start, end in ignored):
            found[position, kind].append(mutant)
    return [found[key] for key in sorted(found)]


def _mutants(file: str, text: str) -> Iterator[tuple[str, Position, Mutant]]:
    """Yield all mutants of a file, with the kind of the operator and the place that is changed."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(text)))
    for name in operator_names():
        if name.endswith(IDENTITY) or get_operator(name).arguments():  # these are names of variables to choose
            continue
        operator = get_operator(name)()
        positions = (position for node in nodes for position in operator.mutation_positions(node))
        for occurrence, position in enumerate(positions):
            (start, _), (end, _) = position
            yield name.split("_")[0], position, Mutant(file, name, occurrence, (start, end))


def annotations(text: str) -> list[Position]:
    """Return where the annotations of arguments, results and variables are.

    >>> annotations("x: int | None = 1\\n")
    [((1, 3), (1, 13))]
    """
    nodes = list(ast.walk(ast.parse(text)))
    found = [node.annotation for node in nodes if isinstance(node, ast.arg | ast.AnnAssign)]
    found += [node.returns for node in nodes if isinstance(node, ast.FunctionDef)]
    places = (node for node in found if node is not None)
    return [((place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset)) for place in places]


def sample(root: Path, folders: Sequence[str], n: int, seed: int) -> tuple[list[Mutant], int]:
    """Return one mutant of each of n random sites of all files in the folders, and the number of all sites.

    A longer sample with the same seed begins with the mutants of a shorter one.
    """
    files = sorted(path.relative_to(root).as_posix() for folder in folders for path in (root / folder).rglob("*.py"))
    everywhere = [site for file in files for site in sites(root, file)]
    rng = random.Random(seed)
    rng.shuffle(everywhere)
    chosen = (rng.choice(site) for site in everywhere)
    return list(islice((mutant for mutant in chosen if mutant.differs(root)), n)), len(everywhere)
