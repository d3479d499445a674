"""Write the book's results page from the results lines and the reports' figures.

`python -m resnet_labs.labkit.results_page` writes book/results.md; `--check` only says whether it is up to date.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from resnet_labs import recipes, results
from resnet_labs.errors import InputError
from resnet_labs.labkit import _difference_table
from resnet_labs.metrics import quantity
from resnet_labs.recipes import Recipe
from resnet_labs.reports import REPORTS, compare, differences, load_report, reruns, verdicts
from resnet_labs.results import PARTS, Result

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "results.md"
EVIDENCE = Path(__file__).parents[1] / "reports" / "evidence"

_HEAD = """\
<!-- Generated from resnet_labs/reports: edit nothing here, run python -m resnet_labs.labkit.results_page -->

# Results

The reports' figures, and our measurements. Figures are fractions, not percentages. Ours are means over seeds, with a
95 % interval in brackets if there is more than one seed. Each figure was computed from stored results lines, which hold
the recipe's settings (SGD has a momentum of 0.9 in all of them); nothing on this page was typed by hand. **Stand-in**
marks images or weights that are not the report's own.

The interval of a share of images, such as an accuracy, is for new seeds and new images: Wilson's, with the spread of
the seeds added (`metrics.share_interval`). All other intervals are Student's t over the seeds, on the logit scale for
fractions such as F scores, and on the log scale for figures that are never below zero. Counts have no interval. One
network that was measured several times has none either, and is marked as such.

Recipes run in fp32 on one thread, so that one command gives one experiment everywhere. Lines older than that rule may
have run in bf16 or on two threads; each is shown with the device and the number format it ran on. A mean is taken over
runs that differ only in the seed: settings, data, number format, versions and machine class (processor, instruction
set, threads) are the same.

