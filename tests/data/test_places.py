"""Where data and decoded images lie: settings that name no folder, no home, and disks that cannot be written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from PIL import Image

from resnet_labs import cache as kept_between_runs
from resnet_labs.data import available, cache, load
from resnet_labs.errors import InputError


@pytest.fixture(autouse=True)
def _nothing_said_yet(monkeypatch):
    kept_between_runs.say_once.cache_clear()
    for name in ("RESNET_LABS_DATA", "RESNET_LABS_CACHE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def homeless(monkeypatch):
    """A user without a home, as `docker run --user 12345` makes one."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: os.fspath(path))


def pictures(root: Path) -> Path:
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for index in range(5):
            Image.new("RGB", (4, 4)).save(root / name / f"{index}.png")
    return root


def wrong_settings(tmp_path: Path) -> list[tuple[str, str]]:
    (tmp_path / "file").write_text("x")
    return [
        ("~nouser/x", "no home"),
        (str(tmp_path / "file"), "is a file"),
        (str(tmp_path / "file" / "below"), "does not exist"),
        (str(tmp_path / "nowhere"), "does not exist"),
        ("a\0b", "does not exist"),
        ("x" * 5000, "does not exist"),
    ]


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("name", ["mnist", "cifar10", "stl10", "tiny_imagenet", "flowers", "cats_vs_dogs"])
def test_a_root_that_is_none_is_one_sentence(tmp_path, index, name):
    value, problem = wrong_settings(tmp_path)[index]
    with pytest.raises(InputError, match=problem) as refused:
        load(name, split="train", root=value)
    assert value.replace("\0", "\\x00") in str(refused.value)


@pytest.mark.parametrize("value", ["~nouser/x", "file", "nowhere"])
def test_a_setting_that_is_none_is_named_and_stops_nothing_else(tmp_path, monkeypatch, value):
    (tmp_path / "file").write_text("x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESNET_LABS_DATA", value)
    with pytest.raises(InputError, match=f"'{value}'"):
        load("mnist", split="train")
    assert len(load("digits", split="test")) == 359
    assert len(load("folder", split="test", root=pictures(tmp_path / "set"))) == 2


@pytest.mark.parametrize("name", ["mnist", "flowers", "stl10"])
@pytest.mark.usefixtures("homeless")
def test_without_a_home_only_what_lies_there_is_missed(name):
    assert len(load("digits", split="test")) == 359
    assert {record.name for record in available() if record.here} >= {"digits"}
    with pytest.raises(InputError, match=r"no home .*RESNET_LABS_DATA"):
        load(name, split="train")
    with pytest.raises(InputError, match=r"no home .*RESNET_LABS_DATA"):
        load(name, split="train", download=name != "flowers")


def test_a_home_that_cannot_be_read_stops_nothing_that_needs_none(monkeypatch, tmp_path):
    """In a process of its own, which ceases to be root: root can read everything."""
    home = tmp_path / "home"
    home.mkdir(mode=0o000)
    code = """
import os
from resnet_labs.data import available, load
from resnet_labs.errors import InputError
load("digits", split="test")
if os.getuid() == 0:
    os.setuid(54321)
assert len(load("digits", split="test")) == 359
assert available()[0].here
for name in ("mnist", "cifar10", "tiny_imagenet", "flowers"):
    try:
        load(name, split="train")
    except InputError as error:
        print(error)
"""
    environment = {**os.environ, "HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "'mnist'",
        "'cifar10'",
        "'tiny_imagenet'",
        "'flowers'",
    ]


# the cache


@pytest.fixture
def kept(monkeypatch, tmp_path) -> Path:
    """A place for temporary files; everything is worth keeping."""
    monkeypatch.setattr(cache, "WORTH_SECONDS", 0.0)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def read_only(monkeypatch, folder: Path) -> None:
    """Nothing can be written at or below the folder."""
    real_access, real_mkdir = os.access, Path.mkdir

    def mkdir(self, *arguments, **options):
        if self.is_relative_to(folder) and not self.exists():
            raise OSError(errno.EROFS, "Read-only file system", str(self))
        return real_mkdir(self, *arguments, **options)

    def access(path, mode, **options):
        return real_access(path, mode, **options) and not (mode & os.W_OK and Path(path).is_relative_to(folder))

    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(Path, "mkdir", mkdir)


@pytest.mark.parametrize(
    "why", ["home is read-only", "home is missing", "home is a file", "cache is a file", "no home"]
)
def test_where_home_cannot_be_written_a_temporary_folder_serves(monkeypatch, tmp_path, kept, why):
    root = pictures(tmp_path / "set")
    home = tmp_path / "system" / "home"
    home.parent.mkdir()
    monkeypatch.setenv("HOME", str(home))
    if why in ("home is read-only", "cache is a file"):
        home.mkdir()
    if why in ("home is missing", "home is read-only"):
        read_only(monkeypatch, home.parent)
    if why == "home is a file":
        home.write_text("x")
    if why == "cache is a file":
        (home / ".cache").mkdir()
        (home / ".cache" / "resnet-labs").write_text("mine")
    if why == "no home":
        monkeypatch.setattr(os.path, "expanduser", lambda path: os.fspath(path))
    with pytest.warns(UserWarning, match=rf"'~/.cache/resnet-labs' cannot be written.*'{kept}/resnet-labs") as said:
        assert len(load("folder", split="train", root=root)) == 8
    assert len(said) == 1
    (entry,) = kept.rglob("*.npy")
    assert kept_between_runs.folder("decoded") == entry.parent
    assert entry.parent.parent.stat().st_mode & 0o077 == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.setattr(cache, "decode_all", lambda paths, size: pytest.fail("decoded again"))
        assert len(load("folder", split="train", root=root)) == 8


@pytest.mark.parametrize("value", ["~nouser/x", "file", "file/below"])
def test_a_cache_that_is_none_is_named_and_replaced(monkeypatch, tmp_path, kept, value):
    (tmp_path / "file").write_text("mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESNET_LABS_CACHE", value)
    with pytest.warns(UserWarning, match=f"'{value}' cannot be written"):
        assert len(load("folder", split="train", root=pictures(tmp_path / "set"))) == 8
    assert len([*kept.rglob("*.npy")]) == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_a_cache_that_somebody_filled_is_read_where_it_cannot_be_written(monkeypatch, tmp_path, kept):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    root = pictures(tmp_path / "set")
    load("folder", split="train", root=root)
    read_only(monkeypatch, tmp_path / "cache")
    monkeypatch.setattr(cache, "decode_all", lambda paths, size: pytest.fail("decoded again"))
    assert len(load("folder", split="train", root=root)) == 8
    assert not [*kept.iterdir()]


def test_a_temporary_folder_of_somebody_else_is_not_used(monkeypatch, tmp_path, kept):
    monkeypatch.setenv("RESNET_LABS_CACHE", "~nouser/x")
    (kept / f"resnet-labs-{os.getuid()}").symlink_to(tmp_path)
    with pytest.warns(UserWarning, match="cannot be written"):
        assert len(load("folder", split="train", root=pictures(tmp_path / "set"))) == 8
    assert not [*tmp_path.glob("decoded")]


def test_where_nothing_can_be_written_work_goes_on(monkeypatch, tmp_path, kept):
    root = pictures(tmp_path / "set")
    monkeypatch.setenv("RESNET_LABS_CACHE", "~nouser/x")
    read_only(monkeypatch, tmp_path / "tmp")
    kept.rmdir()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(load("folder", split="train", root=root)) == 8
    assert any("Read-only file system" in str(warning.message) for warning in said)
