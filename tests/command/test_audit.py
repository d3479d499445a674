"""`resnet-labs audit`: the table, the JSON, a foreign report, and errors that name the field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_labs import cli
from resnet_labs.reports import REPORTS, load_report

MINE = """\
id: mine
title: Mine
experiments:
  small: {images: {test: 1000}, scores: {test: {accuracy: 0.8015}}}
claims:
  - {id: mine.c1, text: small is enough, certainty: suggests, rule: {none: nothing says for what}}
"""


def test_the_table_has_every_claim_of_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit", "r2"]) == 0
    shown = capsys.readouterr().out
    for claim in load_report("r2")["claims"]:
        assert f"{claim['id']}  {claim['certainty']}: " in shown
    assert "16 claims: " in shown
    assert "The report contradicts itself:\n- twice[0]: the best network is resnet152 and resnet101." in shown


def test_without_a_name_all_reports_are_in_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [*found] == [*REPORTS]
    assert len(found["r1"]["claims"]) == len(load_report("r1")["claims"])
    assert {*found["r1"]["claims"][0]} == {"claim", "text", "certainty", "verdict", "because", "besides"}
    assert {*found["r4"]["traces"][0]} == {"kind", "check", "place", "says", "assumes", "decides"}


def test_a_foreign_report_is_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    assert cli.main(["audit", str(tmp_path / "mine.yaml")]) == 0
    shown = capsys.readouterr().out
    assert "mine.c1  suggests: small is enough\n    Not testable: nothing says for what." in shown
    assert "0.8015 is no share of 1,000 images: 802 of them are 0.8020" in " ".join(shown.split())
    assert "2 claims: 1 inconsistent with itself, 1 not testable." in shown


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_lines_end_where_the_terminal_does(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    cli.main(["audit", "r2"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= max(40, int(columns))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["audit", "r7"], "There is no report 'r7'."),
        (["audit", "none.yaml"], "There is no file 'none.yaml'."),
        (["audit", "wrong.yaml"], "wrong.yaml: experiments.small.scores.test.accuracy is 80.15."),
    ],
)
def test_wrong_input_is_one_sentence_and_the_fix(
    given: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text(MINE.replace("0.8015", "80.15"))
    assert cli.main(given) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"resnet-labs: {said} ")
    assert "Traceback" not in shown.err
