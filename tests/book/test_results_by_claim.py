"""A section's picture, sentence and table show the figures that decide its claims, computed a second time."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, NamedTuple

from helpers import recomputed, recomputed_claims
from helpers.places import ROOT
from helpers.results_page import line, page

EVIDENCE = ROOT / "resnet_labs" / "reports" / "evidence"
STORED = recomputed.read(EVIDENCE)
RULES = recomputed_claims.rules(EVIDENCE.parent)
PAGE = (ROOT / "book" / "results.md").read_text(encoding="utf-8")
FOLDER = ROOT / "book" / "_static" / "results"
PICTURES = [path.stem for path in FOLDER.glob("*.svg")]
SVG = "{http://www.w3.org/2000/svg}"
OWN = recomputed_claims.OWN
Side = dict[str, Any]


def sides(part: dict[str, Any]) -> list[Side]:
    shared = {name: part[name] for name in OWN if name in part}
    return [{**shared, **part[each]} for each in ("higher", "lower", "arm") if each in part] or [shared]


PARTS = [
    (number, kind, part)
    for number, rule in RULES.items()
    for kind in ("compare", "contains", "seeds")
    for part in rule.get(kind, [])
    if all(recomputed_claims.latest(side, STORED) for side in sides(part))
]
BESIDE_THE_REPORT = {experiment for experiment, _, head, _ in recomputed.tables(PAGE) if head[0] == "figure"}


def home(part: dict[str, Any]) -> str:
    """Return the experiment whose section shows a part of a rule: one whose table has no figures of the report."""
    names = [side["evidence"] for side in sides(part)]
    return next((name for name in names if name not in BESIDE_THE_REPORT), names[0])


def picture(experiment: str) -> str:
    return max((name for name in PICTURES if re.match(rf"{re.escape(name)}([._]|$)", experiment)), key=len)


def sentence(name: str) -> str:
    """Return the paragraph below a picture; of a section with figures of the report, also the one about claims."""
    paragraphs = html.unescape(PAGE.split(f"(_static/results/{name}.svg)\n\n", 1)[1]).split("\n\n")
    has_two = name in map(picture, BESIDE_THE_REPORT) and not paragraphs[1].startswith(("**", "<"))
    return " ".join(paragraphs[: 1 + has_two])


def columns(experiment: str) -> set[str]:
    found: set[str] = set()
    for name, _, head, rows in recomputed.tables(PAGE):
        if name == experiment and head[0] != "first":
            found |= {recomputed.metric_of(each) for each in head} | {recomputed.LABELS.get(row[0], "") for row in rows}
    return found


def test_every_figure_that_a_rule_names_is_a_column_of_the_table_of_its_lines() -> None:
    read = {(side["evidence"], side["metric"]) for _, _, part in PARTS for side in sides(part)}
    assert len(read) > 30
    assert {(name, metric) for name, metric in read if metric not in columns(name)} == set()


def test_every_figure_that_a_section_s_notes_name_is_a_column_of_its_table() -> None:
    for experiment, lines in STORED.items():
        section = PAGE.split(f"\n({experiment})=\n")[1].split("\n(")[0]
        notes = "\n".join(row for row in section.splitlines() if not row.startswith("| "))
        figures = {name for each in lines for name in each["metrics"] if "_" in name}
        assert {name for name in figures if re.search(rf"\b{name}\b", notes)} <= columns(experiment), experiment


def test_a_picture_shows_each_side_that_a_rule_compares_and_the_report_s_figure() -> None:
    for number, kind, part in PARTS:
        name = picture(home(part))
        panels = [each for each in ET.parse(FOLDER / f"{name}.svg").iter(f"{SVG}g") if each.get("class") == "panel"]
        shown = {each.findall(f"{SVG}text")[-1].text or "": [*each.iter(f"{SVG}title")] for each in panels}
        for side in sides(part):
            words = side["metric"].replace("_", " ")
            titles = [
                one.text or "" for axis, own in shown.items() if axis == words or "of images" in axis for one in own
            ]
            assert titles, f"{number}: no panel of {name} shows {words}"
            assert kind != "contains" or any(title.startswith("the report ") for title in titles), (number, name)
            if kind == "seeds":  # a rule on each run, not on a mean
                continue
            for lines in recomputed_claims.latest(side, STORED).values():
                mean = recomputed.aggregate(side["metric"], lines).split(" ")[0]
                assert any(re.match(rf"ours {re.escape(mean)}( |$)", title) for title in titles), (number, name, side)


class Comparison(NamedTuple):
    sides: frozenset[str]
    has_limit: bool  # whether the claim is that the difference is not large
    said: str


def comparisons() -> dict[str, list[Comparison]]:
    """Return what the comparisons in each section give; of those that several claims make, what the first gives."""
    found: dict[str, list[Comparison]] = {}
    for rule in RULES.values():
        rows = recomputed_claims.compared(rule, STORED)
        judged = iter(recomputed.judged([row for row, _ in rows]) if rows else [])
        for part in rule.get("compare", []):
            own = [next(judged) for _ in recomputed_claims.compared({"compare": [part]}, STORED)]
            section = found.setdefault(picture(home(part)), []) if own else []
            key = frozenset(map(repr, sides(part)))
            if key not in {each.sides for each in section}:
                within = part.get("within")
                section += [Comparison(key, within is not None, recomputed_claims._said(*each, within)) for each in own]
    return found


def test_a_sentence_says_which_comparisons_of_claims_are_decided_or_else_gives_the_first() -> None:
    found = comparisons()
    assert len(found) > 15
    for name, every in found.items():
        limited = {each.said for each in every if each.has_limit}
        real = sorted({each.said for each in every if "undecided" not in each.said} - limited)
        said = [one for one in recomputed_claims.numbers(sentence(name)) if one not in limited]
        assert said == (real or [every[0].said]), name
        assert "Highest" not in sentence(name)
        decided = len(re.findall(r" (?:above|below) [^;]*? by |: (?:no )?more than ", sentence(name)))
        if len(every) > 1:
            assert f"{decided if real else 'None'} of {len(every)} comparisons" in sentence(name), name


def test_the_sentence_of_a_search_names_the_best_of_each_arm_and_no_worst() -> None:
    searches = [name for name in STORED if "choice" in name.split(".")]
    assert len(searches) > 5
    for name in searches:
        means = {cell.text for cell in recomputed.cells(PAGE, STORED) if (cell[0], cell[1]) == (name, "accuracy")}
        said = re.findall(r": (\d\.\d{4}(?: \[[^]]*\])?)[;.]", sentence(name))
        assert max(means) in said, name
        assert {*said} <= means, name
        assert re.search(r"Best accuracy( of each)?: ", sentence(name))
        assert "Lowest" not in sentence(name)
    arms = "Best accuracy of each: depth 8, learning rate 0.003: 0.7000; depth 20, learning rate 0.001 and 1 more "
    assert arms in sentence("r1.c6.choice")
    assert sentence("r0.c7.choice").count(": ") == 2


def test_extremes_are_of_one_data_set(tmp_path: Path) -> None:
    data = {"name": "mnist", "source": "MNIST", "train": 60, "test": 10_000}
    runs = [
        line(seed, experiment="r4.c6", data={**data, "name": name}, settings={"mining": mining}, stand_in=stand_in)
        for seed, (name, mining, stand_in) in enumerate(
            [("digits", "hard", "digits"), ("digits", "all", "digits"), ("stl10", "hard", ""), ("stl10", "all", "")]
        )
    ]
    text = page(tmp_path, *runs, name="r4.c6")
    assert "Accuracy on digits. Highest: all, 0.8750. Lowest: hard, 0.7500. Accuracy on stl10. Highest: " in text


def test_a_stand_in_s_figure_is_not_measured_against_the_report_s(tmp_path: Path) -> None:
    text = page(tmp_path, line(0), line(1), *(line(seed, stand_in="8x8 digits") for seed in range(2)))
    assert "(mnist): ours is 0.8125 [0.1295, 0.9921]; the report has 0.9745." in text
    assert "on a stand-in (8x8 digits): ours is 0.8125 [0.1295, 0.9921].\n" in text
