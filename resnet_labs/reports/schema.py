"""What a report's YAML file must hold, checked when it is read; errors name the file and the field.

A report has an `id`, a `title`, `experiments` and `claims`. An experiment's figures are under `fact`; `about` lists the
places of those that the report itself calls approximate. What a report leaves out is null.

A claim has

- `id` (`r1.c2`, numbered from 1) and `text`, in our words;
- `certainty`: how sure the report is: it `says`, `suggests` or `expects`;
- `general: true` if it is about methods, not about the report's own runs;
- `rule`: how its verdict is computed (`reports/verdicts.py`), by one or more of

  - `compare`: a list of {`higher`, `lower`}: what the claim needs to have the higher mean over seeds. A side names
    `evidence` (an experiment with results lines), `metric`, and settings that pick its runs; fields that both sides
    share are given once beside them. A metric may be `seconds`, or the difference `a - b`. With `once_measured: true`
    it counts as soon as both sides have lines, and nothing is said of it before. With `within: 0.01` the claim needs
    that `higher` is above `lower` by no more than that.
  - `contains`: a list of {`evidence`, `metric`, `figure`, `arm`}: the report's figure must lie where one more of our
    runs would. `arm` holds settings that pick the runs.
  - `seeds`: a list of {`evidence`, `metric`, `reaches`, `arm`}: the metric must be at least `reaches`, seed by seed.
    With `never_less: true` the claim says that it always is: one run that is below refutes it, and none proves it.
  - `figures`: a list of {`above`: [a, b]} or {`equal`: [a, b]}: places of the report's own figures; a list counts by
    its length.
  - `arithmetic`: the name of a function of `reports/audit/counted.py`.
  - `unmeasured`: what would have to be measured.
  - `none`: why it cannot be tested.

  `limits`, beside them, says why the measured runs cannot decide the claim, whatever they show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from resnet_labs.errors import InputError, nearest

CERTAINTIES = ("says", "suggests", "expects")
_KINDS = ("compare", "contains", "seeds", "figures", "arithmetic", "unmeasured", "none")
_SIDES = ("higher", "lower")


class _Wrong(Exception):
    """A field, what is wrong with it, and what to do."""

    def __init__(
        self, field: str, problem: str, fix: str = "The docstring of resnet_labs/reports/schema.py has the fields."
    ) -> None:
        super().__init__(f"{field} {problem}.")
        self.fix = fix


def check(report: Any, name: str) -> dict[str, Any]:
    """Return the report if it follows the module's docstring.

    Args:
        report: what the YAML file holds.
        name: the file's name without `.yaml`.

    Raises:
        InputError: it does not; the message names the file and the field.
    """
    try:
        _mapping(report, "the file", required=("id", "title", "experiments", "claims"))
        if report["id"] != name:
            raise _Wrong("id", f"is {report['id']!r}, and the file is called {name}")
        _text(report["title"], "title")
        _experiments(report["experiments"])
        for number, claim in enumerate(_list(report["claims"], "claims"), start=1):
            _claim(claim, f"{name}.c{number}", report)
    except _Wrong as wrong:
        raise InputError(f"{name}.yaml: {wrong}", wrong.fix) from None
    return report


def lookup(report: Mapping[str, Any], place: str) -> Any:
    """Return the figure at a place such as `pets.resnet18.accuracy_before`; `fact` may be left out of it.

    Raises:
        KeyError: nothing is there.
    """
    found: Any = report["experiments"]
    keys = place.split(".")
    if keys[0] not in found:
        found = report
    for key in keys:
        if key not in found and "fact" in found:
            found = found["fact"]
        found = found[key]
    return found


def _experiments(experiments: Any) -> None:
    _mapping(experiments, "experiments")
    for name, settings in experiments.items():
        about = settings.get("about", []) if isinstance(settings, dict) else []
        for place in _list(about, f"experiments.{name}.about"):
            try:
                lookup({"experiments": {"": settings["fact"]}}, f".{place}")
            except (KeyError, TypeError):
                raise _Wrong(f"experiments.{name}.about", f"names {place!r}, which `fact` does not hold") from None


def _claim(claim: Any, number: str, report: dict[str, Any]) -> None:
    _mapping(claim, number, required=("id", "text", "certainty", "rule"), optional=("general",))
    if claim["id"] != number:
        raise _Wrong(number, f"has the id {claim['id']!r}; claims are numbered in their order")
    _text(claim["text"], f"{number}.text")
    if claim["certainty"] not in CERTAINTIES:
        raise _Wrong(f"{number}.certainty", f"is {claim['certainty']!r}; known are {', '.join(CERTAINTIES)}")
    if claim.get("general") not in (None, True):
        raise _Wrong(f"{number}.general", "is true or left out")
    rule = _mapping(claim["rule"], f"{number}.rule", optional=(*_KINDS, "limits"))
    if not rule.keys() & {*_KINDS}:
        raise _Wrong(f"{number}.rule", f"has none of {', '.join(_KINDS)}")
    if "none" in rule and len(rule) > 1:
        raise _Wrong(f"{number}.rule", "says both that the claim can be tested and that it cannot")
    for kind, parts in rule.items():
        _RULES.get(kind, _text)(parts, f"{number}.rule.{kind}")
    for field, place in _places(rule):
        try:
            lookup(report, place)
        except (KeyError, TypeError):
            raise _Wrong(f"{number}.rule.{field}", f"names {place!r}, which the report does not hold") from None


def _places(rule: dict[str, Any]) -> list[tuple[str, str]]:
    figures = [(f"contains[{i}].figure", part["figure"]) for i, part in enumerate(rule.get("contains", []))]
    pairs = [
        (f"figures[{i}]", place)
        for i, part in enumerate(rule.get("figures", []))
        for places in part.values()
        for place in places
    ]
    return figures + pairs


def _compare(parts: Any, field: str) -> None:
    for place, part in _parts(parts, field):
        _mapping(part, place, required=_SIDES, optional=("evidence", "metric", "once_measured", "within"))
        if not isinstance(part.get("within", 0.0), (int, float)):
            raise _Wrong(f"{place}.within", "is not a number")
        if part.get("once_measured") not in (None, True):
            raise _Wrong(f"{place}.once_measured", "is true or left out")
        for side in _SIDES:
            arm = _mapping(part[side], f"{place}.{side}")
            for key in ("evidence", "metric"):
                if key in arm and arm[key] == part.get(key):
                    raise _Wrong(f"{place}.{side}.{key}", "repeats the value beside it")
                if key not in {**part, **arm}:
                    raise _Wrong(f"{place}.{side}.{key}", "is missing")
                _text({**part, **arm}[key], f"{place}.{side}.{key}")
        if part["higher"] == part["lower"]:
            raise _Wrong(place, "compares an arm with itself")


def _contains(parts: Any, field: str) -> None:
    for place, part in _parts(parts, field):
        _mapping(part, place, required=("evidence", "metric", "figure"), optional=("arm",))
        _mapping(part.get("arm", {}), f"{place}.arm")


def _seeds(parts: Any, field: str) -> None:
    for place, part in _parts(parts, field):
        _mapping(part, place, required=("evidence", "metric", "reaches"), optional=("arm", "never_less"))
        if part.get("never_less") not in (None, True):
            raise _Wrong(f"{place}.never_less", "is true or left out")
        _mapping(part.get("arm", {}), f"{place}.arm")
        if not isinstance(part["reaches"], (int, float)):
            raise _Wrong(f"{place}.reaches", "is not a number")


def _figures(parts: Any, field: str) -> None:
    for place, part in _parts(parts, field):
        if not isinstance(part, dict) or [*part] not in (["above"], ["equal"]):
            raise _Wrong(place, "holds either `above` or `equal`")
        for pair in part.values():
            if len(_list(pair, place)) != 2:
                raise _Wrong(place, "takes two places")


_RULES: dict[str, Callable[[Any, str], Any]] = {
    "compare": _compare,
    "contains": _contains,
    "seeds": _seeds,
    "figures": _figures,
}


def _parts(parts: Any, field: str) -> list[tuple[str, Any]]:
    if not _list(parts, field):
        raise _Wrong(field, "is empty")
    return [(f"{field}[{number}]", part) for number, part in enumerate(parts)]


def _text(value: Any, field: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(field, "is not text")


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong(field, "is not a list")
    return value


def _mapping(
    value: Any, field: str, *, required: tuple[str, ...] = (), optional: tuple[str, ...] | None = None
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(field, "is not a mapping")
    for key in required:
        if key not in value:
            raise _Wrong(f"{field}.{key}" if field != "the file" else key, "is missing")
    if optional is not None:
        for key in value:
            if key not in (*required, *optional):
                raise _Wrong(f"{field}.{key}", "is not known", nearest(str(key), [*required, *optional]))
    return value
