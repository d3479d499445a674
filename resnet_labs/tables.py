"""Results as a table: HTML in a notebook or a page, plain text in a terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from resnet_labs.results import Summary

_UNIT = re.compile(r"\([^()]+\)\s*$")
_NUMBER = re.compile(r"[~+-]?[\d.,]+(e[+-]?\d+)?( ?%)?( \[.*\])?( \(.*\))?|–|nan|-?inf")
# Inline, because Jupyter, Colab and the book have no style sheet in common. The colours are the page's own.
_CELL = "padding:.15em .8em .15em 0;vertical-align:top;"
_STYLES = {"left": _CELL + "text-align:left", "right": _CELL + "text-align:right;font-variant-numeric:tabular-nums"}


@dataclass(frozen=True)
class Shown:
    """What a notebook shows as HTML and a terminal as text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def table(
    rows: Sequence[Mapping[str, Any]], *, caption: str = "", notes: Sequence[str] = (), folded: Sequence[str] = ()
) -> Shown:
    """Return rows as a table; as the last value of a cell it is displayed.

    Args:
        rows: the value of each column by its name. A column with numbers that are not whole names their unit at its
            end, in parentheses: "time (s)". Missing values and None are shown as a dash.
        caption: what the table shows.
        notes: lines below it, such as what stands in for the report's data.
        folded: lines below that open on a click, such as where the figures come from.

    Raises:
        ValueError: there is no row, or a column with fractions has no unit.

    Example:
        >>> table([{"network": "ResNet-18", "time (s)": 1.25}, {"network": "ResNet-50", "time (s)": 3.5}])
        network    time (s)
        ResNet-18      1.25
        ResNet-50       3.5
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        raise ValueError("a table needs at least one row with one value")
    for name in columns:
        if any(isinstance(row.get(name), float | Summary) for row in rows) and not _UNIT.search(name):
            raise ValueError(f"the column {name!r} holds numbers without a unit; name it, as in 'time (s)'")
    cells = [[_said(row.get(name)) for name in columns] for row in rows]
    sides = ["left", *("right" if _numbers(column) else "left" for column in [*zip(*cells, strict=True)][1:])]
    text = [*([caption] if caption else []), *_lines(columns, cells, sides), *notes, *folded]
    html = [
        '<div style="overflow-x:auto" tabindex="0" role="region"',
        f' aria-label="{escape(caption or "table")}"><table class="results" style="margin:0 0 .5em">',
        f'<caption style="text-align:left">{escape(caption)}</caption>' if caption else "",
        "<thead><tr>",
        *(
            f'<th scope="col" style="{_STYLES[side]}">{escape(name)}</th>'
            for side, name in zip(sides, columns, strict=True)
        ),
        "</tr></thead>\n<tbody>",
        *(_row(row, sides) for row in cells),
        "</tbody></table></div>",
        *(f"\n<p>{escape(note)}</p>" for note in notes),
        _folded(folded),
    ]
    return Shown("".join(html), "\n".join(text))


def show(rows: Sequence[Mapping[str, Any]], **words: Any) -> None:
    """Display a table in the middle of a cell or in a loop; the arguments are those of `table`."""
    from IPython.display import display

    display(table(rows, **words))


def _said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 or not math.isfinite(value) else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _numbers(column: Sequence[str]) -> bool:
    return all(_NUMBER.fullmatch(cell) for cell in column)


def _lines(columns: Sequence[str], cells: Sequence[Sequence[str]], sides: Sequence[str]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if side == "right" else cell.ljust(width)
            for cell, width, side in zip(line, widths, sides, strict=True)
        ).rstrip()
        for line in (columns, *cells)
    ]


def _row(row: Sequence[str], sides: Sequence[str]) -> str:
    first, *others = row
    rest = (
        f'<td style="{_STYLES[side]}">{_whole(escape(cell))}</td>' for side, cell in zip(sides[1:], others, strict=True)
    )
    return (
        f'<tr><th scope="row" style="{_STYLES["left"]};font-weight:normal">{escape(first)}</th>{"".join(rest)}</tr>\n'
    )


def _whole(text: str) -> str:
    """Keep an interval on one line."""
    return re.sub(r"\[[^\]]*\]", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def _folded(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    inside = "<br>".join(map(escape, lines))
    return f"\n<details><summary>where these figures come from</summary><p>{inside}</p></details>"
