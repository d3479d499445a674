"""The sections of the page: one for each experiment that has results lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from resnet_labs.labkit import _difference_table
from resnet_labs.labkit.results_page import svg
from resnet_labs.labkit.results_page.figures import briefly, figures
from resnet_labs.labkit.results_page.meaning import of_claims
from resnet_labs.labkit.results_page.names import anchor, is_search, name, short
from resnet_labs.labkit.results_page.rules import Part
from resnet_labs.labkit.results_page.shown import Shown
from resnet_labs.labkit.results_page.text import folded, sentence, table
from resnet_labs.labkit.results_page.variants import recipe_of, variants
from resnet_labs.reports import compare, differences
from resnet_labs.results import Result

Measured = Mapping[str, Sequence[Result]]
_ONE_NETWORK = (
    "Pretrained weights are the same in all seeds of a side: the differences are for this one pretrained network, not "
    "for others.\n"
)


def section(
    experiments: Sequence[str],
    measured: Measured,
    ruled: Sequence[Part],
    pictures: dict[str, str],
    *,
    about: str,
    base: str = "",
) -> Iterator[str]:
    """Yield the parts of a section about one experiment or several that share a picture, and add the picture.

    Args:
        experiments: their ids; several have figures of the report.
        measured: the results lines of all experiments, without markup.
        ruled: the parts of claims' rules.
        pictures: the pictures by file name.
        about: a sentence on what the experiments are about.
        base: the id that several have in common.
    """
    first, several = experiments[0], len(experiments) > 1
    shown = [
        figures(measured[each], ruled) if compare.has_figures(each) else variants(measured[each], ruled, measured)
        for each in experiments
    ]
    whole = shown[0]
    if several:
        pairs = list(zip(experiments, shown, strict=True))
        rows = [
            replace(row, label=f"{short(each)}: {row.label}")
            for each, one in pairs
            for panel in one.panels
            for row in panel.rows
        ]
        said = "; ".join(f"{short(each)}: {briefly(measured[each])}" for each in experiments)
        whole = replace(whole, said=f"{sentence(said)}.", panels=[replace(whole.panels[0], rows=rows)])
    found = {each: differences.differences(each, measured) for each in experiments}
    runs = [run for each in experiments for run in measured[each]]
    body = [about, *_picture(base or first, whole, pictures), f"{_place(runs)}{whole.said}\n" if whole.said else ""]
    if compare.has_figures(first):  # whose sentence is about the report's figures
        decided = of_claims([part for part in ruled if part.experiment in experiments])
        body.append(f"{decided}\n" if decided else "")
    body += [_difference_table.sentence(each) for each in found.values() if each]
    if any(_share_a_network(measured[each]) for each in experiments if found[each]):
        body.append(_ONE_NETWORK)
    tables = [_tables(measured[each], one, found[each]) for each, one in zip(experiments, shown, strict=True)]
    if is_search(first):
        yield folded(name(first), [anchor(first), *body, *tables[0]])
        return
    yield anchor(base or first)
    yield f"### {name(base or first)}\n"
    yield from body
    for each, parts in zip(experiments, tables, strict=True):
        title = "Table, settings and provenance" + (f": {short(each)}" if several else "")
        yield folded(title, [*([anchor(each)] if several else []), *parts])


def _picture(experiment: str, shown: Shown, pictures: dict[str, str]) -> Iterator[str]:
    if shown.panels:
        file = re.sub(r"[^\w.]", "-", experiment) + ".svg"
        pictures[file] = svg.chart(shown.panels)
        yield f"![{shown.alt}](_static/results/{file})\n"


def _tables(runs: Sequence[Result], shown: Shown, found: Sequence[differences.Difference]) -> list[str]:
    paired = [table(_difference_table.HEAD, _difference_table.rows(found))] if found else []
    return [_chosen(runs), *shown.tables, *paired]


def _place(runs: Sequence[Result]) -> str:
    """Return words in front of figures that do not come from the report's own data and network."""
    stand_ins = [bool(run.stand_in) for run in runs]
    return f"{'On' if all(stand_ins) else 'In part on'} stand-ins. " if any(stand_ins) else ""


def _chosen(runs: Sequence[Result]) -> str:
    """Return the reasons for the settings that the report leaves out, and how many lines had another number format."""
    made = [(run, recipe) for run in runs if (recipe := recipe_of(run))]
    found = dict.fromkeys(recipe.chosen for _, recipe in made)
    for (ran, fixed), count in Counter((run.precision, recipe.config.precision) for run, recipe in made).items():
        if ran != fixed:
            found[
                f"**Number format**: {count} of {len(runs)} lines ran in {ran}, before the recipe fixed {fixed}. "
                f"A rerun is in {fixed}: compare it with them by interval."
            ] = None
    return "\n\n".join(found) + "\n" if found else ""


def _share_a_network(runs: Sequence[Result]) -> bool:
    """Return whether some runs start from pretrained weights; recipes pretrain once, so all their seeds share them."""

    def starts(run: Result) -> bool:
        weights = run.settings.get("weights") or run.settings.get("pretrained") or "random"
        return run.settings.get("network") == "stand_in_network" or "random" not in weights

    return any(starts(run) for run in runs)
