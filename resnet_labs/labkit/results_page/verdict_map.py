"""All claims at a glance: a picture with a row for each, by verdict, with what was found for and against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from resnet_labs.labkit.results_page import svg
from resnet_labs.labkit.results_page.claim_names import claim_name
from resnet_labs.reports.findings import Finding

# Colours of Okabe and Ito, which people with any kind of colour vision can tell apart; the signs differ too.
SIGNS = {
    "confirmed": ("✔", "#0072B2"),
    "refuted": ("✘", "#D55E00"),
    "inconsistent with itself": ("≠", "#CC79A7"),
    "not shown": ("?", "#8a8a8a"),
    "not testable": ("–", "#ffffff"),
}
# What a finding rests on, with its shape; and where an outcome is drawn.
BASES = ("the report's own figures", "runs on its own data", "runs on a stand-in")
SIDES = {"fails": "against", "inconsistent": "against", "undecided": "undecided", "holds": "for"}
_PLACES = {"against": 314.0, "undecided": 363.0, "for": 409.0}
_ROW, _TILE = 18, 15


class Found(NamedTuple):
    """A claim's number, the kind of its verdict, and its findings as pairs of a side and a basis."""

    number: str
    kind: str
    marks: tuple[tuple[str, str], ...]


def found(number: str, kind: str, counted: Sequence[Finding], measured: Sequence[Finding]) -> Found:
    """Return a claim for the picture, from what its report's figures and what stored lines say."""
    pairs = [(each.outcome, BASES[0]) for each in counted]
    pairs += [(each.outcome, BASES[2 if each.stand_in else 1]) for each in measured if each.data]
    marks = dict.fromkeys((SIDES[outcome], basis) for outcome, basis in pairs if outcome in SIDES)
    return Found(number, kind, tuple(marks) if kind != "not testable" else ())


def counts(kinds: Sequence[str]) -> str:
    """Return how many claims have each kind of verdict, in words."""
    number = Counter(kinds)
    return ", ".join(f"{number[kind]} {kind}" for kind in SIGNS if number[kind])


def in_words(claims: Sequence[Found]) -> str:
    """Return the picture in words: the names of the claims by verdict."""
    by_kind = {kind: [claim_name(each.number) for each in claims if each.kind == kind] for kind in SIGNS}
    return "; ".join(f"{len(names)} {kind}: {', '.join(names)}" for kind, names in by_kind.items() if names)


def picture(claims: Sequence[Found]) -> str:
    """Return the picture: the legend, then a group for each verdict with a row for each claim."""
    parts = [*_legend()]
    y = 14 + 16 * len(BASES) + 6.0
    for kind, (sign, colour) in SIGNS.items():
        own = [each for each in claims if each.kind == kind]
        if not own:
            continue
        parts.append(svg.text(svg.LEFT, y + 14, f"{len(own)} {kind}", bold=True))
        parts += [svg.text(place, y + 14, side, anchor="middle", size=10.5) for side, place in _PLACES.items()]
        y += 22
        for row, each in enumerate(own):
            name = claim_name(each.number)
            shade = "" if row % 2 else f'<rect y="{y:g}" width="{svg.WIDTH}" height="{_ROW}" fill="#f1f4f7"/>'
            drawn = "".join(_marks(each, y + _ROW / 2, colour))
            label = svg.text(svg.LEFT + 21, y + 13, name, size=12)
            tile = _tile(svg.LEFT, y + 1.5, sign, colour)
            data = f'data-claim="{each.number}" data-verdict="{kind}"'
            title = f"<title>{each.number}, {name}: {kind}</title>"
            parts.append(f"{shade}<g {data}>{title}{tile}{label}{drawn}</g>")
            y += _ROW
        y += 8
    return svg.document(y, parts)


def _legend() -> Iterator[str]:
    for place, basis in enumerate(BASES):
        y = 14 + 16 * place
        yield _symbol(basis, svg.LEFT + 7, y - 4, "#111") + svg.text(svg.LEFT + 21, y, f"from {basis}", size=12)


def _marks(claim: Found, y: float, colour: str) -> Iterator[str]:
    ink = colour if colour in ("#0072B2", "#D55E00") else "#111"  # the others are too pale on white
    for side, place in _PLACES.items():
        bases = [basis for basis in BASES if (side, basis) in claim.marks]
        for number, basis in enumerate(bases):
            x = place + 13 * (number - (len(bases) - 1) / 2)
            data = f'data-side="{side}" data-basis="{basis}"'
            yield f"<g {data}><title>{side}, from {basis}</title>{_symbol(basis, x, y, ink)}</g>"


def _symbol(basis: str, x: float, y: float, colour: str) -> str:
    if basis == BASES[0]:
        return f'<path d="M{x:g} {y - 5:g}l5.5 9.5h-11z" fill="{colour}"/>'
    return svg.symbol("ours" if basis == BASES[1] else "stand-in", x, y, colour)


def _tile(x: float, y: float, sign: str, colour: str) -> str:
    ink = "#111" if colour in ("#ffffff", "#CC79A7") else "#fff"
    box = f'<rect x="{x:g}" y="{y:g}" width="{_TILE}" height="{_TILE}" rx="3" fill="{colour}" stroke="#555"/>'
    return (
        f'{box}<text x="{x + _TILE / 2:g}" y="{y + _TILE * 0.76:g}" text-anchor="middle" font-size="11" '
        f'font-weight="bold" fill="{ink}">{sign}</text>'
    )
