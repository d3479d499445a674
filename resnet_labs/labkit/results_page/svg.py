"""Pictures as SVG text: no fonts and no plotting library are in it, so the same figures always give the same bytes.

Every mark holds its figure in `data-` attributes, by which tests compare the picture with the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 440
LEFT, RIGHT = 12, 428
COLOURS = {"report": "#D55E00", "ours": "#0072B2", "stand-in": "#0072B2"}
SHAPES = {"report": "the report", "ours": "ours, the report's own data", "stand-in": "ours, stand-in data"}
_LINE, _ROW, _AXIS = 13, 29, 46


@dataclass(frozen=True)
class Mark:
    """A figure: what it is (a key of `SHAPES`), its value, and its interval if it has one."""

    kind: str
    value: float
    low: float | None = None
    high: float | None = None
    colour: str = ""

    def __str__(self) -> str:
        if self.kind == "report":
            return f"the report {self.value}"
        span = "" if self.low is None or self.high is None else f" ({self.low:.4f} to {self.high:.4f})"
        return f"{SHAPES[self.kind].split(',')[0]} {self.value:.4f}{span}"


@dataclass(frozen=True)
class Row:
    """A line of a chart: its escaped label and its figures."""

    label: str
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Panel:
    """Rows on one axis: at least one, with at least one figure; and what the figures are."""

    x: str
    rows: Sequence[Row]


def chart(panels: Sequence[Panel], *, ink: str = COLOURS["ours"]) -> str:
    """Return a picture of panels, one below the other.

    Args:
        panels: at least one.
        ink: the colour of ours in the legend.
    """
    found = {mark.kind for panel in panels for row in panel.rows for mark in row.marks}
    kinds = [kind for kind in SHAPES if kind in found]
    parts = [_legend(number, kind, ink) for number, kind in enumerate(kinds)]
    top = 10 + 16 * len(kinds)
    for panel in panels:
        parts.append('<g class="panel">')
        parts += _panel(panel, top)
        parts.append("</g>")
        top += _ROW * len(panel.rows) + _AXIS
    return document(top, parts)


def _panel(panel: Panel, top: int) -> list[str]:
    rows, bottom, parts = panel.rows, top + _ROW * len(panel.rows) + 4, []
    ticks = _ticks(
        [end for row in rows for mark in row.marks for end in (mark.value, mark.low, mark.high) if end is not None]
    )
    for number in range(0, len(rows), 2):
        parts.append(f'<rect y="{top + _ROW * number}" width="{WIDTH}" height="{_ROW}" fill="#f1f4f7"/>')
    for tick in ticks:
        place = _place(tick, ticks)
        parts.append(f'<line x1="{place}" x2="{place}" y1="{top}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(text(place, bottom + 15, f"{tick:g}", anchor="middle"))
    for number, row in enumerate(rows):
        y = top + _ROW * number + 12
        parts.append(text(LEFT, y, row.label, limit=62))
        for offset, mark in enumerate(row.marks):
            parts.append(_mark(mark, y + 8 + 3 * offset, ticks))
    parts.append(text((LEFT + RIGHT) / 2, bottom + 33, panel.x, anchor="middle", limit=66))
    return parts


def document(height: float, parts: Sequence[str]) -> str:
    """Return an SVG file of the pages' width."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH * 1.3:g}" '
        f'height="{height * 1.3:g}" font-family="sans-serif" font-size="{_LINE}">\n'
        f'<rect width="{WIDTH}" height="{height:g}" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    limit: int = 200,
    size: float = _LINE,
    bold: bool = False,
) -> str:
    """Return escaped words at a place; those that are too long end with dots."""
    signs = re.findall(r"&#\d+;|.", words)
    words = words if len(signs) <= limit else "".join(signs[: limit - 1]).rstrip() + "…"
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}"{weight} fill="#111">{words}</text>'


def _legend(number: int, kind: str, ink: str) -> str:
    y = 14 + 16 * number
    return symbol(kind, LEFT + 5, y - 4, COLOURS[kind] if kind == "report" else ink) + text(LEFT + 18, y, SHAPES[kind])


def _mark(mark: Mark, y: float, ticks: Sequence[float]) -> str:
    colour = mark.colour or COLOURS[mark.kind]
    place = _place(mark.value, ticks)
    line = ""
    ends = ""
    if mark.low is not None and mark.high is not None:
        low, high = _place(mark.low, ticks), _place(mark.high, ticks)
        line = f'<line x1="{low}" x2="{high}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
        ends = f' data-low="{mark.low:.4f}" data-high="{mark.high:.4f}"'
    title = f"<title>{mark}</title>"
    drawn = f"{title}{line}{symbol(mark.kind, place, y, colour)}"
    return f'<g data-x="{place}" data-value="{mark.value:.4f}"{ends}>{drawn}</g>'


def symbol(kind: str, x: float, y: float, colour: str) -> str:
    """Return the shape of a figure: a diamond for the report, a circle for ours, a hollow square for a stand-in."""
    if kind == "report":
        return f'<path d="M{x:g} {y - 5:g}l5 5l-5 5l-5 -5z" fill="{colour}"/>'
    fill = colour if kind == "ours" else "#fff"
    if kind == "ours":
        return f'<circle cx="{x:g}" cy="{y:g}" r="4.5" fill="{fill}"/>'
    return f'<rect x="{x - 4:g}" y="{y - 4:g}" width="8" height="8" fill="{fill}" stroke="{colour}" stroke-width="2"/>'


def _place(value: float, ticks: Sequence[float]) -> float:
    return round(LEFT + 8 + (RIGHT - LEFT - 16) * (value - ticks[0]) / (ticks[-1] - ticks[0]), 2)


def _ticks(values: Sequence[float]) -> list[float]:
    """Return three to seven round numbers around all values."""
    low, high = min(values), max(values)
    width = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(width))
    step = next(step * factor for factor in (0.2, 0.5, 1, 2) if width / (step * factor) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * number, 10) for number in range(first, max(last, first + 1) + 1)]
