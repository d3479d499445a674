"""The pictures of the results page show the figures of its tables, at the places that their axes give them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from helpers.places import ROOT
from helpers.results_page import line

from resnet_labs import results
from resnet_labs.errors import InputError
from resnet_labs.labkit import results_page
from resnet_labs.labkit.results_page import svg, verdict_map
from resnet_labs.labkit.results_page.claim_names import CLAIM_NAMES
from resnet_labs.reports import REPORTS, load_report
from resnet_labs.reports.verdicts import findings_of, verdict

FOLDER = ROOT / "book" / "_static" / "results"
PAGE = (ROOT / "book" / "results.md").read_text(encoding="utf-8")
PICTURES = sorted(path.stem for path in FOLDER.glob("*.svg"))
CHARTS = [name for name in PICTURES if name != "verdicts"]
SVG = "{http://www.w3.org/2000/svg}"


def marks(name: str) -> list[ET.Element]:
    return [each for each in ET.parse(FOLDER / f"{name}.svg").iter(f"{SVG}g") if "data-value" in each.attrib]


def panels(name: str) -> dict[str, list[ET.Element]]:
    """Return the marks of each panel by what its axis shows."""
    found = [each for each in ET.parse(FOLDER / f"{name}.svg").iter(f"{SVG}g") if each.get("class") == "panel"]
    axes = [each.findall(f"{SVG}text")[-1].text or "" for each in found]
    own = [[mark for mark in each.iter(f"{SVG}g") if "data-value" in mark.attrib] for each in found]
    return dict(zip(axes, own, strict=True))


def section(name: str) -> str:
    return re.split(
        r"\n\(\S+\)=\n### |\n## |\n</details>\n\n<details><summary>[^T]", PAGE.split(f"\n({name})=\n", 1)[1], maxsplit=1
    )[0]


def test_each_picture_is_on_the_page_once_with_a_text_in_its_place() -> None:
    shown = dict.fromkeys(PICTURES, "") | {name: alt for alt, name in re.findall(r"!\[(.+)\]\(.*/(.+)\.svg\)", PAGE)}
    assert sorted(shown) == PICTURES
    assert len(re.findall(r"\.svg\)", PAGE)) == len(PICTURES)
    assert all(shown.values())


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_its_figures_where_its_axis_puts_them(name: str) -> None:
    every = panels(name)
    assert sum(len(found) for found in every.values()) == len(marks(name))
    for found in every.values():
        values = np.array([float(each.attrib["data-value"]) for each in found])
        places = np.array([float(each.attrib["data-x"]) for each in found])
        if np.ptp(values):
            slope, start = np.polyfit(values, places, 1)
            assert slope > 0
            assert np.abs(start + slope * values - places).max() < 0.5
        for each, place in zip(found, places, strict=True):
            line = each.find(f"{SVG}line")
            assert (line is not None) == ("data-low" in each.attrib)
            assert svg.LEFT <= place <= svg.RIGHT
            if line is not None:
                low, high = (float(line.attrib[end]) for end in ("x1", "x2"))
                assert svg.LEFT <= low <= place <= high <= svg.RIGHT


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "figures"])
def test_a_chart_s_figures_are_those_of_the_section_s_table(name: str) -> None:
    rows = [row for row in section(name).splitlines() if row.startswith("| ")]
    numbers = {float(one) for row in rows for one in re.findall(r"-?\d+\.\d+", row)}
    claimed = re.findall(r"the report (\d\.\d+)", section(name))
    for each in marks(name):
        title = each.findtext(f"{SVG}title") or ""
        for key in ("data-value", "data-low", "data-high"):
            value = each.attrib.get(key)
            known = numbers | {float(one) for one in claimed} if "report" in title else numbers
            assert value is None or min(abs(float(value) - one) for one in known) < 6e-5, (key, value, title)


def test_the_summary_s_figures_are_those_of_the_sections() -> None:
    everywhere = {float(one) for one in re.findall(r"(?<=[ [])\d\.\d+", PAGE)}
    for each in marks("figures"):
        assert min(abs(float(each.attrib["data-value"]) - one) for one in everywhere) < 6e-5


CLAIMS = [claim["id"] for name in REPORTS for claim in load_report(name)["claims"]]


def rows() -> dict[str, ET.Element]:
    everything = ET.parse(FOLDER / "verdicts.svg").iter()
    return {each.attrib["data-claim"]: each for each in everything if "data-claim" in each.attrib}


def test_every_claim_has_a_row_with_its_name_and_its_verdict_s_sign_and_colour() -> None:
    found = rows()
    assert sorted(found) == sorted(CLAIMS)
    signs: dict[str, set[tuple[str | None, str]]] = {}
    for number, row in found.items():
        kind = verdict(number).kind
        assert row.attrib["data-verdict"] == kind
        sign, name = row.findall(f"{SVG}text")[:2]
        assert name.text == CLAIM_NAMES[number]
        signs.setdefault(kind, set()).add((sign.text, row.find(f"{SVG}rect").attrib["fill"]))
    assert all(len(each) == 1 for each in signs.values())
    assert len({sign for each in signs.values() for sign, _ in each}) == len(signs)


def test_every_claim_has_a_short_name_of_its_own() -> None:
    assert sorted(CLAIM_NAMES) == sorted(CLAIMS)
    assert len({*CLAIM_NAMES.values()}) == len(CLAIMS)
    assert max(map(len, CLAIM_NAMES.values())) <= 42


def test_a_claim_without_a_short_name_is_refused_with_the_file_to_write() -> None:
    with pytest.raises(InputError, match=r"r9\.c1 has no short name\. Write one .*claim_names\.py"):
        verdict_map.picture([verdict_map.Found("r9.c1", "refuted", ())])


@pytest.mark.parametrize("number", CLAIMS)
def test_a_claim_s_marks_say_what_was_found_and_from_what(number: str) -> None:
    marks = {
        (each.attrib["data-side"], each.attrib["data-basis"])
        for each in rows()[number].iter()
        if "data-side" in each.attrib
    }
    counted, measured = findings_of(number)
    sides = {side for side, _ in marks}
    kind = verdict(number).kind
    if kind == "not testable":
        assert not marks
        return
    outcomes = {each.outcome for each in [*counted, *measured]}
    assert ("for" in sides) == ("holds" in outcomes)
    assert ("against" in sides) == bool(outcomes & {"fails", "inconsistent"})
    assert {"runs on a stand-in" in basis for _, basis in marks} <= {any(each.stand_in for each in measured), False}
    if kind == "confirmed":
        assert sides == {"for"}
    if kind in ("refuted", "inconsistent with itself"):
        assert "against" in sides


def test_the_summary_s_text_names_every_claim_and_no_id() -> None:
    (alt,) = re.findall(r"!\[(.+)\]\(_static/results/verdicts\.svg\)", PAGE)
    assert all(name in alt for name in CLAIM_NAMES.values())
    assert not re.search(r"r\d\.c\d", alt)


def test_pictures_depend_on_the_lines_alone_and_hostile_words_are_no_markup(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script> & [x](y)"
    for seed in range(2):
        run = line(seed, experiment="r1.c6", settings={"network": hostile}, metrics={"accuracy": 0.5 + seed / 10})
        results.append(tmp_path / "r1.c6.jsonl", run)
        other = line(seed, experiment="r1.c6", settings={"network": "b"}, metrics={"accuracy": 0.25})
        results.append(tmp_path / "r1.c6.jsonl", other)
    made, again = results_page.made(tmp_path), results_page.made(tmp_path)
    assert made == again
    picture = ET.fromstring(made.pictures["r1.c6.svg"])
    assert {each.tag.removeprefix(SVG) for each in picture.iter()} <= {
        "svg",
        "rect",
        "line",
        "text",
        "g",
        "title",
        "circle",
        "path",
    }
    assert "<script" not in made.pictures["r1.c6.svg"]
    assert any(hostile in (each.text or "") for each in picture.iter(f"{SVG}text"))
