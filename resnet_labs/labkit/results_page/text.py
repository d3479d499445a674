"""Markdown of the page: escaped texts, tables, folds, and what a results line says in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from resnet_labs.results import Result

_MARKUP = {ord(sign): f"&#{ord(sign)};" for sign in "&<>`*[]{}$|\\~"} | dict.fromkeys(range(32), " ")


def escaped(text: str) -> str:
    """Return a text that Markdown shows unchanged: signs of markup as character references, on one line."""
    return text.translate(_MARKUP)


def without_markup(run: Result) -> Result:
    """Return a results line all of whose texts are escaped."""

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return escaped(value)
        if isinstance(value, dict):
            return {escaped(name): plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    facts = {each.name: plain(getattr(run, each.name)) for each in fields(run)}
    return replace(run, **facts)


def code(text: str) -> str:
    """Return an escaped text as code; backticks would show its character references literally."""
    return f"<code>{text}</code>" if "&#" in text else f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def folded(title: str, parts: Iterable[str]) -> str:
    """Return parts that are hidden until the reader opens them."""
    inside = "\n".join(part for part in parts if part)
    return f"<details><summary>{title}</summary>\n\n{inside}\n</details>\n"


def setting(value: Any) -> str:
    """Return the value of a setting in words."""
    return "unchanged" if value is None else str(value)


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
