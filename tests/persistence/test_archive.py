"""Files: the same content gives the same bytes, damage is found, and nothing in a file is executed."""

import io
import json
import pickle
import zipfile

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skscratch.persistence import archive
from skscratch.persistence.archive import read_archive, write_archive

TREE, ARRAYS = {"a": [1, None, {"b": "ü"}]}, [np.arange(6.0).reshape(2, 3), np.array(["x"])]


@pytest.fixture
def path(tmp_path):
    """A file that was just written."""
    write_archive(tmp_path / "file", TREE, ARRAYS)
    return tmp_path / "file"


def members(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def write(path, contents, compression=zipfile.ZIP_STORED, sign=True):
    """Write an archive by hand, with the right checksum."""
    contents = {name: data for name, data in contents.items() if name != archive.CHECKSUM_FILE}
    sha256 = archive.hashlib.sha256()
    for name, data in contents.items():
        sha256.update(f"{name}\n".encode() + data)
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in contents.items():
            file.writestr(name, data)
        if sign:
            file.writestr(archive.CHECKSUM_FILE, sha256.hexdigest())


def test_round_trip(path):
    tree, arrays = read_archive(path)
    assert tree == TREE
    for array, expected in zip(arrays, ARRAYS, strict=True):
        assert_array_equal(array, expected, strict=True)


def test_an_archive_by_hand_is_read(path):
    """So that the refusals below have the reasons that they say."""
    write(path, members(path))
    assert read_archive(path)[0] == TREE


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write_archive(tmp_path / "other", TREE, ARRAYS)
    assert path.read_bytes() == (tmp_path / "other").read_bytes()


def test_numpy_opens_it(path):
    with np.load(path) as file:
        assert_array_equal(file["arrays/0"], ARRAYS[0])
        assert json.loads(file["content.json"]) == TREE
        assert set(json.loads(file["format.json"])["versions"]) == {"skscratch", "numpy", "scikit-learn", "python"}


def test_every_changed_byte_is_found(path):
    """Or it is in a field of the zip format that says nothing about the content, such as a date."""
    data, changed = path.read_bytes(), 0
    for position in range(0, len(data), 3):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        try:
            tree, arrays = read_archive(path)
        except ValueError as error:
            assert str(path) in str(error) and str(error).endswith(".")
            changed += 1
        else:
            assert tree == TREE
            assert_array_equal(arrays[0], ARRAYS[0])
    assert changed > len(data) / 3 * 0.6


def test_every_truncated_file_is_found(path):
    data = path.read_bytes()
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match=rf"^'{path}' must be "):
            read_archive(path)


@pytest.mark.parametrize("name", ["format.json", "content.json", "arrays/0.npy", "sha256.txt"])
def test_another_member(path, name):
    """The zip archive is intact, so only the checksum finds it."""
    contents = members(path)
    other = {
        "format.json": b'{"format": "skscratch", "version": 1, "versions": {"skscratch": "0"}}',
        "content.json": b"{}",
        "arrays/0.npy": contents["arrays/0.npy"][:-1] + b"x",
        "sha256.txt": contents["sha256.txt"][::-1],
    }
    contents[name] = other[name]
    with zipfile.ZipFile(path, "w") as file:
        for member, data in contents.items():
            file.writestr(member, data)
    with pytest.raises(ValueError, match=r"complete, unchanged file of skscratch, but it is damaged \(its checksum"):
        read_archive(path)


@pytest.mark.parametrize(
    "change", [lambda c: c.pop("arrays/0.npy"), lambda c: c.update({"x.json": b"1"}), lambda c: c.pop("content.json")]
)
def test_other_members(path, change):
    contents = members(path)
    change(contents)
    write(path, contents)
    with pytest.raises(ValueError, match="it is damaged"):
        read_archive(path)


def test_no_checksum_and_compressed_members(path):
    contents = members(path)
    write(path, contents, sign=False)
    with pytest.raises(ValueError, match="its checksum is another one"):
        read_archive(path)
    write(path, contents, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="format.json is compressed"):
        read_archive(path)


def test_a_newer_format(path):
    contents = members(path)
    contents["format.json"] = b'{"format": "skscratch", "version": 2, "versions": {"skscratch": "9.1"}}'
    write(path, contents)
    with pytest.raises(ValueError, match=r"format of version 1 or below, but has version 2, written by skscratch 9\.1"):
        read_archive(path)


def test_foreign_files(tmp_path):
    path = tmp_path / "file"
    for make in (
        lambda: path.write_bytes(b""),
        lambda: path.write_text("hello"),
        lambda: path.write_bytes(pickle.dumps([1])),
        lambda: joblib.dump([1], path),
        lambda: np.savez(tmp_path / "file.npz", a=np.zeros(3)) or (tmp_path / "file.npz").rename(path),
        lambda: write(path, {"format.json": b'{"format": "other", "version": 1, "versions": {"skscratch": 1}}'}),
        lambda: write(path, {"format.json": b"[]"}),
        lambda: write(path, {"format.json": b"\xff"}),
    ):
        make()
        with pytest.raises(ValueError, match=r"must be a file that skscratch\.save or a Checkpoint wrote, but"):
            read_archive(path)


class Evil:
    """A pickle of it runs code when it is loaded."""

    ran = False

    def __reduce__(self):
        return Evil.run, ()

    @staticmethod
    def run():
        Evil.ran = True


def test_pickled_objects_in_an_array_are_not_loaded(path):
    file = io.BytesIO()
    np.save(file, np.array([Evil()], object), allow_pickle=True)
    np.load(io.BytesIO(file.getvalue()), allow_pickle=True)
    assert Evil.ran  # the trap works
    Evil.ran = False
    write(path, members(path) | {"arrays/0.npy": file.getvalue()})
    with pytest.raises(ValueError, match=r"damaged \(arrays/0.npy cannot be read: Object arrays cannot be loaded"):
        read_archive(path)
    write(path, members(path) | {"arrays/0.npy": pickle.dumps(Evil())})
    with pytest.raises(ValueError, match=r"damaged \(arrays/0.npy cannot be read"):
        read_archive(path)
    assert not Evil.ran


def test_an_array_that_says_it_is_huge(path):
    header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"
    write(path, members(path) | {"arrays/0.npy": header.ljust(127) + b"\n"})
    with pytest.raises(ValueError, match="arrays/0.npy cannot be read"):
        read_archive(path)


def test_json_that_is_nested_too_deeply(path):
    write(path, members(path) | {"content.json": b"[" * 100_000 + b"]" * 100_000})
    with pytest.raises(ValueError, match="content.json cannot be read"):
        read_archive(path)
