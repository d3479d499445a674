"""Where figures come from: stand-ins, seeds and images, machine, versions, command and commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resnet_labs import results
from resnet_labs.labkit.results_page.text import code
from resnet_labs.metrics import quantity
from resnet_labs.reports import compare
from resnet_labs.results import PARTS, Result


def run_on(run: Result) -> str:
    """Return machine, number format and day of a run."""
    return f"{compare.computed_on(run)}, {run.date}"


def stand_ins(runs: Sequence[Result]) -> dict[str, str]:
    """Return the descriptions of stand-ins for the report's data or weights, with their names in the table's rows."""
    found = list(dict.fromkeys(run.stand_in for run in runs if run.stand_in))
    return {words: "stand-in" if len(found) == 1 else f"stand-in {number}" for number, words in enumerate(found, 1)}


def said(marks: dict[str, str]) -> str:
    """Return the paragraphs that explain the stand-ins."""
    return "\n".join(f"**{mark.capitalize()}**: {words}.\n" for words, mark in marks.items())


def basis(group: Sequence[Result], marks: dict[str, str], shown: Sequence[str]) -> tuple[str, str, str]:
    """Return the seeds, the images behind the shown figures, and the data of like runs: a table's last columns."""
    run = group[0]
    found = {known.images: results.images_of(run, name) for name in shown if (known := quantity(name))}
    kinds = [kind for kind, count in found.items() if count]
    kind = "judged" if "judged" in kinds or not kinds else kinds[0]
    part = next(part for part in PARTS if part in run.data) if kind == "judged" else kind
    count = run.data[part] if kind == "judged" else found[kind]
    images = f"{count:,}" + ("" if part == "test" else f" ({part.replace('_', ' ')})")
    seeds = ", ".join(str(one.seed) for one in group)
    return seeds, images, f"**{marks[run.stand_in]}**" if run.stand_in else run.data["name"]


def commits(groups: Sequence[Sequence[Result]]) -> str:
    """Say so if a mean is taken over runs of several commits."""
    several = [list(dict.fromkeys(run.commit or "no checkout" for run in group)) for group in groups]
    mixed = list(dict.fromkeys(" and ".join(each) for each in several if len(each) > 1))
    return f"Some means are over runs of several commits: {'; '.join(mixed)}.\n" if mixed else ""


def provenance(runs: Sequence[Result]) -> str:
    """Return command, data, machine, seconds, versions, days and commits of runs, on one line."""

    def each(name: str, say: Callable[[Result], str]) -> str:
        return f"{name}: {'; '.join(dict.fromkeys(map(say, runs)))}"

    seconds = [run.seconds for run in runs]
    spread = f"{min(seconds):.1f}" + (f" to {max(seconds):.1f}" if len(runs) > 1 else "")
    parts = [
        each("Reproduce", lambda run: code(run.command)),
        each("data", lambda run: run.data["source"]),
        each("device", compare.computed_on),
        f"seconds of training per run: {spread}",
        each("versions", lambda run: ", ".join(f"{name} {version}" for name, version in run.versions.items())),
        each("date and commit", lambda run: f"{run.date}, {run.commit or 'outside a checkout'}"),
    ]
    return " · ".join(parts) + "\n"
