"""A live view: its controls, what each of their positions shows, and its HTML."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any


@dataclass(frozen=True)
class Control:
    """What a reader sets: a slider, or a list to choose from."""

    label: str
    values: Sequence[str]
    slider: bool = True
    start: int = 0


@dataclass(frozen=True)
class Frame:
    """What one position of the controls shows: its panels, a sentence, and the marked place on the x axis."""

    panels: Sequence[Mapping[str, Any]]
    says: str
    mark: float | None = None


@dataclass(frozen=True)
class View:
    """A live view.

    Attributes:
        name: letters only, part of ids in the page.
        title: the heading.
        text: Markdown above the view: what it shows and what it was measured on.
        controls: from left to right.
        frames: by the positions of the controls.
        series: the names of lines, in the order of their numbers in panels.
        styles: the look of each series: a colour from 0 to 7, with "d" behind it for a dashed line.
        axes: the axes that panels name by their number, from `axis`.
        shared: what several panels draw from.
    """

    name: str
    title: str
    text: str
    controls: Sequence[Control]
    frames: Mapping[tuple[int, ...], Frame]
    series: Sequence[str] = ()
    styles: Sequence[str] = ()
    axes: Sequence[Mapping[str, Any]] = ()
    shared: Mapping[str, Any] = field(default_factory=dict)

    def html(self) -> str:
        """Return the view as HTML without blank lines, which would end it in Markdown."""
        start = self.frames[tuple(control.start for control in self.controls)]
        lines = [
            f'<figure class="live" id="live-{self.name}">',
            '<form class="live-controls" autocomplete="off" hidden>',
            *(self._control(number, control) for number, control in enumerate(self.controls)),
            "</form>",
            '<div class="live-panels"></div>',
            f'<figcaption aria-live="polite">{escape(start.says)}</figcaption>',
            "<noscript><p>The view needs JavaScript; the sentence above is what it shows first.</p></noscript>",
            f'<script type="application/json">{self._data()}</script>',
            "</figure>",
        ]
        return "\n".join(lines)

    def _control(self, number: int, control: Control) -> str:
        name = f"live-{self.name}-{number}"
        label = f'<label for="{name}">{escape(control.label)}</label>'
        if control.slider:
            shown = escape(control.values[control.start])
            facts = f'min="0" max="{len(control.values) - 1}" value="{control.start}" aria-valuetext="{shown}"'
            return f'<p>{label} <input id="{name}" type="range" {facts}> <output for="{name}">{shown}</output></p>'
        options = "".join(
            f'<option value="{place}"{" selected" * (place == control.start)}>{escape(value)}</option>'
            for place, value in enumerate(control.values)
        )
        return f'<p>{label} <select id="{name}">{options}</select></p>'

    def _data(self) -> str:
        panels: dict[str, int] = {}
        frames = {}
        for place, frame in self.frames.items():
            numbers = [panels.setdefault(_json(panel), len(panels)) for panel in frame.panels]
            shown = {"says": frame.says, "panels": numbers, "mark": frame.mark}
            frames[" ".join(map(str, place))] = {key: value for key, value in shown.items() if value is not None}
        data = {
            "controls": [list(control.values) for control in self.controls],
            "series": [{"name": name, "style": style} for name, style in zip(self.series, self.styles, strict=True)],
            "axes": list(self.axes),
            **self.shared,
            "panels": [json.loads(panel) for panel in panels],
            "frames": frames,
        }
        return _json(data).replace("</", "<\\/")


def lines(
    series: Sequence[tuple[int, Sequence[float]]],
    axes: tuple[int, int],
    *,
    x: Sequence[float] | None = None,
    marked: bool = False,
    columns: int = 2,
) -> dict[str, Any]:
    """Return a panel of curves.

    Args:
        series: for each curve the number of its series, and its values.
        axes: the numbers of the x and the y axis.
        x: where the values are; 1, 2, 3, ... if left out.
        marked: whether the frame's mark is drawn.
        columns: of the legend.
    """
    at = {} if x is None else {"x": list(x)}
    drawn = [{"of": number, **at, "y": [rounded(value) for value in values]} for number, values in series]
    return {"kind": "lines", "axes": list(axes), "lines": drawn, "marked": marked, "columns": columns}


def axis(label: str, low: float, high: float, *, log: bool = False, ticks: Sequence[float] = ()) -> dict[str, Any]:
    """Return an axis with its ends and ticks; on a logarithmic one, the ends move out to the next powers of ten.

    Args:
        label: what is on it, with the unit.
        low: the smallest value.
        high: the largest value.
        log: a logarithmic axis.
        ticks: where they are, if not at round values.
    """
    if log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        step = -(-len(powers) // 6)
        ticks = ticks or [10.0**power for power in powers[::step]]
        low, high = 10.0 ** powers[0], 10.0 ** powers[-1]
    elif not ticks:
        step_size = _round_step((high - low) / 4)
        first, last = math.floor(low / step_size), math.ceil(high / step_size)
        low, high = first * step_size, last * step_size
        ticks = [number * step_size for number in range(first, last + 1)]
    named = [[rounded(tick), f"{tick:.3g}"] for tick in ticks]
    return {"label": label, "ends": [rounded(low), rounded(high)], "log": log, "ticks": named}


def rounded(value: float) -> float:
    """Return a number with three digits, as it is stored in the page."""
    return float(f"{value:.3g}")


def _round_step(size: float) -> float:
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= size * 0.999)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
