"""The sentence of an experiment: what the comparisons of claims give, the best of a search, or the two extremes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_labs import results
from resnet_labs.labkit.results_page import labels, rules
from resnet_labs.labkit.results_page.names import short
from resnet_labs.labkit.results_page.pictured import Labelled, are_of_one_line, kind, main
from resnet_labs.labkit.results_page.shown import ends
from resnet_labs.labkit.results_page.text import escaped, sentence
from resnet_labs.reports.compared import plain
from resnet_labs.results import Summary

_MANY = 6  # arms of a search, beyond which only the best of all is named


def of_claims(own: Sequence[rules.Part]) -> str:
    """Return which comparisons of claims are decided, or else the first, and how our figures stand to the report's.

    Args:
        own: the parts of claims' rules that a section shows.
    """
    compared = [*_comparisons(own)]
    decided = [words for outcome, words in compared if outcome != "undecided"]
    said = []
    if len(compared) == 1:
        said.append(f"{sentence(compared[0][1])}{': real' if decided and 'more than' not in decided[0] else ''}.")
    elif decided:
        verb = "are" if len(decided) > 1 else "is"
        count = f"{len(decided)} of {len(compared)}"
        said.append(f"{count} comparisons that claims make {verb} decided: {'; '.join(decided)}.")
    elif compared:
        said.append(f"None of {len(compared)} comparisons that claims make is decided; the first: {compared[0][1]}.")
    single = [each for part in own if len(part.sides) == 1 for _, each in part.found]
    # The distance of a stand-in's figure from the report's says nothing.
    figures = [each.words for each in single if not (each.stand_in and "the report's" in each.words)]
    return " ".join([*said, *(f"{sentence(escaped(words))}." for words in dict.fromkeys(figures))])


def _comparisons(own: Sequence[rules.Part]) -> Iterator[tuple[str, str]]:
    """Yield outcome and words of each comparison; of those that several claims make, the first."""
    first: dict[frozenset[str], rules.Part] = {}
    for part in own:
        if len(part.sides) == 2:
            first.setdefault(frozenset(map(repr, part.sides)), part)
    several = len({data for part in first.values() for data, _ in part.found}) > 1
    for part in first.values():
        for data, each in part.found:
            words = each.words
            for side in part.sides:
                words = words.replace(side["evidence"], short(side["evidence"]))
            yield each.outcome, escaped(words + (f" on {data}" if several else ""))


def of_search(labelled: Labelled, metric: str, knobs: Sequence[str]) -> str:
    """Return the best setting of each arm of a search, or of all arms if they are many.

    What is searched are settings with a decimal point, such as rates; the others, such as depths, tell arms apart.

    Args:
        labelled: the settings that were tried.
        metric: what they are judged by.
        knobs: the settings in which they differ.
    """
    groups = [group for _, group in labelled]
    searched = [knob for knob in knobs if any(isinstance(group[0].settings.get(knob), float) for group in groups)]
    others = [knob for knob in knobs if knob not in searched]
    telling = labels.telling(groups, others)
    searched = [knob for knob in labels.telling(groups, knobs) if knob in searched]
    arms: dict[str, list[tuple[str, Summary]]] = {}
    for group in groups:
        arm = labels.short_label(group, telling) or labels.short_label(group, others) or labels.label(group, telling)
        setting = labels.short_label(group, searched)
        arms.setdefault(arm, []).append((setting, results.summarise(group, metric)))
    best = [(arm, *_best(tried)) for arm, tried in arms.items()]
    if len(best) > _MANY:
        best = [max(best, key=lambda each: each[2].mean)]
    each = "; ".join(f"{', '.join(filter(None, (arm, setting)))}: {found}" for arm, setting, found in best)
    return f"Best {plain(metric)}{' of each' if len(best) > 1 else ''}: {each}."


def _best(tried: Sequence[tuple[str, Summary]]) -> tuple[str, Summary]:
    highest = max((found for _, found in tried), key=lambda found: found.mean)
    first, *others = (setting for setting, found in tried if found.mean == highest.mean)
    return f"{first}{f' and {len(others)} more as good' if others else ''}", highest


def of_extremes(labelled: Labelled, figures: Sequence[str]) -> str:
    """Return the highest and the lowest of what is compared: settings by one figure on each data set, or figures."""
    metric = main(figures)
    if are_of_one_line(labelled, figures, ()):
        alike = [name for name in figures if kind(name) == kind(metric)]
        last = {name: [group for _, group in labelled if name in group[0].metrics][-1] for name in alike}
        return ends((sentence(plain(name)), results.summarise(group, name)) for name, group in last.items())
    having = [each for each in labelled if metric in each[1][0].metrics]
    by_data: dict[str, list[tuple[str, Summary]]] = {}
    for label, group in having:
        by_data.setdefault(group[0].data["name"], []).append((label, results.summarise(group, metric)))
    said = [
        f"{sentence(plain(metric))}{f' on {data}' if len(by_data) > 1 else ''}"
        + (f". {ends(found)}" if len(found) > 1 else f": {found[0][1]}.")
        for data, found in by_data.items()
    ]
    return " ".join(said)
