"""Write a file as a whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from time import time
from typing import IO

# Seconds after which a file that does not change is one that a killed process left.
ABANDONED_AFTER = 600


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield a new file that takes the place of `path` when all is written and has reached the disk.

    Until then `path` is not changed, whatever happens. The new file is in the same folder, with another name, and is
    removed after an error. If the process is killed in the middle it remains, until a later call of `prepare`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a") as file:
    ...         _ = file.write(b"new")
    ...     (Path(folder) / "a").read_bytes(), os.listdir(folder)
    (b'new', ['a'])
    """
    path, new = Path(path), _new_name(path)
    try:
        with open(new, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException as error:
        with suppress(OSError):
            new.unlink()
        if isinstance(error, OSError) and error.filename is None:  # a full disk is reported without a name
            error.filename = os.fspath(path)
        raise
    _sync_folder(path.parent)


def prepare(path: str | os.PathLike[str]) -> None:
    """Remove what killed processes left when they wrote this file; raise an OSError if it could not be written.

    Another process may be writing at this moment, so only files that have not changed for a while are removed.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder")
    new = _new_name(path)
    new.touch(exist_ok=False)
    new.unlink()
    for file in Path(path).parent.glob(f"{escape(Path(path).name)}.{'[0-9a-f]' * 8}.tmp"):
        with suppress(FileNotFoundError):
            if time() - file.stat().st_mtime > ABANDONED_AFTER:
                file.unlink()


def _new_name(path: str | os.PathLike[str]) -> Path:
    return Path(path).with_name(f"{Path(path).name}.{secrets.token_hex(4)}.tmp")


def _sync_folder(folder: Path) -> None:
    """Write the names of a folder to the disk; Windows has no such call."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
