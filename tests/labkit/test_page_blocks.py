"""Blocks of pages are made from data: the labs, the wrong claims, the front picture, and tables of times."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from helpers.places import ROOT

from resnet_labs import reports
from resnet_labs.errors import InputError
from resnet_labs.labkit import front_picture, lab_facts, page_blocks
from resnet_labs.labs import LABS, Lab
from resnet_labs.reports.verdicts import verdict

INDEX = (ROOT / "book" / "index.md").read_text(encoding="utf-8")


def block(name: str, page: str = "book/index.md") -> str:
    return page_blocks.written(f"<!-- made: {name} -->\n<!-- /made -->", ROOT / page, ROOT)


def test_the_text_around_blocks_stays_and_writing_twice_changes_nothing() -> None:
    text = (
        "before\n\n<!-- made: labs -->\nold\n<!-- /made -->\n\nbetween\n\n<!-- made: labs -->\n<!-- /made -->\nafter\n"
    )
    made = page_blocks.written(text, ROOT / "book" / "index.md", ROOT)
    assert made.startswith("before\n\n<!-- made: labs -->\n| lab |")
    assert "\nbetween\n" in made
    assert made.endswith("<!-- /made -->\nafter\n")
    assert "old" not in made
    assert page_blocks.written(made, ROOT / "book" / "index.md", ROOT) == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- made: lab -->\n<!-- /made -->", "book/index.md: no block is called 'lab'"),
        ("<!-- made: labs -->\n", "book/index.md: a block .* has no end"),
        ("<!-- made: labs -->\n<!-- made: labs -->\n<!-- /made -->", "has no end"),
    ],
)
def test_a_block_that_is_unknown_or_open_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        page_blocks.written(text, ROOT / "book" / "index.md", ROOT)


def test_every_lab_has_a_row_with_a_link_minutes_and_what_it_found() -> None:
    rows = block("labs").splitlines()[3:-1]
    assert len(rows) == len(LABS)
    for row, lab in zip(rows, LABS, strict=True):
        name, question, minutes, found = row.strip("| ").split(" | ")
        assert f"](../labs/solutions/{lab.stem}.ipynb)" in name
        assert question == lab.question
        assert re.fullmatch(rf"\d+ \+ {lab.minutes:g}", minutes)
        assert len(found) > 40
        assert "{{" not in found


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_what_a_lab_found_on_stand_ins_says_so(lab: Lab) -> None:
    try:
        lab_facts.found(lab, lambda name: [line for line in reports.evidence(name) if not line.stand_in])
    except InputError:
        assert "stand-in" in lab_facts.found(lab)


def test_links_lead_to_the_students_notebooks_outside_the_book() -> None:
    assert "](labs/lab02_digits.ipynb)" in block("labs", "README.md")


def test_minutes_of_work_count_what_exercises_state_and_reading(tmp_path: Path) -> None:
    folder = tmp_path / "labs" / "solutions"
    folder.mkdir(parents=True)
    prose = "word " * 300
    text = f"# %% [markdown]\n# {prose}About 10 minutes.\n\n# %%\nwords = 1  # these are no prose\n"
    (folder / f"{LABS[0].stem}.py").write_text(text, encoding="utf-8")
    assert lab_facts.work_minutes(LABS[0], tmp_path) == 15
    assert lab_facts.work_minutes(LABS[1], tmp_path) is None


def test_the_wrong_claims_are_those_of_the_verdicts() -> None:
    kinds = {
        claim["id"]: verdict(claim["id"]).kind
        for name in reports.REPORTS
        for claim in reports.load_report(name)["claims"]
    }
    wrong = {number: kind for number, kind in kinds.items() if kind in ("refuted", "inconsistent with itself")}
    found = re.findall(r"\*\*(.+?)\*\* \(<a href=\"ledger\.html#(r\d)-(c\d+)\">", block("found wrong"))
    assert {f"{report}.{claim}": kind for kind, report, claim in found} == wrong


def picture() -> ET.Element:
    text = front_picture.html()
    assert "\n\n" not in text  # Markdown would end the HTML there
    return ET.fromstring(
        f"<div>{text.replace('<script>', '<script><![CDATA[').replace('</script>', ']]></script>')}</div>"
    )


def test_the_front_picture_has_a_frame_for_each_depth_and_shows_the_last_without_a_script() -> None:
    depths = sorted({run.settings["depth"] for run in reports.evidence(front_picture.EXPERIMENT)})
    frames = [each for each in picture().iter("div") if each.get("class") == "frame"]
    assert [each.get("data-label") for each in frames] == [f"{depth} layers" for depth in depths]
    assert [each.get("hidden") is None for each in frames] == [False] * (len(depths) - 1) + [True]
    (slider,) = picture().iter("input")
    assert slider.get("max") == slider.get("value") == str(len(depths) - 1)
    assert slider.get("aria-valuetext") == f"{depths[-1]} layers"


def test_the_front_picture_says_the_figures_of_the_stored_lines() -> None:
    for number, frame in enumerate(each for each in picture().iter("div") if each.get("class") == "frame"):
        depth = int(frame.get("data-label", "").split()[0])
        errors, gradients = (each.get("aria-label", "") for each in frame.iter("svg"))
        for residual, name in ((True, "with shortcuts"), (False, "plain")):
            runs = [
                run
                for run in reports.evidence(front_picture.EXPERIMENT)
                if run.settings["depth"] == depth and run.settings["residual"] == residual
            ]
            error = 100 * sum(run.metrics["train_error"] for run in runs) / len(runs)
            assert f"{name} {error:.1f} %" in errors
            power = sum(run.metrics["log10_first_over_last_gradient_before"] for run in runs) / len(runs)
            assert f"{name} {10**power:,.0f} times" in gradients
        marks = [each for svg in frame.iter("svg") for each in svg if each.tag in ("circle", "rect")]
        assert len(marks) == 2 * 2 * (number + 2)  # two panels of two kinds, and the legends


@pytest.mark.parametrize("name", ["teaching", "seconds of recipes", "benchmarks"])
def test_tables_have_rows_of_one_width(name: str) -> None:
    rows = block(name, "book/timings.md").splitlines()[1:-1]
    assert len(rows) > 8
    assert len({row.count(" | ") for row in rows}) == 1
