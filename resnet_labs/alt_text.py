"""What a picture shows, in words, from the numbers that were drawn: for readers who do not see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Shaped
from torch import Tensor

Figures = tuple[float, float | None, float | None]
_MOST = 12  # names that one sentence lists


def of_curves(groups: Mapping[str, Sequence[Sequence[float]]], *, x: str, y: str, log: bool = False) -> str:
    """Describe curves by their ends and extremes; each group holds the curves of its seeds."""
    axis = ", logarithmic" if log else ""
    return f"Line chart of {y}{axis}, over {x}. " + " ".join(_curve(name, curves) for name, curves in groups.items())


def _curve(name: str, curves: Sequence[Sequence[float]]) -> str:
    curves = [curve for curve in curves if len(curve)]
    if not curves:
        return f"{name}: empty."
    every = [value for curve in curves for value in curve]
    first, last = _span([curve[0] for curve in curves]), _span([curve[-1] for curve in curves])
    seeds = f" ({len(curves)} seeds)" if len(curves) > 1 else ""
    if max(map(len, curves)) == 1:
        return f"{name}{seeds}: {first}."
    return f"{name}{seeds}: from {first} to {last}, lowest {min(every):.3g}, highest {max(every):.3g}."


def of_images(titles: Sequence[str]) -> str:
    """Describe a grid of images by their titles."""
    shown = [" ".join(title.split()) for title in titles]
    return f"{len(shown)} image{'s' if len(shown) != 1 else ''}, titled: {_listed(shown)}."


def of_confusion(matrix: Shaped[Tensor, "K K"], classes: Sequence[str]) -> str:
    """Describe a confusion matrix by the share of its diagonal and its most frequent mistakes."""
    counts = matrix.cpu()
    total, right = int(counts.sum()), int(counts.diagonal().sum())
    wrong = counts.clone().fill_diagonal_(0)
    most = wrong.flatten().argsort(descending=True, stable=True)[:3].tolist()
    pairs = [(divmod(place, len(classes)), int(wrong.flatten()[place])) for place in most]
    mistakes = [f"{classes[row]} as {classes[column]}, {count} times" for (row, column), count in pairs if count]
    never = [name for name, named in zip(classes, counts.sum(0).tolist(), strict=True) if not named]
    said = f"Confusion matrix of {len(classes)} classes: {right} of {total} images on the diagonal."
    if mistakes:
        said += f" Most frequent mistakes: {'; '.join(mistakes)}."
    return said + (f" Never predicted: {_listed(never)}." if never else "")


def of_points(
    positions: Shaped[Tensor, "N 2"], labels: Shaped[Tensor, " N"], classes: Sequence[str], *, title: str = ""
) -> str:
    """Describe points in the plane by how often the nearest one has the same class, and by each class's count."""
    places = positions.double().cpu()
    apart = torch.cdist(places, places).fill_diagonal_(torch.inf)
    labels = labels.cpu()
    alike = (labels[apart.argmin(1)] == labels).double()
    counts = Counter(labels.tolist())
    own = [f"{name} {100 * alike[labels == k].mean():.0f} %" for k, name in enumerate(classes) if counts[k]]
    what = " ".join(title.split())
    return (
        f"{what + ': ' if what else ''}{len(places)} points in the plane, in {len(own)} classes."
        f" For {100 * alike.mean():.0f} % the nearest point has the same class; by class: {_listed(own)}."
    )


def of_distributions(samples: Mapping[str, Shaped[Tensor, " _"]], *, x: str, title: str = "") -> str:
    """Describe histograms by their medians and the ranges of their middle halves."""
    parts = []
    for name, values in samples.items():
        low, middle, high = torch.quantile(values.double().cpu(), torch.tensor([0.25, 0.5, 0.75]).double()).tolist()
        parts.append(f"{name}: median {middle:.3g}, middle half {low:.3g} to {high:.3g}.")
    what = " ".join(title.split())
    return f"Histograms of {x}{', ' + what if what else ''}. " + " ".join(parts)


def of_report(labels: Sequence[str], report: Sequence[float | None], ours: Sequence[Figures], *, x: str) -> str:
    """Describe a report's figures beside ours, row by row."""
    rows = [
        f"{label}: {'report ' + _number(stated) + ', ' if stated is not None else ''}ours {_interval(figures)}."
        for label, stated, figures in zip(labels, report, ours, strict=True)
    ]
    return f"Dots with 95 % intervals, {x}. " + " ".join(rows)


def of_ranked(groups: Mapping[str, Mapping[str, Figures]], *, x: str, lines: Mapping[str, float]) -> str:
    """Describe rows of dots, the highest of each group first."""
    parts = []
    for group, rows in groups.items():
        best = sorted(rows.items(), key=lambda row: row[1][0], reverse=True)
        parts.append(f"{group}: {'; '.join(f'{name} {_interval(figures)}' for name, figures in best)}.")
    dashed = "".join(f" Dashed line: {name} at {_number(value)}." for name, value in lines.items())
    return f"Dots with 95 % intervals, {x}, the highest first. {' '.join(parts)}{dashed}"


def _interval(figures: Figures) -> str:
    mean, low, high = figures
    return _number(mean) if low is None or high is None else f"{_number(mean)} [{_number(low)}, {_number(high)}]"


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low}–{high}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
