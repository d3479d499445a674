"""Links from the labs to the glossary, whose entries show as tooltips where the link leads nowhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from resnet_labs.errors import InputError, nearest

_ENTRIES = re.compile(r"^(\S[^\n]*)\n((?:    [^\n]*\n)+)", re.MULTILINE)
_BOOK = Path(__file__).parents[2] / "book"


def link(text: str, page: str) -> str:
    """Return the Markdown link of `NAME` or `NAME as WORDS`.

    Raises:
        InputError: the glossary has no such entry.
    """
    name, _, words = text.partition(" as ")
    name = name.strip()
    known = entries()
    if name not in known:
        raise InputError(f"The glossary has no entry {name!r}.", nearest(name, known))
    return f'[{words.strip() or name}]({page}#term-{name.replace(" ", "-")} "{known[name]}")'


@cache
def entries() -> dict[str, str]:
    """Return the definition of every entry by its name, both without Markdown."""
    block = (_BOOK / "glossary.md").read_text(encoding="utf-8").split("```{glossary}\n", 1)[1]
    found = {}
    for name, said in _ENTRIES.findall(block):
        plain = re.sub(r"[`*{}]|\[|\]\([^)]*\)", "", " ".join(said.split()))
        found[name.strip("`")] = plain.replace('"', "'")
    return found
