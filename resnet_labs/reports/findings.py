"""The result of each part of a claim's rule: from the report's own figures, counts, and stored results lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from resnet_labs import metrics, results
from resnet_labs.errors import InputError, nearest
from resnet_labs.reports.audit.counted import ARITHMETIC
from resnet_labs.reports.compared import computed_alike, plain, same_images
from resnet_labs.reports.schema import lookup
from resnet_labs.results import Result

Outcome = Literal["holds", "fails", "undecided", "unmeasured", "inconsistent"]
Lines = Callable[[str], list[Result]]  # experiment -> its stored results lines, as `reports.evidence`


@dataclass(frozen=True)
class Finding:
    """The result of one part of a rule.

    Attributes:
        data: on which data, in words; empty if nothing was measured for it.
        dataset: the name of the data set.
        part: the place of the part among those of its kind.
    """

    outcome: Outcome
    words: str
    data: str = ""
    stand_in: bool = False
    dataset: str = ""
    part: int = 0


_NOTHING = Finding("unmeasured", "the two sides were not measured on the same data")
_UNLIKE = Finding(
    "unmeasured", "the two sides were not computed alike: in number format, machine, versions or number of images"
)
_OWN = ("evidence", "metric")
_TELLS = 0.05  # a figure that lies in a wider interval is not confirmed by that


def own(rule: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings that need no results lines."""
    for part in rule.get("figures", []):
        ((relation, places),) = part.items()
        first, second = (_number(lookup(report, place)) for place in places)
        holds = first > second if relation == "above" else first == second
        link = {"above": "above" if holds else "not above", "equal": "as" if holds else "unlike"}[relation]
        words = f"the report's {places[0]} is {first}, {link} {places[1]}, which is {second}"
        yield Finding("holds" if holds else "inconsistent", words)
    if "arithmetic" in rule:
        if (name := rule["arithmetic"]) not in ARITHMETIC:
            field = f"{report['id']}.yaml names arithmetic {name!r}, which resnet_labs/reports/audit/counted.py lacks."
            raise InputError(field, nearest(name, ARITHMETIC))
        holds, words = ARITHMETIC[name]()
        yield Finding("holds" if holds else "fails", words)


_BY_TRACE: dict[str, Outcome] = {"contradiction": "inconsistent", "false": "fails", "follows": "holds"}


def traced(number: str) -> Iterator[Finding]:
    """Yield what the audit's checks find that bears on a claim."""
    from resnet_labs.reports.audit.own import bearing  # which reads the reports

    for trace in bearing(number):
        yield Finding(_BY_TRACE.get(trace.kind, "undecided"), trace.says)


def _number(value: Any) -> Any:
    return len(value) if isinstance(value, list) else value


