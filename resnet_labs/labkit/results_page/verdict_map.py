"""The verdicts of all claims at a glance: a picture with a tile for each, and their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from resnet_labs.labkit.results_page import svg

# Colours of Okabe and Ito, which people with any kind of colour vision can tell apart; the signs differ too.
SIGNS = {
    "confirmed": ("✔", "#0072B2"),
    "refuted": ("✘", "#D55E00"),
    "inconsistent with itself": ("≠", "#CC79A7"),
    "not shown": ("?", "#8a8a8a"),
    "not testable": ("–", "#ffffff"),
}
_TILE, _IN_A_ROW = 25, 16

Verdicts = Mapping[str, Sequence[tuple[str, str]]]  # title of a report -> number and kind of its claims


def counts(kinds: Sequence[str]) -> str:
    """Return how many claims have each kind of verdict, in words."""
    found = Counter(kinds)
    return ", ".join(f"{found[kind]} {kind}" for kind in SIGNS if found[kind])


def picture(verdicts: Verdicts) -> str:
    """Return the picture: a row for each report, a tile with sign and number for each claim, and the legend."""
    found = Counter(kind for claims in verdicts.values() for _, kind in claims)
    parts, y = [], 4.0
    for place, (kind, (sign, colour)) in enumerate(SIGNS.items()):
        x, row = svg.LEFT + 210 * (place % 2), y + 24 * (place // 2)
        parts.append(_tile(x, row, sign, colour, 20))
        parts.append(svg.text(x + 27, row + 15, f"{found[kind]} {kind}"))
    y += 24 * (-(-len(SIGNS) // 2)) + 8
    for title, claims in verdicts.items():
        parts.append(svg.text(svg.LEFT, y + 13, title, limit=62))
        for place, (number, kind) in enumerate(claims):
            x, row = svg.LEFT + (_TILE + 1) * (place % _IN_A_ROW), y + 20 + 38 * (place // _IN_A_ROW)
            sign, colour = SIGNS[kind]
            tile = _tile(x, row, sign, colour, _TILE) + svg.text(
                x + _TILE / 2, row + 35, number.split(".c")[1], anchor="middle", size=10
            )
            parts.append(f'<g data-claim="{number}" data-verdict="{kind}"><title>{number}: {kind}</title>{tile}</g>')
        y += 24 + 38 * (-(-len(claims) // _IN_A_ROW))
    return svg.document(y + 2, parts)


def _tile(x: float, y: float, sign: str, colour: str, size: float) -> str:
    ink = "#111" if colour in ("#ffffff", "#CC79A7") else "#fff"
    box = f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" rx="4" fill="{colour}" stroke="#555"/>'
    middle, base = x + size / 2, y + size * 0.72
    return (
        f'{box}<text x="{middle:g}" y="{base:g}" text-anchor="middle" font-size="{size * 0.62:g}" '
        f'font-weight="bold" fill="{ink}">{sign}</text>'
    )
