"""Readers of the form's fields: each takes a value and its place, and returns the value or raises `Wrong`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from resnet_labs.errors import nearest
from resnet_labs.reports.audit.printed import Printed

Reader = Callable[[Any, str], Any]

_MOST = 10**10
_FORM = "The docstring of audit/form.py shows the form."


class Wrong(Exception):
    """A place, what is wrong with it, and what to do."""

    def __init__(self, place: str, problem: str, fix: str = _FORM) -> None:
        super().__init__(f"{place} {problem}.")
        self.fix = fix


def mapping(
    value: Any, place: str, *, required: Sequence[str] = (), optional: Sequence[str] | None = None
) -> dict[Any, Any]:
    """Return a mapping that has the required keys and, if `optional` is given, no others."""
    at = f"{place}." if place else ""
    if not isinstance(value, dict):
        raise Wrong(place or "the file", "is not a mapping")
    for key in required:
        if key not in value:
            raise Wrong(f"{at}{key}", "is missing")
    if optional is not None:
        known = [*required, *optional]
        for key in value:
            if key not in known:
                raise Wrong(f"{at}{key}", "is not known", nearest(str(key), known))
    return value


def record(value: Any, place: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return the fields of a mapping, each read by its reader; those that are null are left out."""
    given = mapping(value, place, optional=[*readers])
    return {name: readers[name](each, f"{place}.{name}") for name, each in given.items() if each is not None}


def items(given: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """Yield the places and values of a list; nothing if it is left out."""
    values = given.get(name) or []
    if not isinstance(values, list):
        raise Wrong(name, "is not a list")
    for number, value in enumerate(values):
        yield f"{name}[{number}]", value


def text(value: Any, place: str) -> str:
    """Return text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong(place, "is not text", "Write some words, in quotes if they look like a number.")
    return value


def flag(value: Any, place: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Wrong(place, f"is {value!r}", "Write true or false.")
    return value


def number(value: Any, place: str) -> Printed:
    """Return a finite number with the decimals it was written with."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong(place, f"is {value!r}", _as_number(value))
    if not math.isfinite(value):
        raise Wrong(place, f"is {value}", "Write null, or leave the field out, if there is no number.")
    return value if isinstance(value, Printed) else Printed(str(value))


def positive(value: Any, place: str) -> Printed:
    """Return a number above zero."""
    found = number(value, place)
    if found <= 0:
        raise Wrong(place, f"is {value}", "Give a number above zero.")
    return found


def fraction(value: Any, place: str) -> Printed:
    """Return a number from 0 to 1."""
    found = number(value, place)
    if not 0 <= found <= 1:
        fix = f"Write {_hundredth(found.text)} for {found.text} %." if 1 < found <= 100 else "It is from 0 to 1."
        raise Wrong(place, f"is {found}", fix)
    return found


def count(value: Any, place: str) -> int:
    """Return a whole number from 1 to ten thousand million."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        fix = "Write a whole number from 1, without separators."
        raise Wrong(place, f"is {value!r}" if isinstance(value, str) else f"is {value}", fix)
    return value


def count_or_none(value: Any, place: str) -> int | None:
    """Return a whole number from 1, or None for null."""
    return None if value is None else count(value, place)


def at_least(least: int) -> Reader:
    """Return a reader of whole numbers from `least`."""

    def read(value: Any, place: str) -> int:
        if count(value, place) < least:
            raise Wrong(place, f"is {value}", f"Give {least} or more.")
        return value

    return read


def choice(*known: str) -> Reader:
    """Return a reader of one of several words."""

    def read(value: Any, place: str) -> str:
        if value not in known:
            raise Wrong(place, f"is {value!r}", f"Known: {', '.join(known)}.")
        return value

    return read


def or_null(reader: Reader) -> Reader:
    """Return a reader that takes null as well."""
    return lambda value, place: None if value is None else reader(value, place)


def sequence(reader: Reader) -> Callable[..., tuple[Any, ...]]:
    """Return a reader of lists that are not empty; with `at_itself` an error names the list, not the item."""

    def read(value: Any, place: str, *, at_itself: bool = False) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong(place, "is not a list", "Write it in brackets, separated by commas.")
        if not value:
            raise Wrong(place, "is empty", "Leave it out, or give at least one.")
        return tuple(reader(each, place if at_itself else f"{place}[{i}]") for i, each in enumerate(value))

    return read


def by(names: Sequence[str], reader: Reader) -> Reader:
    """Return a reader of mappings with some of these keys."""

    def read(value: Any, place: str) -> dict[str, Any]:
        given = mapping(value, place, optional=names)
        made = {name: reader(each, f"{place}.{name}") for name, each in given.items() if each is not None}
        return {name: each for name, each in made.items() if each is not None}

    return read


def top_k(value: Any, place: str) -> dict[int, Printed]:
    """Return accuracies by the number of classes that may be named."""
    made: dict[int, Printed] = {}
    for k, share in mapping(value, place).items():
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise Wrong(place, f"names {k}", "Write it as {5: 0.99}: how many classes may be named, and the share.")
        made[k] = fraction(share, f"{place}.{k}")
    return made


def confusion(value: Any, place: str) -> tuple[tuple[int, ...], ...]:
    """Return a square matrix of counts."""
    rows = sequence(sequence(lambda each, at: each))(value, place)
    if any(len(row) != len(rows) for row in rows) or len(rows) < 2:
        raise Wrong(place, "is not square", "Give a row and a column for each class: true classes in the rows.")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell <= _MOST:
                raise Wrong(f"{place}[{i}][{j}]", f"is {cell}", "Give counts of images, not shares.")
    if not any(map(any, rows)):
        raise Wrong(place, "holds no image", "Leave it out.")
    return rows


def _as_number(value: Any) -> str:
    """Return what to write instead of a text that means a number."""
    found = re.fullmatch(r"\s*(-?\d+)(?:[.,](\d+))?\s*(%?)\s*", value) if isinstance(value, str) else None
    if not found:
        return "Write a number with a decimal point, such as 0.9745."
    whole, decimals, per_cent = found.groups()
    plain = f"{whole}.{decimals}" if decimals else whole
    return f"Write {_hundredth(plain) if per_cent else plain}."


def _hundredth(plain: str) -> str:
    """Return a hundredth of a number, with its two decimals more."""
    return f"{float(plain) / 100:.{Printed(plain).decimals + 2}f}"
