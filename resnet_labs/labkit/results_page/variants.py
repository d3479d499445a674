"""A section about variants: a table with a row for each tried setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_labs import recipes, results
from resnet_labs.labkit.results_page import labels, meaning, pictured, rules
from resnet_labs.labkit.results_page.names import is_search, short
from resnet_labs.labkit.results_page.pictured import Labelled
from resnet_labs.labkit.results_page.provenance import basis, commits, provenance, run_on, said, stand_ins
from resnet_labs.labkit.results_page.shown import Shown
from resnet_labs.labkit.results_page.text import setting, table
from resnet_labs.recipes import Recipe
from resnet_labs.reports import compare, reruns
from resnet_labs.reports.compared import Measured, plain
from resnet_labs.results import Result


def variants(runs: Sequence[Result], ruled: Sequence[rules.Part], measured: Measured) -> Shown:
    """Return what a section shows of runs with several settings: what differs, or the `arm` and what differs in it.

    Args:
        runs: all runs of an experiment.
        ruled: the parts of claims' rules.
        measured: the results lines of all experiments, without markup.
    """
    experiment = runs[0].experiment
    own = [part for part in ruled if part.experiment == experiment]
    groups = results.alike(runs)
    knobs = results.differing_settings(runs)
    knobs = ["arm", *_within_arms(runs)] if "arm" in knobs else knobs
    shown = dict.fromkeys(name for group in groups for name in shows(group[0]))
    stored = [name for name in shown if any(name in run.metrics for run in runs)]
    figures = list(dict.fromkeys([*stored, *rules.figures_of(experiment, ruled)]))
    repeated = reruns.reruns(groups)
    way = run_on if repeated else compare.computed_on
    ways = len({way(run) for run in runs}) > 1
    knobs = [knob for knob in knobs if not (ways and knob == "precision")]
    telling = labels.telling(groups, knobs)
    labelled = [(labels.label(group, telling, way(group[0]) if ways else ""), group) for group in groups]
    beside = [*_beside(experiment, own, measured)]
    knobs = knobs or ["arm"] if beside else knobs
    marks = stand_ins([run for _, group in (*labelled, *beside) for run in group])
    named = [[setting(group[0].settings.get(knob)) for knob in knobs] for group in groups]
    named += [[label, *["—"] * (len(knobs) - 1)] for label, _ in beside]
    rows = [
        (
            *names,
            *([way(group[0])] if ways else []),
            *(f"{results.summarise(group, name)}" if name in group[0].metrics else "—" for name in figures),
            *basis(group, marks, figures),
        )
        for names, (_, group) in zip(named, [*labelled, *beside], strict=True)
    ]
    head = (*knobs, *(["computed on"] if ways else []), *figures, "seeds", "images", "data")
    tables = [
        said(marks),
        commits(groups),
        table([plain(name) for name in head], rows),
        _reruns(repeated, knobs, stored),
        provenance(runs),
    ]
    if not figures:
        return Shown("", tables=tables)
    panels = pictured.panels(experiment, [*labelled, *beside], figures, own)
    return Shown(_meaning(labelled, figures, knobs, own), panels, tables)


def _meaning(labelled: Labelled, figures: Sequence[str], knobs: Sequence[str], own: Sequence[rules.Part]) -> str:
    if own:
        return meaning.of_claims(own)
    if is_search(labelled[0][1][0].experiment):
        return meaning.of_search(labelled, pictured.main(figures), knobs)
    return meaning.of_extremes(labelled, figures)


def _beside(experiment: str, own: Sequence[rules.Part], measured: Measured) -> Iterator[tuple[str, list[Result]]]:
    """Yield the runs of other experiments that claims compare with this one's: of each the last run, with its name."""
    sides = {side["evidence"]: side for part in own for side in part.sides if side["evidence"] != experiment}
    for name, side in sides.items():
        yield short(name), results.alike([run for run in measured[name] if rules.reads(side, run)])[-1]


def shows(run: Result) -> Sequence[str]:
    """Return the figures that the recipe of a run shows."""
    recipe = recipe_of(run)
    return recipe.shows if recipe else ("accuracy",)


def _within_arms(runs: Sequence[Result]) -> list[str]:
    arms = {run.settings.get("arm") for run in runs}
    each = [results.differing_settings(run for run in runs if run.settings.get("arm") == arm) for arm in arms]
    return sorted({knob for knobs in each for knob in knobs})


def recipe_of(run: Result) -> Recipe | None:
    """Return the recipe that made the line, else the first of its experiment."""
    known = (each for variants in recipes.RECIPES.values() for each in variants if each.name == run.experiment)
    return recipes.recipe_of(run) or next(known, None)


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
