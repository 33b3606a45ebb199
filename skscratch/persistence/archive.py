"""Write and read archives: a tree of JSON values and numbered arrays, with format number, versions and checksum."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import zipfile
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
import sklearn

from skscratch._version import __version__
from skscratch.persistence.files import replacing

FORMAT, VERSION = "skscratch", 1
FORMAT_FILE, CONTENT_FILE, CHECKSUM_FILE = "format.json", "content.json", "sha256.txt"


class FileError(ValueError):
    """A file is not what it must be; the message is a sentence with its path."""


def write_archive(path: str | os.PathLike[str], tree: Any, arrays: Sequence[np.ndarray]) -> None:
    """Write a file; the same content gives the same bytes. After an error `path` is as it was before."""
    versions = {
        "skscratch": __version__,
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "python": platform.python_version(),
    }
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        members = _Members(archive)
        members.write(FORMAT_FILE, _json({"format": FORMAT, "version": VERSION, "versions": versions}))
        members.write(CONTENT_FILE, _json(tree))
        for number, array in enumerate(arrays):
            with members.open(array_file(number)) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        digest = members.sha256.hexdigest()
        members.write(CHECKSUM_FILE, digest.encode())


def read_archive(path: str | os.PathLike[str]) -> tuple[Any, list[np.ndarray]]:
    """Read a file; returns its tree and its arrays.

    Raises
    ------
    FileError
        If the file is damaged, is of a newer format, or is no such file.
    """
    with open(path, "rb") as file:
        if file.read(2) != b"PK":
            raise foreign(path)
        try:
            with zipfile.ZipFile(file) as archive:
                return _read(path, archive)
        except FileError:
            raise
        except Exception as error:  # zipfile raises errors of ten types for damaged archives
            raise damaged(path, repr(error)) from error


def array_file(number: int) -> str:
    """Return the name of the member with an array."""
    return f"arrays/{number}.npy"


def damaged(path: str | os.PathLike[str], problem: str) -> FileError:
    """Make the error for a file that is not what was written."""
    return FileError(
        f"{os.fspath(path)!r} must be a complete, unchanged file of skscratch, but it is damaged ({problem}); use a "
        "copy of it or an earlier file."
    )


def foreign(path: str | os.PathLike[str]) -> FileError:
    """Make the error for a file that something else wrote."""
    return FileError(
        f"{os.fspath(path)!r} must be a file that skscratch.save or a Checkpoint wrote, but it is of another kind; for "
        "pickles use joblib.load or pickle.load."
    )


class _Members:
    """The members of an archive that is written, and the checksum of all of them."""

    def __init__(self, archive: zipfile.ZipFile):
        self.archive, self.sha256 = archive, hashlib.sha256()

    def open(self, name: str) -> _Member:
        """Begin a member; its date is always the same."""
        self.sha256.update(f"{name}\n".encode())
        return _Member(self.archive.open(zipfile.ZipInfo(name), "w", force_zip64=True), self.sha256)

    def write(self, name: str, data: bytes) -> None:
        """Write a whole member."""
        with self.open(name) as member:
            member.write(data)


class _Member(io.RawIOBase):
    """A member of an archive that is written; what is written enters the checksum."""

    def __init__(self, file: IO[bytes], sha256: Any):
        self.file, self.sha256 = file, sha256

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        return self.file.write(data)

    def close(self) -> None:
        self.file.close()
        super().close()


def _read(path: str | os.PathLike[str], archive: zipfile.ZipFile) -> tuple[Any, list[np.ndarray]]:
    """Check the format, then the checksum, and read the members."""
    names = archive.namelist()
    if FORMAT_FILE not in names:
        raise foreign(path)
    _check_format(path, archive.read(FORMAT_FILE))
    sha256, members = hashlib.sha256(), {}
    for info in archive.infolist():
        if info.compress_type != zipfile.ZIP_STORED:
            raise damaged(path, f"{info.filename} is compressed")
        if info.filename != CHECKSUM_FILE:
            data = archive.read(info)
            sha256.update(f"{info.filename}\n".encode())
            sha256.update(data)
            members[info.filename] = _parse(path, info.filename, data)
    if CHECKSUM_FILE not in names or archive.read(CHECKSUM_FILE).decode(errors="replace") != sha256.hexdigest():
        raise damaged(path, "its checksum is another one")
    expected = [FORMAT_FILE, CONTENT_FILE, *(array_file(number) for number in range(len(members) - 2))]
    if list(members) != expected:
        raise damaged(path, f"its members are {list(members)}")
    return members[CONTENT_FILE], [members[name] for name in expected[2:]]


def _check_format(path: str | os.PathLike[str], data: bytes) -> None:
    try:
        header = json.loads(data)
        name, version, written_by = header["format"], int(header["version"]), header["versions"]["skscratch"]
    except (ValueError, TypeError, KeyError) as error:
        raise foreign(path) from error
    if name != FORMAT:
        raise foreign(path)
    if version > VERSION:
        raise FileError(
            f"{os.fspath(path)!r} must have a format of version {VERSION} or below, but has version {version}, written "
            f"by skscratch {written_by}; upgrade skscratch, {__version__} is installed."
        )


def _parse(path: str | os.PathLike[str], name: str, data: bytes) -> Any:
    """Read a member: JSON, or an array without objects."""
    try:
        return json.loads(data) if name.endswith(".json") else np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, MemoryError, RecursionError, TypeError) as error:
        raise damaged(path, f"{name} cannot be read: {error}") from error


def _json(tree: Any) -> bytes:
    return json.dumps(tree, allow_nan=False, separators=(",", ":")).encode()
