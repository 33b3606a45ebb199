"""A file is written as a whole or not at all."""

import errno
import os

import pytest

from skscratch.persistence import files
from skscratch.persistence.files import prepare, replacing


def test_the_old_file_stays_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt, ValueError])
def test_an_error_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(type(error) if isinstance(error, OSError) else error), replacing(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_system_leaves_the_old_file_and_no_other(tmp_path, call, monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, call, fail)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'$"), replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


def test_data_reach_the_disk_before_the_name(tmp_path, monkeypatch):
    """First the content, then the rename, then the folder."""
    calls, fsync, rename = [], os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(files.os, "replace", lambda *paths: (calls.append("replace"), rename(*paths)))
    with replacing(tmp_path / "file") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace", "fsync"] if hasattr(os, "O_DIRECTORY") else ["fsync", "replace"]


def test_unfinished_files_are_removed_and_no_others(tmp_path):
    kept = ["file", "file.tmp", "file.12345678.tmp.txt", "other.12345678.tmp", "file.1234567g.tmp", "[a].12345678.tmp"]
    for name in [*kept, "file.12345678.tmp", "file.abcdef01.tmp"]:
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / "file.00000000.tmp").write_bytes(b"another process is writing it")
    kept.insert(0, "file.00000000.tmp")
    prepare(tmp_path / "file")
    assert sorted(os.listdir(tmp_path)) == sorted(kept)
    prepare(tmp_path / "[a]")
    assert sorted(os.listdir(tmp_path)) == sorted(kept[:-1])


def test_what_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileNotFoundError):
        prepare(tmp_path / "none" / "file")
    with pytest.raises(NotADirectoryError):
        prepare(tmp_path / "file" / "file")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        prepare(tmp_path)
