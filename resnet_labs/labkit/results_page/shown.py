"""What a section shows: its sentence, its picture with alternative text, and its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from resnet_labs.labkit.results_page import svg
from resnet_labs.results import Result, Summary

MANY = 8  # rows that an alternative text spells out


@dataclass(frozen=True)
class Shown:
    """The parts of a section that are made from its results lines.

    Attributes:
        said: the paragraph that says what the figures mean.
        panels: the panels of the picture.
        tables: the parts of the folded table.
    """

    said: str
    panels: list[svg.Panel] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    @property
    def alt(self) -> str:
        """The picture in words."""
        return " ".join(map(_in_words, self.panels))


def _in_words(panel: svg.Panel) -> str:
    rows = panel.rows
    if len(rows) <= MANY:
        said = "; ".join(f"{row.label}: {', '.join(map(str, row.marks))}" for row in rows)
        return f"{panel.x}. {said}."
    best = sorted((row for row in rows if row.marks), key=lambda row: row.marks[0].value)
    ends = "; ".join(f"{row.label}: {', '.join(map(str, row.marks))}" for row in (best[0], best[-1]))
    return f"{panel.x}, {len(rows)} rows. Lowest and highest: {ends}. The table has all of them."


def mark(group: Sequence[Result], ours: Summary, colour: str = "") -> svg.Mark:
    """Return our figure of a group of runs as a mark."""
    return svg.Mark("stand-in" if group[0].stand_in else "ours", ours.mean, ours.low, ours.high, colour)


def ends(labelled: Iterable[tuple[str, Summary]]) -> str:
    """Return the highest and the lowest of several summaries, in words."""
    by_mean = sorted(labelled, key=lambda each: each[1].mean)
    if len(by_mean) < 2:
        return "".join(f"{label}: {ours}." for label, ours in by_mean)
    (lowest, low), (highest, high) = by_mean[0], by_mean[-1]
    return f"Highest: {highest}, {high}. Lowest: {lowest}, {low}."