Differences are taken seed by seed, between runs with the same seeds and images, and have their own interval: two
intervals that overlap prove nothing. All differences of one table are judged together (Holm's method), so that 5 % of
such tables have one or more false findings; the table gives the level of each interval. For shares, the interval is
for new images too. If zero is inside, the table says how many seeds would show a gap of that size with 80 %
probability, and on how many images if the present ones are too few. This is a plan, not a promise, since a gap that is
large by chance looks easy to show.

Each report begins with its claims, in our words, with the report's certainty (says, suggests, expects) and a verdict
that the claim's rule computes from the stored lines. Lines confirm or refute a claim only if they are on the report's
own data and settings, or on stand-ins if the claim is about methods in general. The differences of one claim are judged
together, like those of a table.

To compare a rerun with these figures: on the same machine class, with the same versions and the same commit, each seed
must give the same figures bit by bit. Elsewhere sums are rounded in another order, and training enlarges the
difference; there the 95 % interval of the difference between the two means must include zero (Welch's, over seeds; for
several figures of one table together, by Bonferroni). Lines that name the maker of the processor but no model are older
than this rule and can only be compared by interval. If an experiment has been run again, its section says how the runs
compare.
"""


def render(evidence: Path = EVIDENCE) -> str:
    """Return the page.

    Args:
        evidence: the folder with a file of results lines for each experiment, named after it.

    Raises:
        InputError: a file is not named after a report's experiment, or holds a line of another one.
    """
    measured = {path.stem: results.read(path) for path in sorted(evidence.glob("*.jsonl"), key=lambda path: path.stem)}
    for experiment, runs in measured.items():
        others = {run.experiment for run in runs} - {experiment}
        if others:
            raise InputError(
                f"{experiment}.jsonl holds lines of {', '.join(sorted(others))}.", "Move them to a file of that name."
            )
    stored = measured
    measured = {experiment: [_without_markup(run) for run in runs] for experiment, runs in measured.items()}
    parts = [_HEAD]
    shown: set[str] = set()
    for report in REPORTS:
        facts = load_report(report)
        parts.append(f"## {report}: {facts['title']}\n")
        parts += _claims(facts["claims"], stored)
        for part, settings in facts["experiments"].items():
            if not isinstance(settings, dict):  # a remark on all of the report's experiments
                continue
            experiment = f"{report}.{part}"
            own = _under(experiment, measured)
            shown.update(own)
            parts += [f"### {experiment}\n", _what(settings)]
            parts += [] if any(compare.has_figures(name) for name in own) else [_not_measured(experiment)]
            for name in own:
                parts += _section(name, measured, titled=name != experiment)
        for claim in facts["claims"]:
            for name in _under(claim["id"], measured):
                shown.add(name)
                parts += [
                    f"### {escaped(name)}\n",
                    f"The report {claim['certainty']}: {claim['text']}.\n",
                    *_section(name, measured, titled=False),
                ]
    unknown = sorted(set(measured) - shown)
    if unknown:
        raise InputError(
            f"No report has an experiment {', '.join(unknown)}.",
            "Name the file after the experiment in resnet_labs/reports/rN.yaml.",
        )
    return "\n".join(part for part in parts if part)


def _claims(claims: Sequence[dict[str, Any]], stored: dict[str, list[Result]]) -> Iterable[str]:
    """Yield each claim of a report with the report's certainty and the verdict from the stored lines."""
    for claim in claims:
        found = escaped(str(verdicts.verdict(claim["id"], lambda name: stored.get(name, []))))
        kind, because = found.split(": ", 1)
        said = f"the report {claim['certainty']}: {escaped(claim['text'])}. **{kind}**: {because}"
        yield f"- **{claim['id']}**, {said}" + ("\n" if claim is claims[-1] else "")


_MARKUP = {ord(sign): f"&#{ord(sign)};" for sign in "&<>`*[]{}$|\\~"} | dict.fromkeys(range(32), " ")


def escaped(text: str) -> str:
    """Return a text that Markdown shows unchanged: signs of markup as character references, on one line."""
    return text.translate(_MARKUP)


def _without_markup(run: Result) -> Result:
    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return escaped(value)
        if isinstance(value, dict):
            return {escaped(name): plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    facts = {each.name: plain(getattr(run, each.name)) for each in fields(run)}
    return replace(run, **facts)


def _under(experiment: str, measured: Iterable[str]) -> list[str]:
    return [name for name in measured if name == experiment or name.startswith(f"{experiment}.")]


def _section(name: str, measured: dict[str, list[Result]], *, titled: bool) -> Iterable[str]:
    runs = measured[name]
    yield f"#### {escaped(name)}\n" if titled else ""
    yield _chosen(runs)
    yield from _figures(runs) if compare.has_figures(name) else _variants(runs)
    if found := differences.differences(name, measured):
        yield _difference_table.sentence(found)
        yield _table(_difference_table.HEAD, _difference_table.rows(found))


def _what(settings: dict[str, Any]) -> str:
    models = settings.get("model") or ", ".join(settings.get("models", []))
    dataset = settings.get("dataset") or settings.get("stated_dataset")
    said = [f"Network: {models}." if models else "", f"Data: {dataset}." if dataset else ""]
    return " ".join(filter(None, said)) + "\n" if any(said) else ""


def _not_measured(experiment: str) -> str:
    if experiment not in recipes.RECIPES:
        return "Not measured yet; there is no recipe for it yet.\n"
    return f"Not measured yet. Measure it: `resnet-labs reproduce {experiment} --seeds 3 --data-root FOLDER`\n"


def _recipe(run: Result) -> Recipe | None:
    """Return the recipe that made the line, else the first of its experiment."""
    known = (each for variants in recipes.RECIPES.values() for each in variants if each.name == run.experiment)
    return recipes.recipe_of(run) or next(known, None)


def _chosen(runs: Sequence[Result]) -> str:
    made = [(run, recipe) for run in runs if (recipe := _recipe(run))]
    found = dict.fromkeys(recipe.chosen for _, recipe in made)
    for (ran, fixed), count in Counter((run.precision, recipe.config.precision) for run, recipe in made).items():
        if ran != fixed:
            found[
                f"**Number format**: {count} of {len(runs)} lines ran in {ran}, before the recipe fixed {fixed}. "
                f"A rerun is in {fixed}: compare it with them by interval."
            ] = None
    return "\n\n".join(found) + "\n" if found else ""


def _figures(runs: Sequence[Result]) -> Iterable[str]:
    """Yield a table of the report's figures and ours for each group of like runs."""
    groups = results.alike(runs)
    first = {id(again): before for before, again in reruns.reruns(groups)}
    for group in groups:
        marks = _stand_ins(group)
        yield _said(marks)
        rows = [
            (
                row.label,
                "—" if row.report is None else f"{'about ' if row.about else ''}{row.report}",
                f"{row.ours}",
                *_basis(group, marks, [row.metric]),
            )
            for row in compare.compare(group)
        ]
        yield _table(("figure", "report", "ours", "seeds", "images tested", "data"), rows)
        if before := first.get(id(group)):
            metrics = [row.metric for row in compare.compare(group)]
            yield f"- Rerun on {_run_on(group[0])}: {reruns.agreement(before, group, metrics)}\n"
        yield _provenance(group)


def _variants(runs: Sequence[Result]) -> Iterable[str]:
    """Yield a table with a row for each tried setting: its `arm` if it has one, else the settings that differ."""
    groups = results.alike(runs)
    knobs = results.differing_settings(runs)
    knobs = ["arm"] if "arm" in knobs else knobs
    recipe = _recipe(runs[0])
    shows = [name for name in (recipe.shows if recipe else ("accuracy",)) if any(name in run.metrics for run in runs)]
    marks = _stand_ins(runs)
    yield _said(marks)
    repeated = reruns.reruns(groups)
    way = _run_on if repeated else compare.computed_on
    ways = len({way(run) for run in runs}) > 1
    knobs = [knob for knob in knobs if not (ways and knob == "precision")]
    rows = [
        (
            *(_plain(group[0].settings.get(knob)) for knob in knobs),
            *([way(group[0])] if ways else []),
            *(f"{results.summarise(group, name)}" if name in group[0].metrics else "—" for name in shows),
            *_basis(group, marks, shows),
        )
        for group in groups
    ]
    names = (name.replace("_", " ") for name in (*knobs, *(["computed on"] if ways else []), *shows))
    yield _table((*names, "seeds", "images", "data"), rows)
    yield _reruns_of_variants(repeated, knobs, shows)
    yield _provenance(runs)


def _reruns_of_variants(repeated: Sequence[reruns.Pair], knobs: Sequence[str], shows: Sequence[str]) -> str:
    """Say for each machine that ran variants again how many agree with the first runs, and which do not."""
    places: dict[str, list[tuple[str, reruns.Agreement]]] = {}
    for before, again in repeated:
        named = ", ".join(f"{knob.replace('_', ' ')} {_plain(again[0].settings.get(knob))}" for knob in knobs)
        verdict = named, reruns.agreement(before, again, shows)
        places.setdefault(_run_on(again[0]), []).append(verdict)
    lines = []
    for place, found in places.items():
        agree = sum(verdict.agrees is True for _, verdict in found)
        others = [f"{named}: {verdict}" for named, verdict in found if not verdict.agrees]
        said = [f"{agree} of {len(found)} rows agree with the earlier ones.", *others]
        lines.append(f"- Rerun on {place}: {' '.join(said)}\n")
    return "".join(lines)


def _run_on(run: Result) -> str:
    return f"{compare.computed_on(run)}, {run.date}"


def _stand_ins(runs: Sequence[Result]) -> dict[str, str]:
    """Return the descriptions of stand-ins for the report's data or weights, with their names in the table's rows."""
    found = list(dict.fromkeys(run.stand_in for run in runs if run.stand_in))
    return {words: "stand-in" if len(found) == 1 else f"stand-in {number}" for number, words in enumerate(found, 1)}


def _said(stand_ins: dict[str, str]) -> str:
    return "\n".join(f"**{mark.capitalize()}**: {words}.\n" for words, mark in stand_ins.items())


def _basis(group: Sequence[Result], stand_ins: dict[str, str], shown: Sequence[str]) -> tuple[str, str, str]:
    """Return the seeds, the images behind the shown figures, and the data of like runs: a table's last columns."""
    run = group[0]
    kinds = [known.images for name in shown if (known := quantity(name)) and results.images_of(run, name)]
    kind = "judged" if "judged" in kinds or not kinds else kinds[0]
    part = next(part for part in PARTS if part in run.data) if kind == "judged" else kind
    count = run.settings["pictured"] if kind == "pictured" else run.data[part]
    images = f"{count:,}" + ("" if part == "test" else f" ({part})")
    seeds = ", ".join(str(one.seed) for one in group)
    return seeds, images, f"**{stand_ins[run.stand_in]}**" if run.stand_in else run.data["name"]


def _provenance(runs: Sequence[Result]) -> str:
    def each(name: str, say: Callable[[Result], str]) -> str:
        said = dict.fromkeys(map(say, runs))
        return f"- {name}: {'; '.join(said)}"

    lines = [
        each("Reproduce", lambda run: _code(run.command)),
        each("Data", lambda run: run.data["source"]),
        each("Device", compare.computed_on),
        f"- Seconds of training, per run: {', '.join(f'{run.seconds:.1f}' for run in runs)}",
        each("Versions", lambda run: ", ".join(f"{name} {version}" for name, version in run.versions.items())),
        each("Date and commit", lambda run: f"{run.date}, {run.commit or 'outside a checkout'}"),
    ]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """Return an escaped text as code; backticks would show its character references literally."""
    return f"<code>{text}</code>" if "&#" in text else f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def _plain(value: Any) -> str:
    return "unchanged" if value is None else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with `--check` only compare it; return 0 if the page is up to date, 1 if it is stale."""
    parser = argparse.ArgumentParser(prog="python -m resnet_labs.labkit.results_page", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the page is stale")
    options = parser.parse_args(arguments)
    page = render()
    if not options.check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE.relative_to(ROOT)} is stale; run `python -m resnet_labs.labkit.results_page`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
