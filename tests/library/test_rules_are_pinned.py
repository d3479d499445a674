"""What decides each claim is written twice: in the reports' files, and here, so that no rule changes unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from resnet_labs import reports

PINNED = Path(__file__).with_name("pinned_rules.yaml")


def side(arm: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in arm.items())


def parts(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a rule asks for, a line each."""
    for part in rule.get("compare", []):
        shared = " ".join(part[name] for name in ("evidence", "metric") if name in part)
        special = "".join(f"; {name} {part[name]}" for name in ("within", "once_measured") if name in part)
        yield f"{shared}: {side(part['higher'])} > {side(part['lower'])}{special}"
    for part in rule.get("contains", []):
        yield f"{part['evidence']} {part['metric']} [{side(part.get('arm', {}))}] holds {part['figure']}"
    for part in rule.get("seeds", []):
        always = " always" if "never_less" in part else ""
        yield f"{part['evidence']} {part['metric']} [{side(part.get('arm', {}))}] reaches {part['reaches']}{always}"
    for part in rule.get("figures", []):
        for relation, (first, second) in part.items():
            yield f"{first} {relation} {second}"
    yield from ([rule["arithmetic"]] if "arithmetic" in rule else [])
    yield from (name for name in ("unmeasured", "none", "limits") if name in rule)


def test_every_rule_is_the_pinned_one() -> None:
    claims = [claim for name in reports.REPORTS for claim in reports.load_report(name)["claims"]]
    rules = {claim["id"]: [*(["general"] if claim.get("general") else []), *parts(claim["rule"])] for claim in claims}
    pinned = yaml.safe_load(PINNED.read_text(encoding="utf-8"))
    assert {name: rules.get(name) for name in {**rules, **pinned}} == pinned
