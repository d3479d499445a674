"""The sections of the page: one for each experiment that has results lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from resnet_labs.labkit import _difference_table
from resnet_labs.labkit.results_page import svg
from resnet_labs.labkit.results_page.figures import figures
from resnet_labs.labkit.results_page.names import anchor, name
from resnet_labs.labkit.results_page.text import folded, table
from resnet_labs.labkit.results_page.variants import recipe_of, variants
from resnet_labs.reports import compare, differences
from resnet_labs.results import Result

Measured = Mapping[str, Sequence[Result]]


def section(experiment: str, measured: Measured, pictures: dict[str, str], *, about: str = "") -> Iterator[str]:
    """Yield the parts of an experiment's section, and add its picture.

    Args:
        experiment: its id.
        measured: the results lines of all experiments, without markup.
        pictures: the pictures by file name.
        about: a sentence on what the experiment is about.
    """
    runs = measured[experiment]
    shown = figures(runs) if compare.has_figures(experiment) else variants(runs)
    yield anchor(experiment)
    yield f"### {name(experiment)}\n"
    yield about
    if shown.rows:
        file = re.sub(r"[^\w.]", "-", experiment) + ".svg"
        pictures[file] = svg.chart(shown.rows, shown.x)
        yield f"![{shown.alt}](_static/results/{file})\n"
    yield f"{shown.said}\n" if shown.said else ""
    found = differences.differences(experiment, measured)
    if found:
        yield _difference_table.sentence(found)
    tables = list(shown.tables)
    if found:
        tables.append(table(_difference_table.HEAD, _difference_table.rows(found)))
    yield folded("Table, settings and provenance", [_chosen(runs), *tables])


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
