"""What figures of results lines rest on: the shares of images in them, one network for all seeds, their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from resnet_labs import metrics, results
from resnet_labs.errors import InputError
from resnet_labs.metrics import Shares
from resnet_labs.results import Result, Summary

_OLD_TASK = "old_task_accuracy"


def shares(runs: Sequence[Result], metric: str, seeds: Sequence[int]) -> list[Shares]:
    """Return the share of images that a figure is, or the two whose difference it is; none if the lines lack one.

    Args:
        runs: of one group of `results.alike`.
        metric: the figure's name, or `a - b`.
        seeds: those wanted, in order.
    """
    by_seed = {run.seed: run.metrics for run in runs}
    found = []
    for name in metrics.parts_of(metric):
        num_images = results.images_of(runs[0], name)
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


def summarised(runs: Sequence[Result], metric: str) -> Summary:
    """Return mean and 95 % interval of one figure over the seeds, as `results.summarise`, which knows less of two:

    The difference of two shares has an interval for new images too; and the old task's accuracy of a network that
    was not changed is that of one network, which all seeds measured.

    Raises:
        ValueError: as `results.summarise`.
    """
    ours = results.summarise(runs, metric)
    if len(runs) < 2:
        return ours
    if metric.startswith(_OLD_TASK) and _is_unchanged(runs, metric):
        return Summary(ours.mean, None, None, len(runs), f"one network, measured {len(runs)} times")
    seeds = [run.seed for run in runs]
    if len(both := shares(runs, metric, seeds)) < 2:
        return ours
    try:
        found = metrics.paired_difference(both[0].values, both[1].values, shares=both)
    except InputError:  # all are 0 or 1
        return ours
    return Summary(fmean(run.metrics[metric] for run in runs), found.low, found.high, len(runs))


def _is_unchanged(runs: Sequence[Result], metric: str) -> bool:
    """Return whether all runs found the same before their training and, if the figure is of later, after it too."""
    found = {run.metrics.get(name) for run in runs for name in (metric, f"{_OLD_TASK}_before")}
    return len(found) == 1


def share_a_network(runs: Sequence[Result]) -> bool:
    """Return whether some runs start from pretrained weights; recipes pretrain once, so all their seeds share them."""

    def starts(run: Result) -> bool:
        weights = run.settings.get("weights") or run.settings.get("pretrained") or "random"
        return run.settings.get("network") == "stand_in_network" or "random" not in weights

    return any(starts(run) for run in runs)
