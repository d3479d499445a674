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
    """The result of one part of a rule, and on which data, empty if nothing was measured for it."""

    outcome: Outcome
    words: str
    data: str = ""
    stand_in: bool = False


_NOTHING = Finding("unmeasured", "the two sides were not measured on the same data")
_UNLIKE = Finding(
    "unmeasured", "the two sides were not computed alike: in number format, machine, versions or number of images"
)
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
    for part in rule.get("contains", []):
        yield from _contained(part, lookup(report, part["figure"]), lines)
    for part in rule.get("seeds", []):
        yield from _reached(part, lines)


def picked(arm: Mapping[str, Any], lines: Lines) -> list[Result]:
    """Return the stored runs of an arm: of its `evidence`, with its `metric`, and with its other settings."""
    wanted = _settings_of(arm).items()
    return [
        run
        for run in lines(arm["evidence"])
        if all(run.settings.get(name) == value for name, value in wanted) and _value(run, arm["metric"]) is not None
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
    for part in parts:
        shared = {name: part[name] for name in ("evidence", "metric") if name in part}
        sides = [{**shared, **part[side]} for side in ("higher", "lower")]
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
        asked += [(key, sides, higher[key], lower[key], part.get("within")) for key in alike]
    judged = metrics.judged_together(_by_both(sides, first, second) for _, sides, first, second, _ in asked)
    for ((stand_in, name), sides, first, second, within), (_, found) in zip(asked, judged, strict=True):
        where = _settings({name: value for name, value in _shared(sides).items() if _several(name, asked)})
        where = f" {where}" if where.startswith("with") else f" at {where}" if where else ""
        num_seeds = len({run.seed for run in first} & {run.seed for run in second})
        outcome, words = _said(sides, found, num_seeds, where)
        if found and within is not None:
            outcome = _no_more(found, within)
            said = {"holds": "no more than", "fails": "more than"}.get(outcome, "undecided whether more than")
            words = f"{words.replace(', undecided', '')}: {said} {within}"
        yield Finding(outcome, words, _data(stand_in, name), bool(stand_in))


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
    return {run.seed: value for run in runs if (value := _value(run, metric)) is not None}


def _said(
    sides: Sequence[Mapping[str, Any]], found: metrics.PairedDifference | None, num_seeds: int, where: str
) -> tuple[Outcome, str]:
    higher, lower = _names(*sides)
    metric = {side["metric"] for side in sides}
    basis = ", ".join([*(plain(metric.pop()) for _ in sides if len(metric) == 1), f"{num_seeds} seeds"])
    if found is None:
        return "undecided", f"the difference of {higher} and {lower}{where} has no interval ({basis})"
    if found.low <= 0 <= found.high:
        span = f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        return "undecided", f"{higher} less {lower}{where} is {span}, undecided ({basis})"
    ends = sorted((abs(found.low), abs(found.high)))
    span = f"by {abs(found.difference):.4f} [{ends[0]:.4f}, {ends[1]:.4f}] ({basis})"
    if found.low > 0:
        return "holds", f"{higher} is above {lower}{where} {span}"
    return "fails", f"{higher} is below {lower}{where} {span}"


def _no_more(found: metrics.PairedDifference, within: float) -> Outcome:
    """Return whether the difference is no larger than that, by both ends of its interval."""
    return "holds" if found.high <= within else "fails" if found.low > within else "undecided"


def _contained(part: Mapping[str, Any], figure: float, lines: Lines) -> Iterator[Finding]:
    arm = _arm(part)
    found = _latest(arm, lines)
    if not found:
        yield _missing(arm)
    for (stand_in, name), runs in found.items():
        ours = f"our {plain(part['metric'])} is {results.summarise(runs, part['metric'])} over {len(runs)} seeds"
        outcome, words = _for_one_run(runs, part["metric"], figure)
        yield Finding(outcome, f"{ours}; {words}", _data(stand_in, name), bool(stand_in))


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


def _reached(part: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    arm = _arm(part)
    runs = picked(arm, lines)
    if not runs:
        yield _missing(arm)
    for stand_in, name in dict.fromkeys((run.stand_in, run.data["name"]) for run in runs):
        values = [_value(run, part["metric"]) for run in runs if (run.stand_in, run.data["name"]) == (stand_in, name)]
        count = sum(value is not None and value >= part["reaches"] for value in values)
        outcome: Outcome = "holds" if count == len(values) else "undecided" if count else "fails"
        if part.get("never_less"):  # one run that stays below refutes it, and none proves it
            outcome = "undecided" if count == len(values) else "fails"
        words = f"{plain(part['metric'])} is at least {part['reaches']} in {count} of {len(values)} runs"
        words += f" {_settings(part['arm'])}" if "arm" in part else ""
        yield Finding(outcome, words, _data(stand_in, name), bool(stand_in))


def _data(stand_in: str, name: str) -> str:
    return f"a stand-in ({stand_in})" if stand_in else f"the report's data ({name})"


def _value(run: Result, metric: str) -> float | None:
    """Return a figure of a run, None if it has none."""
    if metric == "seconds":
        return run.seconds
    first, *less = (run.metrics.get(name) for name in metric.split(" - "))
    return None if first is None or None in less else first - sum(each for each in less if each is not None)


def _arm(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"evidence": part["evidence"], "metric": part["metric"], **part.get("arm", {})}


def _settings_of(side: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in side.items() if name not in ("evidence", "metric")}


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