def measured(rule: Mapping[str, Any], report: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    """Yield the findings from stored lines."""
    yield from _compared(rule.get("compare", []), lines)
    for number, part in enumerate(rule.get("contains", [])):
        yield from _contained(part, number, lookup(report, part["figure"]), lines)
    for number, part in enumerate(rule.get("seeds", [])):
        yield from _reached(part, number, lines)


def sides_of(part: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the two sides that a part of a rule compares, or the one whose figure it reads.

    Args:
        part: of `compare`, `contains` or `seeds`.

    Returns:
        For each `evidence`, `metric`, and the settings that pick its runs.

    Equals: what the part gives for both sides, and for each.
    """
    shared = {name: part[name] for name in _OWN if name in part}
    sides = ("higher", "lower") if "higher" in part else ("arm",)
    return tuple({**shared, **part.get(side, {})} for side in sides)


def picked(arm: Mapping[str, Any], lines: Lines) -> list[Result]:
    """Return the stored runs of an arm: of its `evidence`, with its `metric`, and with its other settings."""
    wanted = _settings_of(arm).items()
    return [
        run
        for run in lines(arm["evidence"])
        if all(run.settings.get(name) == value for name, value in wanted) and value_of(run, arm["metric"]) is not None
    ]


def _latest(arm: Mapping[str, Any], lines: Lines) -> dict[tuple[str, str], list[Result]]:
    """Return the latest group of an arm's runs on each data set; only those on the report's own, if there are any."""
    groups = {(group[0].stand_in, group[0].data["name"]): group for group in results.alike(picked(arm, lines))}
    return {key: group for key, group in groups.items() if not key[0]} or groups


def _missing(arm: Mapping[str, Any]) -> Finding:
    settings = _settings(_settings_of(arm))
    named = f"{arm['evidence']} ({settings})" if settings else arm["evidence"]
    return Finding("unmeasured", f"no run of {named} is stored that has {plain(arm['metric'])}")


def _compared(parts: Sequence[Mapping[str, Any]], lines: Lines) -> Iterator[Finding]:
    """Yield a finding for each comparison on each data set; all of them hold together with 95 % (Holm)."""
    asked = []
    for number, part in enumerate(parts):
        sides = sides_of(part)
        higher, lower = (_latest(side, lines) for side in sides)
        both = [key for key in higher if key in lower]
        if not both and part.get("once_measured"):
            continue
        if not both:
            yield next(
                (_missing(side) for side, runs in zip(sides, (higher, lower), strict=True) if not runs), _NOTHING
            )
        alike = [key for key in both if _comparable(higher[key], lower[key])]
        if both and not alike:
            yield _UNLIKE
        asked += [(key, sides, higher[key], lower[key], part.get("within"), number) for key in alike]
    judged = metrics.judged_together(_by_both(sides, first, second) for _, sides, first, second, *_ in asked)
    for (key, sides, first, second, within, number), (_, found) in zip(asked, judged, strict=True):
        where = _settings({name: value for name, value in _shared(sides).items() if _several(name, asked)})
        where = f" {where}" if where.startswith("with") else f" at {where}" if where else ""
        num_seeds = len({run.seed for run in first} & {run.seed for run in second})
        outcome, words = _said(sides, found, num_seeds, where, within)
        yield _measured(outcome, words, key, number)


def _comparable(first: Sequence[Result], second: Sequence[Result]) -> bool:
    return first == second or (computed_alike(first, second) and same_images(first, second))


def _shared(sides: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings that both sides of a comparison have."""
    higher, lower = map(_settings_of, sides)
    return {name: value for name, value in higher.items() if lower.get(name) == value}


def _several(name: str, asked: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether the comparisons are made at several values of a setting."""
    return len({repr(_shared(sides).get(name)) for _, sides, *_ in asked}) > 1


def _by_both(
    sides: Sequence[Mapping[str, Any]], first: Sequence[Result], second: Sequence[Result]
) -> tuple[list[float], list[float], list[metrics.Shares] | None]:
    """Return the figures of the seeds that both sides have, and the shares of images that are in them."""
    values = [_by_seed(runs, side["metric"]) for side, runs in zip(sides, (first, second), strict=True)]
    seeds = sorted(values[0].keys() & values[1].keys())
    shares = results.shares_of_both((first, second), (sides[0]["metric"], sides[1]["metric"]), seeds)
    return [values[0][seed] for seed in seeds], [values[1][seed] for seed in seeds], shares


def _by_seed(runs: Sequence[Result], metric: str) -> dict[int, float]:
    return {run.seed: value for run in runs if (value := value_of(run, metric)) is not None}


def _said(
    sides: Sequence[Mapping[str, Any]],
    found: metrics.PairedDifference | None,
    num_seeds: int,
    where: str,
    within: float | None,
) -> tuple[Outcome, str]:
    higher, lower = _names(*sides)
    metric = {side["metric"] for side in sides}
    basis = ", ".join([*(plain(metric.pop()) for _ in sides if len(metric) == 1), f"{num_seeds} seeds"])
    if found is None:
        return "undecided", f"the difference of {higher} and {lower}{where} has no interval ({basis})"
    ends = sorted((abs(found.low), abs(found.high)))
    span = f"by {abs(found.difference):.4f} [{ends[0]:.4f}, {ends[1]:.4f}] ({basis})"
    outcome: Outcome = "undecided" if found.low <= 0 <= found.high else "holds" if found.low > 0 else "fails"
    words = f"{higher} is {'above' if found.low > 0 else 'below'} {lower}{where} {span}"
    if outcome == "undecided":
        span = f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        words = f"{higher} less {lower}{where} is {span}{', undecided' if within is None else ''} ({basis})"
    if within is None:
        return outcome, words
    if found.high <= within:
        return "holds", f"{words}: no more than {within}"
    if found.low > within:
        return "fails", f"{words}: more than {within}"
    return "undecided", f"{words}: undecided whether more than {within}"


def _contained(part: Mapping[str, Any], number: int, figure: float, lines: Lines) -> Iterator[Finding]:
    (arm,) = sides_of(part)
    found = _latest(arm, lines)
    if not found:
        yield _missing(arm)
    for key, runs in found.items():
        ours = f"our {plain(part['metric'])} is {results.summarise(runs, part['metric'])} over {len(runs)} seeds"
        outcome, words = _for_one_run(runs, part["metric"], figure)
        yield _measured(outcome, f"{ours}; {words}", key, number)


def _for_one_run(runs: Sequence[Result], metric: str, figure: float) -> tuple[Outcome, str]:
    """Judge a report's figure, which is that of one run, by where one more of ours would lie."""
    values = [run.metrics[metric] for run in runs]
    try:
        low, high = metrics.prediction_interval(values, results.images_of(runs[0], metric))
    except InputError:  # one seed, or no spread
        return "undecided", f"that does not tell where one more run would lie, nor the report's {figure}"
    span = f"one more run would have {low:.4f} to {high:.4f}"
    if not low <= figure <= high:
        return "fails", f"{span}, which leaves out the report's {figure}"
    if high - low > _TELLS:
        return "undecided", f"{span}, which includes the report's {figure} but is too wide to tell"
    return "holds", f"{span}, which includes the report's {figure}"


def _reached(part: Mapping[str, Any], number: int, lines: Lines) -> Iterator[Finding]:
    (arm,) = sides_of(part)
    runs = picked(arm, lines)
    if not runs:
        yield _missing(arm)
    for key in dict.fromkeys((run.stand_in, run.data["name"]) for run in runs):
        values = [value_of(run, part["metric"]) for run in runs if (run.stand_in, run.data["name"]) == key]
        count = sum(value is not None and value >= part["reaches"] for value in values)
        outcome: Outcome = "holds" if count == len(values) else "undecided" if count else "fails"
        if part.get("never_less"):  # one run that stays below refutes it, and none proves it
            outcome = "undecided" if count == len(values) else "fails"
        words = f"{plain(part['metric'])} is at least {part['reaches']} in {count} of {len(values)} runs"
        words += f" {_settings(part['arm'])}" if "arm" in part else ""
        yield _measured(outcome, words, key, number)


def _measured(outcome: Outcome, words: str, key: tuple[str, str], number: int) -> Finding:
    stand_in, dataset = key
    data = f"a stand-in ({stand_in})" if stand_in else f"the report's data ({dataset})"
    return Finding(outcome, words, data, bool(stand_in), dataset, number)


def value_of(run: Result, metric: str) -> float | None:
    """Return a figure of a run, its seconds or the difference `a - b` of two figures; None if it has none.

    Equals: the entry of the line, where it holds one.
    """
    if metric == "seconds":
        return run.seconds
    first, *less = (run.metrics.get(name) for name in metric.split(" - "))
    return None if first is None or None in less else first - sum(each for each in less if each is not None)


def _settings_of(side: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in side.items() if name not in _OWN}


def _settings(arm: Mapping[str, Any]) -> str:
    def said(name: str, value: Any) -> str:
        words = plain(name)
        if isinstance(value, bool):
            return f"with {words}" if value else f"without {words}"
        return plain(value) if isinstance(value, str) else f"{words} {value}"

    return ", ".join(said(name, value) for name, value in arm.items())


def _names(higher: Mapping[str, Any], lower: Mapping[str, Any]) -> tuple[str, str]:
    """Return names that distinguish two sides: their settings, else their metrics, else their experiments."""

    def name(side: Mapping[str, Any], other: Mapping[str, Any]) -> str:
        own = {key: value for key, value in _settings_of(side).items() if other.get(key) != value}
        if own or side["metric"] == other["metric"]:
            return _settings(own) or side["evidence"]
        return plain(side["metric"])

    return name(higher, lower), name(lower, higher)
