"""Load files whose content was changed at random, while an audit hook of Python notes all that could do harm.

    python tests/persistence/hostile.py FILE NUMBER

Each of NUMBER copies of FILE has one value of its content, at a random place, replaced by one of `VALUES`, and a right
checksum. Printed are the number of files that were refused, and the events of the hook that are not in `HARMLESS`.
Code that is executed, a module that is imported, a process that is started, a pickle that is read, a file that is
written and a connection that is opened are events (https://docs.python.org/3/library/audit_events.html).
"""

import copy
import os
import random
import sys
import warnings

import skscratch
from skscratch.persistence.archive import read_archive, write_archive

# NumPy reads the type and the shape of an array with ast.literal_eval, which compiles them to a syntax tree; to execute
# code would be the event "exec". "object.__getattr__" is that an attribute of a function or a frame was read.
HARMLESS = {"compile", "builtins.id", "object.__getattr__"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
VALUES = (
    "os.system",
    "__class__",
    "__reduce__",
    "builtins.eval",
    "__import__('os').system('exit')",
    -1,
    10**400,
    None,
    {},
    [],
    {"type": "Popen", "fields": {"args": "exit"}},
    {"type": "Dense", "fields": {"__class__": "type"}},
    {"family": "Loss", "name": "../../x", "fields": {}},
    {"pickle": "Y29zCnN5c3RlbQo="},
    {"scalar": ["|O", "00" * 8]},
    {"objects": [], "shape": [10**15]},
    {"generator": {"dict": [["bits", {"dict": [["bit_generator", "seed"]]}], ["seed", {"dict": []}]]}},
    {"array": 10**9},
    {"tuple": {"type": "Model", "fields": {}}},
)


def places(tree, path=()):
    """Yield the place of each value in a tree."""
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def changed(tree, path, value):
    """Return a copy of a tree with another value at a place."""
    tree = copy.deepcopy(tree)
    *parents, last = path
    node = tree
    for key in parents:
        node = node[key]
    node[last] = value
    return tree


def main(path, number):
    """Write, load and count."""
    skscratch.load(path)  # imports what it needs
    tree, arrays = read_archive(path)
    everywhere, rng = list(places(tree))[1:], random.Random(0)
    events, refused, watched = set(), 0, False

    def note(event, arguments):
        reads = event == "open" and arguments[0] == path and not arguments[2] & WRITES
        if watched and not reads and event not in HARMLESS:
            events.add(event)

    sys.addaudithook(note)
    for _ in range(number):
        write_archive(path, changed(tree, rng.choice(everywhere), rng.choice(VALUES)), arrays)
        watched = True
        try:
            skscratch.load(path)
        except ValueError:
            refused += 1
        watched = False
    print(refused, sorted(events))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], int(sys.argv[2]))
