"""What the parts of a claim's rule come to: the report's own figures, counts, and the stored results lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from resnet_labs import metrics, results
from resnet_labs.errors import InputError, nearest
from resnet_labs.reports.arithmetic import ARITHMETIC
from resnet_labs.reports.schema import lookup
from resnet_labs.results import PARTS, Result

Outcome = Literal["holds", "fails", "undecided", "unmeasured", "inconsistent"]
Lines = Callable[[str], list[Result]]  # experiment -> its stored results lines, as `reports.evidence`


@dataclass(frozen=True)
class Finding:
    """What one part of a rule came to: on which data, empty where nothing was measured for it."""

    outcome: Outcome
    words: str
    data: str = ""
    stand_in: bool = False


def own(rule: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what follows without results lines."""
    for part in rule.get("figures", []):
        ((relation, places),) = part.items()
        first, second = (_number(lookup(report, place)) for place in places)
        holds = first > second if relation == "above" else first == second
        link = {"above": "above" if holds else "not above", "equal": "as" if holds else "unlike"}[relation]
        words = f"the report's {places[0]} is {first}, {link} {places[1]}, which is {second}"
        yield Finding("holds" if holds else "inconsistent", words)
    if "arithmetic" in rule:
        if (name := rule["arithmetic"]) not in ARITHMETIC:
            field = f"{report['id']}.yaml names arithmetic {name!r}, which resnet_labs/reports/arithmetic.py lacks."
            raise InputError(field, nearest(name, ARITHMETIC))
        holds, words = ARITHMETIC[name]()
        yield Finding("holds" if holds else "fails", words)


def _number(value: Any) -> Any:
    return len(value) if isinstance(value, list) else value


