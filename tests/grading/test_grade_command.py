"""`resnet-labs grade`: from a folder to a gradebook, and a sentence for every wrong use."""

from __future__ import annotations

import csv

import pytest
from helpers import small_class
from joblib.externals.loky import get_reusable_executor

from resnet_labs import cli
from resnet_labs.grading import bundle, command, result
from resnet_labs.grading.sandbox import tiers


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The command's arguments for a class of two and a bundle, with nothing run."""
    monkeypatch.setenv("COUNTED_IN", str(tmp_path))
    monkeypatch.setattr(result, "grade", small_class.counted)
    get_reusable_executor().shutdown(wait=True, kill_workers=True)  # its workers have another test's environment
    handed = small_class.hand_in(tmp_path / "handed", {"anna": small_class.notebook(), "bert": small_class.notebook()})
    (handed / "carl.ipynb").symlink_to("/etc/passwd")
    bundle.write(small_class.bundle(), tmp_path / "lab.bundle.json")
    out = ["--bundle", str(tmp_path / "lab.bundle.json"), "--out", str(tmp_path / "out")]
    return ["grade", str(handed), "--lab", "02", *out]


def test_a_folder_becomes_a_gradebook(course, tmp_path, capsys):
    assert cli.main([*course, "--trusted"]) == 0
    printed = capsys.readouterr().out
    assert "3 submissions, lab 02, trusted: no sandbox" in printed
    assert "anna: 3 of 3" in printed
    with open(tmp_path / "out/gradebook.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:2] for row in rows[1:]] == [["anna", "3"], ["bert", "3"], ["carl", ""]]
    assert "link" in rows[3][-2]
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"results", "feedback", "gradescope", "classroom", "gradebook.csv", "junit.xml", "report.html"}
    assert cli.main([*course, "--trusted", "--resume"]) == 0
    assert (tmp_path / "calls.txt").read_text(encoding="utf-8").split() in (["anna", "bert"], ["bert", "anna"])


def refused(arguments, capsys):
    assert cli.main(arguments) == 2
    words = capsys.readouterr().err
    assert "Traceback" not in words
    return words


def test_wrong_uses_have_a_sentence(course, tmp_path, capsys, monkeypatch):
    assert "without dask" in refused([*course, "--trusted", "--scheduler", "tcp://x:1"], capsys)
    assert "bundle is of lab 02, not 03" in refused([*(word if word != "02" else "03" for word in course)], capsys)
    assert "no bundle" in refused([*(word.replace("lab.bundle", "none") for word in course)], capsys)
    (tmp_path / "empty").mkdir()
    assert "no submission" in refused(["grade", str(tmp_path / "empty"), *course[2:], "--trusted"], capsys)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in refused([*course[:-1], str(tmp_path / "file" / "out"), "--trusted"], capsys)
    with monkeypatch.context() as without:
        without.setattr(command, "find_spec", lambda name: None if name == "nbval" else name)
        assert 'needs nbval. Run `pip install "resnet-labs[grading]"`' in refused(course, capsys)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(command.sys, "platform", "darwin")
        assert "needs Linux" in refused([*course, "--trusted"], capsys)
    monkeypatch.setattr(tiers, "detect", lambda: (None, "Install bubblewrap."))
    assert "no sandbox" in refused(course, capsys)
    assert not (tmp_path / "calls.txt").exists(), "nothing ran"
