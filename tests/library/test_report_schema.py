"""A report's file is checked as it is read: what is wrong is named with its file and its field."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from helpers.places import ROOT

from resnet_labs import reports
from resnet_labs.errors import InputError
from resnet_labs.reports import schema
from resnet_labs.reports.audit.counted import ARITHMETIC

GOOD: dict[str, Any] = {
    "id": "r9",
    "title": "Cars",
    "experiments": {"cars": {"fact": {"accuracy": 0.9, "small": {"top1": 0.5}}, "about": ["small.top1"]}, "note": "x"},
    "claims": [
        {
            "id": "r9.c1",
            "text": "deeper is better",
            "certainty": "says",
            "general": True,
            "rule": {
                "compare": [
                    {"evidence": "r9.cars", "metric": "accuracy", "higher": {"depth": 20}, "lower": {"depth": 8}}
                ],
                "contains": [{"evidence": "r9.cars", "metric": "accuracy", "figure": "cars.small.top1", "arm": {}}],
                "limits": "few images",
            },
        },
        {
            "id": "r9.c2",
            "text": "cars are red",
            "certainty": "expects",
            "rule": {
                "seeds": [{"evidence": "r9.cars", "metric": "accuracy", "reaches": 0.5}],
                "figures": [{"above": ["cars.accuracy", "cars.fact.small.top1"]}],
                "arithmetic": "fixed_policy",
            },
        },
        {"id": "r9.c3", "text": "cars are nice", "certainty": "suggests", "rule": {"none": "nice has no measure"}},
    ],
}
COMPARE = "r9.c1.rule.compare[0]"


def changed(place: str, value: Any = None) -> dict[str, Any]:
    """Return the good report with one field changed, or without it."""
    report = copy.deepcopy(GOOD)
    found: Any = report
    *way, last = (int(key) if key.isdigit() else key for key in place.split("/"))
    for key in way:
        found = found[key]
    if value is None:
        del found[last]
    else:
        found[last] = value
    return report


WRONG = [
    ("title", None, "title is missing"),
    ("claims", None, "claims is missing"),
    ("title", 5, "title is not text"),
    ("id", "r8", "id is 'r8', and the file is called r9"),
    ("experiments", ["cars"], "experiments is not a mapping"),
    ("claims", {"a": 1}, "claims is not a list"),
    ("experiments/cars/about", ["small.top5"], "experiments.cars.about names 'small.top5', which `fact` does not hold"),
    ("experiments/cars/about", "small", "experiments.cars.about is not a list"),
    ("claims/1/certainty", None, "r9.c2.certainty is missing"),
    ("claims/1/certainty", "proves", "r9.c2.certainty is 'proves'; known are says, suggests, expects"),
    ("claims/1/rule", None, "r9.c2.rule is missing"),
    ("claims/1/rule", "none", "r9.c2.rule is not a mapping"),
    ("claims/1/rule", {}, "r9.c2.rule has none of compare, contains"),
    ("claims/0/rule", {"limits": "few images"}, "r9.c1.rule has none of compare, contains"),
    ("claims/1/rule", {"compares": []}, "r9.c2.rule.compares is not known. Did you mean 'compare'?"),
    ("claims/1/rule/none", "it is nice", "r9.c2.rule says both that the claim can be tested and that it cannot"),
    ("claims/2/rule/none", " ", "r9.c3.rule.none is not text"),
    ("claims/1/text", None, "r9.c2.text is missing"),
    ("claims/1/text", "", "r9.c2.text is not text"),
    ("claims/1/id", "r9.c3", "r9.c2 has the id 'r9.c3'; claims are numbered in their order"),
    ("claims/1/verdict", "confirmed", "r9.c2.verdict is not known."),
    ("claims/0/general", "yes", "r9.c1.general is true or left out"),
    ("claims/0/rule/compare", [], "r9.c1.rule.compare is empty"),
    ("claims/0/rule/compare", {"a": 1}, "r9.c1.rule.compare is not a list"),
    ("claims/0/rule/compare/0/lower", None, f"{COMPARE}.lower is missing"),
    ("claims/0/rule/compare/0/lower", {"depth": 20}, f"{COMPARE} compares an arm with itself"),
    ("claims/0/rule/compare/0/lower/metric", "accuracy", f"{COMPARE}.lower.metric repeats the value beside it"),
    ("claims/0/rule/compare/0/metric", None, f"{COMPARE}.higher.metric is missing"),
    ("claims/0/rule/compare/0/evidence", 3, f"{COMPARE}.higher.evidence is not text"),
    ("claims/0/rule/compare/0/arm", {}, f"{COMPARE}.arm is not known."),
    ("claims/0/rule/compare/0/once_measured", "yes", f"{COMPARE}.once_measured is true or left out"),
    (
        "claims/0/rule/contains/0/figure",
        "cars.top5",
        "r9.c1.rule.contains[0].figure names 'cars.top5', which the report",
    ),
    ("claims/0/rule/contains/0/figure", None, "r9.c1.rule.contains[0].figure is missing"),
    ("claims/0/rule/contains/0/arm", [1], "r9.c1.rule.contains[0].arm is not a mapping"),
    ("claims/1/rule/seeds/0/reaches", "half", "r9.c2.rule.seeds[0].reaches is not a number"),
    ("claims/1/rule/figures/0", {"below": ["a", "b"]}, "r9.c2.rule.figures[0] holds either `above` or `equal`"),
    ("claims/1/rule/figures/0/above", ["cars.accuracy"], "r9.c2.rule.figures[0] takes two places"),
    ("claims/1/rule/figures/0/above", ["cars.accuracy", "no"], "r9.c2.rule.figures[0] names 'no', which the report"),
]


def test_a_good_report_is_returned_as_it_is() -> None:
    assert schema.check(copy.deepcopy(GOOD), "r9") == GOOD


@pytest.mark.parametrize(("place", "value", "problem"), WRONG)
def test_what_is_wrong_is_named_with_file_and_field(place: str, value: Any, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"r9.yaml: {problem}")):
        schema.check(changed(place, value), "r9")


@pytest.mark.parametrize("report", [None, [], "r9"])
def test_a_file_that_holds_something_else_is_named(report: Any) -> None:
    with pytest.raises(InputError, match=r"r9\.yaml: the file is not a mapping"):
        schema.check(report, "r9")


@pytest.mark.parametrize("name", reports.REPORTS)
def test_every_claim_has_its_certainty_and_its_rule(name: str) -> None:
    report = reports.load_report(name)
    assert len(report["claims"]) >= 6
    for claim in report["claims"]:
        assert claim["certainty"] in schema.CERTAINTIES
        assert claim["rule"].get("arithmetic", "fixed_policy") in ARITHMETIC


@pytest.mark.parametrize("page", ["README.md", "book/index.md"])
def test_pages_count_the_claims_that_there_are(page: str) -> None:
    said = re.findall(r"claims: count -->(\d+)<!-- /= --> claims", (ROOT / page).read_text(encoding="utf-8"))
    assert said == [str(sum(len(reports.load_report(name)["claims"]) for name in reports.REPORTS))]


def test_the_degrees_of_certainty_are_those_of_the_reports() -> None:
    hedged = {"r0.c5", "r1.c9", "r2.c1", "r2.c3", "r2.c12"}
    claims = [claim for name in reports.REPORTS for claim in reports.load_report(name)["claims"]]
    assert {claim["id"] for claim in claims if claim["certainty"] != "says"} == hedged


def test_nothing_is_left_to_the_reader_that_a_report_does_not_say() -> None:
    facts = {name: reports.load_report(name)["experiments"] for name in reports.REPORTS}
    assert facts["r0"]["transfer_table"]["batch_size"] is None
    assert facts["r0"]["feature_maps"]["input"] is None
    assert facts["r3"]["flowers"]["num_images"] is None
    assert facts["r4"]["losses"]["weights"] is None
    assert [facts["r2"][f"model_{number}"]["about"] for number in (1, 2, 3)] == [["kaggle_accuracy"]] * 3


def test_the_likely_flowers_allow_the_reports_figure() -> None:
    flowers = reports.load_report("r3")["experiments"]["flowers"]
    total = sum(flowers["likely_dataset"]["images"].values())
    assert total == 2848
    assert total - int(0.8 * total) == flowers["likely_dataset"]["validation"]
    assert round(540 / flowers["likely_dataset"]["validation"], 6) == flowers["fact"]["val_accuracy"]
