"""The whole page: how to read it, the summary, then each report with its claims and experiments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from resnet_labs import recipes, results
from resnet_labs.errors import InputError
from resnet_labs.labkit.results_page import claims, rules
from resnet_labs.labkit.results_page.names import name
from resnet_labs.labkit.results_page.reading import HEAD, HOW_TO_READ
from resnet_labs.labkit.results_page.sections import section
from resnet_labs.labkit.results_page.summary import summary
from resnet_labs.labkit.results_page.text import escaped, folded, without_markup
from resnet_labs.reports import REPORTS, compare, load_report
from resnet_labs.results import Result


@dataclass(frozen=True)
class Made:
    """The page's Markdown, and its pictures by file name."""

    page: str
    pictures: dict[str, str]


def made(evidence: Path) -> Made:
    """Return the page and its pictures.

    Args:
        evidence: the folder with a file of results lines for each experiment, named after it.

    Raises:
        InputError: a file is not named after a report's experiment, or holds a line of another one.
    """
    stored = _read(evidence)

    def lines(experiment: str) -> list[Result]:
        return stored.get(experiment, [])

    ruled = rules.parts(lines)
    measured = {
        experiment: [rules.with_figures(without_markup(run), rules.figures_of(experiment, ruled)) for run in runs]
        for experiment, runs in stored.items()
    }
    judged = {report: claims.judged(report, lines) for report in REPORTS}
    pictures: dict[str, str] = {}
    parts = [HEAD, *summary(judged, lines, measured, pictures), folded("How to read the figures", [HOW_TO_READ])]
    shown: set[str] = set()
    for report in REPORTS:
        facts = load_report(report)
        parts += [f"## {report}: {facts['title']}\n", *claims.parts(judged[report])]
        left: list[str] = []
        # A remark on all of the report's experiments is no experiment.
        described = {part: settings for part, settings in facts["experiments"].items() if isinstance(settings, dict)}
        for common, same in groupby(described, lambda part: re.sub(r"_\d+$", "", part)):
            numbered = list(same)  # such as model_1, model_2 and model_3
            own = {f"{report}.{part}": _under(f"{report}.{part}", measured) for part in numbered}
            left += [_not_measured(part) for part, found in own.items() if not found]
            every = [experiment for found in own.values() for experiment in found]
            shown.update(every)
            together = [each for each in every if compare.has_figures(each)]
            if together:
                base = f"{report}.{common}" if len(together) > 1 else ""
                about = _what(described[numbered[0]]) if len(numbered) == 1 else ""
                parts += section(together, measured, ruled, pictures, about=about, base=base)
            for experiment in every:
                if experiment not in together:
                    parts += section([experiment], measured, ruled, pictures, about="")
        for claim, found in judged[report]:
            for experiment in _under(claim["id"], measured):
                shown.add(experiment)
                said = escaped(claim["text"])
                said = "" if said.lower() in name(experiment).lower() else f", {said}"
                about = f"Claim {claim['id']}{said}: **{found.kind}**.\n"
                parts += section([experiment], measured, ruled, pictures, about=about)
        parts += ["**Not measured yet**\n", *left] if left else []
    unknown = sorted(set(measured) - shown)
    if unknown:
        raise InputError(
            f"No report has an experiment {', '.join(unknown)}.",
            "Name the file after the experiment in resnet_labs/reports/rN.yaml.",
        )
    return Made("\n".join(part for part in parts if part), pictures)


def _read(evidence: Path) -> dict[str, list[Result]]:
    measured = {path.stem: results.read(path) for path in sorted(evidence.glob("*.jsonl"), key=lambda path: path.stem)}
    for experiment, runs in measured.items():
        others = {run.experiment for run in runs} - {experiment}
        if others:
            raise InputError(
                f"{experiment}.jsonl holds lines of {', '.join(sorted(others))}.", "Move them to a file of that name."
            )
    return measured


def _under(experiment: str, measured: Iterable[str]) -> list[str]:
    return [each for each in measured if each == experiment or each.startswith(f"{experiment}.")]


def _what(settings: dict[str, Any]) -> str:
    models = settings.get("model") or ", ".join(settings.get("models", []))
    dataset = settings.get("dataset") or settings.get("stated_dataset")
    said = [f"Network: {models}." if models else "", f"Data: {dataset}." if dataset else ""]
    return (
        f"The report's {' '.join(filter(None, said))[0].lower()}{' '.join(filter(None, said))[1:]}\n"
        if any(said)
        else ""
    )


def _not_measured(experiment: str) -> str:
    if experiment not in recipes.RECIPES:
        return f"- {name(experiment)} ({experiment}): there is no recipe for it yet.\n"
    return f"- {name(experiment)} ({experiment}): `resnet-labs reproduce {experiment} --seeds 3 --data-root FOLDER`\n"
