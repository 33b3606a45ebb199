"""Code and documentation use the words of the glossary: no file contains a word that the project has replaced."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUFFIXES = {".py", ".md", ".rst", ".cff", ".toml", ".yml"}
GENERATED = {"_build", "auto_examples", "names", "__pycache__"}
FOLDERS = {
    "core": "skscratch/core/**/*",
    "tabular": "skscratch/tabular/**/*",
    "estimators": "skscratch/estimators/**/*",
    "package": "skscratch/**/*",
    "tests": "tests/**/*",
    "benchmarks": "benchmarks/**/*",
    "examples": "docs/examples/**/*",
    "docs": "docs/**/*",
    "github": ".github/**/*",
    "root": "*",
}

# Regular expression -> the words to write instead. Patterns are compared with the text after `normalized`: names are
# split into their words, so that "held out" is found in `held_out`, `HeldOut`, "held-out" and where a line ends between
# the two. Upper and lower case are the same. A match does not begin or end inside a word: "hole" is not found in
# "whole".
FORBIDDEN = {
    r"lanes?": "worker thread, or group of members",
    r"judg(e|es|ed|ing|ements?)": "evaluate, or validate",
    r"(held|hold|holds|holding) outs?|hold(s|ing)? (some|it|them|rows) out": "validation rows",
    r"stall(s|ed|ing)?": "plateau, or number of plateaus",
    r"(?<!wall )clocks?": "schedule state",
    r"slots?(?! ?=)": "parameter specification",
    r"(?<!of )courses?": "curve, or schedule",
    r"turn(s|ed|ing)? down": "starts to decay",
    r"(in|takes?|taking|by) turns|(his|its|their) turns?": "alternately",
    r"what is minimi[sz]ed": "objective function",
    r"criteri(on|a)\b(?!=)": "metric, or score",
    r"hands (?!of)|handed|hand (on|over)": "passes to, or outputs",
    r"ways? out": "hint",
    r"ways? over": "counterpart, or replacement",
    r"borne": "allowed, or maximum number of",
    r"forg(ive|ives|ave|iven|iving)": "reset",
    r"exploded": "diverged",
    r"(?<!from )(?!(?<=[`.])(?-i:S))scratch(?! ?mlp)": "buffers, or workspace",
    r"room": "buffers, or space",
    r"box(es)? (of|for|with)|box = simple namespace|for box in p\.layers": "buffers",
    r"(def|self\.) publish|publish(es|ed)? (the )?(fitted|attributes|curves|parameters)": "set",
    r"(attributes|curves|parameters) (are|is) published": "are set",
    r"(?<!default )recipes?": "builder functions, default hyperparameters, or variants",
    r"(?<!nearest )neighbours?": "integration tests, adjacent, or other processes",
    r"continuing": "warm start, or continues",
    r"as (it|they) (comes?|came)": "unchanged, or without preparation",
    r"(?<!at )most (epochs|iterations)": "at most n, or maximum number of",
    r"in words(?![\[:]| else)": "as text",
    r"(allowed|other|these|those|of the) words|words (allowed|that are)": "options, or allowed values",
    r"holes?": "missing value",
    r"house rules?": "conventions",
    r"(the|my|your|its|their|'s) (business|books)": "implemented by subclasses, or what is meant",
    r"at home|a home|home of": "the name of the place",
    r"go(es|ing)? on with|went on with": "continues",
    r"let(s|ting)? go of": "releases",
    r"(ground|lower|upper|next|top|four) floors?": "layer",
    r"optimizer('s)? memory": "optimizer state",
    r"links? (of|in) (a|an|the|its|each|every) (optimizer|chain)|chains? of links|optimizer's links?|all links": (
        "gradient transformation"
    ),
    r"(loss|self|cls)\.link": "inverse_link",
    r"unless one says otherwise|order of the dictionary": "default, or lexicographic order",
}
SPACED = {pattern.replace(" ", r"[ \n]"): replacement for pattern, replacement in FORBIDDEN.items()}
PATTERNS = {
    re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])", re.IGNORECASE): replacement
    for pattern, replacement in SPACED.items()
}


def normalized(text):
    """Split names into words and remove signs of comments and lists, without changing the number of lines."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = re.sub(r"[_#*-]", " ", text)
    return re.sub(r" *\n *", "\n", re.sub(r"[ \t]+", " ", text))


def findings(path, text):
    """One line for each forbidden word in a file: path, line (0 is the file's name), the word, and what to write."""
    text = normalized(f"{Path(path).stem}\n{text}")
    for pattern, replacement in PATTERNS.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start())
            yield f"{path}:{line}: {' '.join(match[0].split())!r} -> write {replacement!r}"


def files(folder):
    """The text files of a folder of FOLDERS, without generated ones and without those of an earlier folder."""
    earlier = list(FOLDERS)[: list(FOLDERS).index(folder)]
    found = set(ROOT.glob(FOLDERS[folder])) - {path for name in earlier for path in ROOT.glob(FOLDERS[name])}
    return sorted(
        path
        for path in found - {Path(__file__)}
        if path.suffix in SUFFIXES and not GENERATED & set(path.relative_to(ROOT).parts)
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_forbidden_word(folder):
    paths = files(folder)
    assert paths, "the pattern of this folder finds no file"
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    found = [line for path, text in texts.items() for line in findings(path, text)]
    assert not found, f"{len(found)} forbidden words:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def held_out_rows(x):", "page.md:1: 'held out' -> write 'validation rows'"),
        ("class OneLane:", "page.md:1: 'Lane' -> write 'worker thread, or group of members'"),
        ("# rows that are held\n# out", "page.md:1: 'held out' -> write 'validation rows'"),
        ("first line\nthe judge", "page.md:2: 'judge' -> write 'evaluate, or validate'"),
        ("the whole box plot of `Scratch*` and ScratchMLPRegressor, of course from scratch", None),
        ("nearest neighbours, a wall-clock time, at most epochs, dataclass(slots=True)", None),
    ],
)
def test_findings(text, found):
    assert list(findings("page.md", text)) == ([found] if found else [])


def test_a_forbidden_word_in_the_name_of_a_file_is_found():
    assert list(findings("core/held_out.py", "")) == ["core/held_out.py:0: 'held out' -> write 'validation rows'"]
