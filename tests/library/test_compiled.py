"""UMAP where its compiled code cannot be kept beside it: a folder of ours, or a sentence."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
import torch
from helpers.full_disk import refused

from resnet_labs import cache
from resnet_labs.errors import InputError
from resnet_labs.features import clusters, compiled, embed

config = pytest.importorskip("numba.core.config")

UMAP = """
from numba import njit
@njit(cache=True)
def twice(x):
    return 2 * x
class umap_:
    pass
class UMAP:
    def __init__(self, **settings):
        pass
    def fit_transform(self, points):
        assert twice(3) == 6
        return points[:, :2]
"""


@pytest.fixture(params=["a file", "no such folder", "read-only"])
def package(request, tmp_path, monkeypatch):
    """A small package `umap` whose folder cannot be written, nor can the home, whether by a user or by root."""
    folder = tmp_path / "packages" / "umap"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(UMAP)
    (folder / "__pycache__").write_text("no folder")  # so that root too cannot write there
    home = tmp_path / "home"
    if request.param == "a file":
        home.write_text("")
    elif request.param == "read-only":
        home.mkdir(mode=0o500)
        (home / ".cache").write_text("")
    monkeypatch.setenv("HOME", str(home if request.param != "no such folder" else "/dev/null/nobody"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    for name in [name for name in sys.modules if name.split(".")[0] == "umap"]:
        monkeypatch.delitem(sys.modules, name)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "umap"]:
        del sys.modules[name]


POINTS = torch.arange(20.0).view(5, 4)


@pytest.mark.parametrize("given", ["", "/dev/null/cache", "a file"])
def test_compiled_code_goes_to_a_folder_of_ours_where_no_other_can_be_written(package, given, tmp_path, monkeypatch):
    if given == "a file":
        (tmp_path / "file").write_text("")
        given = str(tmp_path / "file")
    monkeypatch.setattr(config, "CACHE_DIR", given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(embed(POINTS, "umap"), POINTS[:, :2])
    assert [*(tmp_path / "cache" / "numba").rglob("*.nbi")]
    assert sorted(path.name for path in package.iterdir()) == ["__init__.py", "__pycache__"]


def test_a_folder_that_the_user_gave_is_used(package, tmp_path, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "given"))
    assert torch.equal(embed(POINTS, "umap"), POINTS[:, :2])
    assert [*(tmp_path / "given").rglob("*.nbi")]
    assert not (tmp_path / "cache").exists()


def test_where_our_cache_cannot_be_written_a_temporary_folder_is_used_and_said(package, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("RESNET_LABS_CACHE", "/dev/null/cache")
    cache.say_once.cache_clear()
    with pytest.warns(UserWarning, match="The cache '/dev/null/cache' cannot be written"):
        assert torch.equal(embed(POINTS, "umap"), POINTS[:, :2])
    assert [*(tmp_path / "temporary").rglob("*.nbi")]


def test_where_nothing_at_all_can_be_written_it_is_a_sentence(package, monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda kind: Path("/dev/null/cache"))
    with pytest.raises(InputError, match=r"^UMAP's compiled code cannot be kept: no folder .* Set NUMBA_CACHE_DIR"):
        embed(POINTS, "umap")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_folder_that_fails_while_code_is_compiled_is_a_sentence(monkeypatch, code):
    class Full:
        def __init__(self, **settings):
            pass

        fit_transform = staticmethod(refused(code))

    monkeypatch.setattr(clusters, "umap_class", lambda: Full)
    with pytest.raises(InputError, match=f"cannot be kept: {os.strerror(code)}. Set NUMBA_CACHE_DIR"):
        embed(POINTS, "umap")


@pytest.mark.parametrize("error", [RuntimeError("another fault"), ImportError("no numba"), ValueError("x")])
def test_other_faults_stay_what_they_are(monkeypatch, error):
    def load():
        raise error

    monkeypatch.setattr(compiled, "_load", load)
    with pytest.raises(type(error), match=str(error)):
        compiled.umap_class()


REAL = """
import os, sys
os.environ |= {"HOME": "/dev/null", "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator,UserWideCacheLocator"}
os.environ["RESNET_LABS_CACHE"] = sys.argv[1]
from resnet_labs.features.compiled import umap_class
try:
    from umap import UMAP
    print("this numba knows no such setting")
except RuntimeError:
    print(umap_class().__name__)
"""


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.slow
def test_umap_itself_loads_without_its_usual_folders(tmp_path):
    done = subprocess.run([sys.executable, "-c", REAL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if "no such setting" in done.stdout:
        pytest.skip("an older numba")
    assert done.stdout == "UMAP\n"
