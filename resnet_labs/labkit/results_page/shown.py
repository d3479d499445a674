"""What a section shows: its sentence, its picture with alternative text, and its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from resnet_labs.labkit.results_page import svg
from resnet_labs.results import Result, Summary

_MANY = 8  # rows that an alternative text spells out


@dataclass(frozen=True)
class Shown:
    """The parts of a section that are made from its results lines.

    Attributes:
        said: the paragraph that says what the figures mean.
        rows: the rows of the picture.
        x: what the picture's axis shows.
        tables: the parts of the folded table.
    """

    said: str
    rows: list[svg.Row] = field(default_factory=list)
    x: str = ""
    tables: list[str] = field(default_factory=list)

    @property
    def alt(self) -> str:
        """The picture in words."""
        if len(self.rows) <= _MANY:
            said = "; ".join(f"{row.label}: {', '.join(map(str, row.marks))}" for row in self.rows)
            return f"{self.x}. {said}."
        best = sorted((row for row in self.rows if row.marks), key=lambda row: row.marks[0].value)
        ends = "; ".join(f"{row.label}: {', '.join(map(str, row.marks))}" for row in (best[0], best[-1]))
        return f"{self.x}, {len(self.rows)} rows. Lowest and highest: {ends}. The table has all of them."


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
