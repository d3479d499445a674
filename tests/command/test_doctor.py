"""What `doctor` says of a folder in which nothing can be kept."""

from __future__ import annotations

import errno
import os
import sys

import pytest
from helpers.full_disk import refused

from resnet_labs import cli, doctor


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_data_sets", lambda root: [])
    monkeypatch.setattr(doctor.kernel, "examine", lambda: (True, "here", ""))


def line(capsys):
    (found,) = [line for line in capsys.readouterr().out.splitlines() if "folder for runs" in line]
    return found


def test_a_folder_that_can_be_written_is_fine_and_stays_empty(tmp_path, capsys):
    assert cli.main(["doctor"]) == 0
    assert line(capsys) == f"[ok]      folder for runs: '{tmp_path}' can be written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_what_cannot_be_written_and_why_is_said_with_what_to_do(tmp_path, monkeypatch, capsys, code):
    monkeypatch.setattr("tempfile.TemporaryFile", refused(code))
    assert cli.main(["doctor"]) == 1
    assert line(capsys) == (
        f"[missing] folder for runs: '{tmp_path}' cannot be written ({os.strerror(code)}), so no run can be kept here. "
        "Change to a folder of your own with room in it, or give `reproduce` one with `--runs FOLDER`."
    )


def test_a_file_in_the_place_of_runs_is_said_too(tmp_path, capsys):
    (tmp_path / "runs").write_text("")
    assert cli.main(["doctor"]) == 1
    assert "Not a directory" in line(capsys)


@pytest.mark.skipif(sys.platform != "linux", reason="only there can the current folder be deleted")
def test_a_folder_that_was_deleted_is_said_to_be_so(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert cli.main(["doctor"]) == 1
    assert "[missing] folder for runs: the current folder was deleted. Change to" in line(capsys)
