"""Check what a wheel requires, and that no file is missing in a wheel and an sdist; .ci/build calls it.

    python .ci/distributions.py WHEEL SDIST FILES

FILES is the list of all files of the commit, a line for each.
"""

import email
import sys
import tarfile
import zipfile
from pathlib import Path

REQUIRED = {"numpy", "scipy", "scikit-learn"}


def requirements(wheel: zipfile.ZipFile) -> set[str]:
    """Return the names of the packages that the wheel requires without any extra."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    lines = email.message_from_bytes(wheel.read(name)).get_all("Requires-Dist")
    return {line.partition(">")[0] for line in lines if "extra ==" not in line}


def in_sdist(sdist: tarfile.TarFile) -> set[str]:
    """Return the files of the sdist, without its first folder."""
    return {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}


def check(wheel: str, sdist: str, files: str) -> None:
    """Fail, naming what differs, if the wheel or the sdist is not as it must be."""
    committed = set(Path(files).read_text(encoding="utf-8").splitlines())
    package = {file for file in committed if file.startswith("skscratch/")}
    with zipfile.ZipFile(wheel) as opened:
        found = {name for name in opened.namelist() if ".dist-info/" not in name}
        expect("requirements of the wheel", requirements(opened), REQUIRED)
        expect("files of the wheel", found, package)
    with tarfile.open(sdist) as opened:
        expect("files of the sdist", in_sdist(opened), committed | {"PKG-INFO"})


def expect(what: str, found: set[str], expected: set[str]) -> None:
    """Exit with the differences, or print the number of elements."""
    if found != expected:
        sys.exit(f"{what}: missing {sorted(expected - found)}, not expected {sorted(found - expected)}")
    print(f"{what}: {len(found)}, as expected")


if __name__ == "__main__":
    check(*sys.argv[1:])
