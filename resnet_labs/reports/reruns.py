"""Whether a rerun of an experiment agrees with the first run: bit by bit on the same machine, otherwise by interval."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scipy import stats

from resnet_labs.results import Result, sameness

Pair = tuple[Sequence[Result], Sequence[Result]]  # runs, and the runs that repeat them


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How two groups of runs of one experiment compare; as a string, a sentence.

    Attributes:
        exact: whether they were compared bit by bit.
        agrees: the verdict, None if there is none.
        differing: the figures that differ.
        intervals: the 95 % interval of the second mean minus the first, by figure; empty if `exact`.
        images: the parts of the data whose checksums differ.
    """

    exact: bool = False
    agrees: bool | None = None
    differing: tuple[str, ...] = ()
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    images: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.images:
            return f"The images differ: the checksum of {' and '.join(self.images)} is different."
        if self.agrees is None:
            return "Not compared: an interval needs two seeds on each side."
        if self.exact and self.agrees:
            return "Same machine, versions and commit: equal bit by bit."
        if self.agrees:
            return "The 95 % interval of the difference includes zero for every figure."
        spans = {name: f" by [{low:+.4f}, {high:+.4f}]" for name, (low, high) in self.intervals.items()}
        said = ", ".join(f"{name.replace('_', ' ')} differs{spans.get(name, '')}" for name in self.differing)
        how = "Same machine, versions and commit, compared bit by bit" if self.exact else "Compared by interval"
        return f"{how}: {said}."


def agreement(first: Sequence[Result], second: Sequence[Result], metrics: Sequence[str]) -> Agreement:
    """Return whether two groups of runs of one experiment agree.

    On a CPU, runs of the same machine class, number of threads, number format, versions and commit must be equal bit by
    bit in each seed that both have. All others, also those on a GPU, whose sums have no fixed order, are compared by
    interval: that of the difference between the means must include zero.

    Args:
        first: runs that differ only in the seed.
        second: the same for the rerun; machine, number format, versions and commit may differ.
        metrics: the figures to compare; all intervals hold together with 95 % (Bonferroni).

    Raises:
        ValueError: the groups are not of one experiment on the same data with the same settings.

    Source: Welch 1947, The generalization of Student's problem.
    Equals: scipy.stats.ttest_ind's interval, for one figure.
    """
    if _experiment(first[0]) != _experiment(second[0]):
        raise ValueError("agreement takes two groups of one experiment, with the same data and settings")
    pairs = [(one, other) for one in first for other in second if one.seed == other.seed]
    if images := _other_images(pairs):
        return Agreement(agrees=False, images=images)
    known = [name for name in metrics if all(name in run.metrics for run in (*first, *second))]
    if pairs and all(_same_source_and_machine(*pair) for pair in pairs):
        unequal = [name for name in known if any(one.metrics[name] != other.metrics[name] for one, other in pairs)]
        return Agreement(exact=True, agrees=not unequal, differing=tuple(unequal))
    if min(len(first), len(second)) < 2:
        return Agreement()
    level = 1 - 0.05 / max(len(known), 1)
    intervals = {
        name: _difference([run.metrics[name] for run in first], [run.metrics[name] for run in second], level)
        for name in known
    }
    apart = [name for name, (low, high) in intervals.items() if not low <= 0 <= high]
    return Agreement(agrees=not apart, differing=tuple(apart), intervals=intervals)


def reruns(groups: Sequence[Sequence[Result]]) -> list[Pair]:
    """Return a pair for each group that repeats an earlier one: the first such group, and the repeating one.

    Args:
        groups: as `results.alike` gives them, in the order in which they were run.
    """
    first: dict[str, Sequence[Result]] = {}
    found = []
    for group in groups:
        key = _experiment(group[0])
        if key in first:
            found.append((first[key], group))
        first.setdefault(key, group)
    return found


def _experiment(run: Result) -> str:
    """Return what identifies an experiment, however its runs were computed."""
    same = sameness(run)
    settings = {name: value for name, value in run.settings.items() if name != "precision"}
    return json.dumps([same["experiment"], same["stand_in"], same["data"], settings], sort_keys=True)


def _other_images(pairs: Sequence[tuple[Result, Result]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one, other in pairs:
        ours, theirs = (run.data.get("checksum", {}) for run in (one, other))
        found |= {part: None for part in ours.keys() & theirs.keys() if ours[part] != theirs[part]}
    return tuple(sorted(found))


def _same_source_and_machine(one: Result, other: Result) -> bool:
    def facts(run: Result) -> tuple[object, ...]:
        return run.machine, run.precision, run.versions, run.commit

    known = one.machine.get("device") == "cpu" and one.commit and not one.commit.endswith("+")
    return bool(known) and facts(one) == facts(other)


def _difference(first: Sequence[float], second: Sequence[float], level: float) -> tuple[float, float]:
    if len({*first}) == len({*second}) == 1:  # no spread, so no interval
        return second[0] - first[0], second[0] - first[0]
    interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(level)
    return float(interval.low), float(interval.high)
