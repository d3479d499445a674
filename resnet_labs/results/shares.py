"""The shares of images that a figure of results lines is, or is the difference of."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_labs.metrics import Shares, parts_of, quantity
from resnet_labs.results.line import PARTS, Result


def shares(runs: Sequence[Result], metric: str, seeds: Sequence[int]) -> list[Shares]:
    """Return the share of images that a figure is, or the two whose difference it is; none if the lines lack one.

    Args:
        runs: of one group of `results.alike`.
        metric: the figure's name, or `a - b`.
        seeds: those wanted, in order.
    """
    by_seed = {run.seed: run.metrics for run in runs}
    found = []
    for name in parts_of(metric):
        num_images = images_of(runs[0], name)
        if num_images is None or any(name not in by_seed[seed] for seed in seeds):
            return []
        found.append(Shares([by_seed[seed][name] for seed in seeds], num_images))
    return found


def shares_of_both(
    sides: tuple[Sequence[Result], Sequence[Result]], names: tuple[str, str], seeds: Sequence[int]
) -> list[Shares] | None:
    """Return the shares in the difference of two sides' figures, as `metrics.paired_difference` takes them.

    None if one of the sides is no share and no difference of shares.
    """
    first, second = (shares(runs, name, seeds) for runs, name in zip(sides, names, strict=True))
    return [*first, *second] if first and second else None


def images_of(run: Result, metric: str) -> int | None:
    """Return how many images a metric is a share of; None if it is not a share or the line does not say."""
    known = quantity(metric)
    if known is None or known.kind != "share":
        return None
    if known.images == "pictured":
        return run.settings.get("pictured")
    if known.images == "old_task":
        return int(found) if (found := run.metrics.get("old_task_images")) else None
    parts = PARTS if known.images == "judged" else (known.images,)
    return next((run.data[part] for part in parts if part in run.data), None)
