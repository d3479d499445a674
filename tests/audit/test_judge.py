"""Verdicts on claims of a foreign report follow from its figures and say no more."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from resnet_labs.reports import REPORTS, load_report
from resnet_labs.reports.audit import audit, reading
from resnet_labs.reports.audit.judge import judged
from resnet_labs.reports.audit.own import bearing


def report(rule: dict[str, Any], **experiments: Any) -> Any:
    claim = {"id": "cars.c1", "text": "large is better", "certainty": "suggests", "rule": rule}
    given = {"id": "cars", "title": "Cars", "experiments": experiments, "claims": [claim]}
    return reading.parse(yaml.safe_dump(given), "cars.yaml")


def of(accuracy: float | None, images: int | None = 1000, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"scores": {"test": {"accuracy": accuracy}}} if accuracy is not None else {"epochs": 3}
    return made | ({"images": {"test": images}} if images else {}) | more


BETTER = {"better": ["large", "small"]}


@pytest.mark.parametrize(
    ("large", "small", "kind"),
    [
        (of(0.900), of(0.800), "confirmed"),
        (of(0.803), of(0.800), "not shown"),
        (of(0.780), of(0.800), "inconsistent with itself"),
        (of(0.800), of(0.800), "inconsistent with itself"),
        (of(0.900, None), of(0.800, None), "not testable"),
        (of(0.900), of(None), "not testable"),
        (of(0.9005), of(0.800), "not testable"),
    ],
)
def test_better_needs_more_than_chance(large: Any, small: Any, kind: str) -> None:
    (own, *_) = judged(report(BETTER, large=large, small=small))
    assert own.verdict.kind == kind
    assert own.certainty == "suggests"


def test_what_two_networks_show_is_said_of_them_only() -> None:
    found = str(audit(report(BETTER, large=of(0.9), small=of(0.8)))[0])
    assert "of these two trained networks, not of others" in found


def test_checks_count_for_the_experiments_that_they_name() -> None:
    wrong = of(0.9, network="resnet18", blocks=4)
    assert judged(report({"checks": ["large"]}, large=wrong, small=of(0.8)))[0].verdict.kind == "refuted"
    assert judged(report({"checks": ["small"]}, large=wrong, small=of(0.8)))[0].verdict.kind == "not shown"
    twice = of(0.9, blocks=4, printed_blocks=8)
    assert judged(report({"checks": ["large"]}, large=twice))[0].verdict.kind == "inconsistent with itself"
    assert judged(report({"none": "cars cannot be seen"}, large=twice))[0].verdict.kind == "not testable"


def test_every_experiment_is_a_claim_of_a_foreign_report() -> None:
    found = judged(report(BETTER, large=of(0.9005), small=of(0.8)))
    assert [each.claim for each in found] == ["cars.c1", "large", "small"]
    assert [each.verdict.kind for each in found[1:]] == ["inconsistent with itself", "not shown"]
    assert "does not make it true" in str(found[2].verdict)


@pytest.mark.parametrize("name", REPORTS)
def test_every_claim_of_the_five_has_a_verdict_and_its_certainty(name: str) -> None:
    found = judged(name)
    claims = load_report(name)["claims"]
    assert [(each.claim, each.text, each.certainty) for each in found] == [
        (claim["id"], claim["text"], claim["certainty"]) for claim in claims
    ]
    if name == "r3":
        assert [str(each.verdict) for each in found] == [*map(str, audit(name))]


def test_traces_that_bear_on_a_claim_are_there() -> None:
    for name in REPORTS:
        for claim in load_report(name)["claims"]:
            bearing(claim["id"]), bearing(claim["id"], "notes")
    assert len(bearing("r4.c10")) == 3
    assert bearing("r1.c1") == []