def measured(number: str, rule: Mapping[str, Any], report: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    """Yield what the stored lines show."""
    try:
        yield from _compared(rule.get("compare", []), lines)
        for part in rule.get("contains", []):
            yield from _contained(part, lookup(report, part["figure"]), lines)
        for part in rule.get("seeds", []):
            yield from _reached(part, lines)
    except KeyError as missing:
        raise InputError(
            f"The rule of {number} asks for {missing.args[0]}, which its evidence does not hold.",
            f"Correct the rule in resnet_labs/reports/{number.split('.')[0]}.yaml, or add the lines.",
        ) from None


def _arms(evidence: str, arm: Mapping[str, Any], lines: Lines) -> dict[tuple[str, str], list[Result]]:
    """Return the latest like runs of an arm on each data, those on the report's own alone where there are any.

    Raises:
        KeyError: there are lines of the experiment, and none of the arm.
    """
    stored = lines(evidence)
    picked = [run for run in stored if all(run.settings.get(name) == value for name, value in arm.items())]
    if stored and not picked:
        raise KeyError(f"{evidence} with {_settings(arm)}")
    groups = {(group[0].stand_in, group[0].data["name"]): group for group in results.alike(picked)}
    return {key: group for key, group in groups.items() if not key[0]} or groups


def _compared(parts: Sequence[Mapping[str, Any]], lines: Lines) -> Iterator[Finding]:
    """Yield a finding for each comparison on each data; all of them hold together with 95 % (Holm)."""
    asked = []
    for part in parts:
        shared = {name: part[name] for name in ("evidence", "metric") if name in part}
        sides = [{**shared, **part[side]} for side in ("higher", "lower")]
        higher, lower = (_arms(side["evidence"], _settings_of(side), lines) for side in sides)
        both = [key for key in higher if key in lower]
        if not both:
            yield Finding("unmeasured", f"nothing is stored that compares {' with '.join(_names(*sides))}")
        asked += [(key, sides, higher[key], lower[key]) for key in both]
    rough = [_difference(sides, first, second, 0.95) for _, sides, first, second in asked]
    p_values = [each.p_value if each else 1.0 for each in rough]
    levels = metrics.holm(p_values) if p_values else []
    for ((stand_in, name), sides, first, second), level in zip(asked, levels, strict=True):
        found = _difference(sides, first, second, 1 - level)
        outcome, words = _said(sides, found, len(first))
        yield Finding(outcome, words, _data(stand_in, name), bool(stand_in))


def _difference(
    sides: Sequence[Mapping[str, Any]], first: Sequence[Result], second: Sequence[Result], confidence: float
) -> metrics.PairedDifference | None:
    """Return the difference over the seeds that both have; None where it has no interval."""
    seeds = sorted({run.seed for run in first} & {run.seed for run in second})
    values = [
        [_value(next(run for run in runs if run.seed == seed), side["metric"]) for seed in seeds]
        for side, runs in zip(sides, (first, second), strict=True)
    ]
    kinds = [metrics.quantity(side["metric"]) for side in sides]
    shares = all(kind is not None and kind.kind == "share" and kind.images == "judged" for kind in kinds)
    num_images = next(first[0].data[part] for part in PARTS if part in first[0].data) if shares else None
    try:
        return metrics.paired_difference(values[0], values[1], num_images=num_images, confidence=confidence)
    except InputError:  # one seed, or no spread
        return None


def _said(
    sides: Sequence[Mapping[str, Any]], found: metrics.PairedDifference | None, num_seeds: int
) -> tuple[Outcome, str]:
    higher, lower = _names(*sides)
    metric = {side["metric"] for side in sides}
    basis = ", ".join([*(metric.pop().replace("_", " ") for _ in sides if len(metric) == 1), f"{num_seeds} seeds"])
    if found is None:
        return "undecided", f"the difference of {higher} and {lower} has no interval ({basis})"
    if found.low <= 0 <= found.high:
        span = f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        return "undecided", f"{higher} less {lower} is {span}, undecided ({basis})"
    ends = sorted((abs(found.low), abs(found.high)))
    span = f"by {abs(found.difference):.4f} [{ends[0]:.4f}, {ends[1]:.4f}] ({basis})"
    if found.low > 0:
        return "holds", f"{higher} is above {lower} {span}"
    return "fails", f"{higher} is below {lower} {span}"


def _contained(part: Mapping[str, Any], figure: float, lines: Lines) -> Iterator[Finding]:
    arms = _arms(part["evidence"], part.get("arm", {}), lines)
    if not arms:
        yield Finding("unmeasured", f"no run of {part['evidence']} is stored")
    for (stand_in, name), runs in arms.items():
        if part["metric"] not in runs[0].metrics:
            raise KeyError(f"{part['metric']} of {part['evidence']}")
        ours = results.summarise(runs, part["metric"])
        if ours.low is None or ours.high is None:
            outcome: Outcome = "undecided"
        else:
            outcome = "holds" if ours.low <= figure <= ours.high else "fails"
        said = {"holds": "contains", "fails": "does not contain", "undecided": "has no interval to contain"}[outcome]
        words = f"our {part['metric'].replace('_', ' ')} {ours} over {len(runs)} seeds {said} the report's {figure}"
        yield Finding(outcome, words, _data(stand_in, name), bool(stand_in))


def _reached(part: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    stored = lines(part["evidence"])
    runs = [run for run in stored if all(run.settings.get(name) == v for name, v in part.get("arm", {}).items())]
    if not runs:
        yield Finding("unmeasured", f"no run of {part['evidence']} is stored")
    for stand_in, name in dict.fromkeys((run.stand_in, run.data["name"]) for run in runs):
        values = [_value(run, part["metric"]) for run in runs if (run.stand_in, run.data["name"]) == (stand_in, name)]
        count = sum(value >= part["reaches"] for value in values)
        outcome: Outcome = "holds" if count == len(values) else "undecided" if count else "fails"
        words = f"{part['metric'].replace('_', ' ')} is at least {part['reaches']} in {count} of {len(values)} runs"
        words += f" {_settings(part['arm'])}" if "arm" in part else ""
        yield Finding(outcome, words, _data(stand_in, name), bool(stand_in))


def _data(stand_in: str, name: str) -> str:
    return f"a stand-in ({stand_in})" if stand_in else f"the report's data ({name})"


def _value(run: Result, metric: str) -> float:
    if metric == "seconds":
        return run.seconds
    first, *less = metric.split(" - ")
    for name in (first, *less):
        if name not in run.metrics:
            raise KeyError(f"{name} of {run.experiment}")
    return run.metrics[first] - sum(run.metrics[name] for name in less)


def _settings_of(side: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in side.items() if name not in ("evidence", "metric")}


def _settings(arm: Mapping[str, Any]) -> str:
    def said(name: str, value: Any) -> str:
        words = name.replace("_", " ")
        if isinstance(value, bool):
            return f"with {words}" if value else f"without {words}"
        return str(value).replace("_", " ") if isinstance(value, str) else f"{words} {value}"

    return ", ".join(said(name, value) for name, value in arm.items())


def _names(higher: Mapping[str, Any], lower: Mapping[str, Any]) -> tuple[str, str]:
    """Return what tells two sides apart: their settings, else their metrics, else their experiments."""

    def name(side: Mapping[str, Any], other: Mapping[str, Any]) -> str:
        own = {key: value for key, value in _settings_of(side).items() if other.get(key) != value}
        if own or side["metric"] == other["metric"]:
            return _settings(own) or side["evidence"]
        return str(side["metric"]).replace("_", " ")

    return name(higher, lower), name(lower, higher)
