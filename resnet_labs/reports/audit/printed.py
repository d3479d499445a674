"""A printed figure: its value, the decimals it was printed with, and the range of values that print so."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import yaml

from resnet_labs.errors import InputError

MOST_DECIMALS = 12
_FLOAT32 = Fraction(1, 2**23)  # a figure of float32 is wrong by up to this share of it


class Printed(float):
    """A number that knows its text, so that 0.11350 has five decimals.

    Example:
        >>> Printed("0.11350").decimals
        5
        >>> Printed("7.0e-4").decimals
        5
    """

    def __new__(cls, text: str | float) -> Printed:  # noqa: D102
        made = super().__new__(cls, text)
        made.text = str(text)
        return made

    text: str

    @property
    def decimals(self) -> int:
        """How many decimals were printed."""
        mantissa, _, exponent = self.text.lower().partition("e")
        return max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))


class Span(NamedTuple):
    """The lowest and the highest value that print as a figure."""

    low: Fraction
    high: Fraction


class Loader(yaml.SafeLoader):
    """YAML's safe loader, which keeps the decimals of every number and takes no aliases.

    A few lines of aliases can stand for gigabytes.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node as YAML does, but for aliases."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(
                problem=f"it uses an alias, *{event.anchor}", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    value = loader.construct_yaml_float(node)
    text = node.value.replace("_", "")
    return Printed(text) if math.isfinite(value) and ":" not in text else value


Loader.add_constructor("tag:yaml.org,2002:float", _number)


def decimals_of(values: list[float]) -> int:
    """Return the decimals of figures printed together: the most that one of them has.

    Programs drop zeros at the end, so that one value of a list may be printed shorter than it is known.

    Example:
        >>> decimals_of([0.5, 0.9223301, 0.84375])
        7
    """
    return max((each.decimals if isinstance(each, Printed) else Printed(repr(each)).decimals) for each in values)


def short(value: float) -> str:
    """Return a figure without zeros at its end, as a log prints them.

    Example:
        >>> short(Printed("0.807000"))
        '0.807'
    """
    return f"{float(value):.10g}"


def units(value: float, decimals: int) -> int:
    """Return a figure in units of its last decimal.

    Raises:
        InputError: the figure is not finite, it has more decimals, or there are more than twelve.

    Example:
        >>> units(0.1135, 5)
        11350
    """
    if not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= MOST_DECIMALS:
        raise InputError(f"decimals is {decimals!r}.", f"Give a whole number from 0 to {MOST_DECIMALS}.")
    if not math.isfinite(value):
        raise InputError(f"A figure is {value}.", "Leave out what is not a number.")
    scaled = float(value) * 10**decimals
    if abs(scaled - round(scaled)) > 1e-6 * max(1.0, abs(scaled) * 1e-6):
        raise InputError(f"{float(value)} has more than {decimals} decimals.", "Give the decimals of the figure.")
    return round(scaled)


def rounded(value: float, decimals: int) -> Span:
    """Return what rounds to a figure; ties count on both sides, since programs differ in them.

    Example:
        >>> rounded(0.947, 3) == Span(Fraction(9465, 10000), Fraction(9475, 10000))
        True
    """
    unit = Fraction(1, 10**decimals)
    middle = units(value, decimals) * unit
    return Span(middle - unit / 2, middle + unit / 2)


def printed(value: float, decimals: int) -> Span:
    """Return what may print as a figure by rounding, by cutting off, or in float32: the range that accuses nobody.

    Example:
        >>> Fraction(948, 1000) < printed(0.947, 3).high < Fraction(949, 1000)
        True
    """
    unit = Fraction(1, 10**decimals)
    span = rounded(value, decimals)
    slack = abs(span.low) * _FLOAT32
    return Span(span.low - slack, units(value, decimals) * unit + unit + slack)
