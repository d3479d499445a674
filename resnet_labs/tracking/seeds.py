"""Tracked runs that differ in more than the seed, compared seed by seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from resnet_labs import metrics
from resnet_labs.errors import InputError
from resnet_labs.tracking.comparison import Run

FIGURE = "validation_accuracy"


def paired(runs: Sequence[Run], *, level: float = 0.05) -> list[dict[str, Any]]:
    """Return a plain row for each kind of run against the first: is the gap in the last validation accuracy real?

    Runs are of one kind if only the seed differs. Kinds are compared if they belong to the same experiment and share
    two seeds, over the seeds alone: tracked rows do not say how many images they are based on. Within one setting, the
    others are compared with the first kind by name.

    Args:
        runs: as `tracking.runs` returns them.
        level: the probability of at least one false finding among all rows (Holm).

    Returns:
        Rows with what is compared, the difference and both ends of its interval at `confidence`, and `needed`: "real",
        or how many seeds would show a difference of that size. None if nothing can be compared.

    Equals: `metrics.paired_difference` of the last rows.

    Example:
        >>> from resnet_labs.tracking import as_text
        >>> found = []
        >>> for name, rates in {"slow": (0.1, 0.12, 0.11), "fast": (0.34, 0.33, 0.35)}.items():
        ...     for seed, rate in enumerate(rates):
        ...         found.append(Run(f"{name}-{seed}", {"rate": name, "seed": seed}, [{"validation_accuracy": rate}]))
        >>> print(as_text(paired(found)))
        first         second  seeds  difference    low   high  confidence  needed
        rate fast  rate slow      3        0.23  0.187  0.273        95 %    real
    """
    kinds: dict[str, dict[int, Run]] = {}
    for run in runs:
        if "seed" in run.settings and FIGURE in run.rows[-1]:
            kinds.setdefault(_kind(run), {}).setdefault(run.settings["seed"], run)
    firsts: dict[Any, dict[int, Run]] = {}
    pairs: list[tuple[tuple[str, str], list[float], list[float]]] = []
    for kind in kinds.values():
        experiment = next(iter(kind.values())).settings.get("experiment")
        base = firsts.setdefault(experiment, kind)
        if base is not kind and len(seeds := sorted(kind.keys() & base.keys())) > 1:
            first, second = ([side[seed].rows[-1][FIGURE] for seed in seeds] for side in (kind, base))
            pairs.append((_names(kind, base), first, second))
    judged = metrics.judged_together([(first, second, None) for _, first, second in pairs], level=level)
    return [_row(*pair, *own) for pair, own in zip(pairs, judged, strict=True)]


def _row(
    names: tuple[str, str],
    first: list[float],
    second: list[float],
    level: float,
    found: metrics.PairedDifference | None,
) -> dict[str, Any]:
    row: dict[str, Any] = {"first": names[0], "second": names[1], "seeds": len(first)}
    if found is None:
        return row | {"difference": first[0] - second[0], "needed": "no spread"}
    row |= {"difference": found.difference, "low": found.low, "high": found.high}
    real = not found.low <= 0 <= found.high
    return row | {
        "confidence": f"{100 * (1 - level):.4g} %",
        "needed": "real" if real else _seeds(first, second, level),
    }


def _seeds(first: list[float], second: list[float], level: float) -> str:
    try:
        return f"{max(metrics.needed(first, second, confidence=1 - level), len(first) + 1):,} seeds"
    except InputError:  # no difference on average
        return "no gap"


def _kind(run: Run) -> str:
    return json.dumps({name: value for name, value in run.settings.items() if name != "seed"}, sort_keys=True)


def _names(first: dict[int, Run], second: dict[int, Run]) -> tuple[str, str]:
    """Return how two kinds of runs differ."""
    settings = [next(iter(kind.values())).settings for kind in (first, second)]
    names = [name for name in dict.fromkeys([*settings[0], *settings[1]]) if name != "seed"]
    apart = [name for name in names if settings[0].get(name) != settings[1].get(name)]
    one, other = (", ".join(f"{name} {each.get(name)}" for name in apart) for each in settings)
    return one, other
