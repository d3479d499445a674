"""The table of paired differences on the results page."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_labs.reports.compared import plain
from resnet_labs.reports.differences import LEVEL, Difference

HEAD = ("first", "second", "figure", "mean of first", "mean of second", "first less second", "interval at", "verdict")


def sentence(found: Sequence[Difference]) -> str:
    """Return a sentence on how many differences are real, and which."""
    real = [_named(one, found) for one in found if one.is_real]
    here = [_named(one, found) for one in found if one.on_these_images and not one.is_real]
    if len(found) == 1:
        said = (
            f"difference**, seed by seed, judged alone at {100 * LEVEL:g} %: "
            f"{f'{real[0]} is real' if real else 'it is not shown'}."
        )
    else:
        count = f"{len(real) or 'none'} of {len(found)} {'are' if len(real) > 1 else 'is'} real"
        which = f": {'; '.join(real)}" if real else ""
        said = f"differences**, seed by seed, all judged together at {100 * LEVEL:g} %: {count}{which}."
    if here:
        said += f" For these images alone, not new ones, also: {'; '.join(here)}."
    return f"**Paired {said}\n"


def rows(found: Sequence[Difference]) -> list[tuple[str, ...]]:
    """Return a row for each difference."""
    return [
        (
            one.first + _on(one, found),
            one.second,
            plain(one.metric) or "—",
            *(f"{mean:.4f}" for mean in one.means),
            _interval(one),
            one.confidence,
            one.verdict,
        )
        for one in found
    ]


def _interval(one: Difference) -> str:
    difference = f"{one.means[0] - one.means[1]:+.4f}"
    return difference if one.found is None else f"{difference} [{one.found.low:+.4f}, {one.found.high:+.4f}]"


def _named(one: Difference, found: Sequence[Difference]) -> str:
    figure = f" in {plain(one.metric)}" if one.metric not in ("", "accuracy") else ""
    gap = one.means[0] - one.means[1]
    return f"{one.first} {'above' if gap > 0 else 'below'} {one.second}{figure} by {abs(gap):.4f}{_on(one, found)}"


def _on(one: Difference, found: Sequence[Difference]) -> str:
    """Return the data set of a difference, if those of a table have several."""
    return f" ({one.data})" if len({each.data for each in found}) > 1 else ""
