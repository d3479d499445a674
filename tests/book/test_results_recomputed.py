"""Every aggregate of the results page is what the stored lines give, computed a second time, and none is impossible."""

from __future__ import annotations

import json
import re

import pytest
from helpers import recomputed, recomputed_claims
from helpers.places import ROOT

from resnet_labs.metrics import quantity

EVIDENCE = ROOT / "resnet_labs" / "reports" / "evidence"
STORED = recomputed.read(EVIDENCE)
PAGE = (ROOT / "book" / "results.md").read_text(encoding="utf-8")
RULES = recomputed_claims.rules(EVIDENCE.parent)
REASONS = recomputed_claims.printed(PAGE)
RANGES = {"share": (0, 1), "fraction": (0, 1), "positive": (0, float("inf")), "real": (-float("inf"), float("inf"))}


def test_every_mean_and_interval_is_what_the_lines_give():
    found = [*recomputed.cells(PAGE, STORED)]
    assert len(found) > 250
    wrong = [
        (*cell[:2], cell.text, again) for cell in found if cell.text != (again := recomputed.aggregate(*cell[1:3]))
    ]
    assert wrong == []


def test_every_paired_difference_is_what_the_lines_give():
    count = 0
    for rows in recomputed.differences(PAGE, STORED):
        for row, (interval, level, real) in zip(rows, recomputed.judged(rows), strict=True):
            count += 1
            means = f"{row.first.mean():.4f}", f"{row.second.mean():.4f}"
            assert (*means, interval, level) == row.cells[3:7]
            assert real == (row.cells[7] == "real")
    assert count > 60


def test_every_comparison_in_a_verdict_is_what_the_rule_and_the_lines_give():
    assert REASONS.keys() == RULES.keys()
    found = {number: recomputed_claims.expected(rule, STORED) for number, rule in RULES.items()}
    assert {number: recomputed_claims.numbers(text) for number, text in REASONS.items()} == found
    assert sum(not one.startswith("our ") for each in found.values() for one in each) > 60
    assert sum(any(one.startswith("our ") for one in each) for each in found.values()) > 2


@pytest.mark.parametrize("number", ["r0.c4", "r2.c5", "r2.c11", "r3.c4", "r3.c9", "r4.c7"])
def test_a_wrong_digit_in_a_verdict_is_found(number):
    for spot in re.finditer(r"(?<=\d\.\d\d\d)\d", REASONS[number]):
        digit = str((int(spot[0]) + 1) % 10)
        text = REASONS[number][: spot.start()] + digit + REASONS[number][spot.end() :]
        assert recomputed_claims.numbers(text) != recomputed_claims.expected(RULES[number], STORED)


def test_sentences_and_alternative_texts_repeat_figures_of_their_tables():
    assert recomputed.stray(PAGE) == []


@pytest.mark.parametrize("place", range(0, 40, 7))
def test_a_sentence_with_another_figure_is_found(place):
    start = PAGE.index("\n(")
    said = r"(?:Best|Highest|Lowest|ours is)[^\n]*? \d\.\d\d\d(\d)"
    spots = [match.start(1) for match in re.finditer(said, PAGE[start:])]
    spot = start + spots[place % len(spots)]
    assert recomputed.stray(PAGE[:spot] + str((int(PAGE[spot]) + 1) % 10) + PAGE[spot + 1 :])


@pytest.mark.parametrize(
    ("experiment", "pretrained"),
    [
        ("r0.c7", True),
        ("r1.c6.fine_tuned", True),
        ("r3.c4", True),
        ("r3.c5", True),
        ("r0.c1.digits", False),
        ("r1.c6", False),
    ],
)
def test_differences_from_one_pretrained_network_are_called_so(experiment, pretrained):
    section = PAGE.split(f"({experiment})=\n", 1)[1].split("<details>", 1)[0]
    assert "**Paired difference" in section
    assert ("for this one pretrained network" in section) == pretrained


def names(row: recomputed.Row) -> str:
    gap = float(row.cells[3]) - float(row.cells[4])
    return f"{row.cells[0]} {'above' if gap > 0 else 'below'} {row.cells[1]} by {abs(gap):.4f}"


def test_of_the_ablation_of_model_3_the_page_says_which_differences_are_real():
    (rows,) = (rows for rows in recomputed.differences(PAGE, STORED) if rows[0].experiment == "r2.c3.ablation")
    alone = [row._replace(shares=[]) for row in rows]
    real, alone = (
        [names(row) for row, found in zip(some, recomputed.judged(some), strict=True) if found[2]]
        for some in (rows, alone)
    )
    assert f"{len(real)} of {len(rows)} {'is' if len(real) == 1 else 'are'} real: {'; '.join(real)}." in PAGE
    besides = "; ".join(name for name in alone if name not in real)
    assert not besides or f"alone, not new ones, also: {besides}." in PAGE


def test_no_interval_leaves_its_range_or_is_a_point():
    for cell in recomputed.cells(PAGE, STORED):
        if ends := re.search(r"\[(.*), (.*)\]", cell.text):
            low, high = map(float, ends.groups())
            known = quantity(cell.metric)  # none for a difference of two figures
            lowest, highest = RANGES[known.kind if known else "real"]
            assert lowest <= low < high <= highest, cell
    for interval in re.findall(r"\[([+-]?[\d.]+), ([+-]?[\d.]+)\]", PAGE):
        low, high = map(float, interval)
        assert low < high, interval


def test_every_figure_of_every_line_is_of_a_known_kind_and_in_its_range():
    for experiment, lines in STORED.items():
        for line in lines:
            for name, value in line["metrics"].items():
                known = quantity(name)
                assert known is not None, f"{experiment}: {name} is in no row of metrics/quantities.py"
                lowest, highest = RANGES.get(known.kind, (0, float("inf")))
                assert lowest <= value <= highest, f"{experiment}: {name}"


@pytest.mark.parametrize("place", range(0, 200, 40))
def test_a_digit_that_is_wrong_is_found(place):
    spots = [match.start(1) for match in re.finditer(r"\[[+-]?\d\.\d\d(\d)", PAGE)]
    spot = spots[place]
    digit = str((int(PAGE[spot]) + 1) % 10)
    page = PAGE[:spot] + digit + PAGE[spot + 1 :]
    cells = [cell for cell in recomputed.cells(page, STORED) if cell.text != recomputed.aggregate(*cell[1:3])]
    rows = [
        row
        for rows in recomputed.differences(page, STORED)
        for row, (interval, *_) in zip(rows, recomputed.judged(rows), strict=True)
        if row.cells[5] != interval
    ]
    assert len(cells) + len(rows) == 1 or recomputed.stray(page)


@pytest.mark.parametrize("script", ["recomputed.py", "recomputed_claims.py"])
def test_the_script_uses_nothing_of_the_package(script):
    assert "resnet_labs" not in (ROOT / "tests" / "helpers" / script).read_text(encoding="utf-8")
    assert json.dumps(STORED)
