"""The front page's picture: training error and gradients of plain and residual networks, a frame for each depth.

Plain HTML with SVG frames and a slider, drawn from stored results lines. It needs no kernel, no library and no network;
without JavaScript the last frame shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import fmean

from resnet_labs import reports
from resnet_labs.reports.findings import Lines
from resnet_labs.results import Result

EXPERIMENT = "r0.c1.digits"
_WIDTH, _HEIGHT = 300, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 285, 34, 172
_KINDS = {True: ("with shortcuts", "#3b8fc7"), False: ("plain", "#d55e00")}

_HIDDEN = ' hidden=""'

# In attributes, as in `widgets`: HTML that is inserted after loading runs no scripts by itself.
_SHOW = """
const box = this.closest('.frame-slider');
box.querySelectorAll('.frame').forEach((frame, number) => { frame.hidden = number != this.value; });
const label = box.querySelectorAll('.frame')[this.value].dataset.label;
this.setAttribute('aria-valuetext', label);
box.querySelector('output').textContent = label;
"""
_PLAY = """
const slider = this.closest('.frame-slider').querySelector('input');
const show = value => { slider.value = value; slider.oninput(); };
show(0);
const step = () => { if (+slider.value < +slider.max) { show(+slider.value + 1); setTimeout(step, 900); } };
setTimeout(step, 900);
"""
_ONCE = """
if (!matchMedia('(prefers-reduced-motion: reduce)').matches) document.querySelector('.front-picture button').click();
"""


def html(lines: Lines = reports.evidence) -> str:
    """Return the picture as HTML without blank lines, so that Markdown takes it whole."""
    runs = lines(EXPERIMENT)
    depths = sorted({run.settings["depth"] for run in runs})
    labels = [f"{depth} layers" for depth in depths]
    last = len(depths) - 1
    frames = [
        f'<div class="frame" data-label="{label}"{_HIDDEN * (number < last)}>\n'
        f"{_errors(runs, depths, number)}\n{_gradients(runs, depths, number)}\n</div>"
        for number, label in enumerate(labels)
    ]
    return "\n".join(
        [
            '<div class="frame-slider front-picture">',
            *frames,
            '<p class="frame-controls"><label for="front-depth">depth</label>',
            f'<input id="front-depth" type="range" min="0" max="{last}" value="{last}" autocomplete="off"',
            f' aria-valuetext="{labels[-1]}" onkeydown="event.stopPropagation()" oninput="{_attribute(_SHOW)}"/>',
            f'<output for="front-depth">{labels[-1]}</output>',
            f'<button type="button" onclick="{_attribute(_PLAY)}">Play</button></p>',
            "</div>",
            f"<script>{_ONCE.strip()}</script>",
        ]
    )


def _attribute(script: str) -> str:
    return escape(" ".join(script.split()))


def _mean(runs: Sequence[Result], depth: int, residual: bool, metric: str) -> float:
    chosen = [run for run in runs if run.settings["depth"] == depth and run.settings["residual"] == residual]
    return fmean(run.metrics[metric] for run in chosen)


def _errors(runs: Sequence[Result], depths: Sequence[int], last: int) -> str:
    values = {kind: [100 * _mean(runs, depth, kind, "train_error") for depth in depths[: last + 1]] for kind in _KINDS}
    ticks = {share: f"{share} %" for share in (0, 20, 40, 60)}
    said = "; ".join(f"{name} {values[kind][-1]:.1f} %" for kind, (name, _) in _KINDS.items())
    return _panel("Errors on training images", f"at {depths[last]} layers: {said}", values, depths, ticks, 80)


def _gradients(runs: Sequence[Result], depths: Sequence[int], last: int) -> str:
    metric = "log10_first_over_last_gradient_before"
    values = {kind: [_mean(runs, depth, kind, metric) for depth in depths[: last + 1]] for kind in _KINDS}
    ticks = {power: f"{10**power:,}" for power in (0, 1, 2, 3)}
    said = "; ".join(f"{name} {10 ** values[kind][-1]:,.0f} times" for kind, (name, _) in _KINDS.items())
    title = "First layer's gradient over the last's"
    return _panel(title, f"at {depths[last]} layers: {said}", values, depths, ticks, 4)


def _panel(
    title: str,
    said: str,
    values: dict[bool, list[float]],
    depths: Sequence[int],
    ticks: dict[int, str],
    top: float,
) -> str:
    """Return a chart with a line for each kind of network: circles with shortcuts, squares without."""

    def x(number: int) -> float:
        return round(_LEFT + 20 + (_RIGHT - _LEFT - 40) * number / (len(depths) - 1), 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)

    parts = [
        f'<svg role="img" aria-label="{title}, {said}" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12" fill="currentColor">',
        f'<text x="4" y="16" font-size="13" font-weight="bold">{title}</text>',
    ]
    for value, name in ticks.items():
        parts.append(f'<path d="M{_LEFT} {y(value)}H{_RIGHT}" stroke="currentColor" stroke-opacity=".2"/>')
        parts.append(f'<text x="{_LEFT - 4}" y="{y(value) + 4}" text-anchor="end">{name}</text>')
    for number, depth in enumerate(depths):
        parts.append(f'<text x="{x(number)}" y="{_BOTTOM + 18}" text-anchor="middle">{depth}</text>')
    parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 34}" text-anchor="middle">layers</text>')
    for kind, (_, colour) in _KINDS.items():
        places = [(x(number), y(value)) for number, value in enumerate(values[kind])]
        line = " ".join(f"{across},{down}" for across, down in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [_mark(kind, across, down, colour) for across, down in places]
    for place, (kind, (name, colour)) in enumerate(_KINDS.items()):
        across, down = _LEFT + 16, _TOP + 8 + 16 * place
        parts.append(_mark(kind, across, down - 4, colour) + f'<text x="{across + 9}" y="{down}">{name}</text>')
    return "\n".join([*parts, "</svg>"])


def _mark(kind: bool, x: float, y: float, colour: str) -> str:
    if kind:
        return f'<circle cx="{x:g}" cy="{y:g}" r="4.5" fill="{colour}"/>'
    return f'<rect x="{x - 4:g}" y="{y - 4:g}" width="8" height="8" fill="{colour}"/>'
