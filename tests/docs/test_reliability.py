"""The page about reliability names tests and commands that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| .+ \| .+ \| \[(test_\w+)\]\(\.\./(tests/.+\.py)\) \|$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("name, path", ROWS)
def test_every_defect_has_its_test(name, path):
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_every_row_of_the_table_names_a_test():
    table = PAGE.partition("| defect |")[2].strip().splitlines()[2:]
    assert len(table) == len(ROWS) > 30


def test_commands_name_files_that_exist():
    """Modules of benchmarks, folders of tests and scripts of .ci."""
    for module in re.findall(r"python -m (benchmarks\.\w+)", PAGE):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()
    for path in re.findall(r"(?:pytest|-s) (tests/[\w/.]+)", PAGE) + re.findall(r"`(\.ci/\w+)", PAGE):
        assert (ROOT / path).exists()
