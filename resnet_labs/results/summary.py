"""Runs that differ only in the seed: how they are grouped, and the mean of a figure over them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_labs.metrics import judged_together, mean_interval, quantity, share_interval
from resnet_labs.metrics.intervals import standard_error
from resnet_labs.metrics.quantities import Kind
from resnet_labs.results.line import Result
from resnet_labs.results.shares import images_of, shares


@dataclass(frozen=True)
class Summary:
    """A metric over several seeds: its mean, and its 95 % interval or a note in place of the interval.

    Attributes:
        mean: the mean over the seeds.
        low: lower end of the interval; None for one seed, for a count, and for values without spread that are not
            shares of images.
        high: upper end.
        num_seeds: the number of seeds.
        note: the text shown in place of an interval.
    """

    mean: float
    low: float | None
    high: float | None
    num_seeds: int
    note: str = ""

    def __str__(self) -> str:
        spread = "" if self.low is None or self.high is None else f" [{self.low:.4f}, {self.high:.4f}]"
        return f"{self.mean:.4f}{spread}{self.note and f' ({self.note})'}"


def sameness(run: Result) -> dict[str, Any]:
    """Return what must be equal in runs that share a mean: everything but the seed, the time and the commit.

    Checksums are left out, since the seed may decide which images are used.
    """
    data = {name: value for name, value in run.data.items() if name != "checksum"}
    same = {"experiment": run.experiment, "stand_in": run.stand_in, "data": data, "settings": run.settings}
    same |= {"precision": run.precision, "machine": run.machine, "device": run.device, "versions": run.versions}
    return same


def alike(results: Iterable[Result]) -> list[list[Result]]:
    """Return runs in groups that differ only in the seed, in the order of their first lines.

    Another machine class, number of threads, number format or version makes another group; so does a seed that a
    group already has, which is a rerun. Lines of schema 1 identify their machine only by the device's name.
    """
    groups: dict[tuple[str, int], list[Result]] = {}
    seen: dict[str, int] = {}
    for run in results:
        same = json.dumps(sameness(run), sort_keys=True)
        with_seed = f"{same}, seed {run.seed}"
        seen[with_seed] = seen.get(with_seed, 0) + 1
        groups.setdefault((same, seen[with_seed]), []).append(run)
    return list(groups.values())


def differing_settings(results: Iterable[Result]) -> list[str]:
    """Return the names of the settings in which runs differ, in the order of the first run."""
    runs = list(results)
    names = dict.fromkeys(name for run in runs for name in run.settings)
    return [name for name in names if len({json.dumps(run.settings.get(name)) for run in runs}) > 1]


def summarise(results: Iterable[Result], metric: str) -> Summary:
    """Return mean and 95 % interval of one metric over the seeds of one experiment.

    The kind of figure decides (`metrics.quantity`): shares of images get `metrics.share_interval`, differences of two
    shares that of `metrics.paired_difference`, everything else `metrics.mean_interval` over the seeds; counts, and
    repeated measurements of one network, get none.

    Args:
        results: runs of one experiment with the same settings, machine class and versions, one per seed.
        metric: a name that every run's `metrics` holds.

    Raises:
        ValueError: no run, a seed twice, runs that `alike` would put into groups, or a run without that metric.
    """
    runs = list(results)
    seeds = [run.seed for run in runs]
    if not runs or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds are {seeds}; at least one run, and only one per seed, is needed")
    first = sameness(runs[0])
    differing = [name for run in runs for name, value in sameness(run).items() if value != first[name]]
    if differing:
        names = ", ".join(dict.fromkeys(differing))
        raise ValueError(f"the runs differ in {names}; only one group of `alike` can be summarised")
    missing = [run.seed for run in runs if metric not in run.metrics]
    if missing:
        raise ValueError(
            f"metric {metric!r} is missing in the runs with seeds {missing}; known: {sorted(runs[0].metrics)}"
        )
    values = [run.metrics[metric] for run in runs]
    mean = math.fsum(values) / len(values)
    low, high, note = _interval(runs, metric, values) if len(values) > 1 else (None, None, "")
    return Summary(mean, low, high, len(values), note)


def _interval(
    runs: Sequence[Result], metric: str, values: Sequence[float]
) -> tuple[float, float, str] | tuple[None, None, str]:
    kind = _kind(metric, values)
    num_images = images_of(runs[0], metric)
    equal = standard_error(values) == 0
    if equal and (_one_network(runs, metric) or _old_task_unchanged(runs, metric)):
        return None, None, f"one network, measured {len(values)} times"
    if kind == "count":
        return None, None, "in every run" if equal else f"{min(values):g} to {max(values):g}"
    if kind == "share" and num_images is not None:
        return *share_interval(values, num_images), ""
    both = shares(runs, metric, [run.seed for run in runs])
    if len(both) == 2:
        ((_, found),) = judged_together([(both[0].values, both[1].values, both)])
        if found is not None:
            return found.low, found.high, ""
    if equal:
        return None, None, "in every run"
    scale = "fraction" if kind == "share" else kind
    return *mean_interval(values, scale=scale), ""


def _kind(metric: str, values: Sequence[float]) -> Kind:
    """Return the figure's kind by its name, or "real" if its values do not fit that kind."""
    kind = known.kind if (known := quantity(metric)) else "real"
    highest = 1.0 if kind in ("share", "fraction") else math.inf
    return kind if kind == "count" or all(0 <= value <= highest for value in values) else "real"


def _one_network(runs: Sequence[Result], metric: str) -> bool:
    """Return whether runs measured one network before its training: then some real number is equal to the last digit.

    Shares of few images are sometimes equal by chance; real numbers are not.
    """
    if not metric.endswith("_before"):
        return False
    others = [name for name in runs[0].metrics if name.endswith("_before")]
    reals = [name for name in others if (known := quantity(name)) and known.kind in ("real", "positive")]
    return any(len({run.metrics.get(name) for run in runs}) == 1 for name in reals)


def _old_task_unchanged(runs: Sequence[Result], metric: str) -> bool:
    """Return whether the old task's accuracy is that of one network, which no training of these runs changed."""
    names = {metric, before := "old_task_accuracy_before"}
    found = {run.metrics.get(name) for run in runs for name in names}
    return metric in ("old_task_accuracy", before) and len(found) == 1
