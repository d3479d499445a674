"""Templates in prose: `{{QUOTATION}}` becomes a figure, `{{expected RANGE: EXPRESSION}}` a range that tests check.

`{{term NAME}}` and `{{term NAME as WORDS}}` link to the glossary, with its entry as tooltip.

The rules of quotations are in `quoted`. A range is `0.1 to 0.3`, `below 0.3`, `above 0.1`, `exactly 2565` or
`about 0.8 within 0.05`; `exactly 5, 6, 7` is for three values. The expression is Python, evaluated at the end of the
section with the notebook's names; each of its values must be in the range. In a Markdown page a quotation is in a
comment, before its figure:
`<!-- = QUOTATION -->figure<!-- /= -->`.
"""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TypedDict

from resnet_labs.errors import InputError
from resnet_labs.labkit import _glossary
from resnet_labs.labkit.cells import Cell
from resnet_labs.labkit.quoted import quoted

_WIDTH = 120
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NUMBER = r"([+-]?[\d.]+(?:e[+-]?\d+)?)"
_RANGES = re.compile(rf"{_NUMBER} to {_NUMBER}|(below|above|exactly) {_NUMBER}|about {_NUMBER} within {_NUMBER}")
_SEVERAL = re.compile(rf"exactly {_NUMBER}((?:, {_NUMBER})+)")
_MARK = re.compile(r"<!-- = (.*?) -->(.*?)<!-- /= -->", re.DOTALL)


class Expectation(TypedDict):
    """A range that values must be in. An end may be None; lists are ends for one value each."""

    text: str
    low: float | list[float] | None
    high: float | list[float] | None
    of: str


def filled(cell: Cell, text: str, *, glossary: str = "") -> tuple[str, list[Expectation]]:
    """Return the text of a cell with its templates filled, and the ranges that are expected.

    Args:
        cell: where the text is.
        text: the text.
        glossary: the glossary's file, from the notebook's folder.

    Raises:
        InputError: a template is wrong; names file, line and cell.
    """
    if cell.kind != "markdown":
        return text, []
    expected: list[Expectation] = []

    def fill(found: re.Match[str]) -> str:
        inside = " ".join(found[1].split())
        try:
            if inside.startswith("expected "):
                expected.append(_expectation(inside.removeprefix("expected ")))
                return expected[-1]["text"]
            if inside.startswith("term "):
                return _glossary.link(inside.removeprefix("term "), glossary)
            if ":" not in inside:
                raise InputError(f"There is no template {inside!r}.", "Quote a figure as `{{SOURCE: FIGURE}}`.")
            return quoted(inside)
        except InputError as error:
            line = text[: found.start()].count("\n") + 1
            raise InputError(f"{cell.where(line)}: {error.problem}", error.fix) from error

    for brace, problem in (("{{", "is never closed"), ("}}", "was never opened")):
        if brace in _without_math(_TEMPLATE.sub("", text)):
            raise InputError(f"{cell.where()}: a template {problem}.", "Write `{{SOURCE: FIGURE}}`.")
    blocks = _TEMPLATE.sub(lambda found: f"\0{fill(found)}", text).split("\n\n")
    return "\n\n".join(_wrapped(block.replace("\0", "")) if "\0" in block else block for block in blocks), expected


def _without_math(text: str) -> str:
    return re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text, flags=re.DOTALL)


def _expectation(text: str) -> Expectation:
    wanted, _, expression = text.partition(": ")
    found, several = _RANGES.fullmatch(wanted.strip()), _SEVERAL.fullmatch(wanted.strip())
    problem = f"There is no range {wanted.strip()!r}."
    forms = "Write `0.1 to 0.3`, `below 0.3`, `above 0.1`, `exactly 5` or `about 0.8 within 0.05`, then `: EXPRESSION`."
    if not found and not several:
        raise InputError(problem, forms)
    try:
        ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise InputError(f"{expression.strip()!r} is not an expression.", f"{error.msg}.") from error
    of = expression.strip()
    if several:
        *most, last = wanted.strip().removeprefix("exactly ").split(", ")
        values = list(map(float, [*most, last]))
        return Expectation(text=f"{', '.join(most)} and {last}", low=values, high=values, of=of)
    assert found is not None
    low, high, word, bound, middle, margin = found.groups()
    if low:
        if float(low) >= float(high):
            raise InputError(problem, "Write the lower end first.")
        return Expectation(text=f"between {low} and {high}", low=float(low), high=float(high), of=of)
    if middle:
        below, above = float(middle) - float(margin), float(middle) + float(margin)
        wide = float(margin) > 0.05 * abs(float(middle))
        text = f"about {middle}, give or take {margin}" if wide else f"about {middle}"
        return Expectation(text=text, low=below, high=above, of=of)
    value = float(bound)
    if word == "exactly":
        return Expectation(text=f"{int(bound):,}" if bound.isdigit() else bound, low=value, high=value, of=of)
    ends = (None, value) if word == "below" else (value, None)
    return Expectation(text=f"{word} {bound}", low=ends[0], high=ends[1], of=of)


def _wrapped(block: str) -> str:
    """Break the lines of a paragraph or list anew."""
    if re.search(r"^[|#<]|\]\(http|\$\$", block, re.MULTILINE):
        return block
    items = re.split(r"\n(?=\s*(?:[-*]|\d+\.) )", block)
    return "\n".join(map(_item, items))


def _item(text: str) -> str:
    mark = re.match(r"\s*(?:[-*] |\d+\. )?", text)
    indent = " " * (mark.end() if mark else 0)
    words = " ".join(text.split())
    first = indent[: len(text) - len(text.lstrip())]
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def marked(name: str, text: str) -> str:
    """Return a Markdown page with its marked figures up to date.

    Args:
        name: the page's name, for errors.
        text: the page.

    Raises:
        InputError: a quotation is wrong, or a mark has no partner.
    """

    def fill(found: re.Match[str]) -> str:
        try:
            return f"<!-- = {found[1]} -->{quoted(found[1])}<!-- /= -->"
        except InputError as error:
            raise InputError(f"{name}, line {_line(text, found.start())}: {error.problem}", error.fix) from error

    left = _MARK.sub(lambda found: "\n" * found[0].count("\n"), text)
    for mark, what in (("<!-- = ", "end"), ("<!-- /= -->", "beginning")):
        if mark in left:
            fix = "Write `<!-- = QUOTATION -->figure<!-- /= -->`."
            raise InputError(f"{name}, line {_line(left, left.index(mark))}: this mark has no {what}.", fix)
    return _MARK.sub(fill, text)


def _line(text: str, place: int) -> int:
    return text[:place].count("\n") + 1
