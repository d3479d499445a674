"""Runs that differ in the seed alone: which they are, and the mean of a figure over them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scipy import stats

from resnet_labs.results.line import Result


@dataclass(frozen=True)
class Summary:
    """A metric over several seeds: mean, and the 95 % interval of the mean (Student's t), None for one seed alone."""

    mean: float
    low: float | None
    high: float | None
    num_seeds: int

    def __str__(self) -> str:
        spread = "" if self.low is None or self.high is None else f" [{self.low:.4f}, {self.high:.4f}]"
        return f"{self.mean:.4f}{spread}"


def _sameness(run: Result) -> dict[str, Any]:
    """Return what has to be equal in runs of which a mean is taken: all but the seed, the time and the commit.

    Checksums are left out, since a seed may draw which images it gets.
    """
    data = {name: value for name, value in run.data.items() if name != "checksum"}
    same = {"experiment": run.experiment, "stand_in": run.stand_in, "data": data, "settings": run.settings}
    same |= {"precision": run.precision, "machine": run.machine, "device": run.device, "versions": run.versions}
    return same


def alike(results: Iterable[Result]) -> list[list[Result]]:
    """Return runs in groups that differ in nothing but the seed, in the order of their first lines.

    Another machine class, number of threads, number format or version makes another group; so does a seed that a
    group has already, which is a rerun. Lines of schema 1 know their machine by what the device calls itself only.
    """
    groups: dict[tuple[str, int], list[Result]] = {}
    seen: dict[str, int] = {}
    for run in results:
        same = json.dumps(_sameness(run), sort_keys=True)
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

    Args:
        results: runs of one experiment on the same settings, machine class and versions, one a seed.
        metric: a name that every run's `metrics` holds.

    Raises:
        ValueError: no run, a seed twice, runs that `alike` would put into groups, or a run without that metric.

    Source: Student's t interval of a mean.
    Equals: scipy.stats.t.interval.
    """
    runs = list(results)
    seeds = [run.seed for run in runs]
    if not runs or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds are {seeds}; one run for each of at least one seed is needed")
    first = _sameness(runs[0])
    differing = [name for run in runs for name, value in _sameness(run).items() if value != first[name]]
    if differing:
        names = ", ".join(dict.fromkeys(differing))
        raise ValueError(f"the runs differ in {names}; only like runs can be summarised, `alike` puts them into groups")
    missing = [run.seed for run in runs if metric not in run.metrics]
    if missing:
        raise ValueError(
            f"metric {metric!r} is missing in the runs with seeds {missing}; known: {sorted(runs[0].metrics)}"
        )
    values = [run.metrics[metric] for run in runs]
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return Summary(mean, None, None, 1)
    spread = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    return Summary(mean, float(mean - spread), float(mean + spread), len(values))
