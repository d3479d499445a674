"""Compute the numbers in the claims' verdicts again, from the rules and the stored lines, without the package.

What `recomputed` does for the results page's tables: a rule picks lines, and their intervals are those of its formulas.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import yaml
from helpers import recomputed
from helpers.recomputed import Line, Lines, Row

SAME = ("stand_in", "settings", "precision", "machine", "device", "versions")
OWN = ("evidence", "metric")


def rules(reports: Path) -> dict[str, dict[str, Any]]:
    """Return the rule of each claim, by its number."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(reports.glob("r*.yaml"))]
    return {claim["id"]: claim["rule"] for file in files for claim in file["claims"]}


def printed(page: str) -> dict[str, str]:
    """Return what the page says of the reason of each claim's verdict, by its number."""
    found = re.findall(r"^- \*\*(r\d\.c\d+)\*\*, the report .*?\. \*\*[A-Z][a-z ]*\*\*: (.*)$", page, re.MULTILINE)
    return {number: html.unescape(text) for number, text in found}


def numbers(text: str) -> list[str]:
    """Return each comparison and each own mean that a reason states: its direction, difference and interval."""
    decided = re.findall(r"is (above|below) [^;]*? by (\d+\.\d{4} \[[^]]*\])", text)
    undecided = re.findall(r" is ([+-]\d+\.\d{4} \[[^]]*\]), (undecided)", text)
    asked = re.findall(r"(\[[^]]*\]) \([^)]*\): ((?:no |undecided whether )?more than \d+(?:\.\d+)?)", text)
    own = re.findall(r"\b(our) [\w -]*? (\d\.\d{4}(?: \[[^]]*\])?) over \d+ seeds?", text)
    return sorted(" ".join(each) for each in {*decided, *undecided, *asked, *own})


def expected(rule: dict[str, Any], stored: Lines) -> list[str]:
    """Return what `numbers` finds if the reason is right."""
    rows = compared(rule, stored)
    judged = recomputed.judged([row for row, _ in rows]) if rows else []
    found = {_said(*each, within) for each, (_, within) in zip(judged, rows, strict=True)}
    for part in rule.get("contains", []):
        for lines in latest({**part.get("arm", {}), **{name: part[name] for name in OWN}}, stored).values():
            found.add(f"our {recomputed.aggregate(part['metric'], lines)}")
    return sorted(found)


def _said(interval: str, level: str, is_real: bool, within: float | None) -> str:
    if within is not None:
        _, low, high = map(float, re.findall(r"[+-]\d+\.\d{4}", interval))
        words = "no more than" if high <= within else "more than" if low > within else "undecided whether more than"
        return f"{interval[interval.index('[') :]} {words} {within}"
    if not is_real:
        return f"{interval} undecided"
    gap, *ends = re.findall(r"[+-]\d+\.\d{4}", interval)
    low, high = sorted((end[1:] for end in ends), key=float)
    return f"{'above' if gap[0] == '+' else 'below'} {gap[1:]} [{low}, {high}]"


def compared(rule: dict[str, Any], stored: Lines) -> list[tuple[Row, float | None]]:
    """Return the comparisons of a rule, on each data set that both sides have lines of, with what is asked for."""
    rows = []
    for part in rule.get("compare", []):
        arms = [{name: part[name] for name in OWN if name in part} | part[side] for side in ("higher", "lower")]
        first, second = (latest(arm, stored) for arm in arms)
        for data in first:
            if data in second:
                by_seed = [{x["seed"]: x for x in side[data]} for side in (first, second)]
                seeds = sorted(by_seed[0].keys() & by_seed[1].keys())
                paired = [[side[seed] for seed in seeds] for side in by_seed]
                row = recomputed.row_of(arms[0]["evidence"], paired, [arm["metric"] for arm in arms])
                rows.append((row, part.get("within")))
    return rows


def latest(arm: dict[str, Any], stored: Lines) -> dict[tuple[str, str], list[Line]]:
    """Return the lines of an arm on each data set: of its last run, and on the report's own data if there are any."""
    wanted = [(name, value) for name, value in arm.items() if name not in OWN]
    groups: dict[tuple[str, int], list[Line]] = {}
    for line in stored.get(arm["evidence"], []):
        if recomputed.value(line, arm["metric"]) is None or any(line["settings"].get(k) != v for k, v in wanted):
            continue
        same = [line.get(name) for name in SAME], {k: v for k, v in line["data"].items() if k != "checksum"}
        text, again = json.dumps(same, sort_keys=True), 0
        while any(x["seed"] == line["seed"] for x in groups.get((text, again), [])):
            again += 1
        groups.setdefault((text, again), []).append(line)
    found = {(group[0].get("stand_in", ""), group[0]["data"]["name"]): group for group in groups.values()}
    return {data: group for data, group in found.items() if not data[0]} or found
