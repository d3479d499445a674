"""Whether one quantity has the same value everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_labs.reports.audit.form import Report
from resnet_labs.reports.audit.printed import Printed, printed
from resnet_labs.reports.audit.trace import Trace


def traces(report: Report) -> Iterator[Trace]:
    """Yield a trace for each quantity that has different values in different places."""
    for number, each in enumerate(report.twice):
        values = each["values"]
        if all(_alike(values[0], value) for value in values[1:]):
            continue
        listed = " and ".join(str(getattr(value, "text", value)) for value in values)
        says = f"{each['what']} is {listed}"
        if "unless" in each:
            yield Trace("follows", "twice", f"twice[{number}]", f"{says}, which differ unless {each['unless']}")
        else:
            yield Trace("contradiction", "twice", f"twice[{number}]", says)


def _alike(first: object, second: object) -> bool:
    """Return whether two values can be the same one, printed with different decimals."""
    if isinstance(first, Printed) and isinstance(second, Printed):
        one, other = (printed(each, each.decimals) for each in (first, second))
        return one.low <= other.high and other.low <= one.high
    return first == second
