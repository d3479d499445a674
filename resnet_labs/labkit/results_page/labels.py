"""Labels of runs by the settings that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_labs.labkit.results_page.text import setting
from resnet_labs.reports.compared import plain
from resnet_labs.results import Result


def telling(groups: Sequence[Sequence[Result]], knobs: Sequence[str]) -> list[str]:
    """Return the settings without those that follow from the others."""

    def different(some: Sequence[str]) -> int:
        return len({tuple(str(group[0].settings.get(knob)) for knob in some) for group in groups})

    kept = list(knobs)
    for knob in reversed(knobs):
        rest = [each for each in kept if each != knob]
        if rest and different(rest) == different(knobs):
            kept = rest
    return kept


def label(group: Sequence[Result], knobs: Sequence[str], way: str = "") -> str:
    """Return the values of settings in words, and how the runs were computed if that is given."""

    def each(knob: str) -> str:
        value = group[0].settings.get(knob)
        if isinstance(value, bool):
            return f"{'with' if value else 'without'} {plain(knob)}"
        words = plain(value) if isinstance(value, str) else setting(value)
        return words if isinstance(value, str) else f"{plain(knob)} {words}"

    return ", ".join([*map(each, knobs), *([way] if way else [])])


def short_label(group: Sequence[Result], knobs: Sequence[str]) -> str:
    """Return the values of settings in words, without those that are unchanged."""
    return label(group, [knob for knob in knobs if group[0].settings.get(knob) is not None])
