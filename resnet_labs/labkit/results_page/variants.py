"""A section about variants: a table with a row for each tried setting."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_labs import recipes, results
from resnet_labs.labkit.results_page import svg
from resnet_labs.labkit.results_page.provenance import basis, commits, provenance, run_on, said, stand_ins
from resnet_labs.labkit.results_page.shown import Shown, ends, mark
from resnet_labs.labkit.results_page.text import sentence, setting, table
from resnet_labs.metrics import quantity
from resnet_labs.recipes import Recipe
from resnet_labs.reports import compare, load_report, reruns
from resnet_labs.reports.compared import plain
from resnet_labs.reports.schema import lookup
from resnet_labs.results import Result


def variants(runs: Sequence[Result]) -> Shown:
    """Return what a section shows of runs with several settings: what differs, or the `arm` and what differs in it."""
    groups = results.alike(runs)
    knobs = results.differing_settings(runs)
    knobs = ["arm", *_within_arms(runs)] if "arm" in knobs else knobs
    recipe = recipe_of(runs[0])
    shows = [name for name in (recipe.shows if recipe else ("accuracy",)) if any(name in run.metrics for run in runs)]
    marks = stand_ins(runs)
    repeated = reruns.reruns(groups)
    way = run_on if repeated else compare.computed_on
    ways = len({way(run) for run in runs}) > 1
    knobs = [knob for knob in knobs if not (ways and knob == "precision")]
    rows = [
        (
            *(setting(group[0].settings.get(knob)) for knob in knobs),
            *([way(group[0])] if ways else []),
            *(f"{results.summarise(group, name)}" if name in group[0].metrics else "—" for name in shows),
            *basis(group, marks, shows),
        )
        for group in groups
    ]
    names = (*knobs, *(["computed on"] if ways else []), *shows, "seeds", "images", "data")
    tables = [
        said(marks),
        commits(groups),
        table([plain(name) for name in names], rows),
        _reruns(repeated, knobs, shows),
        provenance(runs),
    ]
    telling = _telling(groups, knobs)
    labels = [_label(group, telling, way(group[0]) if ways else "") for group in groups]
    return _pictured(runs[0].experiment, groups, labels, shows, tables)


def _within_arms(runs: Sequence[Result]) -> list[str]:
    arms = {run.settings.get("arm") for run in runs}
    each = [results.differing_settings(run for run in runs if run.settings.get("arm") == arm) for arm in arms]
    return sorted({knob for knobs in each for knob in knobs})


def recipe_of(run: Result) -> Recipe | None:
    """Return the recipe that made the line, else the first of its experiment."""
    known = (each for variants in recipes.RECIPES.values() for each in variants if each.name == run.experiment)
    return recipes.recipe_of(run) or next(known, None)


def _telling(groups: Sequence[Sequence[Result]], knobs: Sequence[str]) -> list[str]:
    """Return the settings without those that follow from the others."""

    def different(some: Sequence[str]) -> int:
        return len({tuple(str(group[0].settings.get(knob)) for knob in some) for group in groups})

    kept = list(knobs)
    for knob in reversed(knobs):
        rest = [each for each in kept if each != knob]
        if rest and different(rest) == different(knobs):
            kept = rest
    return kept


def _label(group: Sequence[Result], knobs: Sequence[str], way: str) -> str:
    def each(knob: str) -> str:
        value = group[0].settings.get(knob)
        if isinstance(value, bool):
            return f"{'with' if value else 'without'} {plain(knob)}"
        words = plain(value) if isinstance(value, str) else setting(value)
        return words if isinstance(value, str) else f"{plain(knob)} {words}"

    return ", ".join([*map(each, knobs), *([way] if way else [])])


def _pictured(
    experiment: str, groups: Sequence[Sequence[Result]], labels: Sequence[str], shows: Sequence[str], tables: list[str]
) -> Shown:
    """Choose what the picture compares: settings by one figure, or the figures of each line."""
    if not shows:
        return Shown("", tables=tables)
    kinds = {name: known.kind if (known := quantity(name)) else "real" for name in shows}
    main = next((name for name in shows if kinds[name] == "share"), shows[0])
    if len(groups) > 1 and ("accuracy" in shows or kinds[main] != "share"):
        having = [(group, label) for group, label in zip(groups, labels, strict=True) if main in group[0].metrics]
        found = [(label, results.summarise(group, main)) for group, label in having]
        rows = [svg.Row(label, [mark(group, ours)]) for (group, _), (label, ours) in zip(having, found, strict=True)]
        said = (
            f"{sentence(plain(main))}. {ends(found)}" if len(found) > 1 else f"{sentence(plain(main))}: {found[0][1]}."
        )
        return Shown(said, _reported(experiment, main) + rows, plain(main), tables)
    alike = [name for name in shows if kinds[name] == kinds[main]]
    having_all = [(name, [group for group in groups if name in group[0].metrics]) for name in alike]
    rows = [
        svg.Row(plain(name), [mark(group, results.summarise(group, name)) for group in own]) for name, own in having_all
    ]
    last = [(sentence(plain(name)), results.summarise(own[-1], name)) for name, own in having_all]
    x = "fraction of images" if kinds[main] == "share" else plain(main)
    return Shown(ends(last), _reported(experiment, main) + rows, x, tables)


def _reported(experiment: str, metric: str) -> list[svg.Row]:
    """Return a row with the report's figure, if a claim compares it with this one."""
    report = load_report(experiment.split(".")[0])
    parts = [part for claim in report["claims"] for part in claim["rule"].get("contains", [])]
    figures = [
        lookup(report, part["figure"]) for part in parts if (part["evidence"], part["metric"]) == (experiment, metric)
    ]
    return [svg.Row("the report", [svg.Mark("report", figures[0])])] if figures else []


def _reruns(repeated: Sequence[reruns.Pair], knobs: Sequence[str], shows: Sequence[str]) -> str:
    """Say for each machine that ran variants again how many agree with the first runs, and which do not."""
    places: dict[str, list[tuple[str, reruns.Agreement]]] = {}
    for before, again in repeated:
        named = ", ".join(f"{plain(knob)} {setting(again[0].settings.get(knob))}" for knob in knobs)
        verdict = named, reruns.agreement(before, again, shows)
        places.setdefault(run_on(again[0]), []).append(verdict)
    lines = []
    for place, found in places.items():
        agree = sum(verdict.agrees is True for _, verdict in found)
        others = [f"{named}: {verdict}" for named, verdict in found if not verdict.agrees]
        lines.append(
            f"- Rerun on {place}: {' '.join([f'{agree} of {len(found)} rows agree with the earlier ones.', *others])}\n"
        )
    return "".join(lines)
