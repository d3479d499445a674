"""The README's table and picture come from stored results lines."""

from __future__ import annotations

import shutil

from resnet_labs import reports
from resnet_labs.labkit import readme


def test_the_committed_readme_and_picture_are_fresh(capsys):
    assert readme.main(["--check"]) == 0, capsys.readouterr().err


def test_a_changed_table_and_a_missing_picture_are_named_and_mended(tmp_path, monkeypatch, capsys):
    (tmp_path / "book" / "_static").mkdir(parents=True)
    shutil.copy(readme.ROOT / "README.md", tmp_path)
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    page = tmp_path / "README.md"
    page.write_text(page.read_text().replace("macro recall", "macro remembering"))
    assert readme.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "README.md is stale" in said
    assert "report_against_ours.png is stale" in said
    assert readme.main([]) == 0
    assert "macro recall" in page.read_text()
    assert readme.main(["--check"]) == 0


def test_the_readme_calls_its_stand_in_a_stand_in():
    page = (readme.ROOT / "README.md").read_text(encoding="utf-8")
    assert "STAND-IN" in page


def test_the_block_names_the_processor_whose_seconds_it_shows():
    page = (readme.ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = readme._BLOCK.findall(page)
    stored = [run for run in reports.evidence("r1.digits") if run.stand_in]
    seconds = ", ".join(f"{run.seconds:.1f}" for run in stored)
    assert f"training took {seconds} s on {stored[0].device} in {stored[0].precision}\n" in block


def test_the_picture_s_alternative_text_says_what_it_shows():
    page = (readme.ROOT / "README.md").read_text(encoding="utf-8")
    alternative = page.split(f"]({readme.PICTURE})")[0].rsplit("![", 1)[1]
    assert "report's figures, and ours with the 95 % interval" in alternative
