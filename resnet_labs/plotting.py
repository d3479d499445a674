"""Pictures from plain numbers. Every function returns a figure with its alternative text, and shows nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Shaped, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from resnet_labs import alt_text

# Okabe and Ito's eight colours, which people with any kind of colour vision can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
_MOST_CURVES = 24


class Described(Figure):
    """A figure that a notebook stores together with its alternative text.

    Attributes:
        alt: what the figure shows, made from the numbers that were drawn.
    """

    alt = ""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {"image/png": {"alt": self.alt}}  # the picture itself comes from matplotlib's own formatter


def images(pictures: UInt8[Tensor, "N C H W"], titles: Sequence[str], *, columns: int = 10) -> Described:
    """Draw images in a grid, each under its title.

    Args:
        pictures: (N, C, H, W) grey or colour images, 0 to 255.
        titles: one for each image.
        columns: images in a row.

    Raises:
        ValueError: the numbers of images and titles differ.
    """
    if len(titles) != len(pictures):
        raise ValueError(f"{len(pictures)} images have {len(titles)} titles; one for each is needed")
    rows = -(-len(pictures) // columns)
    figure, axes = _figure(columns * 0.9, rows * 1.1, rows=rows, columns=columns)
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, title in zip(axes.flat, pictures, titles, strict=False):
        axis.imshow(picture.permute(1, 2, 0).squeeze(-1).cpu().numpy(), cmap="gray", vmin=0, vmax=255)
        axis.set_title(title, fontsize=9)
    figure.alt = alt_text.of_images(titles)
    return figure


def curves(
    series: Mapping[str, Sequence[float]],
    *,
    y: str,
    x: str = "epoch",
    log: bool = False,
    at: Sequence[float] | None = None,
) -> Described:
    """Draw curves over epochs, from 1.

    Args:
        series: the values of each curve by its name; several seeds of one thing share the part of the name
            before ", seed" and therefore the colour.
        y: what the values are, with their unit.
        x: what the axis counts.
        log: a logarithmic y axis.
        at: where the values lie on the x axis, by default 1, 2, 3 and so on.

    Raises:
        ValueError: more arms than colours, more than 24 curves, or no unit.
    """
    groups: dict[str, list[Sequence[float]]] = {}
    for name, values in series.items():
        groups.setdefault(name.split(", seed")[0], []).append(values)
    if len(groups) > len(COLOURS) or len(series) > _MOST_CURVES:
        raise ValueError(
            f"{len(groups)} arms with {len(series)} curves are too many for one chart; draw at most "
            f"{len(COLOURS)} arms and {_MOST_CURVES} curves, such as the mean of each arm"
        )
    _check_unit(y)
    figure, axes = _figure(6.4, 3.6)
    axis = axes.flat[0]
    for colour, (group, members) in zip(COLOURS, groups.items(), strict=False):
        for number, values in enumerate(members):
            steps = range(1, len(values) + 1) if at is None else at[: len(values)]
            label = None if number else group
            axis.plot(steps, values, color=colour, label=label, marker="o", markersize=3, alpha=0.85)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.locator_params(axis="x", integer=True)
    if at is not None and len(at) <= 8:
        axis.set_xticks(at)
    if log:
        axis.set_yscale("log")
    _tidy(axis)
    _legend_below(figure, len(groups))
    figure.alt = alt_text.of_curves(groups, x=x, y=y, log=log)
    return figure


def confusion(matrix: Shaped[Tensor, "K K"], classes: Sequence[str]) -> Described:
    """Draw a confusion matrix: rows are the true classes, columns the predicted ones, empty cells stay empty."""
    counts = matrix.cpu().numpy()
    figure, axes = _figure(4.6, 4.2)
    axis = axes.flat[0]
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = shares[row, column] > 0.5
            axis.text(column, row, count, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    axis.set_xticks(range(len(classes)), classes)
    axis.set_yticks(range(len(classes)), classes)
    axis.set_xlabel("predicted")
    axis.set_ylabel("true")
    figure.alt = alt_text.of_confusion(matrix, classes)
    return figure


def points(
    positions: Shaped[Tensor, "N 2"], labels: Shaped[Tensor, " N"], classes: Sequence[str], *, title: str = ""
) -> Described:
    """Draw points in the plane, each class in its own colour and, from the ninth on, with another mark.

    Args:
        positions: (N, 2), such as `features.embed` gives; the axes mean nothing and are left out.
        labels: (N,), each an index into `classes`.
        classes: one name per class.
        title: the text above.
    """
    figure, axes = _figure(6.4, 4.2)
    axis = axes.flat[0]
    for label, name in enumerate(classes):
        own = positions[labels == label].cpu().numpy()
        mark = "o^sDv"[label // len(COLOURS) % 5]
        axis.plot(own[:, 0], own[:, 1], mark, color=COLOURS[label % len(COLOURS)], label=name, markersize=4, alpha=0.85)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_title(title, fontsize=9)
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.alt = alt_text.of_points(positions, labels, classes, title=title)
    return figure


def distributions(
    samples: Mapping[str, Shaped[Tensor, " _"]], *, x: str, title: str = "", limits: tuple[float, float] | None = None
) -> Described:
    """Draw how the values of each sample are spread: overlaid histograms, each of area one.

    Args:
        samples: (N,) values by name; N may differ.
        x: what the values are, with their unit.
        title: the text above.
        limits: the ends of the horizontal axis, by default the smallest and the largest value.

    Raises:
        ValueError: no unit.
    """
    _check_unit(x)
    figure, axes = _figure(6.4, 3.0)
    axis = axes.flat[0]
    arrays = {name: values.double().cpu().numpy() for name, values in samples.items()}
    low, high = limits or (min(map(np.min, arrays.values())), max(map(np.max, arrays.values())))
    for colour, (name, values) in zip(COLOURS, arrays.items(), strict=False):
        axis.hist(values, bins=60, range=(low, high), density=True, color=colour, alpha=0.55, label=name)
    axis.set_xlabel(x)
    axis.set_yticks([])
    axis.set_title(title, fontsize=9)
    _tidy(axis)
    axis.legend(frameon=False)
    figure.alt = alt_text.of_distributions(samples, x=x, title=title)
    return figure


def report_against_ours(
    labels: Sequence[str],
    report: Sequence[float | None],
    ours: Sequence[tuple[float, float | None, float | None]],
    *,
    x: str = "value (fraction)",
) -> Described:
    """Draw each of a report's figures beside our mean with its interval, one row per figure.

    Args:
        labels: what the figures are.
        report: the report's figures, None if it gives none.
        ours: mean, low and high of each; None for the ends if there is no interval.
        x: what the figures are, with their unit.

    Raises:
        ValueError: no unit.
    """
    _check_unit(x)
    figure, axes = _figure(6.4, 0.55 * len(labels) + 1.0)
    axis = axes.flat[0]
    rows = np.arange(len(labels))
    means = np.array([mean for mean, _, _ in ours])
    spread = np.array([_arms(*figures) for figures in ours]).T
    axis.errorbar(means, rows + 0.12, xerr=spread, fmt="o", color=COLOURS[0], capsize=3, label="ours, 95 % interval")
    known = [(value, row - 0.12) for value, row in zip(report, rows, strict=True) if value is not None]
    if known:
        axis.plot(*zip(*known, strict=True), "D", color=COLOURS[1], label="report")
    axis.set_yticks(rows, labels)
    axis.set_ylim(len(labels) - 0.5, -0.5)  # the first row on top
    axis.set_xlabel(x)
    _tidy(axis)
    _legend_below(figure)
    figure.alt = alt_text.of_report(labels, report, ours, x=x)
    return figure


def ranked(
    groups: Mapping[str, Mapping[str, tuple[float, float | None, float | None]]],
    *,
    x: str,
    lines: Mapping[str, float] | None = None,
) -> Described:
    """Draw one dot with its interval per row, each group in its own colour and sorted, the highest first.

    Args:
        groups: mean, low and high of each row by its name, in groups; None for the ends if there is no interval.
        x: what the figures are, with their unit.
        lines: values to compare with, by name, each drawn as a dashed line over all rows.

    Raises:
        ValueError: no unit.
    """
    _check_unit(x)
    figure, axes = _figure(7.2, 0.26 * sum(map(len, groups.values())) + 1.4)
    axis = axes.flat[0]
    names: list[str] = []
    for colour, (group, rows) in zip(COLOURS, groups.items(), strict=False):
        best_first = sorted(rows.items(), key=lambda row: row[1][0], reverse=True)
        places = range(len(names), len(names) + len(rows))
        spread = np.array([_arms(*figures) for _, figures in best_first]).T
        means = [mean for _, (mean, _, _) in best_first]
        axis.errorbar(means, places, xerr=spread, fmt="o", color=colour, capsize=3, label=group)
        names += [name for name, _ in best_first]
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    for name, value in (lines or {}).items():
        axis.axvline(value, color="black", linestyle="--", linewidth=1)
        axis.annotate(name, (value, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=9)
    axis.set_xlabel(x)
    _tidy(axis)
    _legend_below(figure)
    figure.alt = alt_text.of_ranked(groups, x=x, lines=lines or {})
    return figure


def _check_unit(label: str) -> None:
    if not re.search(r"\([^()]+\)", label):
        raise ValueError(f"the axis {label!r} has no unit; name it, as in 'training loss (nats)'")


def _legend_below(figure: Figure, num_names: int = 2) -> None:
    """Put the legend where it hides nothing, and give it its own height."""
    lines = -(-num_names // 2)
    figure.set_figheight(figure.get_figheight() + 0.22 * lines)
    figure.legend(frameon=False, loc="outside lower center", ncols=2)


def _arms(mean: float, low: float | None, high: float | None) -> tuple[float, float]:
    return (0.0, 0.0) if low is None or high is None else (mean - low, high - mean)


def _figure(width: float, height: float, *, rows: int = 1, columns: int = 1) -> tuple[Described, np.ndarray]:
    figure, axes = plt.subplots(
        rows, columns, figsize=(width, height), squeeze=False, layout="constrained", FigureClass=Described
    )
    plt.close(figure)
    return cast(Described, figure), axes


def _tidy(axis: Axes) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=0.3)
