"""Files on a disk that is full, or becomes full: found out before the work, and what was there stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest
from helpers.full_disk import LIMITED, full, refused, small_disk

from resnet_labs import files

TRIES = f"""{LIMITED.format(limit=4096)}
import sys
from pathlib import Path
from resnet_labs import files
files.check_room(Path(sys.argv[1]), 4000)
try:
    files.check_room(Path(sys.argv[1]), int(sys.argv[2]))
except OSError as error:
    print(error.strerror)
"""
CODES = [errno.ENOSPC, errno.EDQUOT, errno.EFBIG]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("call", ["fsync", "posix_fallocate"])
def test_a_disk_without_room_is_found_out_and_nothing_is_left(tmp_path, monkeypatch, code, call):
    monkeypatch.setattr(os, call, refused(code), raising=False)
    with pytest.raises(OSError, match=os.strerror(code)):
        files.check_room(tmp_path / "new" / "folder", 1000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS])
def test_where_space_cannot_be_reserved_it_is_written(tmp_path, monkeypatch, code):
    monkeypatch.setattr(os, "posix_fallocate", refused(code), raising=False)
    files.check_room(tmp_path, 3 << 20)
    sizes = []
    monkeypatch.setattr(os, "fsync", lambda handle: sizes.append(os.fstat(handle).st_size))
    files.check_room(tmp_path, (3 << 20) + 5)
    assert sizes == [(3 << 20) + 5]


@pytest.mark.parametrize("size", [1, 5000, 1 << 20])
def test_room_that_is_there_leaves_no_trace(tmp_path, size):
    files.check_room(tmp_path / "not" / "made", size)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        files.check_room(tmp_path / "file" / "below", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits of POSIX")
@pytest.mark.parametrize("size", [5000, 1 << 20, 50 << 20])
def test_a_limit_that_the_system_sets_is_found_out(tmp_path, size):
    done = subprocess.run(
        [sys.executable, "-c", TRIES, str(tmp_path), str(size)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("File too large\n", "")


@pytest.mark.parametrize("there", [None, b"", b"first\n"], ids=["no file", "an empty file", "a line"])
@pytest.mark.parametrize("code", CODES)
def test_what_a_full_disk_cut_short_is_taken_back(tmp_path, monkeypatch, there, code):
    path = tmp_path / "lines"
    if there is not None:
        path.write_bytes(there)
    with full(monkeypatch, path, after=3, code=code), pytest.raises(OSError, match=os.strerror(code)):
        files.append(path, b"second\n")
    assert (path.read_bytes() if path.exists() else None) == there


@pytest.mark.parametrize("code", CODES)
def test_what_never_reached_the_disk_is_taken_back(tmp_path, monkeypatch, code):
    path = tmp_path / "lines"
    path.write_bytes(b"first\n")
    monkeypatch.setattr(os, "fsync", refused(code))
    with pytest.raises(OSError, match=os.strerror(code)):
        files.append(path, b"second\n")
    assert path.read_bytes() == b"first\n"


def test_what_another_process_appended_meanwhile_stays(tmp_path, monkeypatch):
    path = tmp_path / "lines"
    path.write_bytes(b"first\n")

    def refuse(handle):
        with path.open("ab") as other:
            other.write(b"theirs\n")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        files.append(path, b"second\n")
    assert path.read_bytes() == b"first\nsecond\ntheirs\n"


def test_bytes_are_appended_whole_by_however_many_writes(tmp_path, monkeypatch):
    path = tmp_path / "lines"
    with full(monkeypatch, path, after=None, at_once=2):
        files.append(path, b"first\n")
        files.append(path, b"second\n")
    assert path.read_bytes() == b"first\nsecond\n"


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path, "64k") as disk:
        yield disk


def test_a_disk_that_is_really_full(disk):
    files.check_room(disk, 60_000)
    for size in (100_000, 1 << 20):
        with pytest.raises(OSError, match="No space"):
            files.check_room(disk, size)
    lines = disk / "lines"
    files.append(lines, b"first\n")
    with pytest.raises(OSError, match="No space"):
        files.append(lines, b"x" * 100_000)
    with pytest.raises(OSError, match="No space"), files.replacing(lines) as file:
        file.write(b"x" * 100_000)
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == {"lines": b"first\n"}


def test_room_is_held_until_the_end_of_the_block_however_that_ends(disk):
    def fails_inside():
        with files.room(disk, 50_000):
            with pytest.raises(OSError, match="No space"):
                files.check_room(disk, 50_000)
            assert list(disk.iterdir()) == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_inside()
    files.check_room(disk, 50_000)
